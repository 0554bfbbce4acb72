"""``inkwright sources ...``: what each command does, and what it prints."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import typer

from inkwright.app.api.sources import Sources
from inkwright.app.manuscripts.citeproc import bibtex
from inkwright.app.services import engine
from inkwright.memory.citations.references import reference
from inkwright.memory.domain.source import Source
from inkwright.memory.errors import BadInput
from inkwright.memory.text.words import count_words

_STANDS: dict[Literal["cited", "unused", "unplanned"], str] = {
    "cited": "cited in",
    "unused": "planned, and not cited, in",
    "unplanned": "cited, and not planned, in",
}


def add(work: str, paths: Sequence[Path]) -> None:
    """Read documents into a work, and say what of them was not read.

    Raises:
        BadInput: nothing new was read, and something could not be.
    """
    new, unread = Sources(work).add(*paths)
    if unread and not new:
        raise BadInput("; ".join(unread))
    for kept in new:
        typer.echo(_line(kept.source))
    for line in unread:
        typer.echo(line, err=True)
    if not new:
        typer.echo("nothing new")


def list_sources(work: str, *, as_json: bool) -> None:
    """Print every source with the sections that cite it."""
    found = Sources(work)
    kept, standing = found.all(), found.standing()
    if as_json:
        told = [
            {**k.source.model_dump(mode="json", exclude={"text", "text_digest", "pages"})}
            | {"words": count_words(k.source.text), "pages": len(k.source.pages)}
            | {"planned": stands["planned"], "cited": stands["cited"]}
            | {"unused": stands["unused"], "unplanned": stands["unplanned"]}
            for k, stands in zip(kept, standing, strict=True)
        ]
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for k, stands in zip(kept, standing, strict=True):
        typer.echo(_line(k.source))
        for what in ("cited", "unused", "unplanned"):
            if stands[what]:
                typer.echo(f"    {_STANDS[what]} {', '.join(stands[what])}")
    if not kept:
        typer.echo("it has no sources")


def print_bibtex(work: str) -> None:
    """Print every source as BibTeX, cited or not; `inkwright export` has those that are cited."""
    typer.echo(bibtex(kept.source for kept in Sources(work).all()), nl=False)


def show(work: str, key: str) -> None:
    """Print one source: what a reference says of it, then its text."""
    source = Sources(work).one(key).source
    typer.echo(_line(source))
    typer.echo("")
    typer.echo(source.text or "(a line of a bibliography: there is no text to rest a claim on)")


def drop(work: str, key: str) -> None:
    """Take a source out of use, and say what rests on it."""
    sources = Sources(work)
    sources.drop(key)
    stale = engine.stale(sources.work)
    typer.echo(f"dropped {key}; {len(stale)} sections to check" if stale else f"dropped {key}")
    for sid, reasons in stale.items():
        typer.echo(f"  {sid}: {'; '.join(reasons)}")
    if stale:
        typer.echo(f"`inkwright settle {sources.work}` mends them")


def _line(source: Source) -> str:
    size = f"{len(source.pages)} pages, " if source.pages else ""
    words = f"{size}{count_words(source.text):,} words" if source.text else "no text"
    name = f" ({source.name})" if source.name else ""
    return f"[@{source.key}] {reference(source)} {words}{name}"

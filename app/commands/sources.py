"""``inkwright sources ...``: what each command does, and what it prints."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import typer

from inkwright.app.api.sources import Sources
from inkwright.app.manuscripts.citeproc import build_bibtex
from inkwright.app.services import engine
from inkwright.memory.citations.references import format_reference
from inkwright.memory.domain.source import Source
from inkwright.memory.errors import BadInput
from inkwright.memory.text.words import count_words

_RELATION_TEXTS: dict[Literal["cited", "unused", "unplanned"], str] = {
    "cited": "cited in",
    "unused": "planned, and not cited, in",
    "unplanned": "cited, and not planned, in",
}


def add(work: str, paths: Sequence[Path]) -> None:
    """Read documents into a work, and say what of them was not read.

    Raises:
        BadInput: nothing new was read, and something could not be.
    """
    new_sources, problems = Sources(work).add(*paths)
    if problems and not new_sources:
        raise BadInput("; ".join(problems))
    for stored_source in new_sources:
        typer.echo(_format_source(stored_source.source))
    for problem in problems:
        typer.echo(problem, err=True)
    if not new_sources:
        typer.echo("nothing new")


def list_sources(work: str, *, as_json: bool) -> None:
    """Print every source with the sections that cite it."""
    work_sources = Sources(work)
    stored_sources, source_reports = work_sources.all(), work_sources.standing()
    if as_json:
        records = [
            {**k.source.model_dump(mode="json", exclude={"text", "text_digest", "pages"})}
            | {"words": count_words(k.source.text), "pages": len(k.source.pages)}
            | {"planned": source_report["planned"], "cited": source_report["cited"]}
            | {"unused": source_report["unused"], "unplanned": source_report["unplanned"]}
            for k, source_report in zip(stored_sources, source_reports, strict=True)
        ]
        typer.echo(json.dumps(records, ensure_ascii=False, indent=2))
        return
    for k, source_report in zip(stored_sources, source_reports, strict=True):
        typer.echo(_format_source(k.source))
        for relation in ("cited", "unused", "unplanned"):
            if source_report[relation]:
                typer.echo(f"    {_RELATION_TEXTS[relation]} {', '.join(source_report[relation])}")
    if not stored_sources:
        typer.echo("it has no sources")


def print_bibtex(work: str) -> None:
    """Print every source as BibTeX, cited or not; `inkwright export` has those that are cited."""
    typer.echo(
        build_bibtex(stored_source.source for stored_source in Sources(work).all()), nl=False
    )


def show(work: str, key: str) -> None:
    """Print one source: what a reference says of it, then its text."""
    source = Sources(work).one(key).source
    typer.echo(_format_source(source))
    typer.echo("")
    typer.echo(source.text or "(a line of a bibliography: there is no text to rest a claim on)")


def drop(work: str, key: str) -> None:
    """Take a source out of use, and say what rests on it."""
    work_sources = Sources(work)
    work_sources.drop(key)
    stale_sections = engine.find_stale_sections(work_sources.work)
    typer.echo(
        f"dropped {key}; {len(stale_sections)} sections to check"
        if stale_sections
        else f"dropped {key}"
    )
    for section_id, reasons in stale_sections.items():
        typer.echo(f"  {section_id}: {'; '.join(reasons)}")
    if stale_sections:
        typer.echo(f"`inkwright settle {work_sources.work}` mends them")


def _format_source(source: Source) -> str:
    size = f"{len(source.pages)} pages, " if source.pages else ""
    words = f"{size}{count_words(source.text):,} words" if source.text else "no text"
    name = f" ({source.name})" if source.name else ""
    return f"[@{source.key}] {format_reference(source)} {words}{name}"

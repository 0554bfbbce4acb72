"""``inkwright sources``: the commands on what a work is written from."""

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from inkwright.app.api.sources import Sources
from inkwright.app.cli.options import HELP_SETTINGS, AsJson, Work
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

commands = typer.Typer(
    help="Read what a work is written from, add to it, and take from it.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings=HELP_SETTINGS,
)

Key = Annotated[str, typer.Argument(metavar="KEY", help="A source's key, such as smith2020.")]


@commands.command()
def add(
    work: Work,
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Documents, or folders of them.")
    ],
) -> None:
    """Read documents into a work; sections written from now on can cite them."""
    new_sources, problems = Sources(work).add(*paths)
    if problems and not new_sources:
        raise BadInput("; ".join(problems))
    for stored_source in new_sources:
        typer.echo(_format_source(stored_source.source))
    for problem in problems:
        typer.echo(problem, err=True)
    if not new_sources:
        typer.echo("nothing new")


@commands.command("list")
def list_(
    work: Work,
    as_json: AsJson = False,
    bib: Annotated[bool, typer.Option("--bib", help="Print BibTeX.")] = False,
) -> None:
    """List the sources of a work, and the sections that cite each."""
    work_sources = Sources(work)
    if bib:
        typer.echo(build_bibtex(k.source for k in work_sources.all()), nl=False)
        return
    stored_sources, source_reports = work_sources.all(), work_sources.standing()
    if as_json:
        records = [
            {**k.source.model_dump(mode="json", exclude={"text", "text_digest", "pages"})}
            | {"words": count_words(k.source.text), "pages": len(k.source.pages)}
            | {"planned": source_report.planned, "cited": source_report.cited}
            | {"unused": source_report.unused, "unplanned": source_report.unplanned}
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


@commands.command()
def show(work: Work, key: Key) -> None:
    """Print what was read of one source."""
    source = Sources(work).one(key).source
    typer.echo(_format_source(source))
    typer.echo("")
    typer.echo(source.text or "(a line of a bibliography: there is no text to rest a claim on)")


@commands.command()
def drop(work: Work, key: Key) -> None:
    """Take a source out of use; `inkwright settle` then mends what rests on it."""
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

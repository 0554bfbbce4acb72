"""``inkwright status`` and ``inkwright purge``."""

import json
import sys
from typing import Annotated

import typer

from inkwright.app.cli.options import AsJson, Work, Yes
from inkwright.app.config.paths import find_library_home, find_library_url
from inkwright.app.services.library_status import (
    SectionSummary,
    WorkSummary,
    load_section_summaries,
    load_work_summaries,
    match_work_id,
)
from inkwright.memory.errors import BadInput
from inkwright.memory.ids import WorkId

commands = typer.Typer(rich_markup_mode=None)


@commands.command()
def status(
    work: Annotated[str | None, typer.Argument(metavar="[WORK]")] = None,
    as_json: AsJson = False,
    stale: Annotated[
        bool, typer.Option("--stale", help="Say also which sections are stale, and why.")
    ] = False,
) -> None:
    """Say where works stand; of one work, where its sections do."""
    home, url = find_library_home(), find_library_url()
    summaries = load_work_summaries(home, url)
    if work is not None:
        work_id = match_work_id((s.work for s in summaries), work)
        summaries = [s for s in summaries if s.work == work_id]
    if as_json:
        typer.echo(json.dumps([s.as_json() for s in summaries], ensure_ascii=False, indent=2))
        return
    if not summaries:
        typer.echo(f"no works yet in {home}; `inkwright write BRIEF` begins one")
    for summary in summaries:
        typer.echo(_format_work(summary))
    if work is not None:
        for number, section in enumerate(load_section_summaries(home, summaries[0].work, url), 1):
            typer.echo(_format_section(number, section))
    if stale:
        for summary in summaries:
            _print_stale_sections(summary.work)


@commands.command()
def purge(work: Work, yes: Yes = False) -> None:
    """Remove a work from the library, its journal, index and temporary files."""
    home, url = find_library_home(), find_library_url()
    summaries = load_work_summaries(home, url)
    work_id = match_work_id((s.work for s in summaries), work)
    summary = next(s for s in summaries if s.work == work_id)
    if not yes:
        if not sys.stdin.isatty():
            raise BadInput(f"to purge {work_id} without being asked, give --yes")
        question = f"Remove {work_id} ({summary.title}, {summary.words:,} words) for good?"
        typer.confirm(question, abort=True)
    from inkwright.app.services import engine

    is_complete = engine.purge(work_id)
    typer.echo(f"removed {work_id}; files in output folders are yours and stay")
    if not is_complete:
        typer.echo(
            "another process has the library open: bytes of it may stay in library.db-wal until "
            "that process ends"
        )


def _format_work(summary: WorkSummary) -> str:
    words = f"{summary.words:,} of {summary.target_words:,} words"
    sections = f"{summary.done} of {summary.of} sections"
    return f"{summary.work}  {summary.status}  {words}  {sections}  {summary.title}"


def _format_section(number: int, summary: SectionSummary) -> str:
    note = f"  ({summary.failure})" if summary.failure else ""
    return (
        f"{number:>4}  {summary.section:<6}  {summary.state:<8}"
        f"  {summary.words:>6,} of {summary.target_words:,}  {summary.title}{note}"
    )


def _print_stale_sections(work_id: WorkId) -> None:
    from inkwright.app.services import engine

    for section, reasons in engine.find_stale_sections(work_id).items():
        typer.echo(f"{work_id}  {section} is stale: {'; '.join(reasons)}")

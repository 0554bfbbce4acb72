"""``inkwright status`` and ``inkwright purge``."""

import json
import sys

import typer

from inkwright.app.config.paths import library_home, library_url
from inkwright.app.services.library_status import (
    SectionSummary,
    WorkSummary,
    named,
    sections,
    standings,
)
from inkwright.memory.errors import BadInput


def status(work: str | None, *, as_json: bool, stale: bool) -> None:
    """Print where works stand, the last changed first."""
    home, url = library_home(), library_url()
    found = standings(home, url)
    if work is not None:
        one = named((s.work for s in found), work)
        found = [s for s in found if s.work == one]
    if as_json:
        typer.echo(json.dumps([s.as_json() for s in found], ensure_ascii=False, indent=2))
        return
    if not found:
        typer.echo(f"no works yet in {home}; `inkwright write BRIEF` begins one")
    for standing in found:
        typer.echo(_line(standing))
    if work is not None:
        for number, section in enumerate(sections(home, found[0].work, url), 1):
            typer.echo(_section_line(number, section))
    if stale:
        for standing in found:
            _print_stale(standing.work)


def purge(work: str, *, ask: bool) -> None:
    """Remove a work for good, after asking.

    Raises:
        WorkNotFound: there is none of this name.
        BadInput: nobody can be asked.
    """
    home, url = library_home(), library_url()
    found = standings(home, url)
    one = named((s.work for s in found), work)
    standing = next(s for s in found if s.work == one)
    if ask:
        if not sys.stdin.isatty():
            raise BadInput(f"to purge {one} without being asked, give --yes")
        question = f"Remove {one} ({standing.title}, {standing.words:,} words) for good?"
        typer.confirm(question, abort=True)
    from inkwright.app.services import engine

    clean = engine.purge(one)
    typer.echo(f"removed {one}; files in output folders are yours and stay")
    if not clean:
        typer.echo(
            "another process has the library open: bytes of it may stay in library.db-wal until "
            "that process ends"
        )


def _line(s: WorkSummary) -> str:
    words = f"{s.words:,} of {s.target_words:,} words"
    return f"{s.work}  {s.status}  {words}  {s.done} of {s.of} sections  {s.title}"


def _section_line(number: int, s: SectionSummary) -> str:
    note = f"  ({s.failure})" if s.failure else ""
    return (
        f"{number:>4}  {s.section:<6}  {s.state:<8}  {s.words:>6,} of {s.target_words:,}"
        f"  {s.title}{note}"
    )


def _print_stale(work: str) -> None:
    from inkwright.app.services import engine

    for section, reasons in engine.stale(work).items():
        typer.echo(f"{work}  {section} is stale: {'; '.join(reasons)}")

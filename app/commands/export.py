"""What ``inkwright export`` does, and what it prints."""

from pathlib import Path

import typer

from inkwright.app.commands.errors import Exit
from inkwright.app.config.paths import library_home, library_url
from inkwright.app.export.result import Wanted
from inkwright.app.services import engine
from inkwright.app.services.library_status import work_named
from inkwright.memory.errors import BadInput


def export(work: str, wanted: Wanted, out: Path | None) -> int:
    """Write the file, and say where it is and what is missing from it."""
    one = work_named(library_home(), library_url(), work)
    done = engine.export(one, wanted, out=out)
    typer.echo(f"{done.path}: {done.words:,} words")
    for notice in done.notices:
        typer.echo(f"  - {notice}", err=True)
    if done.gaps:
        typer.echo(f"  - not written yet: {'; '.join(done.gaps)}", err=True)
        return Exit.PARTIAL
    return Exit.COMPLETE


def listed(sections: str | None) -> tuple[str, ...]:
    """Return what ``s1,s3`` names.

    Raises:
        BadInput: it names nothing.
    """
    if sections is None:
        return ()
    found = tuple(part.strip() for part in sections.split(",") if part.strip())
    if not found:
        raise BadInput("--sections is empty; give ids such as s1,s3, or leave it out")
    return found

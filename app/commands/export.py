"""What ``inkwright export`` does, and what it prints."""

from pathlib import Path

import typer

from inkwright.app.commands.errors import Exit
from inkwright.app.config.paths import find_library_home, find_library_url
from inkwright.app.export.formats import ExportOptions
from inkwright.app.services import engine
from inkwright.app.services.library_status import find_work_id
from inkwright.memory.errors import BadInput


def export(work: str, options: ExportOptions, out: Path | None) -> int:
    """Write the file, and say where it is and what is missing from it."""
    work_id = find_work_id(find_library_home(), find_library_url(), work)
    exported_file = engine.export(work_id, options, out=out)
    typer.echo(f"{exported_file.path}: {exported_file.words:,} words")
    for notice in exported_file.notices:
        typer.echo(f"  - {notice}", err=True)
    if exported_file.gaps:
        typer.echo(f"  - not written yet: {'; '.join(exported_file.gaps)}", err=True)
        return Exit.PARTIAL
    return Exit.COMPLETE


def parse_sections(sections: str | None) -> tuple[str, ...]:
    """Return what ``s1,s3`` names.

    Raises:
        BadInput: it names nothing.
    """
    if sections is None:
        return ()
    section_names = tuple(part.strip() for part in sections.split(",") if part.strip())
    if not section_names:
        raise BadInput("--sections is empty; give ids such as s1,s3, or leave it out")
    return section_names

"""``inkwright import``, ``sync`` and ``remember``: what a person has written elsewhere."""

from collections.abc import Sequence
from pathlib import Path

import typer

from inkwright.agents.llm.config import Limits
from inkwright.agents.llm.events import Event, Notice
from inkwright.app.commands.errors import Exit, plainly
from inkwright.app.config import endpoints
from inkwright.app.config.paths import library_home, library_url
from inkwright.app.config.settings import Settings
from inkwright.app.display.formatting import many
from inkwright.app.export.archive_import import is_archive
from inkwright.app.manuscripts.import_file import Imported, ImportOptions
from inkwright.app.manuscripts.sync import MANUSCRIPT, CannotSync
from inkwright.app.services import engine
from inkwright.app.services.library_status import work_named
from inkwright.app.services.run_options import RunOptions
from inkwright.app.services.signals import run_to_end

TITLES_SHOWN = 5


def import_file(file: Path, chosen: ImportOptions, *, out: Path | None, limits: Limits) -> int:
    """Make a work of a file, and read it into memory where a model is set."""
    job = _job(limits)
    imported, manuscript = engine.import_file(file.expanduser(), chosen, job, out=out)
    for line in _told(imported):
        typer.echo(line)
    if manuscript is not None and manuscript.path is not None:
        typer.echo(f"manuscript: {manuscript.path}")
    if not is_archive(file):
        _remember_if_set(imported.work, job)
    if imported.unwritten:
        typer.echo(f"`inkwright resume {imported.work}` writes what is not written yet")
    return Exit.COMPLETE


def sync(folder: Path, *, take_titles: bool, limits: Limits) -> int:
    """Take an edited manuscript back, and say what it leaves to be checked."""
    job, folder = _job(limits), folder.expanduser()
    try:
        synced = engine.sync(folder, job, take_titles=take_titles)
    except CannotSync as fault:
        for line in fault.lines:
            typer.echo(f"inkwright: {folder / MANUSCRIPT}: {line}", err=True)
        return Exit.BAD_INPUT
    for what, title in synced.titles.items():
        typer.echo(f"{what or 'the whole'} is now “{title}”")
    for notice in synced.notices:
        typer.echo(f"  - {notice}")
    if not synced.changed:
        typer.echo(f"{synced.work}: no section has other words than before")
        return Exit.COMPLETE
    typer.echo(f"{synced.work}: taken back as yours: {', '.join(synced.changed)}")
    _remember_if_set(synced.work, job)
    stale = engine.stale(synced.work, job.settings)
    for section, reasons in stale.items():
        typer.echo(f"  {section} is stale: {reasons[0]}")
    if stale:
        typer.echo(f"`inkwright settle {synced.work}` checks them")
    return Exit.COMPLETE


def remember(work: str, *, limits: Limits) -> int:
    """Read into memory what waits for it."""
    one = work_named(library_home(), library_url(), work)
    job = _job(limits)
    endpoints.named(job.settings)
    _remember(one, job)
    return Exit.COMPLETE


def _remember_if_set(work: str, job: RunOptions) -> None:
    if endpoints.any_named(job.settings):
        _remember(work, job)
    else:
        typer.echo(f"no model is set: `inkwright remember {work}` reads it into memory later")


def _remember(work: str, job: RunOptions) -> None:
    result = plainly(
        lambda: run_to_end(engine.remember(work, job)), then=f"`inkwright remember {work}` goes on"
    )
    for problem in result.problems:
        typer.echo(f"  - {problem}")
    models = sorted(set(result.models.values()))
    by = f" by {', '.join(models)}" if models else ""
    typer.echo(f"read into memory{by}, {many(result.calls, 'call')}: `inkwright status {work}`")


def _job(limits: Limits) -> RunOptions:
    settings = Settings.load()
    if endpoints.any_named(settings):
        endpoints.named(settings)
    return RunOptions(settings, limits, _say)


def _say(event: Event) -> None:
    if isinstance(event, Notice):
        typer.echo(event.text)


def _told(imported: Imported) -> Sequence[str]:
    written = imported.sections - len(imported.unwritten)
    lines = [
        f"“{imported.title}”: {imported.words:,} words in {written} "
        f"section{'s' if written != 1 else ''}"
        if imported.new
        else f"“{imported.title}” was imported before, and is left as it is"
    ]
    if imported.unwritten and imported.new:
        shown = "; ".join(imported.unwritten[:TITLES_SHOWN])
        more = len(imported.unwritten) - TITLES_SHOWN
        lines.append(f"to be written: {shown}{f' and {more} more' if more > 0 else ''}")
    return [*lines, *imported.notices, f"work: {imported.work}"]

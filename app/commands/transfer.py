"""``inkwright import``, ``sync`` and ``remember``: what a person has written elsewhere."""

from collections.abc import Sequence
from pathlib import Path

import typer

from inkwright.agents.llm.config import Limits
from inkwright.agents.llm.events import Event, Notice
from inkwright.app.commands.errors import Exit, exit_on_error
from inkwright.app.config import endpoints
from inkwright.app.config.paths import find_library_home, find_library_url
from inkwright.app.config.settings import Settings
from inkwright.app.display.formatting import format_count
from inkwright.app.export.archive_import import is_archive
from inkwright.app.manuscripts.import_file import Imported, ImportOptions
from inkwright.app.manuscripts.sync import MANUSCRIPT_NAME, CannotSync
from inkwright.app.services import engine
from inkwright.app.services.library_status import find_work_id
from inkwright.app.services.run_options import RunOptions
from inkwright.app.services.signals import run_to_end
from inkwright.memory.ids import WorkId

TITLES_SHOWN = 5


def import_file(
    file: Path, import_options: ImportOptions, *, out: Path | None, limits: Limits
) -> int:
    """Make a work of a file, and read it into memory where a model is set."""
    run_options = _build_run_options(limits)
    imported, manuscript = engine.import_file(
        file.expanduser(), import_options, run_options, out=out
    )
    for line in _describe_import(imported):
        typer.echo(line)
    if manuscript is not None and manuscript.path is not None:
        typer.echo(f"manuscript: {manuscript.path}")
    if not is_archive(file):
        _remember_if_model_set(imported.work, run_options)
    if imported.unwritten:
        typer.echo(f"`inkwright resume {imported.work}` writes what is not written yet")
    return Exit.COMPLETE


def sync(folder: Path, *, take_titles: bool, limits: Limits) -> int:
    """Take an edited manuscript back, and say what it leaves to be checked."""
    run_options, folder = _build_run_options(limits), folder.expanduser()
    try:
        synced = engine.sync(folder, run_options, take_titles=take_titles)
    except CannotSync as fault:
        for line in fault.lines:
            typer.echo(f"inkwright: {folder / MANUSCRIPT_NAME}: {line}", err=True)
        return Exit.BAD_INPUT
    for section_id, title in synced.titles.items():
        typer.echo(f"{section_id or 'the whole'} is now “{title}”")
    for notice in synced.notices:
        typer.echo(f"  - {notice}")
    if not synced.changed:
        typer.echo(f"{synced.work}: no section has other words than before")
        return Exit.COMPLETE
    typer.echo(f"{synced.work}: taken back as yours: {', '.join(synced.changed)}")
    _remember_if_model_set(synced.work, run_options)
    stale_sections = engine.find_stale_sections(synced.work, run_options.settings)
    for section, reasons in stale_sections.items():
        typer.echo(f"  {section} is stale: {reasons[0]}")
    if stale_sections:
        typer.echo(f"`inkwright settle {synced.work}` checks them")
    return Exit.COMPLETE


def remember(work: str, *, limits: Limits) -> int:
    """Read into memory what waits for it."""
    work_id = find_work_id(find_library_home(), find_library_url(), work)
    run_options = _build_run_options(limits)
    endpoints.resolve_models(run_options.settings)
    _remember(work_id, run_options)
    return Exit.COMPLETE


def _remember_if_model_set(work_id: WorkId, run_options: RunOptions) -> None:
    if endpoints.has_any_model(run_options.settings):
        _remember(work_id, run_options)
    else:
        typer.echo(f"no model is set: `inkwright remember {work_id}` reads it into memory later")


def _remember(work_id: WorkId, run_options: RunOptions) -> None:
    result = exit_on_error(
        lambda: run_to_end(engine.remember(work_id, run_options)),
        next_step=f"`inkwright remember {work_id}` goes on",
    )
    for problem in result.problems:
        typer.echo(f"  - {problem}")
    models = sorted(set(result.models.values()))
    model_note = f" by {', '.join(models)}" if models else ""
    typer.echo(
        f"read into memory{model_note}, {format_count(result.calls, 'call')}:"
        f" `inkwright status {work_id}`"
    )


def _build_run_options(limits: Limits) -> RunOptions:
    settings = Settings.load()
    if endpoints.has_any_model(settings):
        endpoints.resolve_models(settings)
    return RunOptions(settings, limits, _print_notice)


def _print_notice(event: Event) -> None:
    if isinstance(event, Notice):
        typer.echo(event.text)


def _describe_import(imported: Imported) -> Sequence[str]:
    written_count = imported.sections - len(imported.unwritten)
    lines = [
        f"“{imported.title}”: {imported.words:,} words in {written_count} "
        f"section{'s' if written_count != 1 else ''}"
        if imported.new
        else f"“{imported.title}” was imported before, and is left as it is"
    ]
    if imported.unwritten and imported.new:
        shown_titles = "; ".join(imported.unwritten[:TITLES_SHOWN])
        more_count = len(imported.unwritten) - TITLES_SHOWN
        lines.append(
            f"to be written: {shown_titles}{f' and {more_count} more' if more_count > 0 else ''}"
        )
    return [*lines, *imported.notices, f"work: {imported.work}"]

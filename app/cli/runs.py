"""What the commands that call models share: a run with its progress, and what it came to."""

import sys
from collections.abc import Callable, Collection, Coroutine, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import typer

from inkwright.agents.llm.config import Ablation, Limits
from inkwright.agents.llm.events import Event, Notice
from inkwright.app.briefs.loader import read_brief
from inkwright.app.cli.errors import Exit, exit_on_error
from inkwright.app.cli.render import render_manuscript
from inkwright.app.config import endpoints
from inkwright.app.config.paths import find_library_home, find_library_url
from inkwright.app.config.settings import Settings
from inkwright.app.display.displays import RunDisplay, make_display
from inkwright.app.display.formatting import format_count
from inkwright.app.files import output_folder
from inkwright.app.services import engine
from inkwright.app.services.library_status import find_work_id, load_section_summaries
from inkwright.app.services.run_options import UNLIMITED, RunOptions
from inkwright.app.services.run_result import Manuscript
from inkwright.app.services.signals import run_to_end
from inkwright.memory.domain.brief import Brief
from inkwright.memory.domain.outline import resolve_section_id
from inkwright.memory.errors import BadInput
from inkwright.memory.ids import SectionId, WorkId

T = TypeVar("T")
EXIT_CODES = {"complete": Exit.COMPLETE, "partial": Exit.PARTIAL, "flagged": Exit.FLAGGED}


@dataclass(frozen=True)
class PieceOptions:
    """What the command line says about the piece itself."""

    brief: str
    outline: Path | None
    words: int | None
    continuity: str | None
    seed: int | None
    plan: Any
    memory: Any
    review: Any

    def load_brief(self) -> Brief:
        """Return the brief, with what the options change."""
        return read_brief(
            self.brief,
            outline=self.outline,
            words=self.words,
            continuity=self.continuity,
            seed=self.seed,
        )

    @property
    def ablation(self) -> Ablation:
        """Which parts are on."""
        return Ablation(plan=self.plan, memory=self.memory, review=self.review)

    def find_work(self, settings: Settings, **options: bool) -> WorkId | None:
        """Return the work that is named where a brief may stand, and say so; None: it is a brief.

        Raises:
            BadInput: it is no one work, or is given with what only a new piece can have, such as
                those of ``options`` that are on.
        """
        work = engine.work_meant(self.brief, settings, self.ablation, self.load_brief)
        if work is None:
            return None
        is_set_by_name = {n: getattr(self, n) is not None for n in ("words", "continuity", "seed")}
        is_ablated_by_name = {n: getattr(self, n) != "full" for n in ("plan", "memory", "review")}
        if wrong := [
            name for name, on in {**is_set_by_name, **is_ablated_by_name, **options}.items() if on
        ]:
            option = f"--{wrong[0].replace('_', '-')}"
            raise BadInput(
                f"{self.brief!r} is read as the work {work}, and {option} is for a new piece; "
                "a request for one needs more than one word, or a file"
            )
        if work != self.brief:
            typer.echo(f"{self.brief!r} is read as the work {work}")
        return work


def is_interactive() -> bool:
    """True when a person sits at the terminal and can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def resolve_work(work: str) -> WorkId:
    """Return the whole id of a work that is named by its id, or enough of its beginning."""
    return find_work_id(find_library_home(), find_library_url(), work)


def resolve_sections(work_id: WorkId, names: Iterable[str]) -> list[SectionId]:
    """Return section ids; a bare number counts sections in reading order.

    Raises:
        BadInput: there is no such section.
    """
    summaries = load_section_summaries(find_library_home(), work_id, find_library_url())
    section_ids = [s.section for s in summaries]
    return [resolve_section_id(name, section_ids) for name in names]


def load_run_options(limits: Limits = UNLIMITED) -> RunOptions:
    """Return how a run is done by these settings.

    Raises:
        BadInput: no model is set.
    """
    settings = Settings.load()
    endpoints.resolve_models(settings)
    return RunOptions(settings, limits)


def load_reading_options(limits: Limits = UNLIMITED) -> RunOptions:
    """Return how a person's words are read into memory: by these settings, if a model is set.

    Raises:
        BadInput: some role of a set model has none.
    """
    settings = Settings.load()
    if endpoints.has_any_model(settings):
        endpoints.resolve_models(settings)
    return RunOptions(settings, limits, _print_notice)


def run_with_progress(
    work_id: WorkId, run_options: RunOptions, act: Callable[[RunOptions], Coroutine[Any, Any, T]]
) -> T:
    """Run with progress shown, and say how to go on when it is stopped."""
    live = sys.stdout.isatty()

    def run() -> T:
        with make_display(RunDisplay(), typer.echo, live=live) as progress_display:
            return run_to_end(act(replace(run_options, watch=progress_display, watch_text=live)))

    return exit_on_error(run, next_step=f"`inkwright resume {work_id}` goes on")


def run_to_manuscript(
    work_id: WorkId,
    run_options: RunOptions,
    out: Path | None,
    act: Callable[[RunOptions, Path], Coroutine[Any, Any, Manuscript]],
) -> NoReturn:
    """Run a work to its end, print how it came out, and exit with it.

    ``act`` is given how to run, and the folder for its files, which is made before.
    """
    raise typer.Exit(_run_and_print(work_id, run_options, out, act))


def _run_and_print(
    work_id: WorkId,
    run_options: RunOptions,
    out: Path | None,
    act: Callable[[RunOptions, Path], Coroutine[Any, Any, Manuscript]],
) -> Exit:
    folder = output_folder.prepare_folder(out or Path.cwd())
    work_folder = folder if out else folder / work_id
    manuscript = run_with_progress(work_id, run_options, lambda options: act(options, work_folder))
    for line in render_manuscript(manuscript):
        typer.echo(line)
    return EXIT_CODES[manuscript.status]


def write(work_id: WorkId, run_options: RunOptions, out: Path | None) -> NoReturn:
    """Write a work to its end, and exit with how it came out."""
    raise typer.Exit(write_and_print(work_id, run_options, out))


def write_and_print(work_id: WorkId, run_options: RunOptions, out: Path | None) -> Exit:
    """Write a work to its end, print how it came out, and return the exit code."""
    return _run_and_print(
        work_id,
        run_options,
        out,
        lambda options, folder: engine.write(work_id, options, out=folder),
    )


def settle(
    work: str, out: Path | None, limits: Limits, only: Collection[str] | None = None
) -> NoReturn:
    """Settle a work's stale sections, or those of ``only``, and exit with how it came out."""
    work_id = resolve_work(work)
    run_to_manuscript(
        work_id,
        load_run_options(limits),
        out,
        lambda options, folder: engine.settle(work_id, options, only=only, out=folder),
    )


def remember(work_id: WorkId, run_options: RunOptions) -> None:
    """Read into memory what a person has written, and say what came of it."""
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


def remember_if_model_set(work_id: WorkId, run_options: RunOptions) -> None:
    """Read into memory what a person has written, or say how that is done later."""
    if endpoints.has_any_model(run_options.settings):
        remember(work_id, run_options)
    else:
        typer.echo(f"no model is set: `inkwright remember {work_id}` reads it into memory later")


def print_stale_sections(work_id: WorkId, settings: Settings) -> None:
    """Print which sections of a work are stale now."""
    stale = engine.find_stale_sections(work_id, settings)
    for section, reasons in stale.items():
        typer.echo(f"  {section} is stale: {reasons[0]}")
    if stale:
        typer.echo(f"`inkwright settle {work_id}` checks them")


def _print_notice(event: Event) -> None:
    if isinstance(event, Notice):
        typer.echo(event.text)

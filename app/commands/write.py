"""``inkwright write``, ``plan``, ``resume``, ``settle`` and ``redraft``."""

import math
import sys
from collections.abc import Callable, Collection, Coroutine, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import typer

from inkwright.agents.llm.config import Ablation, Limits
from inkwright.app.briefs.loader import read_brief
from inkwright.app.commands.errors import Exit, exit_on_error
from inkwright.app.commands.render import render_manuscript, render_plan, render_replan
from inkwright.app.config import endpoints
from inkwright.app.config.paths import find_library_home, find_library_url
from inkwright.app.config.settings import Settings
from inkwright.app.display.displays import make_display
from inkwright.app.files import output_folder
from inkwright.app.services import engine
from inkwright.app.services.engine import PlannedWork
from inkwright.app.services.library_status import find_work_id, load_section_summaries
from inkwright.app.services.run_options import RunOptions
from inkwright.app.services.run_result import Manuscript
from inkwright.app.services.signals import run_to_end
from inkwright.memory.domain.brief import Brief
from inkwright.memory.domain.outline import resolve_section_id
from inkwright.memory.errors import BadInput
from inkwright.memory.ids import SectionId, WorkId

T = TypeVar("T")
EXIT_CODES = {
    "complete": Exit.COMPLETE,
    "partial": Exit.PARTIAL,
    "flagged": Exit.FLAGGED,
}


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
        return Ablation(plan=self.plan, memory=self.memory, review=self.review)

    def work(self, settings: Settings, **options: bool) -> WorkId | None:
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


def build_limits(
    calls: int | None, tokens: int | None, minutes: float | None, cost: float | None
) -> Limits:
    """Return what a run may spend.

    Raises:
        BadInput: there is no time, or no money, at all.
    """
    for option, amount in (("--max-minutes", minutes), ("--max-cost", cost)):
        if amount is not None and not 0 < amount < math.inf:
            raise BadInput(f"{option} must be more than 0")
    return Limits(max_calls=calls, max_tokens=tokens, max_minutes=minutes, max_cost=cost)


def write(
    piece_options: PieceOptions,
    *,
    out: Path | None,
    limits: Limits,
    fresh: bool,
    dry_run: bool,
    ask: bool,
) -> int:
    """Write a piece, or go on with it, or with a work named by its id; return the exit code."""
    settings = Settings.load()
    has_outline = piece_options.outline is not None
    if (
        named_work_id := piece_options.work(
            settings, outline=has_outline, fresh=fresh, dry_run=dry_run
        )
    ) is not None:
        return resume(named_work_id, out=out, limits=limits)
    brief = piece_options.load_brief()
    if dry_run:
        from inkwright.app.estimates.estimate import estimate

        for line in estimate(brief, settings, piece_options.ablation, fresh=fresh).format_lines():
            typer.echo(line)
        return 0
    endpoints.resolve_models(settings)
    folder = output_folder.prepare_folder(out or Path.cwd())
    work = engine.begin_work(brief, settings, piece_options.ablation, fresh=fresh)
    run_options = RunOptions(settings, limits)
    if ask and not work.approved and is_interactive():
        _print_plan(
            _run_with_progress(
                work.id, run_options, lambda run_options: engine.plan(work.id, run_options)
            )
        )
        if not typer.confirm("\nWrite it?", default=True):
            typer.echo(f"the outline is kept; `inkwright resume {work.id}` writes it")
            return 0
    return _write_and_report(work.id, run_options, folder if out else folder / work.id)


def is_interactive() -> bool:
    """True when a person sits at the terminal and can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def plan(piece_options: PieceOptions, *, limits: Limits, fresh: bool) -> int:
    """Plan a piece and print the plan; return the exit code.

    Of a work that is planned already, named by its id or its beginning, the plan is shown, with a
    new outline if there is one: what that moves is said.
    """
    settings = Settings.load()
    if (named_work_id := piece_options.work(settings, fresh=fresh)) is not None:
        return _show_or_replan(named_work_id, piece_options.outline)
    brief = piece_options.load_brief()
    work_id = engine.begin_work(brief, settings, piece_options.ablation, fresh=fresh).id
    run_options = RunOptions(settings, limits)
    _print_plan(
        _run_with_progress(
            work_id, run_options, lambda run_options: engine.plan(work_id, run_options)
        )
    )
    typer.echo(f"\n`inkwright resume {work_id}` writes it")
    return 0


def _show_or_replan(work_id: WorkId, outline: Path | None) -> int:
    from inkwright.app.services.replan import replan
    from inkwright.memory.store import plans

    with engine.open_library(Settings.load()) as library:
        replan_result = replan(library, work_id, outline) if outline else None
        current_plan = replan_result.plan if replan_result else plans.require(library, work_id)
    _print_plan(PlannedWork(work_id, current_plan))
    if replan_result is not None:
        for line in render_replan(replan_result):
            typer.echo(line)
    typer.echo(f"\n`inkwright resume {work_id}` writes it")
    return 0


def resume(work: str, *, out: Path | None, limits: Limits) -> int:
    """Go on with a work; return the exit code."""
    work_id, run_options, folder = _prepare_run(work, out, limits)
    return _write_and_report(work_id, run_options, folder)


def settle(
    work: str, *, out: Path | None, limits: Limits, only: Collection[str] | None = None
) -> int:
    """Settle a work's stale sections, or those of ``only``; return the exit code."""
    work_id, run_options, folder = _prepare_run(work, out, limits)
    return _report_manuscript(
        _run_with_progress(
            work_id,
            run_options,
            lambda run_options: engine.settle(work_id, run_options, only=only, out=folder),
        )
    )


def redraft(
    work: str, sections: Sequence[str], *, note: str, out: Path | None, limits: Limits
) -> int:
    """Write sections anew; return the exit code."""
    work_id, run_options, folder = _prepare_run(work, out, limits)
    section_ids = _resolve_section_ids(work_id, sections)
    return _report_manuscript(
        _run_with_progress(
            work_id,
            run_options,
            lambda run_options: engine.redraft(
                work_id, section_ids, run_options, note=note, out=folder
            ),
        )
    )


def _prepare_run(work: str, out: Path | None, limits: Limits) -> tuple[WorkId, RunOptions, Path]:
    """See that work, model and output folder are there, before anything is called."""
    work_id = find_work_id(find_library_home(), find_library_url(), work)
    settings = Settings.load()
    endpoints.resolve_models(settings)
    folder = output_folder.prepare_folder(out or Path.cwd())
    return work_id, RunOptions(settings, limits), folder if out else folder / work_id


def _resolve_section_ids(work_id: WorkId, names: Sequence[str]) -> list[SectionId]:
    """Return section ids; a bare number counts sections in reading order."""
    all_ids = [
        s.section for s in load_section_summaries(find_library_home(), work_id, find_library_url())
    ]
    return [resolve_section_id(name, all_ids) for name in names]


def _write_and_report(work_id: WorkId, job: RunOptions, folder: Path) -> int:
    return _report_manuscript(
        _run_with_progress(work_id, job, lambda job: engine.write(work_id, job, out=folder))
    )


def _run_with_progress(
    work_id: WorkId, run_options: RunOptions, act: Callable[[RunOptions], Coroutine[Any, Any, T]]
) -> T:
    """Run with progress shown, and say how to go on when it is stopped."""
    live = sys.stdout.isatty()

    def run() -> T:
        with make_display(typer.echo, live=live) as progress_display:
            return run_to_end(act(replace(run_options, watch=progress_display, watch_text=live)))

    return exit_on_error(run, next_step=f"`inkwright resume {work_id}` goes on")


def _print_plan(planned_work: PlannedWork) -> None:
    for line in render_plan(planned_work.plan):
        typer.echo(line)
    typer.echo(f"\nwork: {planned_work.work}")


def _report_manuscript(manuscript: Manuscript) -> int:
    for line in render_manuscript(manuscript):
        typer.echo(line)
    return EXIT_CODES[manuscript.status]

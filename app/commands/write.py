"""``inkwright write``, ``plan``, ``resume``, ``settle`` and ``redraft``."""

import sys
from collections.abc import Callable, Collection, Coroutine, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import typer

from inkwright.agents.llm.config import Ablation, Limits
from inkwright.app.briefs.loader import read_brief
from inkwright.app.commands.errors import Exit, plainly
from inkwright.app.commands.render import manuscript_lines, plan_lines, replanned_lines
from inkwright.app.config import endpoints
from inkwright.app.config.paths import library_home, library_url
from inkwright.app.config.settings import Settings
from inkwright.app.display.displays import display
from inkwright.app.files import output_folder
from inkwright.app.services import engine
from inkwright.app.services.engine import PlannedWork
from inkwright.app.services.library_status import sections, work_named
from inkwright.app.services.run_options import RunOptions
from inkwright.app.services.run_result import Manuscript
from inkwright.app.services.signals import run_to_end
from inkwright.memory.domain.brief import Brief
from inkwright.memory.errors import BadInput

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

    def read(self) -> Brief:
        """Return the brief, with what the options change."""
        return read_brief(
            self.brief,
            outline=self.outline,
            words=self.words,
            continuity=self.continuity,
            seed=self.seed,
        )

    @property
    def arms(self) -> Ablation:
        return Ablation(plan=self.plan, memory=self.memory, review=self.review)

    def work(self, settings: Settings, **options: bool) -> str | None:
        """Return the work that is named where a brief may stand, and say so; None: it is a brief.

        Raises:
            BadInput: it is no one work, or is given with what only a new piece can have, such as
                those of ``options`` that are on.
        """
        work = engine.work_meant(self.brief, settings, self.arms, self.read)
        if work is None:
            return None
        given = {n: getattr(self, n) is not None for n in ("words", "continuity", "seed")}
        arms = {n: getattr(self, n) != "full" for n in ("plan", "memory", "review")}
        if wrong := [name for name, on in {**given, **arms, **options}.items() if on]:
            option = f"--{wrong[0].replace('_', '-')}"
            raise BadInput(
                f"{self.brief!r} is read as the work {work}, and {option} is for a new piece; "
                "a request for one needs more than one word, or a file"
            )
        if work != self.brief:
            typer.echo(f"{self.brief!r} is read as the work {work}")
        return work


def limits(calls: int | None, tokens: int | None, minutes: float | None) -> Limits:
    """Return what a run may spend.

    Raises:
        BadInput: there is no time at all.
    """
    if minutes is not None and minutes <= 0:
        raise BadInput("--max-minutes must be more than 0")
    return Limits(max_calls=calls, max_tokens=tokens, max_minutes=minutes)


def write(
    asked: PieceOptions,
    *,
    out: Path | None,
    limits: Limits,
    fresh: bool,
    dry_run: bool,
    ask: bool,
) -> int:
    """Write a piece, or go on with it, or with a work named by its id; return the exit code."""
    settings = Settings.load()
    given = asked.outline is not None
    if (known := asked.work(settings, outline=given, fresh=fresh, dry_run=dry_run)) is not None:
        return resume(known, out=out, limits=limits)
    brief = asked.read()
    if dry_run:
        from inkwright.app.estimates.estimate import estimate

        for line in estimate(brief, settings, asked.arms, fresh=fresh).lines():
            typer.echo(line)
        return 0
    endpoints.named(settings)
    folder = output_folder.prepare(out or Path.cwd())
    work = engine.begin(brief, settings, asked.arms, fresh=fresh)
    job = RunOptions(settings, limits)
    if ask and not work.approved and interactive():
        _tell_planned(_watched(work.id, job, lambda job: engine.plan(work.id, job)))
        if not typer.confirm("\nWrite it?", default=True):
            typer.echo(f"the outline is kept; `inkwright resume {work.id}` writes it")
            return 0
    return _written(work.id, job, folder if out else folder / work.id)


def interactive() -> bool:
    """True when a person sits at the terminal and can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def plan(asked: PieceOptions, *, limits: Limits, fresh: bool) -> int:
    """Plan a piece and print the plan; return the exit code.

    Of a work that is planned already, named by its id or its beginning, the plan is shown, with a
    new outline if there is one: what that moves is said.
    """
    settings = Settings.load()
    if (known := asked.work(settings, fresh=fresh)) is not None:
        return _replanned(known, asked.outline)
    brief = asked.read()
    work = engine.begin(brief, settings, asked.arms, fresh=fresh).id
    job = RunOptions(settings, limits)
    _tell_planned(_watched(work, job, lambda job: engine.plan(work, job)))
    typer.echo(f"\n`inkwright resume {work}` writes it")
    return 0


def _replanned(work: str, outline: Path | None) -> int:
    from inkwright.app.services.replan import replan
    from inkwright.memory.store import plans

    with engine.opened(Settings.load()) as library:
        found = replan(library, work, outline) if outline else None
        shown = found.plan if found else plans.current(library, work)
    if shown is None:
        raise BadInput(f"{work} is not planned yet; `inkwright resume {work}` plans it")
    _tell_planned(PlannedWork(work, shown))
    if found is not None:
        for line in replanned_lines(found):
            typer.echo(line)
    typer.echo(f"\n`inkwright resume {work}` writes it")
    return 0


def resume(work: str, *, out: Path | None, limits: Limits) -> int:
    """Go on with a work; return the exit code."""
    one, job, folder = _ready(work, out, limits)
    return _written(one, job, folder)


def settle(
    work: str, *, out: Path | None, limits: Limits, only: Collection[str] | None = None
) -> int:
    """Settle a work's stale sections, or those of ``only``; return the exit code."""
    one, job, folder = _ready(work, out, limits)
    return _told(_watched(one, job, lambda job: engine.settle(one, job, only=only, out=folder)))


def redraft(
    work: str, sections: Sequence[str], *, note: str, out: Path | None, limits: Limits
) -> int:
    """Write sections anew; return the exit code."""
    one, job, folder = _ready(work, out, limits)
    chosen = _section_ids(one, sections)
    return _told(
        _watched(one, job, lambda job: engine.redraft(one, chosen, job, note=note, out=folder))
    )


def _ready(work: str, out: Path | None, limits: Limits) -> tuple[str, RunOptions, Path]:
    """See that work, model and output folder are there, before anything is called."""
    one = work_named(library_home(), library_url(), work)
    settings = Settings.load()
    endpoints.named(settings)
    folder = output_folder.prepare(out or Path.cwd())
    return one, RunOptions(settings, limits), folder if out else folder / one


def _section_ids(work: str, given: Sequence[str]) -> list[str]:
    """Return section ids; a bare number counts sections in reading order."""
    known = [s.section for s in sections(library_home(), work, library_url())]
    chosen = []
    for name in given:
        if name not in known and name.isdecimal() and 1 <= int(name) <= len(known):
            name = known[int(name) - 1]
        if name not in known:
            raise BadInput(f"{work} has no section {name!r}; `inkwright status {work}` lists them")
        chosen.append(name)
    return chosen


def _written(work: str, job: RunOptions, folder: Path) -> int:
    return _told(_watched(work, job, lambda job: engine.write(work, job, out=folder)))


def _watched(work: str, job: RunOptions, act: Callable[[RunOptions], Coroutine[Any, Any, T]]) -> T:
    """Run with progress shown, and say how to go on when it is stopped."""
    live = sys.stdout.isatty()

    def run() -> T:
        with display(typer.echo, live=live) as shown:
            return run_to_end(act(replace(job, watch=shown, watch_text=live)))

    return plainly(run, then=f"`inkwright resume {work}` goes on")


def _tell_planned(planned: PlannedWork) -> None:
    for line in plan_lines(planned.plan):
        typer.echo(line)
    typer.echo(f"\nwork: {planned.work}")


def _told(manuscript: Manuscript) -> int:
    for line in manuscript_lines(manuscript):
        typer.echo(line)
    return EXIT_CODES[manuscript.status]

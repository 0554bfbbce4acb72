"""One work of a batch, from its line to its result."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from inkwright.agents.llm.config import Limits
from inkwright.agents.orchestration import run
from inkwright.agents.orchestration.run import RunResult
from inkwright.agents.orchestration.shared_resources import SharedResources
from inkwright.app.batch.error_line import explain
from inkwright.app.batch.events import Left, WorkBegan
from inkwright.app.batch.input import BatchLine
from inkwright.app.batch.options import BatchOptions, Spent, left_of
from inkwright.app.batch.result_builder import as_it_stands, of_manuscript, without_text
from inkwright.app.batch.results import Result
from inkwright.app.services import run_result
from inkwright.app.services.run_options import RunOptions
from inkwright.app.services.run_recorder import recorded
from inkwright.memory.domain.draft import Review
from inkwright.memory.errors import (
    BudgetSpent,
    InkwrightError,
    LeaseLost,
    LibraryUnusable,
    ModelError,
    ModelRefused,
    ModelUnreachable,
    Paused,
    Stopped,
    UnusableAnswer,
    WorkBusy,
)
from inkwright.memory.store import drafts, journal, plans, works
from inkwright.memory.store.run_status import Action
from inkwright.memory.store.works import Work

PASSES = 3
"""How often a work is taken up in one batch when calls of it failed for good."""
DEAD_AFTER = 3
"""Passes in a row that end with no answer from any model before the models count as gone."""


class AllModelsDown(Exception):
    """No model answers any more: the batch ends here."""

    def __init__(self, fault: ModelError) -> None:
        super().__init__(str(fault))
        self.fault = fault


@dataclass
class ModelHealth:
    """Whether models still answer, by what works have seen."""

    answers: int = -1
    silent: int = 0

    def silence(self, answers: int, fault: ModelError) -> None:
        """Note that a pass ended without an answer, after so many answers in all.

        Raises:
            ModelsGone: it is not the first, and nothing was answered between.
        """
        self.silent = self.silent + 1 if answers == self.answers else 1
        self.answers = answers
        if self.silent >= DEAD_AFTER:
            raise AllModelsDown(fault)


@dataclass(frozen=True)
class BatchResources:
    """What all works of a batch are written with."""

    office: SharedResources
    job: RunOptions
    asked: BatchOptions
    pulse: ModelHealth = field(default_factory=ModelHealth)


async def write(line: BatchLine, at: BatchResources) -> Result | Left:
    """Bring one line to its end and return its result, or why it is left for another run.

    An error that is not expected is told in the line's result, and the next run tries it again.

    Raises:
        ModelsGone: the batch cannot go on.
        LibraryUnusable: nothing can be kept any more.
    """
    library, work = at.office.library, None
    if line.brief is None:
        return without_text(library, line, "failed", error=line.fault)
    try:
        work = works.begin(library, line.brief, at.asked.arms.model_dump(), apart=line.id)
        return await _finish(line, work, at)
    except (LibraryUnusable, AllModelsDown):
        raise
    except Exception as fault:  # whatever it is, it is about this line alone
        why = explain(fault, f"line {line.number} ({line.id})")
        failed = without_text(library, line, "failed", error=why, unfinished=True)
        return failed.model_copy(update={"work": work.id if work else None})


async def _finish(line: BatchLine, work: Work, at: BatchResources) -> Result | Left:
    library = at.office.library
    if _is_over(work, at.asked):
        return as_it_stands(library, line, work.id, at.job)
    if (left := _not_due(work, at.asked)) is not None:
        return left
    at.job.watch(WorkBegan(work.id, line.id, work.title))
    try:
        return await _written(line, work, at)
    except (WorkBusy, LeaseLost):
        return "busy"
    except (LibraryUnusable, AllModelsDown):
        raise
    except (Paused, Stopped):
        return "unfinished"
    except BudgetSpent as spent:
        if at.office.purse.spent:
            return "unfinished"
        return without_text(
            library, line, "partial", work=work.id, error=str(spent), unfinished=True
        )
    except InkwrightError as fault:
        return without_text(library, line, "failed", work=work.id, error=str(fault))


def _is_over(work: Work, asked: BatchOptions) -> bool:
    """True when the work ended in an earlier run, and nobody asks for more."""
    return work.status == "complete" or (work.status == "flagged" and "flagged" not in asked.retry)


def _not_due(work: Work, asked: BatchOptions) -> Left | None:
    """Return why a work is not to be written now: its outline was asked for, or it was not."""
    if asked.mode == "approved" and work.status == "new":
        return "untouched"
    if asked.mode == "plan" and work.status not in ("new", "planned"):
        return "unfinished"
    if asked.mode == "whole" and work.status == "planned" and not work.approved:
        return "waiting"
    return None


async def _written(line: BatchLine, work: Work, at: BatchResources) -> Result | Left:
    library, office = at.office.library, at.office
    if at.asked.mode == "plan":
        if work.status == "new":
            await _passed(line, work, at, until="planned")
        return without_text(library, line, "planned", work=work.id)
    works.approve(library, work.id)
    if work.status == "flagged":
        ended = await _mended(work, at)
    else:
        ended, work = await _passed(line, work, at)
    if isinstance(ended.stopped_by, Paused):
        return "unfinished"
    stopped = str(ended.stopped_by) if isinstance(ended.stopped_by, BudgetSpent) else ""
    if stopped and office.purse.spent:
        return "unfinished"
    piece = run_result.ended(library, work.id, ended, at.job, office.calling, None)
    return of_manuscript(line, piece, stopped=stopped)


async def _passed(
    line: BatchLine,
    work: Work,
    at: BatchResources,
    until: Literal["planned", "complete"] = "complete",
) -> tuple[RunResult, Work]:
    """Run a work, again where calls of it failed for good; return how it ended.

    Raises:
        InkwrightError: it has no text after the last pass.
    """
    for number in range(1, PASSES + 1):
        try:
            action: Action = "plan" if until == "planned" else "write"
            ended = await _recorded(action, work, at, run.run, until=until)
        except (ModelUnreachable, ModelRefused) as fault:
            at.pulse.silence(at.office.slots.answers, fault)
            if number == PASSES:
                raise
        except UnusableAnswer:
            if number == PASSES:
                raise
            assert line.brief is not None
            arms = at.asked.arms.model_dump()
            work = works.begin(at.office.library, line.brief, arms, apart=line.id, fresh=True)
            works.approve(at.office.library, work.id)
        else:
            if ended.status != "partial" or ended.stopped_by or number == PASSES:
                break
    return ended, work


async def _mended(work: Work, at: BatchResources) -> RunResult:
    """Write anew the sections that flag a work, or the one that its length is to be mended in."""
    library = at.office.library
    plan, texts = plans.current(library, work.id), drafts.current(library, work.id)
    assert plan is not None, "a flagged work is planned"
    unmet = Review.model_validate((work.pinned or {}).get("whole", {})).broken
    told = {c.id: c.text for c in plan.whole}
    required = {c.id for c in plan.constraints if c.required}
    broken = [
        sid
        for sid, draft in texts.items()
        if draft.review
        and any(f.status != "met" and f.constraint in required for f in draft.review.findings)
    ]
    if not broken:
        targets = {s.id: s.target_words for s in plan.outline.sections}
        broken = [max(texts, key=lambda sid: abs(texts[sid].words / targets[sid] - 1))]
    note = "; ".join(told.get(f.constraint, "") for f in unmet).strip("; ")
    return await _recorded("redraft", work, at, run.redraft, broken, note=note)


async def _recorded(
    action: Action,
    work: Work,
    at: BatchResources,
    act: Callable[..., Awaitable[RunResult]],
    *given: Any,
    **more: Any,
) -> RunResult:
    """Do a run of a work, on record like any other, so that a person can pause or stop it."""
    office, limits = at.office, left_of(at.asked.each, _used(work, at))
    job = replace(at.job, limits=limits)
    async with recorded(office.library, work.id, action, job) as recorder:
        ended = await act(
            work.id,
            *given,
            **more,
            library=office.library,
            calling=office.calling,
            limits=recorder.job.limits,
            watch=recorder,
            watch_text=False,
            office=office,
            lease=recorder.lease,
        )
        recorder.outcome = ended.status
    return ended


def _used(work: Work, at: BatchResources) -> Spent:
    if at.asked.each == Limits():
        return 0, 0
    usage = journal.usage(at.office.library, work.id)
    return sum(u.calls for u in usage), sum(u.prompt + u.completion for u in usage)

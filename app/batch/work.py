"""One work of a batch, from its line to its result."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

from inkwright.agents.llm.config import Limits
from inkwright.agents.orchestration import run
from inkwright.agents.orchestration.run import RunInputs, RunResult
from inkwright.agents.orchestration.shared_resources import SharedResources
from inkwright.app.batch.error_line import explain
from inkwright.app.batch.events import NoResultReason, WorkBegan
from inkwright.app.batch.input import BatchLine
from inkwright.app.batch.options import BatchOptions, EarlierUsage, subtract_usage, sum_usage
from inkwright.app.batch.result_builder import (
    build_current_result,
    build_result,
    build_textless_result,
)
from inkwright.app.batch.results import Result
from inkwright.app.config import endpoints
from inkwright.app.services import run_result
from inkwright.app.services.run_options import RunOptions
from inkwright.app.services.run_recorder import record_run
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
from inkwright.memory.store.run_status import RunAction
from inkwright.memory.store.works import Work

MAX_PASSES = 3
"""How often a work is taken up in one batch when calls of it failed for good."""
MAX_SILENT_PASSES = 3
"""Passes in a row that end with no answer from any model before the models count as gone."""


class AllModelsDown(Exception):
    """No model answers any more: the batch ends here."""

    def __init__(self, fault: ModelError) -> None:
        super().__init__(str(fault))
        self.fault = fault


@dataclass
class ModelHealth:
    """Whether models still answer, by what works have seen."""

    last_answer_count: int = -1
    silent_passes: int = 0

    def record_silent_pass(self, answer_count: int, fault: ModelError) -> None:
        """Note that a pass ended without an answer, after so many answers in all.

        Raises:
            AllModelsDown: it is not the first, and nothing was answered between.
        """
        self.silent_passes = self.silent_passes + 1 if answer_count == self.last_answer_count else 1
        self.last_answer_count = answer_count
        if self.silent_passes >= MAX_SILENT_PASSES:
            raise AllModelsDown(fault)


@dataclass(frozen=True)
class BatchResources:
    """What all works of a batch are written with."""

    resources: SharedResources
    run_options: RunOptions
    options: BatchOptions
    model_health: ModelHealth = field(default_factory=ModelHealth)


async def write(line: BatchLine, at: BatchResources) -> Result | NoResultReason:
    """Bring one line to its end and return its result, or why it is left for another run.

    An error that is not expected is told in the line's result, and the next run tries it again.

    Raises:
        AllModelsDown: the batch cannot go on.
        LibraryUnusable: nothing can be kept any more.
    """
    library, work = at.resources.library, None
    if line.brief is None:
        return build_textless_result(library, line, "failed", error=line.fault)
    try:
        work = works.begin(
            library, line.brief, at.options.ablation.model_dump(), distinguishing_id=line.id
        )
        return await _finish(line, work, at)
    except (LibraryUnusable, AllModelsDown):
        raise
    except Exception as fault:  # whatever it is, it is about this line alone
        why = explain(fault, f"line {line.number} ({line.id})")
        failed_result = build_textless_result(library, line, "failed", error=why, unfinished=True)
        return failed_result.model_copy(update={"work": work.id if work else None})


async def _finish(line: BatchLine, work: Work, at: BatchResources) -> Result | NoResultReason:
    library = at.resources.library
    if _is_over(work, at.options):
        return build_current_result(library, line, work.id, at.run_options)
    if (no_result_reason := _find_left_reason(work, at.options)) is not None:
        return no_result_reason
    at.run_options.watch(WorkBegan(work.id, line.id, work.title))
    try:
        return await _write_work(line, work, at)
    except (WorkBusy, LeaseLost):
        return "busy"
    except (LibraryUnusable, AllModelsDown):
        raise
    except (Paused, Stopped):
        return "unfinished"
    except BudgetSpent as spent:
        if at.resources.budget.limit_error:
            return "unfinished"
        return build_textless_result(
            library, line, "partial", work_id=work.id, error=str(spent), unfinished=True
        )
    except InkwrightError as fault:
        return build_textless_result(library, line, "failed", work_id=work.id, error=str(fault))


def _is_over(work: Work, batch_options: BatchOptions) -> bool:
    """True when the work ended in an earlier run, and nobody asks for more."""
    return work.status == "complete" or (
        work.status == "flagged" and "flagged" not in batch_options.retry
    )


def _find_left_reason(work: Work, batch_options: BatchOptions) -> NoResultReason | None:
    """Return why a work is not to be written now: its outline was asked for, or it was not."""
    if batch_options.mode == "approved" and work.status == "new":
        return "untouched"
    if batch_options.mode == "plan" and work.status not in ("new", "planned"):
        return "unfinished"
    if batch_options.mode == "whole" and work.status == "planned" and not work.approved:
        return "waiting"
    return None


async def _write_work(
    line: BatchLine, work: Work, batch: BatchResources
) -> Result | NoResultReason:
    library, resources = batch.resources.library, batch.resources
    if batch.options.mode == "plan":
        if work.status == "new":
            await _run_passes(line, work, batch, until="planned")
        return build_textless_result(library, line, "planned", work_id=work.id)
    works.approve(library, work.id)
    if work.status == "flagged":
        outcome = await _redraft_flagged_sections(work, batch)
    else:
        outcome, work = await _run_passes(line, work, batch)
    if isinstance(outcome.stopped_by, Paused):
        return "unfinished"
    stop_reason = str(outcome.stopped_by) if isinstance(outcome.stopped_by, BudgetSpent) else ""
    if stop_reason and resources.budget.limit_error:
        return "unfinished"
    manuscript = run_result.build_run_manuscript(
        library, work.id, outcome, batch.run_options, resources.call_settings, None
    )
    return build_result(line, manuscript, stop_reason=stop_reason)


async def _run_passes(
    line: BatchLine,
    work: Work,
    batch: BatchResources,
    until: Literal["planned", "complete"] = "complete",
) -> tuple[RunResult, Work]:
    """Run a work, again where calls of it failed for good; return how it ended.

    Raises:
        InkwrightError: it has no text after the last pass.
    """
    for number in range(1, MAX_PASSES + 1):
        try:
            action: RunAction = "plan" if until == "planned" else "write"
            outcome = await _record(action, work, batch, partial(run.run, work.id, until=until))
        except (ModelUnreachable, ModelRefused) as fault:
            batch.model_health.record_silent_pass(batch.resources.limiter.answer_count, fault)
            if number == MAX_PASSES:
                raise
        except UnusableAnswer:
            if number == MAX_PASSES:
                raise
            assert line.brief is not None
            ablation = batch.options.ablation.model_dump()
            work = works.begin(
                batch.resources.library, line.brief, ablation, distinguishing_id=line.id, fresh=True
            )
            works.approve(batch.resources.library, work.id)
        else:
            if outcome.status != "partial" or outcome.stopped_by or number == MAX_PASSES:
                break
    return outcome, work


async def _redraft_flagged_sections(work: Work, batch: BatchResources) -> RunResult:
    """Write anew the sections that flag a work, or the one that its length is to be mended in."""
    library = batch.resources.library
    plan, current_drafts = plans.current(library, work.id), drafts.current(library, work.id)
    assert plan is not None, "a flagged work is planned"
    unmet_findings = (work.run_state.whole_review or Review()).broken_findings
    constraint_texts: dict[str, str] = {c.id: c.text for c in plan.whole_piece_constraints}
    required_ids = {c.id for c in plan.constraints if c.required}
    section_ids = [
        section_id
        for section_id, draft in current_drafts.items()
        if draft.review
        and any(f.status != "met" and f.constraint in required_ids for f in draft.review.findings)
    ]
    if not section_ids:
        target_words = {s.id: s.target_words for s in plan.outline.sections}
        section_ids = [
            max(
                current_drafts,
                key=lambda section_id: abs(
                    current_drafts[section_id].words / target_words[section_id] - 1
                ),
            )
        ]
    note = "; ".join(constraint_texts.get(f.constraint, "") for f in unmet_findings).strip("; ")
    return await _record(
        "redraft", work, batch, lambda inputs: run.redraft(work.id, inputs, section_ids, note=note)
    )


async def _record(
    action: RunAction,
    work: Work,
    at: BatchResources,
    act: Callable[[RunInputs], Awaitable[RunResult]],
) -> RunResult:
    """Do a run of a work, on record like any other, so that a person can pause or stop it."""
    resources, limits = at.resources, subtract_usage(at.options.brief_limits, _load_usage(work, at))
    job = replace(at.run_options, limits=limits)
    async with record_run(resources.library, work.id, action, job) as recorder:
        run_inputs = RunInputs(
            library=resources.library,
            calling=resources.call_settings,
            limits=recorder.run_options.limits,
            watch=recorder,
            resources=resources,
            lease=recorder.lease,
        )
        result = await act(run_inputs)
        recorder.outcome = result.status
    return result


def _load_usage(work: Work, batch: BatchResources) -> EarlierUsage:
    if batch.options.brief_limits == Limits():
        return EarlierUsage()
    usage = journal.load_usage(batch.resources.library, work.id)
    return sum_usage(usage, endpoints.build_price_list(batch.run_options.settings))

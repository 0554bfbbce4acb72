"""The work graph: a whole piece from brief to assembly.

    plan -> (approve?) -> draft -> settle -> review -> (repair once) -> assemble

There is no checkpointer. The entry asks the library where the work stands, so there is one truth.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from inkwright.agents.context.run_context import RunContext
from inkwright.agents.llm.events import Finished, PhaseBegan, Planned, SectionLine
from inkwright.agents.orchestration.scheduler import Scheduler
from inkwright.agents.planning import planner
from inkwright.agents.revision import (
    final_review,
    length_balance,
    recheck,
    repetition_and_transitions,
    settler,
)
from inkwright.agents.revision.repetition_and_transitions import ManuscriptFault
from inkwright.memory.domain.draft import Review
from inkwright.memory.errors import AccessRefused, BudgetSpent, ModelError, Paused
from inkwright.memory.store import drafts, plans, works

Status = Literal["complete", "flagged", "partial", "planned"]


class WorkState(TypedDict):
    """The graph's state: a counter."""

    broken: int
    """Constraints on the whole that are broken, faults of sections together, lengths missed, and
    whether anything is to be read once more."""


@dataclass
class WorkContext:
    """What one pass through the graph works with."""

    desk: RunContext
    sections: Any
    """The compiled section graph."""
    until: Literal["planned", "complete"]
    status: Status = "partial"
    stopped_by: Exception | None = None
    stopped_in: str = ""
    """The phase in which that happened."""
    review: Review | None = None
    faults: tuple[ManuscriptFault, ...] = ()
    """What the sections repeat, and how they join, before it is mended."""


async def plan(state: WorkState, runtime: Runtime[WorkContext]) -> dict[str, Any]:
    """Make the plan and its entries; both are adopted in one transaction."""
    desk = runtime.context.desk
    desk.watch(PhaseBegan(desk.work, "planning"))
    made = await planner.plan(desk)
    adopted = plans.adopt(
        desk.library, desk.lease, made.outline, made.constraints, delta=made.entries
    )
    works.record(desk.library, desk.lease, status="planned", title=made.outline.title)
    desk.use(adopted)
    return {}


async def draft(state: WorkState, runtime: Runtime[WorkContext]) -> dict[str, Any]:
    run = runtime.context
    desk = run.desk
    desk.watch(PhaseBegan(desk.work, "drafting"))
    tell_sections(desk)
    if missing(desk):
        works.record(desk.library, desk.lease, status="drafting")
        works.pin(desk.library, desk.lease, settled=None, repair=None, missed=None)
    scheduler = Scheduler(desk, run.sections)
    await scheduler.run()
    run.stopped_by, run.stopped_in = scheduler.stopped_by, "drafting"
    return {}


async def settle(state: WorkState, runtime: Runtime[WorkContext]) -> dict[str, Any]:
    """Settle, once for each version of the plan, what rests on something else than it was shown."""
    run = runtime.context
    desk = run.desk
    if _pinned(desk).get("settled") != desk.plan.version:
        try:
            await settler.settle(desk, drafted=True)
        except (BudgetSpent, AccessRefused, ModelError) as fault:
            run.stopped_by, run.stopped_in = fault, "settling"
    return {}


async def review(state: WorkState, runtime: Runtime[WorkContext]) -> dict[str, Any]:
    """Check the whole piece; a repair that was interrupted goes on from what was found then."""
    run = runtime.context
    desk = run.desk
    pinned = _pinned(desk)
    if pinned.get("repair") == "begun":
        run.review = Review.model_validate(pinned["whole"])
        run.faults = tuple(ManuscriptFault.model_validate(f) for f in pinned.get("faults") or ())
        return {"broken": len(run.review.broken) + len(run.faults) + recheck.wanted(desk)}
    desk.watch(PhaseBegan(desk.work, "reviewing"))
    try:
        run.review = await final_review.review_whole(desk)
        if desk.arms.review != "off" and pinned.get("repair") != "done" and not missing(desk):
            run.faults = await repetition_and_transitions.faults(desk, judged=True)
            first = repetition_and_transitions.measured(desk).model_dump(mode="json")
            told = [f.model_dump(mode="json") for f in run.faults]
            works.pin(desk.library, desk.lease, faults=told, repetition=first)
    except (BudgetSpent, AccessRefused) as fault:
        run.stopped_by, run.stopped_in = fault, "reviewing"
        return {"broken": 0}
    works.pin(desk.library, desk.lease, whole=run.review.model_dump(mode="json"))
    return {
        "broken": len(run.review.broken)
        + len(run.faults)
        + recheck.wanted(desk)
        + len(length_balance.out_of_band(desk)),
    }


async def repair(state: WorkState, runtime: Runtime[WorkContext]) -> dict[str, Any]:
    run = runtime.context
    desk = run.desk
    assert run.review is not None
    works.pin(desk.library, desk.lease, repair="begun")
    try:
        await final_review.repair(desk, run.review, run.faults)
    except (BudgetSpent, AccessRefused) as fault:
        run.stopped_by, run.stopped_in = fault, "repairing"
        return {}
    works.pin(desk.library, desk.lease, repair="done", faults=None, missed=None)
    run.faults = ()
    return {}


async def assemble(state: WorkState, runtime: Runtime[WorkContext]) -> dict[str, Any]:
    """Say how the work stands, and keep it."""
    run = runtime.context
    desk = run.desk
    desk.watch(PhaseBegan(desk.work, "assembling"))
    for line in final_review.remaining(desk):
        desk.problem(line)
    for sid in missing(desk):
        row = drafts.rows(desk.library, desk.work)[sid]
        if row.failure:
            desk.problem(f"{sid} is missing: {row.failure}")
    if isinstance(run.stopped_by, Paused):
        desk.problem(f"paused; `inkwright resume {desk.work}` goes on")
    elif isinstance(run.stopped_by, BudgetSpent):
        desk.problem(
            f"{run.stopped_in} stopped: {run.stopped_by};"
            f" raise it and `inkwright resume {desk.work}` goes on"
        )
    run.status = _status(run)
    works.record(
        desk.library,
        desk.lease,
        status=run.status,
        problems=list(dict.fromkeys(desk.problems)),
    )
    desk.watch(Finished(desk.work, run.status, tuple(desk.problems)))
    return {}


def where_it_stands(
    state: WorkState, runtime: Runtime[WorkContext]
) -> Literal["plan", "draft", "__end__"]:
    """Ask the library: is the work planned already?"""
    run = runtime.context
    if not run.desk.planned:
        return "plan"
    return "__end__" if run.until == "planned" else "draft"


def after_plan(state: WorkState, runtime: Runtime[WorkContext]) -> Literal["draft", "__end__"]:
    return "__end__" if runtime.context.until == "planned" else "draft"


def after_draft(state: WorkState, runtime: Runtime[WorkContext]) -> Literal["settle", "assemble"]:
    """A run that was stopped early is not settled yet: what is missing would be news again."""
    return "assemble" if runtime.context.stopped_by else "settle"


def after_settle(state: WorkState, runtime: Runtime[WorkContext]) -> Literal["review", "assemble"]:
    return "assemble" if runtime.context.stopped_by else "review"


def after_review(state: WorkState, runtime: Runtime[WorkContext]) -> Literal["repair", "assemble"]:
    """Repair once what is broken, if editing is on."""
    run = runtime.context
    mends = run.desk.arms.review != "off" and run.stopped_by is None
    done = _pinned(run.desk).get("repair") == "done"
    return "repair" if mends and state["broken"] and not done else "assemble"


def after_repair(state: WorkState, runtime: Runtime[WorkContext]) -> Literal["review", "assemble"]:
    return "assemble" if runtime.context.stopped_by else "review"


@cache
def work_graph() -> Any:
    """Return the compiled graph; run it with a ``WorkContext`` as its context."""
    graph = StateGraph(WorkState, context_schema=WorkContext)
    for node in (plan, draft, settle, review, repair, assemble):
        graph.add_node(node.__name__, node)
    graph.add_conditional_edges(START, where_it_stands, ["plan", "draft", END])
    graph.add_conditional_edges("plan", after_plan, ["draft", END])
    graph.add_conditional_edges("draft", after_draft, ["settle", "assemble"])
    graph.add_conditional_edges("settle", after_settle, ["review", "assemble"])
    graph.add_conditional_edges("review", after_review, ["repair", "assemble"])
    graph.add_conditional_edges("repair", after_repair, ["review", "assemble"])
    graph.add_edge("assemble", END)
    return graph.compile()


def _pinned(desk: RunContext) -> dict[str, Any]:
    return works.get(desk.library, desk.work).pinned or {}


def missing(desk: RunContext) -> list[str]:
    """Return the sections that have no accepted draft, in reading order."""
    rows = drafts.rows(desk.library, desk.work)
    return [s.id for s in desk.plan.outline.sections if rows[s.id].state != "accepted"]


def _status(run: WorkContext) -> Status:
    desk = run.desk
    if missing(desk):
        return "partial"
    if run.review is None:
        return "flagged"
    current = desk.in_order()
    required = {
        c.id
        for c in (*desk.plan.constraints, *final_review.constraints_on_whole(desk))
        if c.required
    }
    findings = [f for d in current.values() if d.review for f in d.review.findings]
    unmet = [
        f
        for f in (*findings, *run.review.findings)
        if f.status != "met" and f.constraint in required
    ]
    for finding in unmet:
        why = f" ({finding.why})" if finding.why else ""
        told = f"{finding.constraint} is {finding.status}: {finding.evidence}{why}"
        desk.problem(told.rstrip(": "))
    return "flagged" if unmet else "complete"


def tell_sections(desk: RunContext) -> None:
    """Tell who watches what the sections are, and how they stand."""
    rows, current = drafts.rows(desk.library, desk.work), desk.in_order()
    desk.watch(
        Planned(
            desk.work,
            desk.plan.outline.title,
            tuple(
                SectionLine(
                    s.id,
                    s.title,
                    s.target_words,
                    rows[s.id].state,
                    current[s.id].words if s.id in current else 0,
                )
                for s in desk.plan.outline.sections
            ),
        )
    )

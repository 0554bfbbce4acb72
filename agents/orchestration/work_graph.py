"""The work graph: a whole piece from brief to assembly.

    plan -> (approve?) -> draft -> settle -> review -> (repair once) -> assemble

There is no checkpointer. The entry asks the library where the work stands, so there is one truth.
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from inkwright.agents.context.run_context import RunContext
from inkwright.agents.llm.events import Finished, PhaseBegan, Planned, SectionLine
from inkwright.agents.orchestration import run_setup
from inkwright.agents.orchestration.scheduler import Scheduler
from inkwright.agents.orchestration.section_graph import SectionGraph
from inkwright.agents.planning import planner
from inkwright.agents.requests.request_coverage import account_for, list_unchecked
from inkwright.agents.review import judge_proof
from inkwright.agents.revision import (
    final_review,
    length_balance,
    recheck,
    repetition_and_transitions,
    settler,
)
from inkwright.memory.domain.draft import Review
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.errors import AccessRefused, BudgetSpent, ModelError, Paused
from inkwright.memory.ids import SectionId
from inkwright.memory.store import drafts, plans, run_state, works
from inkwright.memory.store.run_state import ManuscriptFault, RunState

Status = Literal["complete", "flagged", "partial", "planned"]


class WorkState(TypedDict):
    """The graph's state: a counter."""

    broken: int
    """Constraints on the whole that are broken, faults of sections together, lengths missed, and
    whether anything is to be read once more."""


@dataclass
class WorkContext:
    """What one pass through the graph works with."""

    run_context: RunContext
    section_graph: SectionGraph | None
    """The compiled section graph; None where nothing is drafted."""
    until: Literal["planned", "complete"]
    status: Status = "partial"
    stopped_by: Exception | None = None
    stopped_in: str = ""
    """The phase in which that happened."""
    review: Review | None = None
    faults: tuple[ManuscriptFault, ...] = ()
    """What the sections repeat, and how they join, before it is mended."""


async def plan(state: WorkState, runtime: Runtime[WorkContext]) -> dict[str, int]:
    """Make the plan and its entries; both are adopted in one transaction."""
    context = runtime.context.run_context
    context.emit(PhaseBegan(context.work_id, "planning"))
    new_plan = await planner.plan(context.session, context.ledger)
    adopted_plan = plans.adopt(
        context.library,
        context.lease,
        new_plan.outline,
        new_plan.constraints,
        delta=new_plan.entries,
    )
    works.record_status(context.library, context.lease, "planned", title=new_plan.outline.title)
    run_setup.leave_room_for_thoughts(context)
    context.prompts.use_plan(adopted_plan)
    return {}


async def draft(state: WorkState, runtime: Runtime[WorkContext]) -> dict[str, int]:
    work_context = runtime.context
    context = work_context.run_context
    context.emit(PhaseBegan(context.work_id, "drafting"))
    announce_sections(context)
    if find_missing_sections(context):
        works.record_status(context.library, context.lease, "drafting")
        run_state.restart_revision(context.library, context.lease)
    assert work_context.section_graph is not None
    scheduler = Scheduler(context, work_context.section_graph)
    await scheduler.run()
    work_context.stopped_by, work_context.stopped_in = scheduler.stopped_by, "drafting"
    return {}


async def settle(state: WorkState, runtime: Runtime[WorkContext]) -> dict[str, int]:
    """Settle, once for each version of the plan, what rests on something else than it was shown."""
    work_context = runtime.context
    context = work_context.run_context
    if _load_state(context).settled_plan != context.plan.version:
        try:
            await settler.settle(context, after_drafting=True)
        except (BudgetSpent, AccessRefused, ModelError) as fault:
            work_context.stopped_by, work_context.stopped_in = fault, "settling"
    return {}


async def review(state: WorkState, runtime: Runtime[WorkContext]) -> dict[str, int]:
    """Check the whole piece; a repair that was interrupted goes on from what was found then."""
    work_context = runtime.context
    context = work_context.run_context
    state_before = _load_state(context)
    if state_before.repair == "begun":
        assert state_before.whole_review is not None, "it is stored before a repair begins"
        work_context.review = state_before.whole_review
        work_context.faults = state_before.faults or ()
        return {
            "broken": len(work_context.review.broken_findings)
            + len(work_context.faults)
            + recheck.is_needed(context)
        }
    context.emit(PhaseBegan(context.work_id, "reviewing"))
    try:
        work_context.review = await final_review.review_whole(context)
        if (
            context.ablation.review != "off"
            and state_before.repair != "done"
            and not find_missing_sections(context)
        ):
            work_context.faults = await repetition_and_transitions.find_faults(
                context, judge_transitions=True
            )
            run_state.store_faults(
                context.library,
                context.lease,
                work_context.faults,
                repetition_and_transitions.measure_repetition(context),
            )
    except (BudgetSpent, AccessRefused) as fault:
        work_context.stopped_by, work_context.stopped_in = fault, "reviewing"
        return {"broken": 0}
    run_state.store_whole_review(context.library, context.lease, work_context.review)
    return {
        "broken": len(work_context.review.broken_findings)
        + len(work_context.faults)
        + recheck.is_needed(context)
        + len(length_balance.list_out_of_band(context)),
    }


async def repair(state: WorkState, runtime: Runtime[WorkContext]) -> dict[str, int]:
    work_context = runtime.context
    context = work_context.run_context
    assert work_context.review is not None
    run_state.begin_repair(context.library, context.lease)
    try:
        await final_review.repair(context, work_context.review, work_context.faults)
    except (BudgetSpent, AccessRefused) as fault:
        work_context.stopped_by, work_context.stopped_in = fault, "repairing"
        return {}
    run_state.end_repair(context.library, context.lease)
    work_context.faults = ()
    return {}


async def assemble(state: WorkState, runtime: Runtime[WorkContext]) -> dict[str, int]:
    """Say how the work stands, and keep it."""
    work_context = runtime.context
    context = work_context.run_context
    context.emit(PhaseBegan(context.work_id, "assembling"))
    for line in final_review.list_remaining(context):
        context.report_problem(line)
    for section_id in find_missing_sections(context):
        row = drafts.load_section_rows(context.library, context.work_id)[section_id]
        if row.failure:
            context.report_problem(f"{section_id} is missing: {row.failure}")
    if isinstance(work_context.stopped_by, Paused):
        context.report_problem(f"paused; `inkwright resume {context.work_id}` goes on")
    elif isinstance(work_context.stopped_by, BudgetSpent):
        context.report_problem(
            f"{work_context.stopped_in} stopped: {work_context.stopped_by};"
            f" raise it and `inkwright resume {context.work_id}` goes on"
        )
    run_state.store_judges(context.library, context.lease, context.judges.sum_up())
    work_context.status = _compute_status(work_context)
    works.record_status(
        context.library,
        context.lease,
        work_context.status,
        problems=list(dict.fromkeys(context.problems)),
    )
    context.emit(Finished(context.work_id, work_context.status, tuple(context.problems)))
    return {}


def after_start(
    state: WorkState, runtime: Runtime[WorkContext]
) -> Literal["plan", "draft", "__end__"]:
    """Ask the library: is the work planned already?"""
    work_context = runtime.context
    if not work_context.run_context.prompts.is_planned:
        return "plan"
    return "__end__" if work_context.until == "planned" else "draft"


def after_plan(state: WorkState, runtime: Runtime[WorkContext]) -> Literal["draft", "__end__"]:
    return "__end__" if runtime.context.until == "planned" else "draft"


def after_draft(state: WorkState, runtime: Runtime[WorkContext]) -> Literal["settle", "assemble"]:
    """A run that was stopped early is not settled yet: what is missing would be news again."""
    return "assemble" if runtime.context.stopped_by else "settle"


def after_settle(state: WorkState, runtime: Runtime[WorkContext]) -> Literal["review", "assemble"]:
    return "assemble" if runtime.context.stopped_by else "review"


def after_review(state: WorkState, runtime: Runtime[WorkContext]) -> Literal["repair", "assemble"]:
    """Repair once what is broken, if editing is on."""
    work_context = runtime.context
    may_repair = (
        work_context.run_context.ablation.review != "off" and work_context.stopped_by is None
    )
    is_repaired = _load_state(work_context.run_context).repair == "done"
    return "repair" if may_repair and state["broken"] and not is_repaired else "assemble"


def after_repair(state: WorkState, runtime: Runtime[WorkContext]) -> Literal["review", "assemble"]:
    return "assemble" if runtime.context.stopped_by else "review"


@cache
def work_graph() -> CompiledStateGraph[WorkState, WorkContext, WorkState, WorkState]:
    """Return the compiled graph; run it with a ``WorkContext`` as its context."""
    graph = StateGraph(WorkState, context_schema=WorkContext)
    for node in (plan, draft, settle, review, repair, assemble):
        graph.add_node(node.__name__, node)
    graph.add_conditional_edges(START, after_start, ["plan", "draft", END])
    graph.add_conditional_edges("plan", after_plan, ["draft", END])
    graph.add_conditional_edges("draft", after_draft, ["settle", "assemble"])
    graph.add_conditional_edges("settle", after_settle, ["review", "assemble"])
    graph.add_conditional_edges("review", after_review, ["repair", "assemble"])
    graph.add_conditional_edges("repair", after_repair, ["review", "assemble"])
    graph.add_edge("assemble", END)
    return graph.compile()


def _load_state(context: RunContext) -> RunState:
    return run_state.load_state(context.library, context.work_id)


def find_missing_sections(context: RunContext) -> list[SectionId]:
    """Return the sections that have no accepted draft, in reading order."""
    rows = drafts.load_section_rows(context.library, context.work_id)
    return [s.id for s in context.plan.outline.sections if rows[s.id].state != "accepted"]


def _compute_status(work_context: WorkContext) -> Status:
    context = work_context.run_context
    if find_missing_sections(context):
        return "partial"
    if work_context.review is None:
        return "flagged"
    current_drafts = context.load_drafts_in_order()
    required_ids = {
        c.id
        for c in (*context.plan.constraints, *final_review.build_whole_constraints(context))
        if c.required
    }
    findings = [f for d in current_drafts.values() if d.review for f in d.review.findings]
    distrusted = _report_distrusted_judges(context)
    unmet_findings = [
        f
        for f in (*findings, *work_context.review.findings)
        if (f.status != "met" or (f.by == "judge" and distrusted)) and f.constraint in required_ids
    ]
    for finding in unmet_findings:
        why = f" ({finding.why})" if finding.why else ""
        problem_line = f"{finding.constraint} is {finding.status}: {finding.evidence}{why}"
        context.report_problem(problem_line.rstrip(": "))
    unchecked = list_unchecked(account_for(context.brief.request, context.plan.constraints))
    for clause in unchecked:
        context.report_problem(f"the request says “{clause}”, and nothing checks it")
    has_text_faults = final_review.has_too_many_text_faults(current_drafts.values())
    return "flagged" if unmet_findings or unchecked or has_text_faults else "complete"


def _report_distrusted_judges(context: RunContext) -> bool:
    """Report the judges that did badly on the control questions of this run, whatever they had
    shown before; True if one of what is met is among them.
    """
    distrusted = {
        Purpose(purpose): record
        for purpose, record in _load_state(context).judges.items()
        if not record.can_judge
        and (proof := context.judges.records.get(Purpose(purpose))) is not None
        and proof.can_judge
    }
    for purpose, record in distrusted.items():
        context.report_problem(
            judge_proof.describe_unproved(context.judges.measured.model, purpose, record)
        )
    return not distrusted.keys().isdisjoint({Purpose.CHECK, Purpose.SUPPORT})


def announce_sections(context: RunContext) -> None:
    """Tell who watches what the sections are, and how they stand."""
    rows = drafts.load_section_rows(context.library, context.work_id)
    current_drafts = context.load_drafts_in_order()
    context.emit(
        Planned(
            context.work_id,
            context.plan.outline.title,
            tuple(
                SectionLine(
                    s.id,
                    s.title,
                    s.target_words,
                    rows[s.id].state,
                    current_drafts[s.id].words if s.id in current_drafts else 0,
                )
                for s in context.plan.outline.sections
            ),
        )
    )

"""Candidates: several drafts of one section side by side, for a person to choose from.

They are written from the same manifest with other samples, brought to length and reviewed like any
draft. What they establish goes to memory only from the one that is taken.
"""

import asyncio
from collections.abc import Mapping
from functools import cache

from langgraph.graph import END, START, StateGraph

from inkwright.agents.context import section_context
from inkwright.agents.context.run_context import RunContext
from inkwright.agents.extraction import archivist
from inkwright.agents.orchestration import model_choice
from inkwright.agents.orchestration.section_graph import (
    SectionContext,
    SectionGraph,
    SectionState,
    after_check,
    check,
    fit,
    patch,
    write,
)
from inkwright.memory.domain.draft import Draft
from inkwright.memory.domain.outline import Section
from inkwright.memory.errors import ModelError
from inkwright.memory.ids import SectionId
from inkwright.memory.store import drafts, run_state
from inkwright.memory.user_work import candidates
from inkwright.memory.user_work.candidates import SectionCandidate

MAX_CANDIDATES = 5
"""So many can be asked for at once."""


async def write_candidates(
    context: RunContext,
    section: Section,
    visible_drafts: Mapping[SectionId, Draft],
    *,
    note: str,
    count: int,
) -> list[Draft]:
    """Store ``count`` candidates for a section that has a text, and return them.

    One that fails, or that says what another one says, is left out, and reported.

    Raises:
        ModelError: none came.
        BudgetSpent: a limit of the run was reached; what was answered is in the journal.
    """
    next_version = drafts.find_next_version(context.library, context.work_id, section.id)
    manifest = await section_context.build_manifest(
        context.session, context.ledger, context.vector_search, section, visible_drafts
    )
    model = model_choice.choose_model(context, section, manifest)
    manifest = manifest.model_copy(update={"note": note, "writer_model": model})
    jobs = [
        SectionContext(
            run_context=context,
            section=section,
            visible_drafts=visible_drafts,
            on_first_draft=lambda _: None,
            manifest=manifest.model_copy(update={"sample": next_version + n}),
        )
        for n in range(count)
    ]
    outcomes = await asyncio.gather(
        *(_write_candidate(job) for job in jobs), return_exceptions=True
    )
    candidates_by_text: dict[str, SectionCandidate] = {}
    errors: list[ModelError] = []
    for outcome in outcomes:
        if isinstance(outcome, ModelError):
            context.report_problem(f"{section.id}: a candidate was not written ({outcome})")
            errors.append(outcome)
        elif isinstance(outcome, BaseException):
            raise outcome
        else:
            candidates_by_text.setdefault(outcome.text, outcome)
    if not candidates_by_text:
        raise errors[0]
    current_draft = context.load_drafts_in_order()[section.id]
    return candidates.store_candidates(
        context.library, context.lease, current_draft, list(candidates_by_text.values())
    )


async def choose_candidate(context: RunContext, candidate: Draft) -> Draft:
    """Make a candidate its section's text, with what it establishes; return the new version."""
    section = context.plan.outline.section(candidate.section)
    archivist_result = archivist.ArchivistResult(candidate.summary, ())
    if context.ablation.memory in ("rolling", "full"):
        manifest = drafts.load_manifest(context.library, candidate.manifest)
        shown_ids = {s.entry for s in manifest.shown if s.is_shown}
        archivist_result = await archivist.remember(
            context.session,
            context.memory,
            section,
            candidate.text,
            drafts.find_next_version(context.library, context.work_id, section.id),
            [e for e in context.ledger.refresh().latest() if e.id in shown_ids],
        )
    run_state.require_settling(context.library, context.lease)
    return candidates.choose_candidate(
        context.library,
        context.lease,
        candidate,
        summary=archivist_result.summary,
        delta=archivist_result.delta if context.ablation.memory == "full" else (),
    )


async def _write_candidate(job: SectionContext) -> SectionCandidate:
    state = SectionState(section=job.section.id, round=0, broken=0)
    final_state = await candidate_graph().ainvoke(state, context=job)
    assert job.best is not None
    assert job.manifest is not None
    text, review = job.best
    return SectionCandidate(
        text=text, manifest=job.manifest, review=review, rounds=final_state["round"]
    )


@cache
def candidate_graph() -> SectionGraph:
    """Return the section graph's way from a manifest to a reviewed text, without its records."""
    graph = StateGraph(SectionState, context_schema=SectionContext)
    for node in (write, fit, check, patch):
        graph.add_node(node.__name__, node)
    graph.add_edge(START, "write")
    graph.add_edge("write", "fit")
    graph.add_edge("fit", "check")
    graph.add_conditional_edges("check", after_check, {"patch": "patch", "accept": END})
    graph.add_edge("patch", "check")
    return graph.compile()

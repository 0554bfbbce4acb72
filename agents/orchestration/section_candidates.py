"""Candidates: several drafts of one section side by side, for a person to choose from.

They are written from the same manifest with other samples, brought to length and reviewed like any
draft. What they establish goes to memory only from the one that is taken.
"""

import asyncio
from collections.abc import Mapping
from functools import cache
from typing import Any

from langgraph.graph import END, START, StateGraph

from inkwright.agents.context import section_context
from inkwright.agents.context.run_context import RunContext
from inkwright.agents.extraction import archivist
from inkwright.agents.orchestration.section_graph import (
    SectionContext,
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
from inkwright.memory.store import drafts, works
from inkwright.memory.user_work import candidates
from inkwright.memory.user_work.candidates import SectionCandidate

MOST = 5
"""So many can be asked for at once."""


async def draft(
    desk: RunContext, section: Section, heard: Mapping[str, Draft], *, note: str, count: int
) -> list[Draft]:
    """Store ``count`` candidates for a section that has a text, and return them.

    One that fails, or that says what another one says, is left out, and reported.

    Raises:
        ModelError: none came.
        BudgetSpent: a limit of the run was reached; what was answered is in the journal.
    """
    number = drafts.next_version(desk.library, desk.work, section.id)
    manifest = await section_context.recollect(desk, section, heard)
    jobs = [
        SectionContext(
            desk=desk,
            section=section,
            heard=heard,
            landed=lambda _: None,
            manifest=manifest.model_copy(update={"note": note, "sample": number + n}),
        )
        for n in range(count)
    ]
    ended = await asyncio.gather(*(_written(job) for job in jobs), return_exceptions=True)
    found: dict[str, SectionCandidate] = {}
    failed: list[ModelError] = []
    for one in ended:
        if isinstance(one, ModelError):
            desk.problem(f"{section.id}: a candidate was not written ({one})")
            failed.append(one)
        elif isinstance(one, BaseException):
            raise one
        else:
            found.setdefault(one.text, one)
    if not found:
        raise failed[0]
    now = desk.in_order()[section.id]
    return candidates.offer(desk.library, desk.lease, now, list(found.values()))


async def choose(desk: RunContext, candidate: Draft) -> Draft:
    """Make a candidate its section's text, with what it establishes; return the new version."""
    section = desk.plan.outline.section(candidate.section)
    remembered = archivist.ArchivistResult(candidate.summary, ())
    if desk.arms.memory in ("rolling", "full"):
        manifest = drafts.manifest(desk.library, candidate.manifest)
        shown = {s.entry for s in manifest.shown if s.seen}
        remembered = await archivist.remember(
            desk,
            section,
            candidate.text,
            drafts.next_version(desk.library, desk.work, section.id),
            [e for e in desk.ledger.refresh().latest() if e.id in shown],
        )
    works.pin(desk.library, desk.lease, settled=None)
    return candidates.choose(
        desk.library,
        desk.lease,
        candidate,
        summary=remembered.summary,
        delta=remembered.delta if desk.arms.memory == "full" else (),
    )


async def _written(job: SectionContext) -> SectionCandidate:
    state = SectionState(section=job.section.id, round=0, broken=0)
    ended = await candidate_graph().ainvoke(state, context=job)
    assert job.best is not None
    assert job.manifest is not None
    text, review = job.best
    return SectionCandidate(text=text, manifest=job.manifest, review=review, rounds=ended["round"])


@cache
def candidate_graph() -> Any:
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

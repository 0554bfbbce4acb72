"""The section graph: one section from recall to acceptance.

recall -> write -> fit -+-> remember (its dependants wake)
                        +-> check -> patch -> check ... -> accept
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from inkwright.agents.checks import rules, section_format
from inkwright.agents.context import section_context
from inkwright.agents.context.run_context import RunContext
from inkwright.agents.drafting import editor, length_control, writer
from inkwright.agents.extraction import archivist
from inkwright.agents.llm.events import SectionBegan, SectionReached, SectionRevised
from inkwright.agents.review import citation_check, reviewer
from inkwright.memory.citations import syntax
from inkwright.memory.domain.brief import CITE
from inkwright.memory.domain.draft import Draft, Finding, Manifest, Review
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.outline import Section
from inkwright.memory.errors import ModelError
from inkwright.memory.store import drafts

MAX_ROUNDS = 2
REFITS = 2
"""Rounds to bring a patched text back to its length."""
LANDING_FIRST = 1e9
"""Priority of what dependants wait for, above any other call."""


class SectionState(TypedDict):
    """The graph's state: ids and counters."""

    section: str
    round: int
    broken: int


@dataclass
class SectionContext:
    """What one pass through the graph works on. Everything worth keeping goes to the library."""

    desk: RunContext
    section: Section
    heard: Mapping[str, Draft]
    landed: Callable[[Draft], None]
    priority: float = 0.0
    writes: bool = False
    """It holds one of the places for sections that have not landed yet."""
    note: str = ""
    sample: int = 0
    manifest: Manifest | None = None
    manifest_id: int = 0
    text: str = ""
    draft: Draft | None = None
    review: Review = field(default_factory=Review)
    best: tuple[str, Review] | None = None


Node = Callable[[SectionState, Runtime[SectionContext]], Awaitable[dict[str, Any]]]


async def recall(state: SectionState, runtime: Runtime[SectionContext]) -> dict[str, Any]:
    """Freeze the manifest; a resumed section keeps the one it has."""
    job = runtime.context
    desk = job.desk
    desk.watch(SectionBegan(desk.work, job.section.id))
    row = drafts.row(desk.library, desk.work, job.section.id)
    if row.state == "started" and row.manifest is not None:
        job.manifest_id = row.manifest
        job.manifest = drafts.manifest(desk.library, row.manifest)
        if row.failure:  # the answers that were refused would be refused again
            sample = job.manifest.sample + desk.models.refusals(job.section.id, "writer", "write")
            job.manifest = job.manifest.model_copy(update={"sample": sample})
    elif row.state == "planned" or row.state == "accepted":
        found = await section_context.recollect(desk, job.section, job.heard)
        job.manifest = found.model_copy(update={"note": job.note, "sample": job.sample})
        job.manifest_id = drafts.start(desk.library, desk.lease, job.manifest)
    return {"round": 0, "broken": 0}


async def write(state: SectionState, runtime: Runtime[SectionContext]) -> dict[str, Any]:
    job = runtime.context
    assert job.manifest is not None
    text = await writer.write(
        job.desk,
        job.section,
        job.manifest,
        priority=job.priority,
    )
    job.text = section_format.body_of(job.desk.plan, job.section.id, text)
    return {}


async def fit(state: SectionState, runtime: Runtime[SectionContext]) -> dict[str, Any]:
    job = runtime.context
    job.text = await _fitted(job, job.text, LANDING_FIRST)
    return {}


async def remember(state: SectionState, runtime: Runtime[SectionContext]) -> dict[str, Any]:
    """Land the draft with what it establishes; from here on its dependants can start."""
    job = runtime.context
    desk, sid = job.desk, job.section.id
    remembered = archivist.ArchivistResult("", ())
    if desk.arms.memory in ("rolling", "full"):
        shown = {s.entry for s in job.manifest.shown if s.seen} if job.manifest else set()
        entries = [e for e in desk.ledger.refresh().latest() if e.id in shown]
        version = drafts.next_version(desk.library, desk.work, sid)
        remembered = await archivist.remember(
            desk, job.section, job.text, version, entries, priority=LANDING_FIRST
        )
    delta = remembered.delta if desk.arms.memory == "full" else ()
    job.draft = drafts.land(
        desk.library,
        desk.lease,
        sid,
        job.text,
        manifest=job.manifest_id,
        summary=remembered.summary,
        delta=delta,
    )
    desk.watch(SectionReached(desk.work, sid, "drafted", job.draft.words))
    job.landed(job.draft)
    return {}


async def check(state: SectionState, runtime: Runtime[SectionContext]) -> dict[str, Any]:
    """Review the text in hand; keep it if it is the best so far, and breaks no rule anew."""
    job = runtime.context
    desk = job.desk
    if job.best is not None and job.text == job.best[0]:
        return {"broken": len(job.best[1].broken)}
    constraints = desk.plan.carried(job.section.id) if desk.arms.review != "off" else ()
    job.review = await reviewer.check(
        desk,
        job.section.id,
        job.text,
        constraints,
        turn=state["round"],
        priority=job.priority,
        evidence=job.manifest.evidence if job.manifest else (),
    )
    if job.best is None or _better(job, job.text, job.review, *job.best):
        job.best = (job.text, job.review)
    return {"broken": len(job.best[1].broken)}


async def patch(state: SectionState, runtime: Runtime[SectionContext]) -> dict[str, Any]:
    """Mend what the best version so far still breaks: lengths by counting, the rest by editing."""
    job = runtime.context
    assert job.best is not None
    desk, turn = job.desk, state["round"] + 1
    text, review = job.best
    carried = desk.plan.carried(job.section.id)
    told = {c.id: c.in_full for c in carried if c.kind != "length"}
    broken = review.broken
    worded = [f for f in broken if f.constraint in told]
    desk.watch(SectionRevised(desk.work, job.section.id, turn, tuple(f.constraint for f in broken)))
    try:
        if worded:
            text = await editor.patch(
                desk,
                job.section.id,
                text,
                worded,
                told,
                entries=_material(job, worded),
                turn=turn,
                sample=turn - 1,
                priority=job.priority,
            )
            text = syntax.tidied(text, desk.shelf.sources)
    except ModelError as fault:
        desk.problem(f"{job.section.id}: not revised ({fault})")
        return {"round": MAX_ROUNDS}
    job.text = await _refitted(job, job.best[0], text)
    return {"round": turn}


async def _refitted(job: SectionContext, before: str, text: str) -> str:
    """Return a patched text in its length, if it breaks that or the patch took it further out."""
    assert job.manifest is not None
    aim = length_control.band(job.desk, job.section, text, job.manifest.target_words)
    lengths = [c for c in job.desk.plan.carried(job.section.id) if c.kind == "length"]
    breaks = any(f.status == "broken" for f in rules.check(text, lengths))
    words = {t: length_control.words_of(job.desk, job.section.id, t) for t in (before, text)}
    if not breaks and aim.miss(words[text]) <= aim.miss(words[before]):
        return text
    body = section_format.body_of(job.desk.plan, job.section.id, text)
    return await _fitted(job, body, job.priority, rounds=REFITS)


async def _fitted(
    job: SectionContext, text: str, priority: float, rounds: int = length_control.ROUNDS
) -> str:
    """Return ``text`` in its length, beginning and ending as its format asks."""
    assert job.manifest is not None
    fitting = await length_control.fit(
        job.desk, job.section, job.manifest, text, priority=priority, rounds=rounds
    )
    return section_format.framed(job.desk.plan, job.section.id, fitting)


async def accept(state: SectionState, runtime: Runtime[SectionContext]) -> dict[str, Any]:
    """Take the best version; where it is not the landed one, memory follows its text."""
    job = runtime.context
    assert job.draft is not None
    assert job.best is not None
    desk, (text, review) = job.desk, job.best
    delta: tuple[Entry, ...] = ()
    if text != job.draft.text and desk.arms.memory == "full":
        delta = await archivist.update(desk, job.section, job.draft, text)
    accepted = drafts.accept(
        desk.library,
        desk.lease,
        job.draft,
        text=text,
        review=review,
        rounds=state["round"],
        delta=delta,
    )
    desk.watch(
        SectionReached(desk.work, job.section.id, "accepted", accepted.words, accepted.rounds)
    )
    return {}


def where_it_stands(
    state: SectionState, runtime: Runtime[SectionContext]
) -> Literal["recall", "check"]:
    """A section that was drafted before goes straight to its review."""
    return "check" if runtime.context.draft is not None else "recall"


def after_check(state: SectionState) -> Literal["patch", "accept"]:
    """Send a draft with broken constraints back, at most ``MAX_ROUNDS`` times."""
    return "patch" if state["broken"] and state["round"] < MAX_ROUNDS else "accept"


@cache
def section_graph() -> Any:
    """Return the compiled graph; run it with a ``Job`` as its context."""
    graph = StateGraph(SectionState, context_schema=SectionContext)
    for node in (recall, write, fit, remember, check, patch, accept):
        graph.add_node(node.__name__, node)
    graph.add_conditional_edges(START, where_it_stands, ["recall", "check"])
    graph.add_edge("recall", "write")
    graph.add_edge("write", "fit")
    graph.add_edge("fit", "remember")
    graph.add_edge("fit", "check")
    graph.add_conditional_edges("check", after_check, ["patch", "accept"])
    graph.add_edge("patch", "check")
    graph.add_edge("accept", END)
    return graph.compile()


def _material(job: SectionContext, broken: Sequence[Finding]) -> str:
    """Return the passages that citations are to be mended by."""
    faults = [f for f in broken if f.constraint == CITE]
    given = job.manifest.evidence if job.manifest else ()
    return citation_check.material(job.desk, faults, given) if faults else ""


def _better(job: SectionContext, text: str, review: Review, known: str, best: Review) -> bool:
    if review.broken_rules - best.broken_rules:
        return False
    return _badness(job, text, review) < _badness(job, known, best)


def _badness(job: SectionContext, text: str, review: Review) -> tuple[int, int, int]:
    """Order versions: required faults first, then all faults, then distance from the length."""
    required = {c.id for c in job.desk.plan.carried(job.section.id) if c.required}
    assert job.manifest is not None
    aim = length_control.band(job.desk, job.section, text, job.manifest.target_words)
    return (
        sum(f.constraint in required for f in review.broken),
        len(review.broken),
        aim.miss(length_control.words_of(job.desk, job.section.id, text)),
    )

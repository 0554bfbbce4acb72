"""The section graph: one section from recall to acceptance.

recall -> write -> fit -+-> remember (its dependants wake)
            ^       |   +-> check -> patch -> check ... -> accept
            |       v
            +----- screen (only of a weaker model's draft) -> remember, check
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from inkwright.agents.checks import rules, section_format
from inkwright.agents.context import section_context
from inkwright.agents.context.run_context import RunContext
from inkwright.agents.drafting import editor, length_control, writer
from inkwright.agents.extraction import archivist
from inkwright.agents.llm.events import SectionBegan, SectionReached, SectionRevised
from inkwright.agents.orchestration import model_choice
from inkwright.agents.review import citation_check, reviewer
from inkwright.memory.citations import syntax
from inkwright.memory.domain.brief import CITE
from inkwright.memory.domain.draft import TEXT_FINDING, Draft, Finding, Manifest, Review
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.outline import Section
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.errors import ModelError, UnusableAnswer
from inkwright.memory.ids import SectionId
from inkwright.memory.store import drafts

MAX_ROUNDS = 2
MAX_REFIT_ROUNDS = 2
"""Rounds to bring a patched text back to its length."""
FIRST_DRAFT_PRIORITY = 1e9
"""Priority of what dependants wait for, above any other call."""


class SectionState(TypedDict):
    """The graph's state: ids and counters."""

    section: SectionId
    round: int
    broken: int


@dataclass
class SectionContext:
    """What one pass through the graph works on. Everything worth keeping goes to the library."""

    run_context: RunContext
    section: Section
    visible_drafts: Mapping[SectionId, Draft]
    on_first_draft: Callable[[Draft], None]
    priority: float = 0.0
    holds_writer_slot: bool = False
    """It holds one of the places for sections that have not landed yet."""
    note: str = ""
    sample: int = 0
    manifest: Manifest | None = None
    manifest_id: int = 0
    text: str = ""
    draft: Draft | None = None
    review: Review = field(default_factory=Review)
    best: tuple[str, Review] | None = None


Node = Callable[[SectionState, Runtime[SectionContext]], Awaitable[dict[str, int]]]


async def recall(state: SectionState, runtime: Runtime[SectionContext]) -> dict[str, int]:
    """Freeze the manifest; a resumed section keeps the one it has."""
    job = runtime.context
    context = job.run_context
    context.emit(SectionBegan(context.work_id, job.section.id))
    row = drafts.load_section_row(context.library, context.work_id, job.section.id)
    if row.state == "started" and row.manifest is not None:
        job.manifest_id = row.manifest
        job.manifest = drafts.load_manifest(context.library, row.manifest)
        if row.failure:  # the answers that were refused would be refused again
            sample = job.manifest.sample + context.llm.count_refusals(
                job.section.id, "writer", Purpose.WRITE
            )
            job.manifest = job.manifest.model_copy(update={"sample": sample})
        model = job.manifest.writer_model
        if model and model not in context.llm.writer_models:
            _use_model(job, model_choice.choose_model(context, job.section, job.manifest))
    elif row.state == "planned" or row.state == "accepted":
        manifest = await section_context.build_manifest(
            context.session, context.ledger, context.vector_search, job.section, job.visible_drafts
        )
        model = model_choice.choose_model(context, job.section, manifest)
        job.manifest = manifest.model_copy(
            update={"note": job.note, "sample": job.sample, "writer_model": model}
        )
        job.manifest_id = drafts.start_section(context.library, context.lease, job.manifest)
    return {"round": 0, "broken": 0}


async def write(state: SectionState, runtime: Runtime[SectionContext]) -> dict[str, int]:
    job = runtime.context
    assert job.manifest is not None
    context = job.run_context
    try:
        text = await writer.write(
            context.session,
            job.section,
            job.manifest,
            priority=job.priority,
            on_text=context.create_text_watcher(job.section.id),
        )
    except UnusableAnswer:
        if _find_stronger_model(job) is None:
            raise
        text = ""  # nothing to keep: the stronger model writes
    job.text = section_format.extract_body(context.plan, job.section.id, text)
    return {}


async def fit(state: SectionState, runtime: Runtime[SectionContext]) -> dict[str, int]:
    job = runtime.context
    if job.text:
        job.text = await _fit_and_frame(job, job.text, FIRST_DRAFT_PRIORITY)
    return {}


async def screen(state: SectionState, runtime: Runtime[SectionContext]) -> dict[str, int]:
    """Hand a section to the next stronger model where the weaker one's draft fails its checks.

    That is before it lands, so that nothing rests on it yet, and no patch is paid for.
    """
    job = runtime.context
    stronger_model = _find_stronger_model(job)
    if stronger_model is not None and not await _meets_requirements(state, runtime):
        job.text, job.best = "", None
        _use_model(job, stronger_model)
        job.run_context.emit(SectionBegan(job.run_context.work_id, job.section.id))
    return {}


async def _meets_requirements(state: SectionState, runtime: Runtime[SectionContext]) -> bool:
    """True when a first draft has its length and breaks nothing that is required.

    The judge is asked where code sees nothing wrong.
    """
    job = runtime.context
    constraints = job.run_context.plan.constraints_for(job.section.id)
    reviews = job.run_context.ablation.review != "off"
    if not job.text or (reviews and model_choice.breaks_required_rule(job.text, constraints)):
        return False
    await check(state, runtime)
    broken_count, _, words_off = _rank_faults(job, job.text, job.review)
    return not broken_count and not words_off


def _find_stronger_model(job: SectionContext) -> str | None:
    """Return the model that can write a draft that has not landed once more, if there is one."""
    if not job.manifest_id or job.manifest is None:  # a candidate's is not stored yet
        return None
    return model_choice.find_stronger_model(
        job.run_context.llm.writer_models, job.manifest.writer_model
    )


def _use_model(job: SectionContext, model: str) -> None:
    """Freeze in the manifest that ``model`` writes the section from here on."""
    assert job.manifest is not None
    context = job.run_context
    job.manifest = job.manifest.model_copy(update={"writer_model": model})
    job.manifest_id = drafts.start_section(context.library, context.lease, job.manifest)


async def remember(state: SectionState, runtime: Runtime[SectionContext]) -> dict[str, int]:
    """Land the draft with what it establishes; from here on its dependants can start."""
    job = runtime.context
    context, section_id = job.run_context, job.section.id
    archivist_result = archivist.ArchivistResult("", ())
    if context.ablation.memory in ("rolling", "full"):
        shown_ids = {s.entry for s in job.manifest.shown if s.is_shown} if job.manifest else set()
        entries = [e for e in context.ledger.refresh().latest() if e.id in shown_ids]
        version = drafts.find_next_version(context.library, context.work_id, section_id)
        archivist_result = await archivist.remember(
            context.session,
            context.memory,
            job.section,
            job.text,
            version,
            entries,
            priority=FIRST_DRAFT_PRIORITY,
        )
    delta = archivist_result.delta if context.ablation.memory == "full" else ()
    job.draft = drafts.save_first_draft(
        context.library,
        context.lease,
        section_id,
        job.text,
        manifest_id=job.manifest_id,
        summary=archivist_result.summary,
        delta=delta,
    )
    context.emit(SectionReached(context.work_id, section_id, "drafted", job.draft.words))
    job.on_first_draft(job.draft)
    return {}


async def check(state: SectionState, runtime: Runtime[SectionContext]) -> dict[str, int]:
    """Review the text in hand; keep it if it is the best so far, and breaks no rule anew."""
    job = runtime.context
    context = job.run_context
    if job.best is not None and job.text == job.best[0]:
        return {"broken": len(job.best[1].broken_findings)}
    constraints = (
        context.plan.constraints_for(job.section.id) if context.ablation.review != "off" else ()
    )
    review = await reviewer.check(
        context.session,
        context.plan,
        job.section.id,
        job.text,
        constraints,
        turn=state["round"],
        priority=job.priority,
        evidence=job.manifest.evidence if job.manifest else (),
    )
    job.review = review.with_text_findings(_find_text_faults(job, job.text))
    if job.best is None or _is_better(job, job.text, job.review, *job.best):
        job.best = (job.text, job.review)
    return {"broken": len(job.best[1].broken_findings)}


async def patch(state: SectionState, runtime: Runtime[SectionContext]) -> dict[str, int]:
    """Mend what the best version so far still breaks: lengths by counting, the rest by editing."""
    job = runtime.context
    assert job.best is not None
    context, turn = job.run_context, state["round"] + 1
    text, review = job.best
    constraints = context.plan.constraints_for(job.section.id)
    constraint_texts: dict[str, str] = {
        c.id: c.full_text for c in constraints if c.kind != "length"
    }
    constraint_texts[TEXT_FINDING] = ""
    broken_findings = review.broken_findings
    editable_findings = [f for f in broken_findings if f.constraint in constraint_texts]
    context.emit(
        SectionRevised(
            context.work_id, job.section.id, turn, tuple(f.constraint for f in broken_findings)
        )
    )
    try:
        if editable_findings:
            text = await editor.patch(
                context.session,
                context.plan,
                job.section.id,
                text,
                editable_findings,
                constraint_texts,
                entries=_format_cited_passages(job, editable_findings),
                only_near_faults=all(f.constraint == TEXT_FINDING for f in editable_findings),
                turn=turn,
                sample=turn - 1,
                priority=job.priority,
            )
            text = syntax.tidy_citations(text, context.prompts.sources.sources)
    except ModelError as fault:
        context.report_problem(f"{job.section.id}: not revised ({fault})")
        return {"round": MAX_ROUNDS}
    job.text = await _refit(job, job.best[0], text)
    return {"round": turn}


async def _refit(job: SectionContext, old_text: str, text: str) -> str:
    """Return a patched text in its length, if it breaks that or the patch took it further out."""
    assert job.manifest is not None
    plan = job.run_context.plan
    target_range = _compute_band(job, text)
    length_constraints = [c for c in plan.constraints_for(job.section.id) if c.kind == "length"]
    breaks_length = any(f.status == "broken" for f in rules.check(text, length_constraints))
    word_counts = {
        t: length_control.count_body_words(plan, job.section.id, t) for t in (old_text, text)
    }
    if not breaks_length and target_range.distance(word_counts[text]) <= target_range.distance(
        word_counts[old_text]
    ):
        return text
    body = section_format.extract_body(plan, job.section.id, text)
    return await _fit_and_frame(job, body, job.priority, rounds=MAX_REFIT_ROUNDS)


async def _fit_and_frame(
    job: SectionContext, text: str, priority: float, rounds: int = length_control.ROUNDS
) -> str:
    """Return ``text`` in its length, beginning and ending as its format asks."""
    assert job.manifest is not None
    context = job.run_context
    fitted_body = await length_control.fit(
        context.session,
        context.plan,
        job.section,
        job.manifest,
        text,
        priority=priority,
        on_text=context.create_text_watcher(job.section.id),
        rounds=rounds,
    )
    return section_format.apply_frame(context.plan, job.section.id, fitted_body)


def _compute_band(job: SectionContext, text: str) -> length_control.WordRange:
    assert job.manifest is not None
    context = job.run_context
    return length_control.compute_band(
        context.plan, context.brief, job.section, text, job.manifest.target_words
    )


async def accept(state: SectionState, runtime: Runtime[SectionContext]) -> dict[str, int]:
    """Take the best version; where it is not the landed one, memory follows its text."""
    job = runtime.context
    assert job.draft is not None
    assert job.best is not None
    context, (text, review) = job.run_context, job.best
    delta: tuple[Entry, ...] = ()
    if text != job.draft.text and context.ablation.memory == "full":
        delta = await archivist.update_entries(
            context.session, context.memory, job.section, job.draft, text
        )
    accepted = drafts.accept(
        context.library,
        context.lease,
        job.draft,
        text=text,
        review=review,
        rounds=state["round"],
        delta=delta,
    )
    context.emit(
        SectionReached(context.work_id, job.section.id, "accepted", accepted.words, accepted.rounds)
    )
    return {}


def after_start(
    state: SectionState, runtime: Runtime[SectionContext]
) -> Literal["recall", "check"]:
    """A section that was drafted before goes straight to its review."""
    return "check" if runtime.context.draft is not None else "recall"


def after_fit(
    state: SectionState, runtime: Runtime[SectionContext]
) -> Literal["screen"] | list[Literal["remember", "check"]]:
    """Look through a draft before it lands while a stronger model could write it instead."""
    return ["remember", "check"] if _find_stronger_model(runtime.context) is None else "screen"


def after_screen(
    state: SectionState, runtime: Runtime[SectionContext]
) -> Literal["write"] | list[Literal["remember", "check"]]:
    """Write once more what was handed on."""
    return ["remember", "check"] if runtime.context.text else "write"


def after_check(state: SectionState) -> Literal["patch", "accept"]:
    """Send a draft with broken constraints back, at most ``MAX_ROUNDS`` times."""
    return "patch" if state["broken"] and state["round"] < MAX_ROUNDS else "accept"


SectionGraph = CompiledStateGraph[SectionState, SectionContext, SectionState, SectionState]


@cache
def section_graph() -> SectionGraph:
    """Return the compiled graph; run it with a ``SectionContext`` as its context."""
    graph = StateGraph(SectionState, context_schema=SectionContext)
    for node in (recall, write, fit, screen, remember, check, patch, accept):
        graph.add_node(node.__name__, node)
    graph.add_conditional_edges(START, after_start, ["recall", "check"])
    graph.add_edge("recall", "write")
    graph.add_edge("write", "fit")
    graph.add_conditional_edges("fit", after_fit, ["screen", "remember", "check"])
    graph.add_conditional_edges("screen", after_screen, ["write", "remember", "check"])
    graph.add_conditional_edges("check", after_check, ["patch", "accept"])
    graph.add_edge("patch", "check")
    graph.add_edge("accept", END)
    return graph.compile()


def _format_cited_passages(job: SectionContext, findings: Sequence[Finding]) -> str:
    """Return the passages that citations are to be mended by."""
    citation_findings = [f for f in findings if f.constraint == CITE]
    evidence = job.manifest.evidence if job.manifest else ()
    return (
        citation_check.format_passages(job.run_context.prompts, citation_findings, evidence)
        if citation_findings
        else ""
    )


def _find_text_faults(job: SectionContext, text: str) -> tuple[Finding, ...]:
    """Return the faults of the text itself."""
    context = job.run_context
    if job.manifest is None:
        return ()
    body = section_format.extract_body(context.plan, job.section.id, text)
    return writer.find_faults(context.session, job.section, job.manifest, body)


def _is_better(
    job: SectionContext, text: str, review: Review, best_text: str, best_review: Review
) -> bool:
    if review.ids_broken_by_rule - best_review.ids_broken_by_rule:
        return False
    return _rank_faults(job, text, review) < _rank_faults(job, best_text, best_review)


def _rank_faults(job: SectionContext, text: str, review: Review) -> tuple[int, int, int]:
    """Order versions: required faults first, then all faults, then distance from the length."""
    plan = job.run_context.plan
    required_ids = {c.id for c in plan.constraints_for(job.section.id) if c.required}
    return (
        sum(f.constraint in required_ids for f in review.broken_findings),
        len(review.broken_findings),
        _compute_band(job, text).distance(
            length_control.count_body_words(plan, job.section.id, text)
        ),
    )

"""Running a work: set the desk up, go through the graph, and end cleanly whatever happens."""

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, TypedDict, Unpack

from inkwright.agents.context.run_context import RunContext, Streams, language_is_han
from inkwright.agents.embedding.vector_search import VectorSearch
from inkwright.agents.llm.config import CallSettings, Limits
from inkwright.agents.llm.endpoint_info import not_served
from inkwright.agents.llm.events import PhaseBegan, Watch
from inkwright.agents.llm.tokenizer import ENGLISH, HAN, factor_for
from inkwright.agents.orchestration import run_setup, section_candidates
from inkwright.agents.orchestration.section_graph import SectionContext, SectionState, section_graph
from inkwright.agents.orchestration.shared_resources import SharedResources, opened
from inkwright.agents.orchestration.work_graph import (
    Status,
    WorkContext,
    WorkState,
    assemble,
    missing,
    review,
    tell_sections,
    work_graph,
)
from inkwright.agents.planning import request_evidence
from inkwright.agents.revision import instructed_edit, settler
from inkwright.agents.revision.instructed_edit import EditorProposal, Span
from inkwright.memory.domain.draft import Draft
from inkwright.memory.errors import (
    AccessRefused,
    BadInput,
    IndexUnusable,
    InkwrightError,
    ModelRefused,
    ModelUnreachable,
)
from inkwright.memory.store import works
from inkwright.memory.store.library import Lease, Library
from inkwright.memory.store.works import Work
from inkwright.memory.user_work import candidates as offered

DEFAULT_CONTEXT = 8192
"""Context length in tokens when neither settings nor endpoint say."""
SMALLEST_CONTEXT = 2048


@dataclass(frozen=True)
class RunResult:
    """How a run ended."""

    status: Status
    problems: tuple[str, ...]
    seconds: float
    calls: int
    """Calls sent to a model in this run."""
    from_journal: int
    models: dict[str, str]
    """Role to the name of the model that answered."""
    stopped_by: Exception | None = None
    """What left it unfinished: a limit, or a model that answers no more."""


class RunInputs(TypedDict):
    """What every run of a work is given."""

    library: Library
    calling: CallSettings
    limits: Limits
    watch: Watch
    watch_text: NotRequired[Streams]
    """Whether the watcher is sent text as it is written; left out: it is not."""
    office: NotRequired[SharedResources | None]
    """What works written side by side share; left out: this one has an office of its own."""
    lease: NotRequired[Lease | None]
    """The work's, where the caller holds it; left out: it is taken, and given back at the end."""


async def run(
    work_id: str,
    *,
    until: Literal["planned", "complete"] = "complete",
    **means: Unpack[RunInputs],
) -> RunResult:
    """Write a work to its end, or to its outline, going on from wherever it stands.

    Raises:
        WorkBusy: another process is writing it.
        ModelUnreachable, ModelRefused: no model to work with; what was answered is kept.
        BadInput: the brief cannot be met as it stands.
    """
    began = time.monotonic()
    async with _desk(work_id, **means) as desk:
        going = WorkContext(desk, section_graph(), until)
        stage = WorkState(broken=0)
        try:
            await work_graph().ainvoke(stage, context=going, config={"recursion_limit": 50})
        except BaseExceptionGroup as group:
            raise _first(group) from None
        if until == "planned":
            going.status = "planned"
        return _result(desk, going.status, began, going.stopped_by)


async def settle(
    work_id: str,
    *,
    only: Collection[str] | None = None,
    **means: Unpack[RunInputs],
) -> RunResult:
    """Check and patch the stale sections of a work, then review the whole again."""
    began = time.monotonic()
    async with _desk(work_id, **means) as desk:
        _check_planned(desk)
        if not settler.enabled(desk):
            raise BadInput(
                f"{work_id} cannot be settled: it was begun with {desk.arms.name},"
                " and settling needs memory=full review=full"
            )
        if only is None:
            works.pin(desk.library, desk.lease, settled=None)
        tell_sections(desk)
        await settler.settle(desk, only=only)
        return await _finish(desk, began)


async def remember(
    work_id: str,
    **means: Unpack[RunInputs],
) -> RunResult:
    """Read into memory what a person has written and no model has read; write nothing."""
    began = time.monotonic()
    async with _desk(work_id, **means) as desk:
        _check_planned(desk)
        return _result(desk, "planned", began, None)


async def propose(
    work_id: str,
    section: str,
    told: str,
    *,
    op: str | None = None,
    span: Span | None = None,
    **means: Unpack[RunInputs],
) -> EditorProposal:
    """Return what an editor would change in a section on a person's word; change nothing."""
    async with _desk(work_id, **means) as desk:
        _check_planned(desk)
        _check_section(desk, section)
        return await instructed_edit.propose(desk, section, told, op=op, span=span)


async def apply(
    work_id: str,
    proposal: EditorProposal,
    numbers: Collection[int],
    **means: Unpack[RunInputs],
) -> Draft:
    """Store a section with the hunks that the person took, memory following it."""
    async with _desk(work_id, **means) as desk:
        _check_planned(desk)
        return await instructed_edit.apply(desk, proposal, numbers)


def _check_planned(desk: RunContext) -> None:
    if not desk.planned:
        raise BadInput(f"{desk.work} has no text yet; `inkwright resume {desk.work}` writes it")


async def redraft(
    work_id: str,
    section_ids: Sequence[str],
    *,
    note: str = "",
    **means: Unpack[RunInputs],
) -> RunResult:
    """Write these sections anew, in reading order, then settle what rests on them."""
    began = time.monotonic()
    async with _desk(work_id, **means) as desk:
        if not desk.planned:
            raise BadInput(f"{work_id} is not planned yet; `inkwright resume {work_id}` writes it")
        outline = desk.plan.outline
        for sid in section_ids:
            _check_redraftable(desk, sid)
        desk.watch(PhaseBegan(desk.work, "drafting"))
        tell_sections(desk)
        works.pin(desk.library, desk.lease, settled=None, settling=None)
        graph = section_graph()
        for sid in sorted(set(section_ids), key=outline.position.__getitem__):
            await _redraft_one(desk, graph, sid, note)
        await settler.settle(desk)
        return await _finish(desk, began)


def _check_redraftable(desk: RunContext, sid: str) -> None:
    """Refuse to draft anew what is not there, not drafted yet, or a person's in part."""
    _check_section(desk, sid)
    draft = desk.in_order().get(sid)
    if draft is None:
        raise BadInput(f"{sid} has no text yet; `inkwright resume {desk.work}` writes it")
    if draft.held:
        raise BadInput(
            f"{sid} has text that is yours, which a new draft would lose; "
            f"`inkwright settle {desk.work}` mends the rest of it"
        )


def _check_section(desk: RunContext, sid: str) -> None:
    sections = desk.plan.outline.sections
    if sid not in desk.plan.outline.position:
        there = f"{sections[0].id} to {sections[-1].id}"
        raise BadInput(f"{desk.work} has no section {sid!r}; it has {there}")


async def _redraft_one(desk: RunContext, graph: Any, sid: str, note: str) -> None:
    current = desk.in_order()
    job = SectionContext(
        desk=desk,
        section=desk.plan.outline.section(sid),
        heard=_heard(desk, current, sid),
        landed=lambda _: None,
        note=note,
        sample=current[sid].version,
    )
    await graph.ainvoke(SectionState(section=sid, round=0, broken=0), context=job)


def _heard(desk: RunContext, current: Mapping[str, Draft], sid: str) -> dict[str, Draft]:
    """Return the drafts that a section written anew can know."""
    outline = desk.plan.outline
    before = outline.sections[: outline.position[sid] - 1]
    known = {s.id for s in before} | outline.ancestors[sid]
    return {sid: draft for sid, draft in current.items() if sid in known}


async def candidates_for(
    work_id: str,
    sid: str,
    *,
    note: str = "",
    count: int = 3,
    **means: Unpack[RunInputs],
) -> list[Draft]:
    """Draft a section several times over and store the drafts; its text stays as it is.

    Raises:
        BadInput: it has no text yet, or has words of a person's.
    """
    if not 1 <= count <= section_candidates.MOST:
        raise BadInput(
            f"at most {section_candidates.MOST} candidates are drafted at once, not {count}"
        )
    async with _desk(work_id, **means) as desk:
        _check_planned(desk)
        _check_redraftable(desk, sid)
        heard = _heard(desk, desk.in_order(), sid)
        section = desk.plan.outline.section(sid)
        return await section_candidates.draft(desk, section, heard, note=note, count=count)


async def choose(work_id: str, sid: str, version: int, **means: Unpack[RunInputs]) -> Draft:
    """Make a candidate its section's text; what rests on the section becomes stale.

    Raises:
        BadInput: the section has no candidate of this version.
    """
    async with _desk(work_id, **means) as desk:
        _check_planned(desk)
        found = offered.find(desk.library, desk.work, sid, version)
        _check_section(desk, sid)
        return await section_candidates.choose(desk, found)


async def _finish(desk: RunContext, began: float) -> RunResult:
    """Review the whole and record how the work stands."""
    going = WorkContext(desk, None, "complete")
    stage = WorkState(broken=0)
    runtime: Any = _Context(going)
    if not missing(desk):
        await review(stage, runtime)
    await assemble(stage, runtime)
    return _result(desk, going.status, began, going.stopped_by)


@dataclass(frozen=True)
class _Context:
    context: WorkContext


@asynccontextmanager
async def _desk(
    work_id: str,
    library: Library,
    calling: CallSettings,
    limits: Limits,
    watch: Watch,
    watch_text: Streams = False,
    office: SharedResources | None = None,
    lease: Lease | None = None,
) -> AsyncIterator[RunContext]:
    """Hold the work's lease, with everything a run needs at hand, in an office of many or alone."""
    async with AsyncExitStack() as stack:
        lease = lease or stack.enter_context(works.leased(library, work_id))
        if office is None:
            office = await stack.enter_async_context(opened(library, calling))
        share = office.slots.share()
        stack.callback(office.slots.leave, share)
        work = works.get(library, work_id)
        pinned = work.pinned if work.pinned and "tokenizer_factor" in work.pinned else None
        if pinned is None:
            pinned = await _pin(lease, work, office)
        desk = run_setup.desk_of(
            library,
            lease,
            work,
            pinned,
            office.transport,
            calling=office.calling,
            limits=limits,
            watch=watch,
            watch_text=watch_text,
            share=share,
            shared=office.purse,
        )
        desk.finder = _finder(desk, pinned, office)
        heart = asyncio.create_task(_beat(library, lease))
        try:
            await run_setup.take_up(desk)
            yield desk
        except AccessRefused as refused:
            raise ModelRefused(str(refused), every_call=True) from refused
        finally:
            heart.cancel()
            office.leave(work_id)


async def _pin(lease: Lease, work: Work, office: SharedResources) -> dict[str, Any]:
    """Fix, when a work begins, what its prompts depend on."""
    library, calling = office.library, office.calling
    writer = calling.endpoints["writer"]
    lengths = []
    for endpoint in {e.model_dump_json(): e for e in calling.endpoints.values()}.values():
        served = await office.served(endpoint)
        if (wrong := not_served(endpoint, served)) is not None:
            raise ModelRefused(wrong)
        if endpoint != calling.endpoints.get("embedder") and served.max_model_len:
            lengths.append(served.max_model_len)
    context = calling.context_tokens or min(lengths, default=DEFAULT_CONTEXT)
    if context < SMALLEST_CONTEXT:
        raise BadInput(
            f"a context of {context} tokens is too short; {SMALLEST_CONTEXT} is the least"
        )
    told = work.brief.request[:4000]
    han = language_is_han(work.brief) or request_evidence.language(told) in ("zh", "ja")
    samples = (*ENGLISH, *(HAN if han else ()), told)
    counts = await office.count_tokens(writer, samples)
    works.pin(
        library,
        lease,
        context_tokens=context,
        tokenizer_factor=factor_for(counts, samples),
        slots=calling.concurrency,
        embedder=office.embedder.name,
    )
    found = works.get(library, work.id).pinned
    assert found is not None
    return found


def _finder(desk: RunContext, pinned: dict[str, Any], office: SharedResources) -> VectorSearch:
    """Return vector search where the arm has it and it can be had; what prevents it is told."""
    nothing = VectorSearch(desk.work, None, None)
    if desk.arms.memory not in ("vector", "full"):
        return nothing
    embedder = office.embedder
    if embedder.embed is None or embedder.name != pinned["embedder"]:
        desk.problem(
            embedder.why_not
            or f"vector search is off: this work began with"
            f" {pinned['embedder']}, which is not set now"
        )
        return nothing
    try:
        return VectorSearch(desk.work, office.index(), embedder.embed)
    except IndexUnusable as fault:
        desk.problem(f"vector search is off: {fault}")
        return nothing


async def _beat(library: Library, lease: Lease) -> None:
    """Renew the lease for as long as the run lives; what prevents it, the next commit will say."""
    while True:
        await asyncio.sleep(works.LEASE_S / 4)
        with suppress(InkwrightError):
            works.renew(library, lease)


def _result(
    desk: RunContext, status: Status, began: float, stopped_by: Exception | None
) -> RunResult:
    if isinstance(stopped_by, AccessRefused | ModelUnreachable):
        raise stopped_by
    spent = desk.models.spent
    return RunResult(
        status=status,
        problems=tuple(dict.fromkeys(desk.problems)),
        seconds=time.monotonic() - began,
        calls=spent.calls,
        from_journal=spent.from_journal,
        models=dict(spent.models),
        stopped_by=stopped_by,
    )


def _first(group: BaseExceptionGroup[Any]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error

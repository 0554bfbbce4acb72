"""Running a work: set the desk up, go through the graph, and end cleanly whatever happens."""

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal

from inkwright.agents import instructed, reader, settler
from inkwright.agents.config import Arms, Calling, Limits
from inkwright.agents.desk import Desk, language_is_han
from inkwright.agents.embedding import embedder_for
from inkwright.agents.events import Watch
from inkwright.agents.finder import Finder
from inkwright.agents.instructed import Proposal, Span
from inkwright.agents.model import Models
from inkwright.agents.probe import count_tokens, not_served, probe
from inkwright.agents.requirements import fits_whole, instructions_of
from inkwright.agents.section_graph import Job, Progress, section_graph
from inkwright.agents.tokenizer import ENGLISH, HAN, ScaledTokenizer, factor_for
from inkwright.agents.transport import LiteLLMTransport
from inkwright.agents.work_graph import (
    Run,
    Stage,
    Status,
    assemble,
    missing,
    review,
    work_graph,
)
from inkwright.memory import accounts, drafts, plans, sources, works
from inkwright.memory.draft import Draft
from inkwright.memory.errors import (
    BadInput,
    BudgetSpent,
    IndexUnusable,
    InkwrightError,
    ModelRefused,
    ModelUnreachable,
)
from inkwright.memory.ledger import Ledger
from inkwright.memory.library import Lease, Library
from inkwright.memory.works import Work

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


async def run(
    work_id: str,
    *,
    library: Library,
    calling: Calling,
    limits: Limits,
    watch: Watch,
    until: Literal["planned", "complete"] = "complete",
    watch_text: bool = False,
) -> RunResult:
    """Write a work to its end, or to its outline, going on from wherever it stands.

    Raises:
        WorkBusy: another process is writing it.
        ModelUnreachable, ModelRefused: no model to work with; what was answered is kept.
        BadInput: the brief cannot be met as it stands.
    """
    began = time.monotonic()
    async with _desk(work_id, library, calling, limits, watch, watch_text) as desk:
        going = Run(desk, section_graph(), until)
        stage = Stage(broken=0)
        try:
            await work_graph().ainvoke(stage, context=going, config={"recursion_limit": 50})
        except BaseExceptionGroup as group:
            raise _first(group) from None
        if isinstance(going.stopped_by, ModelUnreachable | ModelRefused):
            raise going.stopped_by
        if until == "planned":
            going.status = "planned"
        return _result(desk, going.status, began, going.stopped_by)


async def settle(
    work_id: str,
    *,
    library: Library,
    calling: Calling,
    limits: Limits,
    watch: Watch,
    watch_text: bool = False,
    only: Collection[str] | None = None,
) -> RunResult:
    """Check and patch the stale sections of a work, then review the whole again."""
    began = time.monotonic()
    async with _desk(work_id, library, calling, limits, watch, watch_text) as desk:
        if not desk.planned:
            raise BadInput(f"{work_id} has no text yet; `inkwright resume {work_id}` writes it")
        if not settler.enabled(desk):
            raise BadInput(
                f"{work_id} cannot be settled: it was begun with {desk.arms.name},"
                " and settling needs memory=full review=full"
            )
        if only is None:
            works.pin(library, desk.lease, settled=None)
        await settler.settle(desk, only=only)
        return await _finish(desk, began)


async def remember(
    work_id: str,
    *,
    library: Library,
    calling: Calling,
    limits: Limits,
    watch: Watch,
    watch_text: bool = False,
) -> RunResult:
    """Read into memory what a person has written and no model has read; write nothing."""
    began = time.monotonic()
    async with _desk(work_id, library, calling, limits, watch, watch_text) as desk:
        if not desk.planned:
            raise BadInput(f"{work_id} has no text yet; `inkwright resume {work_id}` writes it")
        return _result(desk, "planned", began, None)


async def propose(
    work_id: str,
    section: str,
    told: str,
    *,
    op: str | None = None,
    span: Span | None = None,
    library: Library,
    calling: Calling,
    limits: Limits,
    watch: Watch,
    watch_text: bool = False,
) -> Proposal:
    """Return what an editor would change in a section on a person's word; change nothing."""
    async with _desk(work_id, library, calling, limits, watch, watch_text) as desk:
        _check_planned(desk)
        return await instructed.propose(desk, section, told, op=op, span=span)


async def apply(
    work_id: str,
    proposal: Proposal,
    numbers: Collection[int],
    *,
    library: Library,
    calling: Calling,
    limits: Limits,
    watch: Watch,
    watch_text: bool = False,
) -> Draft:
    """Store a section with the hunks that the person took, memory following it."""
    async with _desk(work_id, library, calling, limits, watch, watch_text) as desk:
        _check_planned(desk)
        return await instructed.apply(desk, proposal, numbers)


def _check_planned(desk: Desk) -> None:
    if not desk.planned:
        raise BadInput(f"{desk.work} has no text yet; `inkwright resume {desk.work}` writes it")


async def redraft(
    work_id: str,
    section_ids: Sequence[str],
    *,
    note: str = "",
    library: Library,
    calling: Calling,
    limits: Limits,
    watch: Watch,
    watch_text: bool = False,
) -> RunResult:
    """Write these sections anew, in reading order, then settle what rests on them."""
    began = time.monotonic()
    async with _desk(work_id, library, calling, limits, watch, watch_text) as desk:
        if not desk.planned:
            raise BadInput(f"{work_id} is not planned yet; `inkwright resume {work_id}` writes it")
        outline = desk.plan.outline
        for sid in section_ids:
            _check_redraftable(desk, sid)
        works.pin(library, desk.lease, settled=None, settling=None)
        graph = section_graph()
        for sid in sorted(set(section_ids), key=outline.position.__getitem__):
            await _redraft_one(desk, graph, sid, note)
        await settler.settle(desk)
        return await _finish(desk, began)


def _check_redraftable(desk: Desk, sid: str) -> None:
    """Refuse to draft anew what is not there, not drafted yet, or a person's in part."""
    sections = desk.plan.outline.sections
    if sid not in desk.plan.outline.position:
        raise BadInput(f"{desk.work} has no section {sid!r}; it has s1 to {sections[-1].id}")
    draft = drafts.current(desk.library, desk.work).get(sid)
    if draft is None:
        raise BadInput(f"{sid} has no text yet; `inkwright resume {desk.work}` writes it")
    if draft.held:
        raise BadInput(
            f"{sid} has text that is yours, which a new draft would lose; "
            f"`inkwright settle {desk.work}` mends the rest of it"
        )


async def _redraft_one(desk: Desk, graph: Any, sid: str, note: str) -> None:
    outline = desk.plan.outline
    current = drafts.current(desk.library, desk.work)
    before = outline.sections[: outline.position[sid] - 1]
    known = {s.id for s in before} | outline.ancestors[sid]
    job = Job(
        desk=desk,
        section=outline.section(sid),
        heard={s.id: current[s.id] for s in outline.sections if s.id in known & current.keys()},
        landed=lambda _: None,
        note=note,
        sample=current[sid].version,
    )
    await graph.ainvoke(Progress(section=sid, round=0, broken=0), context=job)


async def _finish(desk: Desk, began: float) -> RunResult:
    """Review the whole and record how the work stands."""
    going = Run(desk, None, "complete")
    stage = Stage(broken=0)
    runtime: Any = _Context(going)
    if not missing(desk):
        await review(stage, runtime)
    await assemble(stage, runtime)
    return _result(desk, going.status, began, going.stopped_by)


@dataclass(frozen=True)
class _Context:
    context: Run


@asynccontextmanager
async def _desk(
    work_id: str,
    library: Library,
    calling: Calling,
    limits: Limits,
    watch: Watch,
    watch_text: bool,
) -> AsyncIterator[Desk]:
    """Hold the work's lease, with everything a run needs at hand."""
    with works.leased(library, work_id) as lease:
        work = works.get(library, work_id)
        pinned = work.pinned if work.pinned and "tokenizer_factor" in work.pinned else None
        if pinned is None:
            pinned = await _pin(library, lease, work, calling)
        desk = _set_up(library, lease, work, pinned, calling, limits, watch, watch_text)
        heart = asyncio.create_task(_beat(library, lease))
        try:
            await _shorten_request(desk, pinned)
            if (plan := plans.current(library, work_id)) is not None:
                desk.use(plan)
                if desk.arms.memory in ("rolling", "full"):
                    accounts.rebuild(library, lease)
                await reader.read(desk)
            yield desk
        finally:
            heart.cancel()
            desk.finder.close()
            await desk.models.transport.aclose()


async def _pin(library: Library, lease: Lease, work: Work, calling: Calling) -> dict[str, Any]:
    """Fix, when a work begins, what its prompts depend on."""
    writer = calling.endpoints["writer"]
    lengths = []
    for endpoint in {e.model_dump_json(): e for e in calling.endpoints.values()}.values():
        served = await probe(endpoint)
        if (wrong := not_served(endpoint, served)) is not None:
            raise ModelRefused(wrong)
        if endpoint != calling.endpoints.get("embedder") and served.max_model_len:
            lengths.append(served.max_model_len)
    context = calling.context_tokens or min(lengths, default=DEFAULT_CONTEXT)
    if context < SMALLEST_CONTEXT:
        raise BadInput(
            f"a context of {context} tokens is too short; {SMALLEST_CONTEXT} is the least"
        )
    samples = (*ENGLISH, *(HAN if language_is_han(work.brief) else ()), work.brief.request[:4000])
    counts = await count_tokens(writer, samples)
    works.pin(
        library,
        lease,
        context_tokens=context,
        tokenizer_factor=factor_for(counts, samples),
        slots=calling.concurrency,
        embedder=embedder_for(calling, None).name,
    )
    found = works.get(library, work.id).pinned
    assert found is not None
    return found


def _set_up(
    library: Library,
    lease: Lease,
    work: Work,
    pinned: dict[str, Any],
    calling: Calling,
    limits: Limits,
    watch: Watch,
    watch_text: bool,
) -> Desk:
    arms = Arms.model_validate(work.arms)
    transport = LiteLLMTransport(calling)
    models = Models(
        library,
        lease,
        transport,
        ScaledTokenizer(pinned["tokenizer_factor"]),
        calling=calling,
        context_tokens=pinned["context_tokens"],
        limits=limits,
        seed=work.brief.seed,
        watch=watch,
    )
    finder = Finder(work.id, None, None)
    desk = Desk(
        library=library,
        lease=lease,
        brief=work.brief,
        arms=arms,
        models=models,
        finder=finder,
        ledger=Ledger(library, work.id).refresh(),
        watch=watch,
        slots=pinned["slots"],
        request=pinned.get("request") or work.brief.request,
        han=language_is_han(work.brief),
        watch_text=watch_text,
    )
    if arms.memory in ("vector", "full"):
        embedder = embedder_for(calling, transport)
        if embedder.embed is None or embedder.name != pinned["embedder"]:
            desk.problem(
                embedder.why_not
                or f"vector search is off: this work began with"
                f" {pinned['embedder']}, which is not set now"
            )
        else:
            from inkwright.memory.index import ChromaIndex

            try:
                index = ChromaIndex(library.home / "index", embedder.name)
                desk.finder = Finder(work.id, index, embedder.embed)
            except IndexUnusable as fault:
                desk.problem(f"vector search is off: {fault}")
    return desk


async def _shorten_request(desk: Desk, pinned: dict[str, Any]) -> None:
    """Keep a request too long for every prompt as its instructions and a source."""
    if pinned.get("request") or fits_whole(desk.brief, desk.tokenizer, desk.context_tokens):
        return
    whole = desk.brief.request
    desk.request = ""
    desk.request = await instructions_of(desk)
    sources.keep(desk.library, desk.lease, "the request", whole)
    works.pin(desk.library, desk.lease, request=desk.request)


async def _beat(library: Library, lease: Lease) -> None:
    """Renew the lease for as long as the run lives; what prevents it, the next commit will say."""
    while True:
        await asyncio.sleep(works.LEASE_S / 4)
        with suppress(InkwrightError):
            works.renew(library, lease)


def _result(desk: Desk, status: Status, began: float, stopped_by: Exception | None) -> RunResult:
    if isinstance(stopped_by, BudgetSpent):
        desk.problem(f"{stopped_by}; raise it and `inkwright resume {desk.work}` goes on")
    spent = desk.models.spent
    return RunResult(
        status=status,
        problems=tuple(dict.fromkeys(desk.problems)),
        seconds=time.monotonic() - began,
        calls=spent.calls,
        from_journal=spent.from_journal,
        models=dict(spent.models),
    )


def _first(group: BaseExceptionGroup[Any]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error

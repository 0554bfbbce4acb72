"""Running a work: set its context up, go through the graph, and end cleanly whatever happens."""

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Literal

from langgraph.runtime import Runtime

from inkwright.agents.context.prompt_builder import language_is_han
from inkwright.agents.context.run_context import RunContext, StreamSetting
from inkwright.agents.embedding.vector_search import VectorSearch
from inkwright.agents.llm.concurrency import find_first_error
from inkwright.agents.llm.config import CallSettings, Limits
from inkwright.agents.llm.endpoint_info import explain_not_served
from inkwright.agents.llm.events import PhaseBegan, Watch
from inkwright.agents.llm.tokenizer import ENGLISH_SAMPLES, HAN_SAMPLES, compute_factor
from inkwright.agents.orchestration import run_setup, section_candidates
from inkwright.agents.orchestration.section_graph import (
    SectionContext,
    SectionGraph,
    SectionState,
    section_graph,
)
from inkwright.agents.orchestration.shared_resources import SharedResources, open_resources
from inkwright.agents.orchestration.work_graph import (
    Status,
    WorkContext,
    WorkState,
    announce_sections,
    assemble,
    find_missing_sections,
    review,
    work_graph,
)
from inkwright.agents.requests import request_evidence
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
from inkwright.memory.ids import SectionId, WorkId
from inkwright.memory.store import drafts, plans, run_state, works
from inkwright.memory.store.library import Lease, Library
from inkwright.memory.store.run_state import RunSettings
from inkwright.memory.store.works import Work
from inkwright.memory.text.words import use_text_rule
from inkwright.memory.user_work import candidates as offered

DEFAULT_CONTEXT = 8192
"""Context length in tokens when neither settings nor endpoint say."""
MIN_CONTEXT = 2048


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


@dataclass(frozen=True, kw_only=True)
class RunInputs:
    """What every run of a work is given."""

    library: Library
    calling: CallSettings
    limits: Limits
    watch: Watch
    watch_text: StreamSetting = False
    """Whether the watcher is sent text as it is written."""
    resources: SharedResources | None = None
    """What works written side by side share; None: this one has its own."""
    lease: Lease | None = None
    """The work's, where the caller holds it; None: it is taken, and given back at the end."""


async def run(
    work_id: WorkId,
    run_inputs: RunInputs,
    *,
    until: Literal["planned", "complete"] = "complete",
) -> RunResult:
    """Write a work to its end, or to its outline, going on from wherever it stands.

    Raises:
        WorkBusy: another process is writing it.
        ModelUnreachable, ModelRefused: no model to work with; what was answered is kept.
        BadInput: the brief cannot be met as it stands.
    """
    start_time = time.monotonic()
    async with _open_context(work_id, run_inputs) as context:
        work_context = WorkContext(context, section_graph(), until)
        state = WorkState(broken=0)
        try:
            await work_graph().ainvoke(state, context=work_context, config={"recursion_limit": 50})
        except BaseExceptionGroup as group:
            raise find_first_error(group) from None
        if until == "planned":
            work_context.status = "planned"
        return _build_result(context, work_context.status, start_time, work_context.stopped_by)


async def settle(
    work_id: WorkId,
    run_inputs: RunInputs,
    *,
    only: Collection[str] | None = None,
) -> RunResult:
    """Check and patch the stale sections of a work, then review the whole again."""
    start_time = time.monotonic()
    async with _open_context(work_id, run_inputs) as context:
        _check_planned(context)
        if not settler.is_enabled(context):
            raise BadInput(
                f"{work_id} cannot be settled: it was begun with {context.ablation.name},"
                " and settling needs memory=full review=full"
            )
        if only is None:
            run_state.require_settling(context.library, context.lease)
        announce_sections(context)
        await settler.settle(context, only=only)
        return await _finish(context, start_time)


async def remember(
    work_id: WorkId,
    run_inputs: RunInputs,
) -> RunResult:
    """Read into memory what a person has written and no model has read; write nothing."""
    start_time = time.monotonic()
    async with _open_context(work_id, run_inputs) as context:
        _check_planned(context)
        return _build_result(context, "planned", start_time, None)


async def propose(
    work_id: WorkId,
    run_inputs: RunInputs,
    section_id: SectionId,
    instruction_text: str,
    *,
    op: str | None = None,
    span: Span | None = None,
) -> EditorProposal:
    """Return what an editor would change in a section on a person's word; change nothing."""
    async with _open_context(work_id, run_inputs) as context:
        _check_planned(context)
        context.plan.require_section(section_id)
        return await instructed_edit.propose(
            context, section_id, instruction_text, op=op, span=span
        )


async def apply(
    work_id: WorkId,
    run_inputs: RunInputs,
    proposal: EditorProposal,
    numbers: Collection[int],
) -> Draft:
    """Store a section with the hunks that the person took, memory following it."""
    async with _open_context(work_id, run_inputs) as context:
        _check_planned(context)
        return await instructed_edit.apply(context, proposal, numbers)


def _check_planned(context: RunContext) -> None:
    if not context.prompts.is_planned:
        raise plans.not_planned(context.work_id)


async def redraft(
    work_id: WorkId,
    run_inputs: RunInputs,
    section_ids: Sequence[SectionId],
    *,
    note: str = "",
) -> RunResult:
    """Write these sections anew, in reading order, then settle what rests on them."""
    start_time = time.monotonic()
    async with _open_context(work_id, run_inputs) as context:
        _check_planned(context)
        outline = context.plan.outline
        for section_id in section_ids:
            _check_redraftable(context, section_id)
        context.emit(PhaseBegan(context.work_id, "drafting"))
        announce_sections(context)
        run_state.restart_settling(context.library, context.lease)
        graph = section_graph()
        for section_id in sorted(set(section_ids), key=outline.position.__getitem__):
            await _redraft_one(context, graph, section_id, note)
        await settler.settle(context)
        return await _finish(context, start_time)


def _check_redraftable(context: RunContext, section_id: SectionId) -> None:
    """Refuse to draft anew what is not there, not drafted yet, or a person's in part."""
    context.plan.require_section(section_id)
    draft = drafts.require(context.library, context.work_id, section_id)
    if draft.held:
        raise BadInput(
            f"{section_id} has text that is yours, which a new draft would lose; "
            f"`inkwright settle {context.work_id}` mends the rest of it"
        )


async def _redraft_one(
    context: RunContext, graph: SectionGraph, section_id: SectionId, note: str
) -> None:
    current_drafts = context.load_drafts_in_order()
    job = SectionContext(
        run_context=context,
        section=context.plan.outline.section(section_id),
        visible_drafts=_find_visible_drafts(context, current_drafts, section_id),
        on_first_draft=lambda _: None,
        note=note,
        sample=current_drafts[section_id].version,
    )
    await graph.ainvoke(SectionState(section=section_id, round=0, broken=0), context=job)


def _find_visible_drafts(
    context: RunContext, current_drafts: Mapping[SectionId, Draft], section_id: SectionId
) -> dict[SectionId, Draft]:
    """Return the drafts that a section written anew can know."""
    outline = context.plan.outline
    earlier_sections = outline.sections[: outline.position[section_id] - 1]
    visible_ids = {s.id for s in earlier_sections} | outline.ancestors[section_id]
    return {
        section_id: draft
        for section_id, draft in current_drafts.items()
        if section_id in visible_ids
    }


async def draft_candidates(
    work_id: WorkId,
    run_inputs: RunInputs,
    section_id: SectionId,
    *,
    note: str = "",
    count: int = 3,
) -> list[Draft]:
    """Draft a section several times over and store the drafts; its text stays as it is.

    Raises:
        BadInput: it has no text yet, or has words of a person's.
    """
    if not 1 <= count <= section_candidates.MAX_CANDIDATES:
        raise BadInput(
            f"at most {section_candidates.MAX_CANDIDATES} candidates are drafted at once,"
            f" not {count}"
        )
    async with _open_context(work_id, run_inputs) as context:
        _check_planned(context)
        _check_redraftable(context, section_id)
        visible_drafts = _find_visible_drafts(context, context.load_drafts_in_order(), section_id)
        section = context.plan.outline.section(section_id)
        return await section_candidates.write_candidates(
            context, section, visible_drafts, note=note, count=count
        )


async def choose(
    work_id: WorkId, run_inputs: RunInputs, section_id: SectionId, version: int
) -> Draft:
    """Make a candidate its section's text; what rests on the section becomes stale.

    Raises:
        BadInput: the section has no candidate of this version.
    """
    async with _open_context(work_id, run_inputs) as context:
        _check_planned(context)
        candidate = offered.find_candidate(context.library, context.work_id, section_id, version)
        context.plan.require_section(section_id)
        return await section_candidates.choose_candidate(context, candidate)


async def _finish(context: RunContext, start_time: float) -> RunResult:
    """Review the whole and record how the work stands."""
    work_context = WorkContext(context, None, "complete")
    state = WorkState(broken=0)
    runtime = Runtime(context=work_context)
    if not find_missing_sections(context):
        await review(state, runtime)
    await assemble(state, runtime)
    return _build_result(context, work_context.status, start_time, work_context.stopped_by)


@asynccontextmanager
async def _open_context(work_id: WorkId, run_inputs: RunInputs) -> AsyncIterator[RunContext]:
    """Hold the work's lease, with all that a run needs."""
    library, resources = run_inputs.library, run_inputs.resources
    async with AsyncExitStack() as stack:
        if (lease := run_inputs.lease) is None:
            lease = stack.enter_context(works.hold_lease(library, work_id))
        else:
            stack.enter_context(use_text_rule(run_state.load_text_rule(library, work_id)))
        if resources is None:
            resources = await stack.enter_async_context(open_resources(library, run_inputs.calling))
        lane = resources.limiter.open_lane()
        stack.callback(resources.limiter.close_lane, lane)
        work = works.get(library, work_id)
        run_settings = work.run_settings or await _pin_settings(lease, work, resources)
        context = run_setup.build_context(
            library,
            lease,
            work,
            run_settings,
            resources.transport,
            call_settings=resources.call_settings,
            limits=run_inputs.limits,
            watch=run_inputs.watch,
            watch_text=run_inputs.watch_text,
            lane=lane,
            shared_budget=resources.budget,
            capabilities=resources.capabilities,
            judges=resources.judges,
        )
        stack.enter_context(resources.capabilities.report_to(context.report_problem))
        context.vector_search = _create_vector_search(context, run_settings, resources)
        heartbeat = asyncio.create_task(_keep_lease(library, lease))
        try:
            await run_setup.load_work_state(context)
            yield context
        except AccessRefused as error:
            raise ModelRefused(str(error), every_call=True) from error
        finally:
            heartbeat.cancel()
            resources.forget_work(work_id)


async def _pin_settings(lease: Lease, work: Work, resources: SharedResources) -> RunSettings:
    """Fix, when a work begins, what its prompts depend on."""
    library, call_settings = resources.library, resources.call_settings
    writer = call_settings.endpoints["writer"]
    context_lengths = []
    for endpoint in {e.model_dump_json(): e for _, e in call_settings.list_endpoints()}.values():
        served_model = await resources.get_served_model(endpoint)
        if (problem := explain_not_served(endpoint, served_model)) is not None:
            raise ModelRefused(problem)
        if endpoint != call_settings.endpoints.get("embedder") and served_model.max_model_len:
            context_lengths.append(served_model.max_model_len)
    context_tokens = call_settings.context_tokens or min(context_lengths, default=DEFAULT_CONTEXT)
    if context_tokens < MIN_CONTEXT:
        raise BadInput(
            f"a context of {context_tokens} tokens is too short; {MIN_CONTEXT} is the least"
        )
    request_start = work.brief.request[:4000]
    han = language_is_han(work.brief) or request_evidence.find_language(request_start) in (
        "zh",
        "ja",
    )
    samples = (*ENGLISH_SAMPLES, *(HAN_SAMPLES if han else ()), request_start)
    token_counts = await resources.count_tokens(writer, samples)
    capabilities = {
        (endpoint.model if endpoint != call_settings.endpoints[role] else role): record
        for role, endpoint in call_settings.list_endpoints()
        if (record := resources.capabilities.get(endpoint)).list_request_changes()
    }
    thought_tokens = resources.capabilities.count_thought_tokens(call_settings, context_tokens)
    run_settings = RunSettings(
        **({"capabilities": capabilities} if capabilities else {}),
        **({"thought_tokens": thought_tokens} if thought_tokens else {}),
        context_tokens=context_tokens,
        tokenizer_factor=compute_factor(token_counts, samples),
        slots=call_settings.concurrency,
        embedder=resources.embedder.name,
    )
    run_state.pin_settings(library, lease, run_settings)
    return run_settings


def _create_vector_search(
    context: RunContext, run_settings: RunSettings, resources: SharedResources
) -> VectorSearch:
    """Return vector search where the arm has it and it can be had; what prevents it is told."""
    disabled_search = VectorSearch(context.work_id, None, None)
    if context.ablation.memory not in ("vector", "full"):
        return disabled_search
    embedder = resources.embedder
    if embedder.embed is None or embedder.name != run_settings.embedder:
        context.report_problem(
            embedder.why_not
            or f"vector search is off: this work began with"
            f" {run_settings.embedder}, which is not set now"
        )
        return disabled_search
    try:
        return VectorSearch(context.work_id, resources.open_index(), embedder.embed)
    except IndexUnusable as fault:
        context.report_problem(f"vector search is off: {fault}")
        return disabled_search


async def _keep_lease(library: Library, lease: Lease) -> None:
    """Renew the lease for as long as the run lives; what prevents it, the next commit will say."""
    while True:
        await asyncio.sleep(works.LEASE_S / 4)
        with suppress(InkwrightError):
            works.renew_lease(library, lease)


def _build_result(
    context: RunContext, status: Status, start_time: float, stopped_by: Exception | None
) -> RunResult:
    if isinstance(stopped_by, AccessRefused | ModelUnreachable):
        raise stopped_by
    usage = context.llm.usage
    return RunResult(
        status=status,
        problems=tuple(dict.fromkeys(context.problems)),
        seconds=time.monotonic() - start_time,
        calls=usage.calls,
        from_journal=usage.from_journal,
        models=dict(usage.models),
        stopped_by=stopped_by,
    )

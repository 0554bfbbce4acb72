"""Building the context of a run, whoever plays the models, and taking a work up where it stands."""

import asyncio

from inkwright.agents.context.judge_records import MeasuredJudges, RunJudges
from inkwright.agents.context.prompt_builder import PromptBuilder
from inkwright.agents.context.run_context import RunContext, StreamSetting
from inkwright.agents.embedding.vector_search import VectorSearch
from inkwright.agents.extraction import user_text
from inkwright.agents.llm.budget import UsageBudget
from inkwright.agents.llm.client import LLMClient
from inkwright.agents.llm.concurrency import Lane
from inkwright.agents.llm.config import Ablation, CallSettings, Limits
from inkwright.agents.llm.dialect.capability_records import CapabilityRecords
from inkwright.agents.llm.events import Watch
from inkwright.agents.llm.tokenizer import ScaledTokenizer
from inkwright.agents.llm.transport import Transport
from inkwright.agents.planning.requirements import extract_instructions, fits_in_prompt
from inkwright.memory.domain.source import Source
from inkwright.memory.retrieval.source_index import SourceIndex
from inkwright.memory.store import plans, run_state, sources
from inkwright.memory.store.ledger import Ledger
from inkwright.memory.store.library import Lease, Library
from inkwright.memory.store.run_state import RunSettings
from inkwright.memory.store.works import Work
from inkwright.memory.transfer import summary_rebuild


def build_context(
    library: Library,
    lease: Lease,
    work: Work,
    run_settings: RunSettings,
    transport: Transport,
    *,
    call_settings: CallSettings,
    limits: Limits,
    watch: Watch,
    watch_text: StreamSetting = False,
    lane: Lane | None = None,
    shared_budget: UsageBudget | None = None,
    capabilities: CapabilityRecords | None = None,
    judges: MeasuredJudges | None = None,
) -> RunContext:
    """Return the context of one run, without vector search.

    ``judges`` is what works that run side by side share; None: this one has its own.
    """
    capabilities = capabilities or CapabilityRecords()
    judges = judges or MeasuredJudges(capabilities, call_settings)
    tokenizer = ScaledTokenizer(run_settings.tokenizer_factor)
    ledger = Ledger(library, work.id).refresh()
    return RunContext(
        library=library,
        lease=lease,
        ablation=Ablation.model_validate(work.arms),
        llm=LLMClient(
            library,
            lease,
            transport,
            tokenizer,
            call_settings=call_settings,
            context_tokens=run_settings.context_tokens,
            limits=limits,
            seed=work.brief.seed,
            watch=watch,
            lane=lane,
            shared_budget=shared_budget,
            capabilities=capabilities,
            pinned_capabilities=run_settings.capabilities,
            list_names=lambda: (entry.subject for entry in ledger.latest()),
        ),
        prompts=PromptBuilder(
            work.brief,
            tokenizer,
            run_settings.context_tokens - run_settings.thought_tokens,
            request=run_settings.request,
            overrides=call_settings.prompts,
        ),
        vector_search=VectorSearch(work.id, None, None),
        ledger=ledger,
        judges=RunJudges(judges),
        emit=watch,
        concurrency=run_settings.slots,
        watch_text=watch_text,
    )


def leave_room_for_thoughts(context: RunContext) -> None:
    """Shorten prompts from now on by what planning has shown that thoughts need, and fix that."""
    thought_tokens = context.llm.count_thought_tokens()
    context_tokens = context.llm.context_tokens - thought_tokens
    if context_tokens < context.prompts.context_tokens:
        run_state.pin_thought_tokens(context.library, context.lease, thought_tokens)
        context.prompts.context_tokens = context_tokens


async def load_work_state(context: RunContext) -> None:
    """Go on from what the library has of the work: its request, its plan, and a person's text."""
    await _shorten_request(context)
    await _open_sources(context)
    if (plan := plans.current(context.library, context.work_id)) is not None:
        context.prompts.use_plan(plan)
        if context.ablation.memory in ("rolling", "full"):
            summary_rebuild.rebuild_summaries(context.library, context.lease)
        await user_text.read_pending(context)


async def _open_sources(context: RunContext) -> None:
    """Put the sources in reach, and say what of them could not be read."""
    for line in context.brief.unread:
        context.report_problem(line)
    stored_sources = sources.load_sources(context.library, context.work_id)
    if stored_sources:
        context.prompts.sources = await asyncio.to_thread(SourceIndex, stored_sources)
    if bare_count := sum(k.source.kind == "reference" for k in stored_sources):
        bare_count_text = f"{bare_count} of {len(stored_sources)} sources are references alone"
        context.report_problem(
            f"{bare_count_text}: nothing can rest on them until their documents are added"
        )


async def _shorten_request(context: RunContext) -> None:
    """Keep a request too long for every prompt as its instructions and a source."""
    full_request = context.brief.request
    is_shortened = context.prompts.request != full_request
    if is_shortened or fits_in_prompt(
        context.brief, context.prompts.tokenizer, context.prompts.context_tokens
    ):
        return
    context.prompts.request = ""
    context.prompts.request = await extract_instructions(context.session)
    request = Source(kind="request", title=sources.THE_REQUEST, text=full_request)
    sources.add_sources(context.library, context.lease, [request])
    run_state.pin_request(context.library, context.lease, context.prompts.request)

"""Setting a desk up for a run, whoever plays the models, and taking up a work where it stands."""

import asyncio
from collections.abc import Mapping
from typing import Any

from inkwright.agents.context.run_context import RunContext, Streams, language_is_han
from inkwright.agents.embedding.vector_search import VectorSearch
from inkwright.agents.extraction import user_text
from inkwright.agents.llm.budget import UsageBudget
from inkwright.agents.llm.client import LLMClient
from inkwright.agents.llm.concurrency import Lane
from inkwright.agents.llm.config import Ablation, CallSettings, Limits
from inkwright.agents.llm.events import Watch
from inkwright.agents.llm.tokenizer import ScaledTokenizer
from inkwright.agents.llm.transport import Transport
from inkwright.agents.planning.requirements import fits_whole, instructions_of
from inkwright.memory.domain.source import Source
from inkwright.memory.retrieval.source_index import SourceIndex
from inkwright.memory.store import plans, sources, works
from inkwright.memory.store.ledger import Ledger
from inkwright.memory.store.library import Lease, Library
from inkwright.memory.store.works import Work
from inkwright.memory.transfer import summary_rebuild


def desk_of(
    library: Library,
    lease: Lease,
    work: Work,
    pinned: Mapping[str, Any],
    transport: Transport,
    *,
    calling: CallSettings,
    limits: Limits,
    watch: Watch,
    watch_text: Streams = False,
    share: Lane | None = None,
    shared: UsageBudget | None = None,
) -> RunContext:
    """Return the desk of one run, without vector search.

    ``pinned`` is what was fixed when the work began; of it, ``tokenizer_factor``,
    ``context_tokens`` and ``slots`` must be there.
    """
    return RunContext(
        library=library,
        lease=lease,
        brief=work.brief,
        arms=Ablation.model_validate(work.arms),
        models=LLMClient(
            library,
            lease,
            transport,
            ScaledTokenizer(pinned["tokenizer_factor"]),
            calling=calling,
            context_tokens=pinned["context_tokens"],
            limits=limits,
            seed=work.brief.seed,
            watch=watch,
            share=share,
            shared=shared,
        ),
        finder=VectorSearch(work.id, None, None),
        ledger=Ledger(library, work.id).refresh(),
        watch=watch,
        slots=pinned["slots"],
        request=pinned.get("request") or work.brief.request,
        han=language_is_han(work.brief),
        overrides=calling.prompts,
        watch_text=watch_text,
    )


async def take_up(desk: RunContext) -> None:
    """Go on from what the library has of the work: its request, its plan, and a person's text."""
    await _shorten_request(desk)
    await _open_sources(desk)
    if (plan := plans.current(desk.library, desk.work)) is not None:
        desk.use(plan)
        if desk.arms.memory in ("rolling", "full"):
            summary_rebuild.rebuild(desk.library, desk.lease)
        await user_text.read(desk)


async def _open_sources(desk: RunContext) -> None:
    """Put the sources in reach, and say what of them could not be read."""
    for line in desk.brief.unread:
        desk.problem(line)
    found = sources.kept(desk.library, desk.work)
    if found:
        desk.shelf = await asyncio.to_thread(SourceIndex, found)
    if bare := sum(k.source.kind == "reference" for k in found):
        told = f"{bare} of {len(found)} sources are references alone"
        desk.problem(f"{told}: nothing can rest on them until their documents are added")


async def _shorten_request(desk: RunContext) -> None:
    """Keep a request too long for every prompt as its instructions and a source."""
    whole = desk.brief.request
    shortened = desk.request != whole
    if shortened or fits_whole(desk.brief, desk.tokenizer, desk.context_tokens):
        return
    desk.request = ""
    desk.request = await instructions_of(desk)
    request = Source(kind="request", title=sources.THE_REQUEST, text=whole)
    sources.keep(desk.library, desk.lease, [request])
    works.pin(desk.library, desk.lease, request=desk.request)

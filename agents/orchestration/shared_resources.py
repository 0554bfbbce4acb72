"""Shared resources: what works that are written side by side share, so that each costs little more.

One transport with its connections, one limit on calls in flight, one vector index, and what the
endpoints say about themselves, asked once.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from inkwright.agents.context.judge_records import MeasuredJudges
from inkwright.agents.embedding.embedder import Embedder, create_embedder
from inkwright.agents.llm.budget import UsageBudget
from inkwright.agents.llm.concurrency import ConcurrencyLimiter
from inkwright.agents.llm.config import CallSettings, Endpoint, Limits
from inkwright.agents.llm.dialect.capability_records import CapabilityRecords
from inkwright.agents.llm.endpoint_info import ServedModel, count_tokens, probe
from inkwright.agents.llm.transport import LiteLLMTransport, Transport
from inkwright.memory.ids import WorkId
from inkwright.memory.retrieval.chroma_server import open_index
from inkwright.memory.retrieval.vector_index import ChromaIndex
from inkwright.memory.store.library import Library


class SharedResources:
    """What the runs of works share. Made by ``open_resources``; one run alone has its own."""

    def __init__(
        self,
        library: Library,
        call_settings: CallSettings,
        transport: Transport,
        budget: UsageBudget | None = None,
        capabilities: CapabilityRecords | None = None,
    ) -> None:
        self.library, self.call_settings, self.transport = library, call_settings, transport
        self.capabilities = capabilities or CapabilityRecords(library)
        self.judges = MeasuredJudges(self.capabilities, call_settings)
        self.limiter = ConcurrencyLimiter(call_settings.concurrency)
        self.budget = budget or UsageBudget(Limits())
        self.embedder: Embedder = create_embedder(call_settings, transport)
        self._index: ChromaIndex | None = None
        self._probes: dict[str, asyncio.Future[ServedModel]] = {}

    def open_index(self) -> ChromaIndex:
        """Return the vector index, open.

        Raises:
            IndexUnusable: it cannot be opened.
        """
        if self._index is None:
            self._index = open_index(self.library, self.embedder.name)
        return self._index

    async def get_served_model(self, endpoint: Endpoint) -> ServedModel:
        """Return what ``endpoint`` serves, as it said when it was first asked.

        Raises:
            ModelError: it gives no answer; it is asked again next time.
        """
        key = endpoint.model_dump_json()
        if key not in self._probes:
            self._probes[key] = asyncio.ensure_future(self._probe(endpoint))
        try:
            return await asyncio.shield(self._probes[key])
        except Exception:
            self._probes.pop(key, None)
            raise

    async def _probe(self, endpoint: Endpoint) -> ServedModel:
        served_model = await probe(endpoint)
        self.capabilities.learn_from_probe(endpoint, served_model)
        return served_model

    async def count_tokens(self, endpoint: Endpoint, texts: Sequence[str]) -> list[int | None]:
        """Return how many tokens the served model makes of each text; None where it can't say."""
        return await count_tokens(endpoint, texts)

    def forget_work(self, work_id: WorkId) -> None:
        """Forget what is kept of a work whose run has ended."""
        if self._index is not None:
            self._index.drop_cached_ids(work_id)

    async def close(self) -> None:
        """Let go of connections and index."""
        if self._index is not None:
            self._index.close()
        for future in self._probes.values():
            future.cancel()
        await self.transport.aclose()


@asynccontextmanager
async def open_resources(
    library: Library, call_settings: CallSettings, budget: UsageBudget | None = None
) -> AsyncIterator[SharedResources]:
    """Yield the resources that these settings make, and close them in the end."""
    capabilities = CapabilityRecords(library)
    transport = LiteLLMTransport(call_settings, capabilities)
    resources = SharedResources(library, call_settings, transport, budget, capabilities)
    transport.on_pressure = resources.limiter.back_off
    try:
        yield resources
    finally:
        await resources.close()

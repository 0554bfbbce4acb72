"""The engine behind the endpoint: slots, the prefix cache, the time things take, and counters."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.simserver.cache import PrefixCache
from tests.simserver.config import SimConfig
from tests.simserver.log import Call, CallLog


class Slots:
    """So many at once, the others in the order they came. ``limit`` may change at any time."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.running = 0
        self._queue: deque[asyncio.Future[None]] = deque()

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def resize(self, limit: int) -> None:
        """Let ``limit`` run from now on; those that run already go on."""
        self._limit = limit
        self._let_in()

    async def __aenter__(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        self._let_in()
        try:
            await turn
        except asyncio.CancelledError:
            if turn in self._queue:
                self._queue.remove(turn)
            elif not turn.cancelled():
                self._leave()
            raise

    async def __aexit__(self, *error: object) -> None:
        self._leave()

    def _leave(self) -> None:
        self.running -= 1
        self._let_in()

    def _let_in(self) -> None:
        while self._queue and self.running < self._limit:
            turn = self._queue.popleft()
            if not turn.cancelled():
                self.running += 1
                turn.set_result(None)


@dataclass(frozen=True)
class Service:
    """How long a request takes, in seconds: before its first token, and for each token."""

    prefill_s: float
    token_s: float


class Engine:
    """Serves token counts: what was computed, what was cached, and how long it takes."""

    def __init__(self, config: SimConfig, log: CallLog) -> None:
        self.slots = Slots(config.slots)
        self.cache = PrefixCache(config.cache_blocks, config.block_tokens)
        self._config, self._log = config, log
        self._blocks_in_use = 0
        self.queried_tokens = self.hit_tokens = self.generated_tokens = self.served = 0

    def configure(self, config: SimConfig) -> None:
        """Follow a new configuration; the cache is emptied if its shape changes."""
        self.slots.resize(config.slots)
        self._config = config
        shape = (config.cache_blocks, config.block_tokens)
        if shape != (self.cache.capacity_blocks, self.cache.block_tokens):
            self.empty_cache()

    def empty_cache(self) -> None:
        """Forget every prefix."""
        self.cache = PrefixCache(self._config.cache_blocks, self._config.block_tokens)

    @asynccontextmanager
    async def serve(
        self, call: Call, prompt: Sequence[str], answer: Sequence[str]
    ) -> AsyncIterator[Service]:
        """Wait for a slot, compute ``prompt`` as far as it is not cached, and say what that takes.

        What was served to the end is cached with its answer.
        """
        async with self.slots:
            cache = self.cache
            call.cached_tokens, blocks = cache.look_up(prompt)
            self.queried_tokens += len(prompt)
            self.hit_tokens += call.cached_tokens
            self._blocks_in_use += len(blocks) + 1
            self._log.started(call)
            service = self._service(call, len(prompt))
            call.service_s = service.prefill_s + len(answer) * service.token_s
            try:
                yield service
            finally:
                self._blocks_in_use -= len(blocks) + 1
            self.generated_tokens += len(answer)
            self.served += 1
            cache.keep(blocks, (*prompt, *answer))

    def _service(self, call: Call, prompt_tokens: int) -> Service:
        computed = prompt_tokens - call.cached_tokens
        return Service(
            prefill_s=computed * self._config.prefill_ms_per_token / 1000,
            token_s=self._config.decode_ms_per_token / 1000,
        )

    def metrics(self) -> str:
        """Return the counters as vLLM's ``/metrics`` shows them."""
        capacity = self.cache.capacity_blocks
        usage = min(1.0, self._blocks_in_use / capacity) if capacity else 0.0
        values = (
            ("num_requests_running", "gauge", self.slots.running),
            ("num_requests_waiting", "gauge", self.slots.waiting),
            ("kv_cache_usage_perc", "gauge", usage),
            ("prefix_cache_queries_total", "counter", self.queried_tokens),
            ("prefix_cache_hits_total", "counter", self.hit_tokens),
            ("prompt_tokens_total", "counter", self.queried_tokens),
            ("prompt_tokens_cached_total", "counter", self.hit_tokens),
            ("generation_tokens_total", "counter", self.generated_tokens),
            ("request_success_total", "counter", self.served),
        )
        labels = f'{{engine="0",model_name="{self._config.models[0]}"}}'
        return "".join(
            f"# TYPE vllm:{name} {kind}\nvllm:{name}{labels} {float(value)}\n"
            for name, kind, value in values
        )

"""How the peers' methods call the model: the application's own transport, with calls counted.

Every answer is kept in a file before it is used, so that an interrupted task goes on where it was.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pydantic import BaseModel

from benchmarks.lines import Lines
from inkwright.agents.embedding.embedder import Embedder, create_embedder
from inkwright.agents.llm.config import CallSettings
from inkwright.agents.llm.dialect.request import ChatRequest
from inkwright.agents.llm.endpoint_info import probe
from inkwright.agents.llm.parsing import (
    UnreadableAnswer,
    build_json_schema,
    parse_structured,
    strip_thoughts,
)
from inkwright.agents.llm.tokenizer import ScaledTokenizer
from inkwright.agents.llm.transport import LiteLLMTransport, Transport
from inkwright.app.config import endpoints
from inkwright.app.config.settings import Settings
from inkwright.memory.base import digest
from inkwright.memory.errors import BadInput, UnusableAnswer
from inkwright.memory.store.journal import JournaledAnswer

F = TypeVar("F", bound=BaseModel)
R = TypeVar("R")

MOST_TOKENS = 32_768
"""Most new tokens of one answer, as LongBench-Write decodes."""
ASKS = 2
LEAST_TOKENS = 256
TEMPLATE_TOKENS = 64
"""Kept free in the context for the chat template."""


@dataclass
class Spent:
    """What one task has asked for."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass
class Client:
    """Calls the writer's model for one task. ``seed`` goes with every call."""

    transport: Transport
    embedder: Embedder
    calling: CallSettings
    context_tokens: int
    kept: Lines
    slots: asyncio.Semaphore
    seed: int
    spent: Spent = field(default_factory=Spent)

    async def prose(self, prompt: str) -> str:
        """Return the model's text, without its thoughts."""
        return await self._asked(
            prompt, None, self.seed, lambda text, _: strip_thoughts(text).strip()
        )

    async def form(self, prompt: str, form: type[F]) -> F:
        """Return the answer in ``form``. Raises UnusableAnswer when it was none, twice."""
        fault, said = "", ""

        def read(text: str, finish: str) -> F:
            nonlocal said
            said = text
            return parse_structured(text, finish, form)

        for attempt in range(ASKS):
            try:
                return await self._asked(prompt, form, self.seed + attempt, read)
            except UnreadableAnswer as unreadable:
                fault = str(unreadable)
        raise UnusableAnswer(form.__name__, fault, said)

    async def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Return a vector a text: from the embedder's endpoint, or MiniLM offline.

        Raises:
            BadInput: there is neither.
        """
        if self.embedder.embed is None:
            raise BadInput(self.embedder.why_not)
        return await self.embedder.embed(texts)

    async def _asked(
        self,
        prompt: str,
        form: type[BaseModel] | None,
        seed: int,
        read: Callable[[str, str], R],
    ) -> R:
        """Return what ``read`` makes of the answer; what it cannot read is not kept."""
        model = self.calling.endpoints["writer"].model
        shape = build_json_schema(form) if form else None
        key = digest([model, self.calling.temperature, prompt, shape, seed])
        if key in self.kept:
            row = self.kept[key]
            self._count(row)
            return read(row["text"], row["finish"])
        answer = await self._sent(prompt, form, seed)
        row = {
            "key": key,
            "text": answer.text,
            "finish": answer.finish,
            "prompt_tokens": answer.prompt_tokens,
            "completion_tokens": answer.completion_tokens,
        }
        self._count(row)
        found = read(answer.text, answer.finish)
        if key not in self.kept:
            self.kept.add(row)
        return found

    async def _sent(self, prompt: str, form: type[BaseModel] | None, seed: int) -> JournaledAnswer:
        room = self.context_tokens - ScaledTokenizer().count(prompt) - TEMPLATE_TOKENS
        if room < LEAST_TOKENS:
            raise UnusableAnswer("writer", f"a prompt leaves {room} tokens of the context", "")
        request = ChatRequest(
            role="writer",
            messages=({"role": "user", "content": prompt},),
            max_tokens=min(room, MOST_TOKENS),
            temperature=self.calling.temperature,
            seed=seed,
            response_schema=form,
        )
        async with self.slots:
            return await self.transport.complete(request)

    def _count(self, row: Mapping[str, Any]) -> None:
        self.spent.calls += 1
        self.spent.prompt_tokens += row["prompt_tokens"]
        self.spent.completion_tokens += row["completion_tokens"]


@asynccontextmanager
async def clients(settings: Settings, kept: Path) -> AsyncIterator[Callable[[int], Client]]:
    """Yield what makes a client for a task and seed; ``kept`` holds the answers of all of them.

    Raises:
        BadInput, ModelUnreachable, ModelRefused: there is no model to call.
    """
    with endpoints.serve_models(settings) as calling:
        served = await probe(calling.endpoints["writer"])
        context = calling.context_tokens or served.max_model_len
        if context is None:
            raise BadInput("the endpoint does not tell its context: set INKWRIGHT_CONTEXT_TOKENS")
        transport = LiteLLMTransport(calling)
        embedder = create_embedder(calling, transport)
        lines, slots = Lines(kept, "key"), asyncio.Semaphore(calling.concurrency)
        try:
            yield lambda seed: Client(transport, embedder, calling, context, lines, slots, seed)
        finally:
            await transport.aclose()

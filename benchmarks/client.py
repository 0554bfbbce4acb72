"""How the peers' methods call the model: the application's own transport, with calls counted.

Every answer is kept in a file before it is used, so that an interrupted task goes on where it was.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pydantic import BaseModel

from benchmarks.lines import Lines
from inkwright.agents.config import Calling
from inkwright.agents.embedding import embedder_for
from inkwright.agents.parse import Unreadable, read_form, schema_of, strip_thoughts
from inkwright.agents.probe import probe
from inkwright.agents.tokenizer import ScaledTokenizer
from inkwright.agents.transport import LiteLLMTransport, Request, Transport
from inkwright.app import endpoints
from inkwright.app.settings import Settings
from inkwright.memory.errors import BadInput, UnusableAnswer
from inkwright.memory.values import digest

F = TypeVar("F", bound=BaseModel)

MOST_TOKENS = 32_768
"""Most new tokens of one answer, as LongBench-Write decodes."""
ASKS = 2


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
    calling: Calling
    context_tokens: int
    kept: Lines
    seed: int
    slots: asyncio.Semaphore
    spent: Spent = field(default_factory=Spent)

    def __post_init__(self) -> None:
        self._count = ScaledTokenizer().count

    async def prose(self, prompt: str) -> str:
        """Return the model's text, without its thoughts."""
        return strip_thoughts((await self._answer(prompt, None, self.seed))["text"]).strip()

    async def form(self, prompt: str, form: type[F]) -> F:
        """Return the answer in ``form``. Raises UnusableAnswer when it was none, twice."""
        fault = ""
        for attempt in range(ASKS):
            answer = await self._answer(prompt, form, self.seed + attempt)
            try:
                return read_form(answer["text"], answer["finish"], form)  # type: ignore[type-var]
            except Unreadable as unreadable:
                fault = str(unreadable)
        raise UnusableAnswer(form.__name__, fault, answer["text"])

    async def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Return a vector a text: from the embedder's endpoint, or MiniLM offline.

        Raises:
            BadInput: there is neither.
        """
        embedder = embedder_for(self.calling, self.transport)
        if embedder.embed is None:
            raise BadInput(embedder.why_not)
        return await embedder.embed(texts)

    async def _answer(self, prompt: str, form: type[BaseModel] | None, seed: int) -> dict[str, Any]:
        model = self.calling.endpoints["writer"].model
        shape = schema_of(form) if form else None
        key = digest([model, self.calling.temperature, prompt, shape, seed])
        if key not in self.kept:
            room = self.context_tokens - self._count(prompt) - 64
            if room < 256:
                raise BadInput(f"a prompt leaves {room} of {self.context_tokens} tokens")
            request = Request(
                role="writer",
                messages=({"role": "user", "content": prompt},),
                max_tokens=min(room, MOST_TOKENS),
                temperature=self.calling.temperature,
                seed=seed,
                form=form,
            )
            async with self.slots:
                answer = await self.transport.complete(request)
            if key not in self.kept:
                self.kept.add(
                    {
                        "key": key,
                        "text": answer.text,
                        "finish": answer.finish,
                        "prompt_tokens": answer.prompt_tokens,
                        "completion_tokens": answer.completion_tokens,
                    }
                )
        row = self.kept[key]
        self.spent.calls += 1
        self.spent.prompt_tokens += row["prompt_tokens"]
        self.spent.completion_tokens += row["completion_tokens"]
        return row


@dataclass(frozen=True)
class Desk:
    """What the clients of all tasks share."""

    transport: Transport
    calling: Calling
    context_tokens: int
    kept: Lines
    slots: asyncio.Semaphore

    def client(self, seed: int) -> Client:
        """Return a client for one task."""
        return Client(
            self.transport, self.calling, self.context_tokens, self.kept, seed, self.slots
        )


@asynccontextmanager
async def desk(settings: Settings, kept: Path) -> AsyncIterator[Desk]:
    """Yield what clients need, with the writer's model ready; ``kept`` holds its answers.

    Raises:
        BadInput, ModelUnreachable, ModelRefused: there is no model to call.
    """
    with endpoints.serving(settings) as calling:
        served = await probe(calling.endpoints["writer"])
        context = calling.context_tokens or served.max_model_len
        if context is None:
            raise BadInput("the endpoint does not tell its context: set INKWRIGHT_CONTEXT_TOKENS")
        transport = LiteLLMTransport(calling)
        slots = asyncio.Semaphore(calling.concurrency)
        try:
            yield Desk(transport, calling, context, Lines(kept, "key"), slots)
        finally:
            await transport.aclose()

"""What was asked of the server, when, and what it answered."""

import asyncio
import time
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from tests.simserver.config import Role

Stage = Literal["arrived", "started", "finished"]


class Call(BaseModel):
    """One request for a model's work. Times are seconds of this machine's monotonic clock."""

    seq: int
    """From 1, in order of arrival; never used twice, not even after a reset."""
    kind: Literal["chat", "embeddings"]
    arrival: float
    start: float | None = None
    """When it got a slot."""
    end: float | None = None
    """When its last byte was handed over, or its client was gone."""
    service_s: float = 0.0
    """Planned time in the slot: prefill and decoding, exactly, without the machine's own delays."""
    role: Role = "unknown"
    schema_name: str | None = None
    section: str = ""
    model: str = ""
    messages: list[dict[str, Any]] = []
    inputs: list[str] = []
    """Texts to embed."""
    body: str = ""
    """SHA-256 of the request's bytes as they came."""
    seed: int | None = None
    max_tokens: int | None = None
    stream: bool = False
    api_key: str | None = None
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    status: int = 0
    """HTTP status; 0: not answered yet; 499: the client or the connection went away."""
    finish_reason: str | None = None
    answer: str = ""
    """Content as sent."""
    fault: str | None = None
    """The fault that struck."""

    @property
    def span(self) -> tuple[float, float]:
        """When it was in its slot; raises ValueError when it never was, or still is."""
        if self.start is None or self.end is None:
            raise ValueError(f"call {self.seq} has only {self.stage}")
        return self.start, self.end

    @property
    def stage(self) -> Stage:
        if self.end is not None:
            return "finished"
        return "arrived" if self.start is None else "started"


_REACHED: dict[Stage, tuple[Stage, ...]] = {
    "arrived": ("arrived", "started", "finished"),
    "started": ("started", "finished"),
    "finished": ("finished",),
}


class CallLog:
    """All calls in order of arrival, in memory and, if wanted, in a JSON-lines file."""

    def __init__(self, path: Path | None = None) -> None:
        self.calls: list[Call] = []
        self._last = 0
        self._changed = asyncio.Event()
        self._file = path.open("a", encoding="utf-8") if path else None

    def open(self, **known: Any) -> Call:
        """Enter a call that has arrived just now."""
        self._last += 1
        call = Call(seq=self._last, arrival=time.monotonic(), **known)
        self.calls.append(call)
        self._tell()
        return call

    def started(self, call: Call) -> None:
        """Note that ``call`` has got its slot."""
        call.start = time.monotonic()
        self._tell()

    def close(self, call: Call) -> None:
        """Note that ``call`` is over, whatever its end."""
        call.end = time.monotonic()
        if self._file:
            self._file.write(call.model_dump_json() + "\n")
            self._file.flush()
        self._tell()

    def clear(self) -> None:
        """Forget all calls; those still running are no longer listed."""
        self.calls = []

    async def wait(self, count: int, stage: Stage, role: str | None) -> int:
        """Return, once ``count`` calls (of ``role``) have reached ``stage``, how many have."""
        while True:
            reached = _REACHED[stage]
            there = sum(c.stage in reached and role in (None, c.role) for c in self.calls)
            if there >= count:
                return there
            await self._changed.wait()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

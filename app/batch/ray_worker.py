"""One process that writes works of a batch: a Ray actor, as ``on_ray`` starts it on any machine."""

import asyncio
from dataclasses import dataclass
from typing import Literal

from inkwright.agents.llm.budget import UsageBudget
from inkwright.agents.llm.config import CallSettings, Limits
from inkwright.agents.llm.events import CallAnswered, Event, Notice, Planned, SectionReached
from inkwright.agents.llm.transport import LiteLLMTransport
from inkwright.agents.orchestration.shared_resources import SharedResources
from inkwright.app.batch import work
from inkwright.app.batch.events import Left, WorkBegan
from inkwright.app.batch.input import BatchLine
from inkwright.app.batch.local_runner import has_room
from inkwright.app.batch.options import BatchOptions
from inkwright.app.batch.results import Result
from inkwright.app.config.settings import Settings
from inkwright.app.services.run_options import RunOptions
from inkwright.memory.errors import LibraryUnusable
from inkwright.memory.store.library import Library

TELL_EVERY_S = 0.25
"""A worker tells what happens this often; budgets are looked at as often."""
TOLD = (WorkBegan, Planned, SectionReached, CallAnswered, Notice)
"""What progress and budgets are made of."""


@dataclass(frozen=True)
class WorkerFailure:
    """Why a worker cannot go on: no error that Ray could hand over whole."""

    what: Literal["models", "library"]
    said: str


@dataclass(frozen=True)
class WorkerResult:
    """What became of a line, and what happened on the way that was not told yet."""

    found: Result | Left | WorkerFailure
    events: list[Event]


class Worker:
    """Writes works side by side, with connections and a share of the calls in flight of its own."""

    def __init__(self, settings: Settings, calling: CallSettings, asked: BatchOptions) -> None:
        self._library = Library.open(settings.home, settings.library_address, settings.index_url)
        self._transport = LiteLLMTransport(calling)
        self._over = False
        purse = UsageBudget(Limits(paused=lambda: self._over))
        self._office = SharedResources(self._library, calling, self._transport, purse)
        self._transport.on_pressure = self._office.slots.ease
        self._office.slots.on_room = lambda: self._room.set()
        self._at = work.BatchResources(self._office, RunOptions(settings, watch=self._see), asked)
        self._running: dict[str, asyncio.Task[Result | Left]] = {}
        self._events: list[Event] = []
        self._room = asyncio.Event()

    async def begin(self) -> None:
        """Return when it is there."""

    async def room(self) -> None:
        """Return when one more work may begin."""
        while not has_room(self._office.slots, len(self._running)):
            self._room.clear()
            await self._room.wait()

    async def take(self, line: BatchLine) -> None:
        """Begin to write one line."""
        self._running[line.id] = asyncio.ensure_future(work.write(line, self._at))
        await asyncio.sleep(0)  # it takes its share of the slots in its first step

    async def written(self, own_id: str) -> WorkerResult:
        """Return what became of a line, when it has ended."""
        found: Result | Left | WorkerFailure
        try:
            found = await self._running[own_id]
        except work.AllModelsDown as gone:
            found = WorkerFailure("models", str(gone.fault))
        except LibraryUnusable as fault:
            found = WorkerFailure("library", str(fault))
        finally:
            del self._running[own_id]
            self._room.set()
        return WorkerResult(found, self._told())

    async def told(self, after_s: float = TELL_EVERY_S) -> list[Event]:
        """Return what has happened, after a while, since it was last told."""
        await asyncio.sleep(after_s)
        return self._told()

    async def stop(self) -> None:
        """Send no more calls."""
        self._over = True

    async def end(self) -> None:
        """Stop writing, and let go of everything."""
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        await self._office.close()
        self._library.close()

    def _see(self, event: Event) -> None:
        if isinstance(event, TOLD):
            self._events.append(event)

    def _told(self) -> list[Event]:
        events, self._events = self._events, []
        return events

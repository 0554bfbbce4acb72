"""One process that writes works of a batch: a Ray actor, as ``ray_runner`` starts it anywhere."""

import asyncio
from dataclasses import dataclass
from typing import Literal

from inkwright.agents.llm.budget import UsageBudget
from inkwright.agents.llm.config import CallSettings, Limits
from inkwright.agents.llm.dialect.capability_records import CapabilityRecords
from inkwright.agents.llm.events import CallAnswered, Event, Notice, Planned, SectionReached
from inkwright.agents.llm.transport import LiteLLMTransport
from inkwright.agents.orchestration.shared_resources import SharedResources
from inkwright.app.batch import work
from inkwright.app.batch.events import NoResultReason, WorkBegan
from inkwright.app.batch.input import BatchLine
from inkwright.app.batch.local_runner import has_room
from inkwright.app.batch.options import BatchOptions
from inkwright.app.batch.results import Result
from inkwright.app.config.settings import Settings
from inkwright.app.services.run_options import RunOptions
from inkwright.memory.errors import LibraryUnusable
from inkwright.memory.store.library import Library

REPORT_EVERY_S = 0.25
"""A worker tells what happens this often; budgets are looked at as often."""
REPORTED_EVENTS = (WorkBegan, Planned, SectionReached, CallAnswered, Notice)
"""What progress and budgets are made of."""


@dataclass(frozen=True)
class WorkerFailure:
    """Why a worker cannot go on: no error that Ray could hand over whole."""

    cause: Literal["models", "library"]
    message: str


@dataclass(frozen=True)
class WorkerResult:
    """What became of a line, and what happened on the way that was not told yet."""

    result: Result | NoResultReason | WorkerFailure
    events: list[Event]


class Worker:
    """Writes works side by side, with connections and a share of the calls in flight of its own."""

    def __init__(
        self, settings: Settings, call_settings: CallSettings, batch_options: BatchOptions
    ) -> None:
        self._library = Library.open(settings.home, settings.library_address, settings.index_url)
        capabilities = CapabilityRecords(self._library)
        self._transport = LiteLLMTransport(call_settings, capabilities)
        self._is_stopped = False
        budget = UsageBudget(Limits(paused=lambda: self._is_stopped))
        self._resources = SharedResources(
            self._library, call_settings, self._transport, budget, capabilities
        )
        self._transport.on_pressure = self._resources.limiter.back_off
        self._resources.limiter.on_free_slot = lambda: self._room.set()
        self._batch = work.BatchResources(
            self._resources, RunOptions(settings, watch=self._collect_event), batch_options
        )
        self._running_tasks: dict[str, asyncio.Task[Result | NoResultReason]] = {}
        self._events: list[Event] = []
        self._room = asyncio.Event()

    async def begin(self) -> None:
        """Return when it is there."""

    async def room(self) -> None:
        """Return when one more work may begin."""
        while not has_room(self._resources.limiter, len(self._running_tasks)):
            self._room.clear()
            await self._room.wait()

    async def take(self, line: BatchLine) -> None:
        """Begin to write one line."""
        self._running_tasks[line.id] = asyncio.ensure_future(work.write(line, self._batch))
        await asyncio.sleep(0)  # it takes its share of the slots in its first step

    async def written(self, own_id: str) -> WorkerResult:
        """Return what became of a line, when it has ended."""
        result: Result | NoResultReason | WorkerFailure
        try:
            result = await self._running_tasks[own_id]
        except work.AllModelsDown as error:
            result = WorkerFailure("models", str(error.fault))
        except LibraryUnusable as fault:
            result = WorkerFailure("library", str(fault))
        finally:
            del self._running_tasks[own_id]
            self._room.set()
        return WorkerResult(result, self._take_events())

    async def told(self, after_s: float = REPORT_EVERY_S) -> list[Event]:
        """Return what has happened, after a while, since it was last told."""
        await asyncio.sleep(after_s)
        return self._take_events()

    async def stop(self) -> None:
        """Send no more calls."""
        self._is_stopped = True

    async def end(self) -> None:
        """Stop writing, and let go of everything."""
        for task in self._running_tasks.values():
            task.cancel()
        await asyncio.gather(*self._running_tasks.values(), return_exceptions=True)
        await self._resources.close()
        self._library.close()

    def _collect_event(self, event: Event) -> None:
        if isinstance(event, REPORTED_EVENTS):
            self._events.append(event)

    def _take_events(self) -> list[Event]:
        events, self._events = self._events, []
        return events

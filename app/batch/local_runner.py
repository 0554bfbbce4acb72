"""Running a batch: works side by side on one set of slots, each ended with a line of its own.

What was begun is finished before something new is begun: a new work starts when slots would idle
otherwise. At least a few works are always under way, so that short ones get past a long one; never
more than there are slots.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

from inkwright.agents.llm.budget import UsageBudget
from inkwright.agents.llm.concurrency import ConcurrencyLimiter
from inkwright.agents.llm.config import CallSettings
from inkwright.agents.llm.events import Watch
from inkwright.agents.orchestration.shared_resources import SharedResources, opened
from inkwright.app.batch import work
from inkwright.app.batch.events import Left, WorkEnded
from inkwright.app.batch.input import BatchLine
from inkwright.app.batch.options import BatchOptions, BatchOutcome, Spent
from inkwright.app.batch.results import Result
from inkwright.app.batch.work import AllModelsDown, BatchResources
from inkwright.app.services.run_options import RunOptions
from inkwright.memory.store.library import Library

FEWEST_SHARE = 4
"""One work for every so many slots is under way, even if others could use all slots."""
Emit = Callable[[Result], Awaitable[Result]]
"""Puts a result where it belongs, and returns it as it stands there."""


def has_room(slots: ConcurrencyLimiter, running: int) -> bool:
    """True when one more work may begin beside the ``running`` ones."""
    fewest = max(slots.number // FEWEST_SHARE, 2)
    return running < slots.number and (running < fewest or slots.room > 0)


async def run_lines(
    lines: Sequence[BatchLine],
    library: Library,
    calling: CallSettings,
    job: RunOptions,
    asked: BatchOptions,
    *,
    spent: Spent,
    emit: Emit,
    outcome: BatchOutcome,
) -> None:
    """Bring ``lines`` to their ends side by side; ``emit`` gets each result as it comes.

    ``spent``: what earlier runs of the batch have taken. ``outcome`` is kept up to date.

    Raises:
        LibraryUnusable: nothing can be kept any more.
        BadInput: the output cannot be written.
    """
    with accounted(asked, spent, outcome) as purse:
        async with opened(library, calling, purse) as office:
            await _Running(BatchResources(office, job, asked), lines, emit, outcome).run()


@contextmanager
def accounted(asked: BatchOptions, spent: Spent, outcome: BatchOutcome) -> Iterator[UsageBudget]:
    """Yield the purse of a batch, and keep at the end what was sent and how long that took.

    Of several errors at once the one is raised that they are about.
    """
    purse = UsageBudget(asked.whole, calls=spent[0], tokens=spent[1])
    began = time.monotonic()
    try:
        yield purse
    except BaseExceptionGroup as group:
        raise _first_of(group) from None
    finally:
        outcome.calls = purse.calls - spent[0]
        outcome.seconds = time.monotonic() - began


class _Running:
    """The works that are under way, and the lines that wait."""

    def __init__(
        self, at: BatchResources, lines: Sequence[BatchLine], emit: Emit, outcome: BatchOutcome
    ) -> None:
        self._at, self._emit, self._outcome = at, emit, outcome
        self._waiting = deque(lines)
        self._running: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()

    async def run(self) -> None:
        office = self._at.office
        office.slots.on_room = self._changed.set
        async with asyncio.TaskGroup() as group:
            while True:
                self._changed.clear()
                while self._waiting and self._may_begin(office):
                    task = group.create_task(self._one(self._waiting.popleft()))
                    self._running.add(task)
                    task.add_done_callback(self._ended)
                    await asyncio.sleep(0)  # it takes its share of the slots in its first step
                if not self._running:
                    break
                await self._changed.wait()
        self._outcome.left["untouched"] += len(self._waiting)

    def _may_begin(self, office: SharedResources) -> bool:
        """True when one more work may begin now."""
        return not self._outcome.is_over(office.purse) and has_room(
            office.slots, len(self._running)
        )

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._changed.set()

    async def _one(self, line: BatchLine) -> None:
        try:
            found: Result | Left = await work.write(line, self._at)
        except AllModelsDown as gone:
            self._outcome.stopped_by = self._outcome.stopped_by or gone.fault
            found = "unfinished"
        await ended(line, found, self._emit, self._outcome, self._at.job.watch)


async def ended(
    line: BatchLine, found: Result | Left, emit: Emit, outcome: BatchOutcome, watch: Watch
) -> None:
    """Put what came of a line where it belongs, count it, and tell it."""
    if isinstance(found, str):
        outcome.left[found] += 1
        watch(WorkEnded("", line.id, found, 0))
        return
    found = await emit(found)
    outcome.ended[found.status] += 1
    said = found.error or next(iter(found.problems), "")
    watch(WorkEnded(found.work or "", line.id, found.status, found.words, said))


def _first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the error that a group of them is about."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error

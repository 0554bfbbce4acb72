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
from inkwright.agents.llm.concurrency import ConcurrencyLimiter, find_first_error
from inkwright.agents.llm.config import CallSettings
from inkwright.agents.llm.events import Watch
from inkwright.agents.orchestration.shared_resources import SharedResources, open_resources
from inkwright.app.batch import work
from inkwright.app.batch.events import NoResultReason, WorkEnded
from inkwright.app.batch.input import BatchLine
from inkwright.app.batch.options import BatchOptions, BatchOutcome, EarlierUsage
from inkwright.app.batch.results import Result
from inkwright.app.batch.work import AllModelsDown, BatchResources
from inkwright.app.services.run_options import RunOptions
from inkwright.memory.ids import NO_WORK, WorkId
from inkwright.memory.store.library import Library

SLOTS_PER_WORK = 4
"""One work for every so many slots is under way, even if others could use all slots."""
Emit = Callable[[Result], Awaitable[Result]]
"""Puts a result where it belongs, and returns it as it stands there."""


def has_room(limiter: ConcurrencyLimiter, running_works: int) -> bool:
    """True when one more work may begin beside ``running_works`` others."""
    min_works = max(limiter.concurrency // SLOTS_PER_WORK, 2)
    return running_works < limiter.concurrency and (
        running_works < min_works or limiter.free_slots > 0
    )


async def run_lines(
    lines: Sequence[BatchLine],
    library: Library,
    call_settings: CallSettings,
    run_options: RunOptions,
    batch_options: BatchOptions,
    *,
    earlier_usage: EarlierUsage,
    emit: Emit,
    outcome: BatchOutcome,
) -> None:
    """Bring ``lines`` to their ends side by side; ``emit`` gets each result as it comes.

    ``earlier_usage``: what earlier runs of the batch have taken. ``outcome`` is kept up to date.

    Raises:
        LibraryUnusable: nothing can be kept any more.
        BadInput: the output cannot be written.
    """
    with track_usage(batch_options, earlier_usage, outcome) as budget:
        async with open_resources(library, call_settings, budget) as resources:
            await _Running(
                BatchResources(resources, run_options, batch_options), lines, emit, outcome
            ).run()


@contextmanager
def track_usage(
    batch_options: BatchOptions, earlier_usage: EarlierUsage, outcome: BatchOutcome
) -> Iterator[UsageBudget]:
    """Yield the usage budget of a batch, and keep at the end what was sent and how long that took.

    Of several errors at once the one is raised that they are about.
    """
    budget = UsageBudget(
        batch_options.batch_limits,
        calls=earlier_usage.calls,
        tokens=earlier_usage.tokens,
        cost=earlier_usage.cost,
    )
    start_time = time.monotonic()
    try:
        yield budget
    except BaseExceptionGroup as group:
        raise find_first_error(group) from None
    finally:
        outcome.calls = budget.calls - earlier_usage.calls
        outcome.seconds = time.monotonic() - start_time


class _Running:
    """The works that are under way, and the lines that wait."""

    def __init__(
        self, batch: BatchResources, lines: Sequence[BatchLine], emit: Emit, outcome: BatchOutcome
    ) -> None:
        self._batch, self._emit, self._outcome = batch, emit, outcome
        self._waiting_lines = deque(lines)
        self._running_tasks: set[asyncio.Task[None]] = set()
        self._change_event = asyncio.Event()

    async def run(self) -> None:
        resources = self._batch.resources
        resources.limiter.on_free_slot = self._change_event.set
        async with asyncio.TaskGroup() as group:
            while True:
                self._change_event.clear()
                while self._waiting_lines and self._may_begin(resources):
                    task = group.create_task(self._run_line(self._waiting_lines.popleft()))
                    self._running_tasks.add(task)
                    task.add_done_callback(self._forget_task)
                    await asyncio.sleep(0)  # it takes its share of the slots in its first step
                if not self._running_tasks:
                    break
                await self._change_event.wait()
        self._outcome.count_by_reason["untouched"] += len(self._waiting_lines)

    def _may_begin(self, resources: SharedResources) -> bool:
        """True when one more work may begin now."""
        return not self._outcome.is_over(resources.budget) and has_room(
            resources.limiter, len(self._running_tasks)
        )

    def _forget_task(self, task: asyncio.Task[None]) -> None:
        self._running_tasks.discard(task)
        self._change_event.set()

    async def _run_line(self, line: BatchLine) -> None:
        try:
            result: Result | NoResultReason = await work.write(line, self._batch)
        except AllModelsDown as error:
            self._outcome.stopped_by = self._outcome.stopped_by or error.fault
            result = "unfinished"
        await record_end(line, result, self._emit, self._outcome, self._batch.run_options.watch)


async def record_end(
    line: BatchLine,
    result: Result | NoResultReason,
    emit: Emit,
    outcome: BatchOutcome,
    watch: Watch,
) -> None:
    """Put what came of a line where it belongs, count it, and tell it."""
    if isinstance(result, str):
        outcome.count_by_reason[result] += 1
        watch(WorkEnded(NO_WORK, line.id, result, 0))
        return
    result = await emit(result)
    outcome.count_by_status[result.status] += 1
    reason = result.error or next(iter(result.problems), "")
    watch(WorkEnded(WorkId(result.work or ""), line.id, result.status, result.words, reason))

"""Model slots: how many calls are in flight over all works, and whose goes next."""

import asyncio
import heapq
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import TypeVar

BACKOFF_FACTOR = 0.7
"""What is left of the calls in flight when the server says they are too many."""
BACKOFF_INTERVAL_S = 1.0
"""It is heard once in this time: the calls that were under way together all say the same."""
RECOVERY_PER_ANSWER = 1 / 8
"""Slots that come back with every answer."""


class ConcurrencyLimiter:
    """Calls in flight, shared by works. Each work has a share of them, its lane.

    Every work that waits gets one slot before any work gets a second one. What is left goes to the
    share that was taken first, so that what was begun is finished; within a share, the highest
    priority is served first, then who came first.
    """

    def __init__(self, concurrency: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.concurrency = concurrency
        self._limit = float(concurrency)
        self._in_flight = 0
        self.answer_count = 0
        """Calls that were answered."""
        self._waiting_lanes: dict[int, Lane] = {}
        """Those with waiters, by their order."""
        self._lane_numbers = itertools.count()
        self._clock, self._backed_off_at = clock, -BACKOFF_INTERVAL_S
        self._arriving_lanes: set[int] = set()
        self.on_free_slot: Callable[[], None] = lambda: None
        """Called when a slot has become free that nobody waits for."""

    def open_lane(self) -> "Lane":
        """Return a share for one more work, after those there are."""
        lane = Lane(self, next(self._lane_numbers))
        self._arriving_lanes.add(lane.order)
        return lane

    def close_lane(self, lane: "Lane") -> None:
        """Count no longer on a work's calls: its run has ended."""
        self._arriving_lanes.discard(lane.order)
        self._notify_free_slot()

    @property
    def free_slots(self) -> int:
        """Slots that nobody holds or waits for, less those that works just begun will take."""
        if self._waiting_lanes:
            return 0
        return max(int(self._limit) - self._in_flight - len(self._arriving_lanes), 0)

    @property
    def limit(self) -> int:
        """Calls that may be in flight now."""
        return int(self._limit)

    def back_off(self) -> None:
        """Send fewer calls at once: the server has too many."""
        if self._clock() - self._backed_off_at >= BACKOFF_INTERVAL_S:
            self._backed_off_at = self._clock()
            self._limit = max(self._limit * BACKOFF_FACTOR, 1.0)

    def record_answer(self) -> None:
        """Note an answer, and take back a little of what ``back_off`` gave up."""
        self.answer_count += 1
        self._limit = min(self._limit + RECOVERY_PER_ANSWER, float(self.concurrency))

    def try_take_slot(self, lane: "Lane") -> bool:
        """Take a slot for ``lane`` at once, if one is free."""
        if self._in_flight >= int(self._limit):
            return False
        self._in_flight += 1
        lane.slots_held += 1
        self._arriving_lanes.discard(lane.order)
        return True

    def add_waiting_lane(self, lane: "Lane") -> None:
        """Note that ``lane`` has a waiter."""
        self._arriving_lanes.discard(lane.order)
        self._waiting_lanes[lane.order] = lane

    def release_slot(self, lane: "Lane") -> None:
        """Hand a slot of ``lane`` to who is next."""
        self._in_flight -= 1
        lane.slots_held -= 1
        while self._waiting_lanes and self._in_flight < int(self._limit):
            next_lane = min(self._waiting_lanes.values(), key=lambda s: (s.slots_held > 0, s.order))
            if next_lane.wake_next():
                self._in_flight += 1
                next_lane.slots_held += 1
            else:
                del self._waiting_lanes[next_lane.order]
        self._notify_free_slot()

    def _notify_free_slot(self) -> None:
        if self.free_slots:
            self.on_free_slot()


class Lane:
    """What one work has of the slots."""

    def __init__(self, limiter: ConcurrencyLimiter, order: int) -> None:
        self.order, self.slots_held = order, 0
        self._limiter = limiter
        self._waiters: list[tuple[float, int, asyncio.Future[None]]] = []
        self._arrival_numbers = itertools.count()

    @asynccontextmanager
    async def hold_slot(self, priority: float = 0.0) -> AsyncIterator[None]:
        """Hold one slot. The highest ``priority`` is served first."""
        if not self._limiter.try_take_slot(self):
            await self._wait_for_slot(priority)
        try:
            yield
        finally:
            self._limiter.release_slot(self)

    def record_answer(self) -> None:
        """Note that a server has answered."""
        self._limiter.record_answer()

    def wake_next(self) -> bool:
        """Wake the first waiter; False when none is left."""
        while self._waiters:
            _, _, turn = heapq.heappop(self._waiters)
            if not turn.done():
                turn.set_result(None)
                return True
        return False

    async def _wait_for_slot(self, priority: float) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiters, (-priority, next(self._arrival_numbers), turn))
        self._limiter.add_waiting_lane(self)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._limiter.release_slot(self)
            raise


T = TypeVar("T")


async def gather_all(tasks: Iterable[Awaitable[T]]) -> list[T]:
    """Return the results in order, once all are there; raise the first error then, if any.

    What was asked and answered meanwhile is in the journal, so that nothing of it is lost.
    """
    results: list[T] = []
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result
        results.append(result)
    return results


def find_first_error(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the error that a group of them is about."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error

"""Model slots: how many calls are in flight over all works, and whose goes next."""

import asyncio
import heapq
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import TypeVar

EASED = 0.7
"""What is left of the calls in flight when the server says they are too many."""
EASED_FOR_S = 1.0
"""It is heard once in this time: the calls that were under way together all say the same."""
REGAINED = 1 / 8
"""Slots that come back with every answer."""


class ConcurrencyLimiter:
    """Calls in flight, shared by works. Each work has a share; single calls may hold one directly.

    Every work that waits gets one slot before any work gets a second one. What is left goes to the
    share that was taken first, so that what was begun is finished; within a share, the highest
    priority is served first, then who came first.
    """

    def __init__(self, number: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.number = number
        self._limit = float(number)
        self._held = 0
        self.answers = 0
        """Calls that were answered."""
        self._shares: dict[int, Lane] = {}
        """Those with waiters, by their order."""
        self._orders = itertools.count()
        self._clock, self._eased_at = clock, -EASED_FOR_S
        self._arriving: set[int] = set()
        self._own = Lane(self, next(self._orders))
        self.on_room: Callable[[], None] = lambda: None
        """Called when a slot has become free that nobody waits for."""

    def share(self) -> "Lane":
        """Return a share for one more work, after those there are."""
        share = Lane(self, next(self._orders))
        self._arriving.add(share.order)
        return share

    def leave(self, share: "Lane") -> None:
        """Count no longer on a work's calls: its run has ended."""
        self._arriving.discard(share.order)
        self._tell_room()

    @asynccontextmanager
    async def hold(self, priority: float = 0.0) -> AsyncIterator[None]:
        """Hold one slot. The highest ``priority`` is served first."""
        async with self._own.hold(priority):
            yield

    @property
    def room(self) -> int:
        """Slots that nobody holds or waits for, less those that works just begun will take."""
        if self._shares:
            return 0
        return max(int(self._limit) - self._held - len(self._arriving), 0)

    @property
    def limit(self) -> int:
        """Calls that may be in flight now."""
        return int(self._limit)

    def ease(self) -> None:
        """Send fewer calls at once: the server has too many."""
        if self._clock() - self._eased_at >= EASED_FOR_S:
            self._eased_at = self._clock()
            self._limit = max(self._limit * EASED, 1.0)

    def answered(self) -> None:
        """Note an answer, and take back a little of what ``ease`` gave up."""
        self.answers += 1
        self._limit = min(self._limit + REGAINED, float(self.number))

    def take(self, share: "Lane") -> bool:
        """Take a slot for ``share`` at once, if one is free."""
        if self._held >= int(self._limit):
            return False
        self._held += 1
        share.held += 1
        self._arriving.discard(share.order)
        return True

    def wait(self, share: "Lane") -> None:
        """Note that ``share`` has a waiter."""
        self._arriving.discard(share.order)
        self._shares[share.order] = share

    def give_back(self, share: "Lane") -> None:
        """Hand a slot of ``share`` to who is next."""
        self._held -= 1
        share.held -= 1
        while self._shares and self._held < int(self._limit):
            found = min(self._shares.values(), key=lambda s: (s.held > 0, s.order))
            if found.serve():
                self._held += 1
                found.held += 1
            else:
                del self._shares[found.order]
        self._tell_room()

    def _tell_room(self) -> None:
        if self.room:
            self.on_room()


class Lane:
    """What one work has of the slots."""

    def __init__(self, slots: ConcurrencyLimiter, order: int) -> None:
        self.order, self.held = order, 0
        self._slots = slots
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._arrivals = itertools.count()

    @asynccontextmanager
    async def hold(self, priority: float = 0.0) -> AsyncIterator[None]:
        """Hold one slot. The highest ``priority`` is served first."""
        if not self._slots.take(self):
            await self._turn(priority)
        try:
            yield
        finally:
            self._slots.give_back(self)

    def answered(self) -> None:
        """Note that a server has answered."""
        self._slots.answered()

    def serve(self) -> bool:
        """Wake the first waiter; False when none is left."""
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return True
        return False

    async def _turn(self, priority: float) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (-priority, next(self._arrivals), turn))
        self._slots.wait(self)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._slots.give_back(self)
            raise


T = TypeVar("T")


async def all_of(tasks: Iterable[Awaitable[T]]) -> list[T]:
    """Return the results in order, once all are there; raise the first error then, if any.

    What was asked and answered meanwhile is in the journal, so that nothing of it is lost.
    """
    found: list[T] = []
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result
        found.append(result)
    return found

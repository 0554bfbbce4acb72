"""Which of several replicas a call goes to.

A work stays with the replica that holds its prefixes, as long as that one has not more than its
share of the calls; what goes beyond spills over to the least busy. A replica that failed is left
alone for a while, and its works move.
"""

import itertools
import math
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager

from inkwright.memory.ids import WorkId

COOLDOWN_S = 20.0
"""After a failure, while others are there to be asked."""


class LoadBalancer:
    """Calls under way at each replica, and where each work is at home."""

    def __init__(self, concurrency: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._concurrency, self._clock = concurrency, clock
        self._turns = itertools.count()
        self._calls_in_flight: Counter[str] = Counter()
        self._homes: dict[str, str] = {}
        self._failed_at: dict[str, float] = {}

    def choose(
        self, bases: Sequence[str], work_id: WorkId, tried_bases: Collection[str] = ()
    ) -> str:
        """Return the replica for a call of ``work_id``, after those that were tried in vain."""
        if len(bases) == 1:
            return bases[0]
        untried_bases = [b for b in bases if b not in tried_bases] or list(bases)
        available_bases = [
            b for b in untried_bases if not self._is_cooling_down(b)
        ] or untried_bases
        if not work_id:
            return available_bases[next(self._turns) % len(available_bases)]
        home = self._homes.get(work_id)
        if home in available_bases and self._calls_in_flight[home] < math.ceil(
            self._concurrency / len(bases)
        ):
            return home
        fewest_calls = min(self._calls_in_flight[b] for b in available_bases)
        idlest_bases = [b for b in available_bases if self._calls_in_flight[b] == fewest_calls]
        chosen_base = idlest_bases[next(self._turns) % len(idlest_bases)]
        if home not in available_bases:
            self._homes[work_id] = chosen_base
        return chosen_base

    @contextmanager
    def track_call(self, base: str) -> Iterator[None]:
        """Count a call while it is under way."""
        self._calls_in_flight[base] += 1
        try:
            yield
        finally:
            self._calls_in_flight[base] -= 1

    def mark_failed(self, base: str) -> None:
        """Leave a replica alone for a while."""
        self._failed_at[base] = self._clock()

    def mark_available(self, base: str) -> None:
        """Note that a replica is there."""
        self._failed_at.pop(base, None)

    def _is_cooling_down(self, base: str) -> bool:
        failed_at = self._failed_at.get(base)
        return failed_at is not None and self._clock() - failed_at < COOLDOWN_S

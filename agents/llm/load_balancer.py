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

LEFT_ALONE_S = 20.0
"""After a failure, while others are there to be asked."""


class LoadBalancer:
    """Calls under way at each replica, and where each work is at home."""

    def __init__(self, concurrency: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._concurrency, self._clock = concurrency, clock
        self._turns = itertools.count()
        self._busy: Counter[str] = Counter()
        self._homes: dict[str, str] = {}
        self._failed_at: dict[str, float] = {}

    def choose(self, bases: Sequence[str], work: str, tried: Collection[str] = ()) -> str:
        """Return the replica for a call of ``work``, after those that were tried in vain."""
        if len(bases) == 1:
            return bases[0]
        left = [b for b in bases if b not in tried] or list(bases)
        there = [b for b in left if not self._is_left_alone(b)] or left
        if not work:
            return there[next(self._turns) % len(there)]
        home = self._homes.get(work)
        if home in there and self._busy[home] < math.ceil(self._concurrency / len(bases)):
            return home
        least = min(self._busy[b] for b in there)
        free = [b for b in there if self._busy[b] == least]
        chosen = free[next(self._turns) % len(free)]
        if home not in there:
            self._homes[work] = chosen
        return chosen

    @contextmanager
    def calling(self, base: str) -> Iterator[None]:
        """Count a call while it is under way."""
        self._busy[base] += 1
        try:
            yield
        finally:
            self._busy[base] -= 1

    def failed(self, base: str) -> None:
        """Leave a replica alone for a while."""
        self._failed_at[base] = self._clock()

    def answered(self, base: str) -> None:
        """Note that a replica is there."""
        self._failed_at.pop(base, None)

    def _is_left_alone(self, base: str) -> bool:
        failed = self._failed_at.get(base)
        return failed is not None and self._clock() - failed < LEFT_ALONE_S

"""Asking a judge again: what it calls broken is broken by the majority of its votes."""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def number_more_votes(votes: int) -> Sequence[int]:
    """Return the numbers of the votes that may follow the first, of so many in all."""
    return range(2, votes + 1)


async def vote_again(
    doubted_items: Sequence[T],
    key: Callable[[T], K],
    more_votes: Collection[int],
    find_cleared: Callable[[Sequence[T], int], Awaitable[Mapping[K, V]]],
) -> Mapping[K, V]:
    """Return, by key, what is said of the items that are cleared after all.

    The first vote has called each of them broken, and ``more_votes`` are the numbers of those that
    may follow. An item is asked about until a majority of all these votes is sure; where they are
    even, it is cleared. What a vote does not clear, or gives no answer on, it calls broken.
    ``find_cleared`` takes the items to ask about and the number of the vote.
    """
    majority = (1 + len(more_votes)) // 2 + 1
    alarms = Counter(key(item) for item in doubted_items)
    clearings: Counter[K] = Counter()
    cleared: dict[K, V] = {}
    for vote in more_votes:
        doubted_items = [item for item in doubted_items if alarms[key(item)] < majority]
        if not doubted_items:
            break
        cleared_now = await find_cleared(doubted_items, vote)
        clearings.update(key(item) for item in doubted_items if key(item) in cleared_now)
        alarms.update(key(item) for item in doubted_items if key(item) not in cleared_now)
        for item in doubted_items:
            if clearings[key(item)] > len(more_votes) + 1 - majority:
                cleared[key(item)] = cleared_now[key(item)]
        doubted_items = [item for item in doubted_items if key(item) not in cleared]
    return cleared

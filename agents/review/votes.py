"""Asking a judge again: what it calls broken is broken by two votes of at most three."""

from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


async def vote_again(
    doubted_items: Sequence[T],
    key: Callable[[T], K],
    votes: Iterable[int],
    find_cleared: Callable[[Sequence[T], int], Awaitable[Mapping[K, V]]],
) -> Mapping[K, V]:
    """Return, by key, what the last vote says of the items that it clears.

    What one vote clears the next is asked about, since the two before it disagree. What a vote does
    not clear stands, and so does what it gives no answer on. ``find_cleared`` takes the items to
    ask about and the number of the vote.
    """
    cleared: Mapping[K, V] = {}
    for vote in votes:
        if not doubted_items:
            break
        cleared = await find_cleared(doubted_items, vote)
        doubted_items = [item for item in doubted_items if key(item) in cleared]
    return cleared

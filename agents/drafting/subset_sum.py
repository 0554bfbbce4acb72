"""Choosing among changes of known size, so that together they come nearest to what is wanted."""

from collections.abc import Sequence


def nearest(sizes: Sequence[int], wanted: int, most: int, slack: int = 0) -> tuple[int, ...]:
    """Return the places of the sizes whose sum is nearest to ``wanted``, and at most ``most``.

    Sums within ``slack`` of it are as good as each other; of those, and of several choices with one
    sum, the choice of the earliest places is returned, since a list has the most dispensable
    first. Sizes of nothing, or less, are never chosen.
    """
    sums: dict[int, tuple[int, tuple[int, ...]]] = {0: (0, ())}
    for place, size in enumerate(sizes):
        if size <= 0:
            continue
        for total, (cost, chosen) in sorted(sums.items(), reverse=True):
            new = total + size
            if new <= most and (new not in sums or cost + place + 1 < sums[new][0]):
                sums[new] = (cost + place + 1, (*chosen, place))
    best = min(sums, key=lambda total: (max(abs(wanted - total), slack), sums[total][0], total))
    return sums[best][1]

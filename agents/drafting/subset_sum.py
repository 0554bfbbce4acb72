"""Choosing among changes of known size, so that together they come nearest to what is wanted."""

from collections.abc import Sequence


def choose_subset(
    sizes: Sequence[int], target: int, maximum: int, slack: int = 0
) -> tuple[int, ...]:
    """Return the places of the sizes whose sum is nearest to ``target``, and at most ``maximum``.

    Sums within ``slack`` of it are as good as each other; of those, and of several choices with one
    sum, the choice of the earliest places is returned, since a list has the most dispensable
    first. Sizes of nothing, or less, are never chosen.
    """
    sums: dict[int, tuple[int, tuple[int, ...]]] = {0: (0, ())}
    for index, size in enumerate(sizes):
        if size <= 0:
            continue
        for total, (cost, indexes) in sorted(sums.items(), reverse=True):
            new_total = total + size
            if new_total <= maximum and (
                new_total not in sums or cost + index + 1 < sums[new_total][0]
            ):
                sums[new_total] = (cost + index + 1, (*indexes, index))
    best_total = min(
        sums, key=lambda total: (max(abs(target - total), slack), sums[total][0], total)
    )
    return sums[best_total][1]

"""LonGen: is the length inside the interval that was asked for, and if not, how far outside?"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.scorers.counting import longen_words

KINDS = ("about", "range", "above", "below")


def interval(kind: str, constraint: str) -> tuple[float, float]:
    """Return the accepted words for a constraint such as ``4000-5000 words``.

    >>> interval("about", "大约2000字"), interval("range", "4000字至5000字")
    ((1600.0, 2400.0), (4000.0, 5000.0))
    """
    numbers = [float(n) for n in re.findall(r"\d+", constraint)]
    told = numbers[0]
    if kind == "range":
        return told, numbers[1]
    return {
        "about": (0.8 * told, 1.2 * told),
        "above": (told, 1.5 * told),
        "below": (0.5 * told, told),
    }[kind]


def length_score(words: int, low: float, high: float) -> float:
    """Return 1 inside the interval, less outside, never below 0.

    >>> length_score(75, 100, 200), length_score(250, 100, 200), length_score(40, 100, 200)
    (0.5, 0.5, 0.0)
    """
    if words < low:
        return max(0.0, 2 * words / low - 1)
    if words > high:
        return max(0.0, 3 - 2 * words / high)
    return 1.0


def score(answered: Sequence[tuple[Mapping[str, Any], str]]) -> dict[str, float]:
    """Return the mean overall, and by kind of constraint and language."""
    scored = [
        (r["type"], r.get("language"), length_score(longen_words(text), *_interval_of(r)))
        for r, text in answered
    ]
    found = {"score": _mean([s for *_, s in scored])}
    for place, names in ((0, KINDS), (1, ("en", "zh"))):
        for name in names:
            if some := [row[2] for row in scored if row[place] == name]:
                found[name] = _mean(some)
    return found


def _interval_of(record: Mapping[str, Any]) -> tuple[float, float]:
    return interval(record["type"], record["constraint"])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0

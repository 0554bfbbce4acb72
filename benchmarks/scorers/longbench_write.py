"""LongBench-Write's length score S_l, and LongWrite-Ruler's longest output."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.scorers.counting import longbench_words

BANDS = ((0, 500), (500, 2000), (2000, 4000), (4000, 20_001))
"""Words asked for, from and below; the last one has 20,000 in it."""
_NAMES = ("[0,500)", "[500,2k)", "[2k,4k)", "[4k,20k]")


def length_score(asked: int, written: int) -> float:
    """Return the score, 0 to 100, of ``written`` words for ``asked``.

    >>> length_score(1000, 1000), length_score(1000, 2500), length_score(1000, 500)
    (100.0, 50.0, 50.0)
    """
    if written == 0:
        return 0.0
    if written > asked:
        return 100 * max(0.0, 1 - (written / asked - 1) / 3)
    return 100 * max(0.0, 1 - (asked / written - 1) / 2)


def score(answered: Sequence[tuple[Mapping[str, Any], str]]) -> dict[str, float]:
    """Return S_l over all, by the words asked for, and by the language of the request."""
    scored = [
        (r["length"], language(r["prompt"]), length_score(r["length"], longbench_words(text)))
        for r, text in answered
    ]
    found = {"S_l": _mean([s for *_, s in scored])}
    for (low, high), name in zip(BANDS, _NAMES, strict=True):
        if within := [s for asked, _, s in scored if low <= asked < high]:
            found[f"S_l {name}"] = _mean(within)
    for tongue in ("en", "zh"):
        if spoken := [s for _, told, s in scored if told == tongue]:
            found[f"S_l {tongue}"] = _mean(spoken)
    return found


def ruler(answered: Sequence[tuple[Mapping[str, Any], str]]) -> dict[str, float]:
    """Return the longest output, and the words written for each length asked for, on average."""
    written = [(r["length"], longbench_words(text)) for r, text in answered]
    found: dict[str, float] = {"longest": max((w for _, w in written), default=0)}
    for asked in sorted({a for a, _ in written}):
        found[f"words for {asked}"] = _mean([w for a, w in written if a == asked])
    return found | score(answered)


def language(prompt: str) -> str:
    """Return the language of a request: Chinese where a tenth of it is Han characters."""
    han = sum("\u4e00" <= c <= "\u9fff" for c in prompt)
    return "zh" if han > len(prompt) / 10 else "en"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0

"""Counting tokens, and keeping text within a budget of them. The tokenizer is a port."""

from collections.abc import Callable, Sequence
from typing import Protocol

from inkwright.memory.text.words import sentences


class Tokenizer(Protocol):
    """Counts tokens as the served model does, or a little above."""

    @property
    def name(self) -> str: ...

    def count(self, text: str) -> int:
        """Return the number of tokens ``text`` takes, never less than the model's own count."""
        ...


def most_tokens(text: str) -> int:
    """Return how many tokens ``text`` can have at most, uncounted: none is less than a byte."""
    return len(text.encode("utf-8", "surrogatepass"))


def fit(
    texts: Sequence[str], budget: int, count: Callable[[str], int], misses: int | None = None
) -> tuple[bool, ...]:
    """Say for each text, in order of preference, whether it goes into ``budget`` tokens.

    After ``misses`` in a row that do not, the rest is left out uncounted; None: all are tried.
    """
    kept: list[bool] = []
    spent = missed = 0
    for text in texts:
        if missed == misses:
            break
        size = count(text) + 1
        kept.append(spent + size <= budget)
        spent += size * kept[-1]
        missed = 0 if kept[-1] else missed + 1
    return (*kept, *(False for _ in texts[len(kept) :]))


def shorten(text: str, budget: int, count: Callable[[str], int]) -> str:
    """Return as many leading sentences of ``text`` as fit ``budget`` tokens.

    Of a first sentence that does not fit, as many leading characters as do.
    """
    if most_tokens(text) <= budget or count(text) <= budget:
        return text
    parts = sentences(text)
    kept, end, spent = 0, 0, 0
    for part in parts:
        spent += count(text[end : part.end]) + 1
        if spent > budget:
            break
        kept, end = kept + 1, part.end
    while kept and count(text[: parts[kept - 1].end]) > budget:
        kept -= 1
    return text[: parts[kept - 1].end] if kept else _beginning(text, budget, count)


def _beginning(text: str, budget: int, count: Callable[[str], int]) -> str:
    """Return the longest beginning of ``text`` that fits, to within a few characters."""
    fits, too_long = 0, len(text)
    while too_long - fits > 8:
        middle = (fits + too_long) // 2
        fits, too_long = (middle, too_long) if count(text[:middle]) <= budget else (fits, middle)
    return text[:fits]

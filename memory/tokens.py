"""Counting tokens, and keeping text within a budget of them. The tokenizer is a port."""

from collections.abc import Callable, Sequence
from typing import Protocol

from inkwright.memory.wordcount import sentences


class Tokenizer(Protocol):
    """Counts tokens as the served model does, or a little above."""

    @property
    def name(self) -> str: ...

    def count(self, text: str) -> int:
        """Return the number of tokens ``text`` takes, never less than the model's own count."""
        ...


def fit(texts: Sequence[str], budget: int, count: Callable[[str], int]) -> tuple[bool, ...]:
    """Say for each text, in order of preference, whether it goes into ``budget`` tokens."""
    kept, spent = [], 0
    for text in texts:
        size = count(text) + 1
        kept.append(spent + size <= budget)
        spent += size * kept[-1]
    return tuple(kept)


def shorten(text: str, budget: int, count: Callable[[str], int]) -> str:
    """Return as many leading sentences of ``text`` as fit ``budget`` tokens."""
    if count(text) <= budget:
        return text
    end, spent = 0, 0
    for part in sentences(text):
        spent += count(part.text) + 1
        if spent > budget:
            break
        end = part.end
    return text[:end]

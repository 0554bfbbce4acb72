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


def bound_tokens(text: str) -> int:
    """Return how many tokens ``text`` can have at most, uncounted: none is less than a byte."""
    return len(text.encode("utf-8", "surrogatepass"))


def mark_fitting(
    texts: Sequence[str],
    budget_tokens: int,
    count_tokens: Callable[[str], int],
    max_misses: int | None = None,
) -> tuple[bool, ...]:
    """Say for each text, in order of preference, whether it goes into ``budget_tokens`` tokens.

    After ``max_misses`` in a row that do not, the rest is left out uncounted; None: all are tried.
    """
    fit_flags: list[bool] = []
    used_tokens = misses_in_a_row = 0
    for text in texts:
        if misses_in_a_row == max_misses:
            break
        size = count_tokens(text) + 1
        fit_flags.append(used_tokens + size <= budget_tokens)
        used_tokens += size * fit_flags[-1]
        misses_in_a_row = 0 if fit_flags[-1] else misses_in_a_row + 1
    return (*fit_flags, *(False for _ in texts[len(fit_flags) :]))


def shorten(text: str, budget_tokens: int, count_tokens: Callable[[str], int]) -> str:
    """Return as many leading sentences of ``text`` as fit ``budget_tokens`` tokens.

    Of a first sentence that does not fit, as many leading characters as do.
    """
    if bound_tokens(text) <= budget_tokens or count_tokens(text) <= budget_tokens:
        return text
    text_sentences = sentences(text)
    kept_count, end, used_tokens = 0, 0, 0
    for sentence in text_sentences:
        used_tokens += count_tokens(text[end : sentence.end]) + 1
        if used_tokens > budget_tokens:
            break
        kept_count, end = kept_count + 1, sentence.end
    while kept_count and count_tokens(text[: text_sentences[kept_count - 1].end]) > budget_tokens:
        kept_count -= 1
    return (
        text[: text_sentences[kept_count - 1].end]
        if kept_count
        else _cut_to_fit(text, budget_tokens, count_tokens)
    )


def _cut_to_fit(text: str, budget_tokens: int, count_tokens: Callable[[str], int]) -> str:
    """Return the longest beginning of ``text`` that fits, to within a few characters."""
    fitting_length, excess_length = 0, len(text)
    while excess_length - fitting_length > 8:
        middle = (fitting_length + excess_length) // 2
        fitting_length, excess_length = (
            (middle, excess_length)
            if count_tokens(text[:middle]) <= budget_tokens
            else (fitting_length, middle)
        )
    return text[:fitting_length]

"""The two languages the simulated model writes: sentences of exactly so many words.

Neither ever writes a sentence that reads like a planted fact by chance.
"""

import random
from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")


class Tongue(Protocol):
    """What a language must be able to say."""

    shortest: int
    """Words of the shortest sentence."""
    usual: tuple[int, int]
    """Words of the usual sentences: fewest and most."""
    gap: str
    """What stands between two sentences of a paragraph."""
    refusal: str
    preamble: str
    postscript: str

    def sentence(self, rng: random.Random, words: int) -> str:
        """Return a sentence of exactly ``words``, or the shortest there is."""
        ...

    def about(self, rng: random.Random, subject: str, words: int) -> str:
        """Return a sentence of about ``words`` that begins with ``subject``."""
        ...

    def saying(self, rng: random.Random, phrase: str) -> str:
        """Return a sentence that holds ``phrase`` word for word."""
        ...

    def fact(self, subject: str, attribute: str, value: str) -> str:
        """Return the sentence by which a fact is stated, and found again."""
        ...

    def ending(self, rng: random.Random) -> str:
        """Return an end for a sentence that was broken off."""
        ...

    def title(self, rng: random.Random) -> str: ...

    def purpose(self, rng: random.Random, title: str) -> str: ...

    def name(self, rng: random.Random) -> str: ...

    def trait(self, rng: random.Random) -> tuple[str, str]:
        """Return an attribute and a value for it."""
        ...


def vocabulary(text: str) -> list[str]:
    """Return the words of a list in running text; with commas, what stands between them."""
    return text.split(", ") if ", " in text else text.split()


def fill(pattern: str, words: Mapping[str, Sequence[str]], rng: random.Random) -> list[str]:
    """Return the parts of ``pattern``, with a random word for each that names a kind of word."""
    return [any_of(words[part], rng) if part in words else part for part in pattern.split()]


def any_of(options: Sequence[T], rng: random.Random) -> T:
    """Return one of ``options``: ``rng.choice`` several times faster, and prose is all this."""
    return options[int(rng.random() * len(options))]


def exactly(rng: random.Random, size: int, sizes: Sequence[int], least: int) -> list[int]:
    """Return numbers from ``sizes`` that add up to ``size``.

    ``least`` is the smallest size from which every number can be reached.
    """
    chosen: list[int] = []
    while size > 0:
        fitting = [s for s in sizes if size == s or size - s >= least] or [size]
        step = any_of(fitting, rng)
        chosen.append(step)
        size -= step
    return chosen

"""Repetition: how much of a text stood in it before, and how much its sections share."""

from collections.abc import Iterable, Sequence

from inkwright.memory.wordcount import words

N = 8


def duplicate_share(text: str) -> float:
    """Return the share of the text's 8-grams of words that stood earlier in it.

    >>> duplicate_share("a b c d e f g h"), round(duplicate_share("a b c d e f g h " * 2), 3)
    (0.0, 0.111)
    """
    grams = list(_grams(text))
    return 1 - len(set(grams)) / len(grams) if grams else 0.0


def section_overlap(sections: Sequence[str]) -> float:
    """Return the share of the sections' different 8-grams that another section has too.

    >>> section_overlap(["a b c d e f g h", "a b c d e f g h", "i j k l m n o p"])
    0.6666666666666666
    """
    each = [set(_grams(section)) for section in sections]
    shared = 0
    for place, grams in enumerate(each):
        others = set[tuple[str, ...]]().union(*each[:place], *each[place + 1 :])
        shared += len(grams & others)
    total = sum(map(len, each))
    return shared / total if total else 0.0


def _grams(text: str) -> Iterable[tuple[str, ...]]:
    spoken = [word.casefold() for word in words(text)]
    return zip(*(spoken[n:] for n in range(N)), strict=False)

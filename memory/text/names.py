"""Finding names in text exactly: whole words in alphabetic scripts, substrings in Han and kana."""

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
import regex

from inkwright.memory.text.normalise import normalise

_HAN_OR_KANA = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]")
_HAN_OR_KANA_RUN = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]+")
CACHE_SIZE = 4096
"""Texts and sentences that are kept in mind: the same ones are asked again and again."""


class MentionedNames:
    """The names a text mentions."""

    def __init__(self, text: str) -> None:
        self._text = f" {normalise(text)} "
        self._spaced = _HAN_OR_KANA_RUN.sub(r" \g<0> ", self._text)
        self._words = set(self._spaced.split())

    def mentions(self, name: str) -> bool:
        """True when ``name``, already normalised, occurs."""
        first_word = _get_first_word(name)
        if first_word is None:
            return name in self._text
        return first_word in self._words and f" {name} " in self._spaced

    def select_mentioned(self, names: Iterable[str]) -> frozenset[str]:
        """Return those of ``names`` that occur."""
        return frozenset(name for name in names if self.mentions(name))


@lru_cache(maxsize=CACHE_SIZE)
def names_in(text: str) -> MentionedNames:
    """Return what can be asked which names ``text`` mentions."""
    return MentionedNames(text)


@lru_cache(maxsize=20_000)
def _get_first_word(name: str) -> str | None:
    """Return the word that a text with ``name`` must have; None where names are not of words."""
    return None if _HAN_OR_KANA.search(name) else name.partition(" ")[0]


@lru_cache(maxsize=20_000)
def terms(text: str) -> frozenset[str]:
    """Return the search terms of ``text``: words of three letters or more, and Han bigrams."""
    return frozenset(list_terms(text))


def list_terms(text: str) -> list[str]:
    """Return the search terms of ``text`` in order, each as often as it stands there."""
    search_terms: list[str] = []
    for word in normalise(text).split():
        if _HAN_OR_KANA.search(word):
            search_terms.extend(word[i : i + 2] for i in range(len(word) - 1))
        elif len(word) > 2:
            search_terms.append(word)
    return search_terms


def rank_by_rare_terms(query_text: str, texts: Sequence[str]) -> list[int]:
    """Return the places of those ``texts`` that share terms with ``query_text``, rarest first."""
    query_terms = terms(query_text)
    places_by_term: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        for term in terms(text) & query_terms:
            places_by_term.setdefault(term, []).append(place)
    scores = np.zeros(len(texts))
    for term in sorted(places_by_term):
        scores[places_by_term[term]] += math.log(1 + len(texts) / len(places_by_term[term]))
    order = np.argsort(-scores, kind="stable")
    return [int(place) for place in order[: np.count_nonzero(scores)]]

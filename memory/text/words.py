"""Counting words, and splitting text into sentences, in any language.

One for each Han or kana character, one for each other run of letters or digits: the count that
length budgets use. (LongBench-Write and LonGen each count a little differently; their scorers
live with the benchmarks.)
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import regex

CACHE_SIZE = 1024
"""Texts whose sentences and number of words are kept in mind: each is asked for many times."""

_WORD = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}]"
    r"|[[\p{L}\p{N}\p{M}]--[\p{Han}\p{Hiragana}\p{Katakana}]]+"
    r"(?:['’\-][[\p{L}\p{N}\p{M}]--[\p{Han}\p{Hiragana}\p{Katakana}]]+)*",
    regex.VERSION1,
)
_LATIN_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_NOT_LATIN = re.compile(r"[^\u0000-\u024f\u2000-\u206f]")
"""Where there is none of these, letters and digits are what Python's ``re`` takes for them, which
is four times as fast; of combining marks it knows nothing."""
_SENTENCE = re.compile(
    r"[^\s][^.!?。！？…\n]*(?:[.!?…](?![\s\"'”’)\]」』]|$)[^.!?。！？…\n]*)*"
    r"(?:[.!?。！？…]+[\"'”’)\]」』]*|(?=\n)|$)"
)
_FENCED = re.compile(r"^ {0,3}(```+|~~~+).*?(?:^ {0,3}\1[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)

_CHARACTERS_PER_WORD, _CHARACTERS_PER_HAN_WORD = 5.2, 1.13


@dataclass(frozen=True)
class Sentence:
    """One sentence of a text; ``start`` and ``end`` in code points."""

    text: str
    start: int
    end: int


@lru_cache(maxsize=CACHE_SIZE)
def count_words(text: str) -> int:
    """Return the number of words in ``text``."""
    return len(words(text))


def count_characters(text: str) -> int:
    """Return the number of characters in ``text``, punctuation among them, white space not."""
    return sum(map(len, text.split()))


def estimate_characters_per_word(*, han: bool) -> float:
    """Return how many characters a word takes, punctuation with it; a Han character is a word."""
    return _CHARACTERS_PER_HAN_WORD if han else _CHARACTERS_PER_WORD


def words(text: str) -> list[str]:
    """Return the words of ``text`` in order."""
    return _WORD.findall(text) if _NOT_LATIN.search(text) else _LATIN_WORD.findall(text)


@lru_cache(maxsize=CACHE_SIZE)
def sentences(text: str) -> tuple[Sentence, ...]:
    """Return the sentences of ``text``; what lies between them is white space."""
    return tuple(Sentence(m.group(), m.start(), m.end()) for m in _SENTENCE.finditer(text))


@lru_cache(maxsize=CACHE_SIZE)
def prose_sentences(text: str) -> tuple[Sentence, ...]:
    """Return the sentences of ``text`` but for rules and what stands in code and tables.

    Those lines mean something only together: one of them can neither go nor be worded otherwise.
    """
    code = [match.span() for match in _FENCED.finditer(text)]
    return tuple(
        s
        for s in sentences(text)
        if count_words(s.text)
        and not s.text.startswith("|")
        and not any(start <= s.start < end for start, end in code)
    )


def tail(text: str, limit: int) -> str:
    """Return the last whole sentences of ``text``, at most ``limit`` words unless one is longer."""
    text_sentences = sentences(text)
    if not text_sentences:
        return ""
    total, start = 0, text_sentences[-1].start
    for sentence in reversed(text_sentences):
        total += count_words(sentence.text)
        if total > limit and sentence is not text_sentences[-1]:
            break
        start = sentence.start
    return text[start:].strip()

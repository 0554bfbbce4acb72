"""Counting words, and splitting text into sentences, in any language.

There are two rules for both, and a work keeps the one it began with, since a length that was met
must not be missed by a later release:

- ``FIRST_RULE``: one word for each Han or kana character, one for each other run of letters or
  digits; a sentence ends at every full stop that a space follows.
- ``OFFICE_RULE``: the words that LibreOffice and Word count, and sentences that know abbreviations
  (``sentence_boundaries``). LibreOffice's words lie between white space and dashes (— – and two
  hyphens or more); each Chinese, Japanese or Korean character is a word, punctuation too. So
  3,000.50, an address or well-known is one word, and 1.5–2.0 two. Markdown marks are no words.

(LongBench-Write and LonGen each count a little differently; their scorers live with the
benchmarks.)
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import regex

from inkwright.memory.text.sentence_boundaries import split_sentences

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

FIRST_RULE, OFFICE_RULE = 1, 2
"""Rules of counting and splitting; where a work has pinned none, the first holds."""
_OFFICE_WORD = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Bopomofo}ー\u2460-\u24ff\u3001-\u303f"
    r"\u3200-\u33ff\ufe30-\ufe4f\uff01-\uffee]"
    r"|(?:(?!-{2,}\S)[^\s—–\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Bopomofo}ー\u2460-\u24ff"
    r"\u3001-\u303f\u3200-\u33ff\ufe30-\ufe4f\uff01-\uffee])+(?:-{2,}(?=\S))?",
    regex.VERSION1,
)
_MARKDOWN_MARKS = re.compile(
    r"^[ \t]*(?:(?:```|~~~).*|[-*_=](?:[ \t]*[-*_=]){2,}[ \t]*|[ \t|:\-]+)$"  # fences, rules
    r"|^[ \t]*(?:#{1,6}|>)[ \t]+|[ \t]#+[ \t]*$"  # headings, quotations
    r"|(?<=\s)\|(?=\s)|^\||\|[ \t]*$|\*+|`+|~~",  # cells of tables, emphasis
    re.MULTILINE,
)

_CHARACTERS_PER_WORD, _CHARACTERS_PER_HAN_WORD = 5.2, 1.13


@dataclass(frozen=True)
class Sentence:
    """One sentence of a text; ``start`` and ``end`` in code points."""

    text: str
    start: int
    end: int


@lru_cache(maxsize=CACHE_SIZE)
def count_words(text: str, rule: int = FIRST_RULE) -> int:
    """Return the number of words in ``text`` by the rule of its work."""
    if rule == FIRST_RULE:
        return len(words(text))
    return sum(1 for _ in _OFFICE_WORD.finditer(_MARKDOWN_MARKS.sub("", text)))


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
def sentences(text: str, rule: int = FIRST_RULE, language: str = "") -> tuple[Sentence, ...]:
    """Return the sentences of ``text``; what lies between them is white space.

    ``language``: its ISO 639-1 code, for the second rule; empty: as the text itself shows.
    """
    if rule != FIRST_RULE:
        spans = split_sentences(text, language)
        return tuple(Sentence(text[start:end], start, end) for start, end in spans)
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

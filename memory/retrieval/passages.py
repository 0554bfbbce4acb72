"""Passages: the pieces of drafts and sources that recall can show verbatim."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from inkwright.memory.domain.draft import Draft
from inkwright.memory.text.words import Sentence, count_words, get_text_rule, sentences

PASSAGE_WORDS = 90
LONGEST_WORD = 12
"""Characters; a text whose words are longer than that on average is cut by its characters."""


@dataclass(frozen=True)
class Passage:
    """A run of whole sentences."""

    id: str
    origin: str
    """The section id, or ``source``: the part of a long request beyond its instructions."""
    text: str


def split_draft(draft: Draft) -> list[Passage]:
    """Return the passages of a draft; their ids name its version, so they never change."""
    return list(
        _split_text(f"{draft.section}@{draft.version}", draft.section, draft.text, get_text_rule())
    )


def split_source(number: int, text: str) -> list[Passage]:
    """Return the passages of a source document."""
    return list(_split_text(f"source{number}", "source", text, get_text_rule()))


@lru_cache(maxsize=1024)
def _split_text(prefix: str, origin: str, text: str, rule: int) -> tuple[Passage, ...]:
    return tuple(
        Passage(f"{prefix}#{n}", origin, piece)
        for n, piece in enumerate(split_into_pieces(text), 1)
        if piece
    )


def split_into_pieces(text: str, limit: int = PASSAGE_WORDS) -> Iterable[str]:
    """Cut ``text`` into runs of whole sentences of about ``limit`` words, none lost.

    A sentence that is longer than that (a list, a table, text without full stops) is cut as well.
    """
    return (text[start:end] for start, end in find_piece_spans(text, limit))


def find_piece_spans(text: str, limit: int = PASSAGE_WORDS) -> Iterator[tuple[int, int]]:
    """Yield where each piece of ``text`` begins and ends, in code points."""
    start, size, last_end = 0, 0, 0
    for sentence, length in _split_long_sentences(text, limit):
        if size and size + length > limit:
            yield start, last_end
            start, size = sentence.start, 0
        size += length
        last_end = sentence.end
    if last_end > start:
        yield start, last_end


def _split_long_sentences(text: str, limit: int) -> Iterator[tuple[Sentence, int]]:
    """Yield the sentences of ``text`` with their lengths, long ones in parts of about ``limit``."""
    for sentence in sentences(text):
        length = _measure_length(sentence.text)
        if length <= limit:
            yield sentence, length
            continue
        step = max(len(sentence.text) * limit // length, 1)
        start = sentence.start
        while sentence.end - start > step:
            end = text.rfind(" ", start, start + step) + 1 or start + step
            yield Sentence(text[start:end], start, end), _measure_length(text[start:end])
            start = end
        remainder = text[start : sentence.end]
        yield Sentence(remainder, start, sentence.end), _measure_length(remainder)


def _measure_length(text: str) -> int:
    """Return the words of ``text``, or as many as its characters would make."""
    return max(count_words(text), len(text) // LONGEST_WORD)

"""Passages: the pieces of drafts and sources that recall can show verbatim."""

from collections.abc import Iterable
from dataclasses import dataclass

from inkwright.memory.draft import Draft
from inkwright.memory.wordcount import count_words, sentences

PASSAGE_WORDS = 90


@dataclass(frozen=True)
class Passage:
    """A run of whole sentences."""

    id: str
    origin: str
    """The section id, or ``source``."""
    text: str


def of_draft(draft: Draft) -> list[Passage]:
    """Return the passages of a draft; their ids name its version, so they never change."""
    return _cut(f"{draft.section}@{draft.version}", draft.section, draft.text)


def of_source(number: int, text: str) -> list[Passage]:
    """Return the passages of a source document."""
    return _cut(f"source{number}", "source", text)


def _cut(prefix: str, origin: str, text: str) -> list[Passage]:
    return [
        Passage(f"{prefix}#{n}", origin, piece) for n, piece in enumerate(pieces(text), 1) if piece
    ]


def pieces(text: str, limit: int = PASSAGE_WORDS) -> Iterable[str]:
    """Cut ``text`` into runs of whole sentences of about ``limit`` words, none lost."""
    start, size, last = 0, 0, 0
    for sentence in sentences(text):
        length = count_words(sentence.text)
        if size and size + length > limit:
            yield text[start:last]
            start, size = sentence.start, 0
        size += length
        last = sentence.end
    if last > start:
        yield text[start:last]

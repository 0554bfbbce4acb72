"""Sentences that a draft says twice, or copies from what its writer was shown.

A fault of one draft, seen before it lands; ``repetition`` compares the sections of a whole piece.
Dialogue, quotations and short sentences come again in people's texts too, and so do refrains.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Literal

import regex

from inkwright.memory.base import Value
from inkwright.memory.text.normalise import normalise
from inkwright.memory.text.repetition import split_into_runs
from inkwright.memory.text.words import Sentence, count_words, prose_sentences

MIN_WORDS = 8
"""A sentence of fewer words may come again; of Han characters, twice as many."""
COPIED_RUNS = 0.8
"""A sentence with this share of its runs of eight words in another one says it again."""
QUOTED_SHARE = 0.5
"""A sentence of which this share is a quotation, or required words, is not the writer's own."""
_HAN = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]")
_SPEECH_START = regex.compile(r"\s*(?:[-*>]\s+)*[“\"'‘「『«»„‹—–]")
_QUOTATION = regex.compile(
    r"“[^”\n]*”?|\"[^\"\n]*\"?|«[^»\n]*»?|„[^“”\n]*[“”]?|「[^」\n]*」?|『[^』\n]*』?"
)


class DraftRepeat(Value):
    """A sentence of a draft that stands somewhere already."""

    quote: str
    """The sentence, exactly."""
    start: int
    """Where it stands in the draft, in code points."""
    end: int
    source: Literal["draft", "passage"]
    """Where it stood before: earlier in the draft, or in what the writer was shown."""
    there: str
    """The sentence it repeats, exactly."""


def find_draft_repeats(
    draft: str,
    passages: Sequence[str] = (),
    *,
    required: Sequence[str] = (),
    own_texts: Sequence[str] = (),
    allows_refrains: bool = False,
) -> tuple[DraftRepeat, ...]:
    """Return the sentences of ``draft`` that it says again or copies from ``passages``.

    ``required`` are words that the text must have, ``own_texts`` a person's; neither counts. With
    ``allows_refrains`` lines that are broken by hand, as verse is, may come again.
    """
    own_words = " ".join(normalise(text) for text in own_texts)
    required_words = [normalise(phrase) for phrase in required if phrase.strip()]
    places = _Places()
    for passage in passages:
        for sentence in _select_sentences(passage, allows_refrains=False):
            places.add(sentence.text, "passage")
    repeats = []
    for sentence in _select_sentences(draft, allows_refrains=allows_refrains):
        plain = normalise(sentence.text)
        is_exempt = plain in own_words or _is_required(plain, required_words)
        if not is_exempt and (match := places.find(sentence.text)):
            source, there = match
            repeats.append(
                DraftRepeat(
                    quote=sentence.text,
                    start=sentence.start,
                    end=sentence.end,
                    source=source,
                    there=there,
                )
            )
        places.add(sentence.text, "draft")
    return tuple(repeats)


def measure_repeated_share(draft: str, repeats: Sequence[DraftRepeat]) -> float:
    """Return the share of the words of ``draft`` that stand in ``repeats``, 0 to 1."""
    return sum(count_words(r.quote) for r in repeats) / max(count_words(draft), 1)


class _Places:
    """Where sentences stood first, by their words and by their runs of eight."""

    def __init__(self) -> None:
        self._by_words: dict[str, tuple[Literal["draft", "passage"], str]] = {}
        self._by_run: dict[tuple[str, ...], tuple[Literal["draft", "passage"], str]] = {}

    def add(self, sentence: str, source: Literal["draft", "passage"]) -> None:
        self._by_words.setdefault(normalise(sentence), (source, sentence))
        for run in split_into_runs(sentence):
            self._by_run.setdefault(run, (source, sentence))

    def find(self, sentence: str) -> tuple[Literal["draft", "passage"], str] | None:
        if place := self._by_words.get(normalise(sentence)):
            return place
        runs = split_into_runs(sentence)
        earlier = [self._by_run[run] for run in runs if run in self._by_run]
        if not runs or len(earlier) < COPIED_RUNS * len(runs):
            return None
        return max(earlier, key=earlier.count)


def _select_sentences(text: str, *, allows_refrains: bool) -> Iterator[Sentence]:
    """Yield the sentences that a writer is answerable for."""
    quotations = [match.span() for match in _QUOTATION.finditer(text)]
    for sentence in prose_sentences(text):
        least = MIN_WORDS * 2 if _HAN.search(sentence.text) else MIN_WORDS
        if count_words(sentence.text) < least or _is_quoted(text, sentence, quotations):
            continue
        if allows_refrains and _is_broken_line(text, sentence):
            continue
        yield sentence


def _is_quoted(text: str, sentence: Sentence, quotations: Sequence[tuple[int, int]]) -> bool:
    """True for dialogue, a quotation set apart, and a sentence that is mostly one."""
    line_start = text.rfind("\n", 0, sentence.start) + 1
    if _SPEECH_START.match(text, line_start) or text.startswith((">", "|", "#"), line_start):
        return True
    covered, first = 0, bisect_right(quotations, (sentence.start, 0)) - 1
    for start, end in quotations[max(first, 0) :]:
        if start >= sentence.end:
            break
        covered += max(min(end, sentence.end) - max(start, sentence.start), 0)
    return covered >= QUOTED_SHARE * len(sentence.text)


def _is_broken_line(text: str, sentence: Sentence) -> bool:
    """True for a line that has one right before or after it, without an empty one between."""
    before = text[: sentence.start].rstrip(" \t")
    after = text[sentence.end :].lstrip(" \t")
    is_after_line = before.endswith("\n") and not before.endswith("\n\n") and bool(before.strip())
    is_before_line = after.startswith("\n") and not after.startswith("\n\n") and bool(after.strip())
    return is_after_line or is_before_line


def _is_required(plain: str, required_words: Sequence[str]) -> bool:
    covered = sum(len(phrase) for phrase in required_words if phrase in plain)
    return covered >= QUOTED_SHARE * len(plain)

"""Held text: the stretches of a draft that are a person's, or locked, and that no model changes."""

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Literal

from pydantic import Field

from inkwright.memory.base import Value
from inkwright.memory.errors import HeldTextLost
from inkwright.memory.text.words import sentences

ProtectionReason = Literal["person", "locked"]


class ProtectedSpan(Value):
    """One stretch of a draft, in code points; ``end`` is not part of it."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)
    why: ProtectionReason = "person"


def merge_spans(spans: Iterable[ProtectedSpan]) -> tuple[ProtectedSpan, ...]:
    """Return ``spans`` in order, those of one kind that touch each other as one; none is empty."""
    merged_spans: list[ProtectedSpan] = []
    for span in sorted(spans, key=lambda s: (s.why, s.start, s.end)):
        last_span = merged_spans[-1] if merged_spans else None
        if span.end <= span.start:
            continue
        if last_span is not None and last_span.why == span.why and span.start <= last_span.end:
            merged_spans[-1] = last_span.model_copy(update={"end": max(last_span.end, span.end)})
        else:
            merged_spans.append(span)
    return tuple(sorted(merged_spans, key=lambda s: (s.start, s.end)))


def touches(spans: Iterable[ProtectedSpan], start: int, end: int) -> bool:
    """True when a change of ``start`` to ``end`` would change held text."""
    return any(s.start < end and start < s.end for s in spans)


def covers(spans: Iterable[ProtectedSpan], text: str) -> bool:
    """True when everything in ``text`` but white space is held."""
    position = 0
    for span in merge_spans(s.model_copy(update={"why": "person"}) for s in spans):
        if text[position : span.start].strip():
            return False
        position = span.end
    return not text[position:].strip()


def find_new_ranges(old_text: str, new_text: str) -> tuple[tuple[int, int], ...]:
    """Return the stretches of ``new_text`` whose sentences are not in ``old_text``."""
    new_sentences, new_ranges = sentences(new_text), []
    for _, _, first, last in _find_changes(
        [s.text for s in sentences(old_text)], [s.text for s in new_sentences]
    ):
        if first < last:
            new_ranges.append((new_sentences[first].start, new_sentences[last - 1].end))
    return tuple(new_ranges)


def move_spans(
    spans: Iterable[ProtectedSpan], old_text: str, new_text: str
) -> tuple[ProtectedSpan, ...]:
    """Return where the held stretches of ``old_text`` are in ``new_text``.

    Raises:
        HeldTextLost: one of them is not there.
    """
    moved_spans, shifts = [], _find_shifts(old_text, new_text)
    for span in spans:
        if (new_span := _locate_span(span, old_text, new_text, shifts)) is None:
            raise HeldTextLost(old_text[span.start : span.end])
        moved_spans.append(new_span)
    return merge_spans(moved_spans)


def find_surviving_spans(
    spans: Iterable[ProtectedSpan], old_text: str, new_text: str
) -> tuple[ProtectedSpan, ...]:
    """Return where the held stretches of ``old_text`` are in ``new_text``.

    Of one that is not there as a whole, the sentences that are there stay held.
    """
    shifts = _find_shifts(old_text, new_text)
    surviving_spans = []
    for span in spans:
        if (new_span := _locate_span(span, old_text, new_text, shifts)) is not None:
            surviving_spans.append(new_span)
            continue
        surviving_spans += [
            _shift_span(span, max(start, span.start), min(end, span.end), offset)
            for start, end, offset in shifts
            if start < span.end and span.start < end
        ]
    return merge_spans(surviving_spans)


def splice_spans(
    spans: Iterable[ProtectedSpan], changes: Sequence[tuple[int, int, int]]
) -> tuple[ProtectedSpan, ...]:
    """Return where ``spans`` are when stretches are replaced; what is replaced is held no longer.

    Each change is the start and the end of a stretch, and the length of what stands there instead;
    they are in order and apart.
    """
    remaining_spans = []
    for span in spans:
        start, offset = span.start, 0
        for begin, end, size in changes:
            if end <= start:
                offset += size - (end - begin)
                continue
            if begin >= span.end:
                break
            if begin > start:
                remaining_spans.append(_shift_span(span, start, begin, offset))
            start, offset = max(start, end), offset + size - (end - begin)
        if start < span.end:
            remaining_spans.append(_shift_span(span, start, span.end, offset))
    return merge_spans(remaining_spans)


def _shift_span(span: ProtectedSpan, start: int, end: int, offset: int) -> ProtectedSpan:
    return span.model_copy(update={"start": start + offset, "end": end + offset})


Shift = tuple[int, int, int]
"""Start and end of an unchanged run of the text before, and by how much it moved."""


def _locate_span(
    span: ProtectedSpan, old_text: str, new_text: str, shifts: Sequence[Shift]
) -> ProtectedSpan | None:
    span_text = old_text[span.start : span.end]
    for start, end, offset in shifts:
        if start <= span.start and span.end <= end:
            return span.model_copy(update={"start": span.start + offset, "end": span.end + offset})
    likely_starts = [start + offset for start, _, offset in shifts if start <= span.start]
    position = new_text.find(span_text, max(likely_starts, default=0))
    position = new_text.find(span_text) if position < 0 else position
    return (
        None
        if position < 0
        else span.model_copy(update={"start": position, "end": position + len(span_text)})
    )


def _find_shifts(old_text: str, new_text: str) -> list[Shift]:
    """Return the runs of sentences that ``new_text`` has from ``old_text``, with their gaps."""
    old_sentences, new_sentences = sentences(old_text), sentences(new_text)
    matcher = SequenceMatcher(
        None, [s.text for s in old_sentences], [s.text for s in new_sentences], autojunk=False
    )
    shifts: list[Shift] = []
    for block in matcher.get_matching_blocks():
        for n in range(block.size):
            old_sentence, new_sentence = old_sentences[block.a + n], new_sentences[block.b + n]
            offset = new_sentence.start - old_sentence.start
            last_shift = shifts[-1] if shifts else None
            if (
                last_shift
                and last_shift[2] == offset
                and old_text[last_shift[1] : old_sentence.start]
                == new_text[last_shift[1] + offset : new_sentence.start]
            ):
                shifts[-1] = (last_shift[0], old_sentence.end, offset)
            else:
                shifts.append((old_sentence.start, old_sentence.end, offset))
    return shifts


def _find_changes(
    old_sentences: Sequence[str], new_sentences: Sequence[str]
) -> list[tuple[int, int, int, int]]:
    matcher = SequenceMatcher(None, old_sentences, new_sentences, autojunk=False)
    return [opcode[1:] for opcode in matcher.get_opcodes() if opcode[0] != "equal"]

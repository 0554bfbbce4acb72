"""Held text: the stretches of a draft that are a person's, or locked, and that no model changes."""

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Literal

from pydantic import Field

from inkwright.memory.base import Value
from inkwright.memory.errors import HeldTextLost
from inkwright.memory.text.words import sentences

Why = Literal["person", "locked"]


class ProtectedSpan(Value):
    """One stretch of a draft, in code points; ``end`` is not part of it."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)
    why: Why = "person"


def merged(spans: Iterable[ProtectedSpan]) -> tuple[ProtectedSpan, ...]:
    """Return ``spans`` in order, those of one kind that touch each other as one; none is empty."""
    found: list[ProtectedSpan] = []
    for span in sorted(spans, key=lambda s: (s.why, s.start, s.end)):
        last = found[-1] if found else None
        if span.end <= span.start:
            continue
        if last is not None and last.why == span.why and span.start <= last.end:
            found[-1] = last.model_copy(update={"end": max(last.end, span.end)})
        else:
            found.append(span)
    return tuple(sorted(found, key=lambda s: (s.start, s.end)))


def touches(spans: Iterable[ProtectedSpan], start: int, end: int) -> bool:
    """True when a change of ``start`` to ``end`` would change held text."""
    return any(s.start < end and start < s.end for s in spans)


def covers(spans: Iterable[ProtectedSpan], text: str) -> bool:
    """True when everything in ``text`` but white space is held."""
    at = 0
    for span in merged(s.model_copy(update={"why": "person"}) for s in spans):
        if text[at : span.start].strip():
            return False
        at = span.end
    return not text[at:].strip()


def written(before: str, text: str) -> tuple[tuple[int, int], ...]:
    """Return the stretches of ``text`` whose sentences are not in ``before``."""
    parts, found = sentences(text), []
    for _, _, first, last in _changed([s.text for s in sentences(before)], [s.text for s in parts]):
        if first < last:
            found.append((parts[first].start, parts[last - 1].end))
    return tuple(found)


def moved(spans: Iterable[ProtectedSpan], before: str, text: str) -> tuple[ProtectedSpan, ...]:
    """Return where the held stretches of ``before`` are in ``text``.

    Raises:
        HeldTextLost: one of them is not there.
    """
    found, shifts = [], _shifts(before, text)
    for span in spans:
        if (place := _place(span, before, text, shifts)) is None:
            raise HeldTextLost(before[span.start : span.end])
        found.append(place)
    return merged(found)


def surviving(spans: Iterable[ProtectedSpan], before: str, text: str) -> tuple[ProtectedSpan, ...]:
    """Return where the held stretches of ``before`` are in ``text``.

    Of one that is not there as a whole, the sentences that are there stay held.
    """
    shifts = _shifts(before, text)
    found = []
    for span in spans:
        if (place := _place(span, before, text, shifts)) is not None:
            found.append(place)
            continue
        found += [
            _shifted(span, max(start, span.start), min(end, span.end), by)
            for start, end, by in shifts
            if start < span.end and span.start < end
        ]
    return merged(found)


def spliced(
    spans: Iterable[ProtectedSpan], changes: Sequence[tuple[int, int, int]]
) -> tuple[ProtectedSpan, ...]:
    """Return where ``spans`` are when stretches are replaced; what is replaced is held no longer.

    Each change is the start and the end of a stretch, and the length of what stands there instead;
    they are in order and apart.
    """
    found = []
    for span in spans:
        start, moved_by = span.start, 0
        for begin, end, size in changes:
            if end <= start:
                moved_by += size - (end - begin)
                continue
            if begin >= span.end:
                break
            if begin > start:
                found.append(_shifted(span, start, begin, moved_by))
            start, moved_by = max(start, end), moved_by + size - (end - begin)
        if start < span.end:
            found.append(_shifted(span, start, span.end, moved_by))
    return merged(found)


def _shifted(span: ProtectedSpan, start: int, end: int, by: int) -> ProtectedSpan:
    return span.model_copy(update={"start": start + by, "end": end + by})


Shift = tuple[int, int, int]
"""Start and end of an unchanged run of the text before, and by how much it moved."""


def _place(
    span: ProtectedSpan, before: str, text: str, shifts: Sequence[Shift]
) -> ProtectedSpan | None:
    words = before[span.start : span.end]
    for start, end, by in shifts:
        if start <= span.start and span.end <= end:
            return span.model_copy(update={"start": span.start + by, "end": span.end + by})
    near = [start + by for start, _, by in shifts if start <= span.start]
    at = text.find(words, max(near, default=0))
    at = text.find(words) if at < 0 else at
    return None if at < 0 else span.model_copy(update={"start": at, "end": at + len(words)})


def _shifts(before: str, text: str) -> list[Shift]:
    """Return the runs of sentences that ``text`` has from ``before``, with the gaps in them."""
    old, new = sentences(before), sentences(text)
    matcher = SequenceMatcher(None, [s.text for s in old], [s.text for s in new], autojunk=False)
    found: list[Shift] = []
    for block in matcher.get_matching_blocks():
        for n in range(block.size):
            one, other = old[block.a + n], new[block.b + n]
            by = other.start - one.start
            last = found[-1] if found else None
            if (
                last
                and last[2] == by
                and before[last[1] : one.start] == text[last[1] + by : other.start]
            ):
                found[-1] = (last[0], one.end, by)
            else:
                found.append((one.start, one.end, by))
    return found


def _changed(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int, int, int]]:
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return [codes[1:] for codes in matcher.get_opcodes() if codes[0] != "equal"]

"""Differences between two texts, word by word: one Han or kana character is a word."""

from collections.abc import Collection, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

import regex

_PIECE = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]|[\p{L}\p{N}\p{M}]+|\s+|.")
_LINE = regex.compile(r"[^\n]*\n|[^\n]+")


class DiffSpan(NamedTuple):
    """A stretch that both texts have, or that one of them has."""

    kind: Literal["same", "gone", "new"]
    text: str


def diff_words(old_text: str, new_text: str) -> list[DiffSpan]:
    """Return what became of ``old_text``.

    All but the new is ``old_text``, all but the gone ``new_text``. Lines are compared first, so
    that a long text takes no longer than its changes do.
    """
    diff_spans: list[DiffSpan] = []
    for kind, old_lines, new_lines in _compare_pieces(
        _LINE.findall(old_text), _LINE.findall(new_text)
    ):
        if kind == "equal":
            _append_span(diff_spans, "same", old_lines)
        else:
            for word_kind, old_words, new_words in _compare_pieces(
                _PIECE.findall(old_lines), _PIECE.findall(new_lines)
            ):
                _append_span(diff_spans, "same" if word_kind == "equal" else "gone", old_words)
                if word_kind != "equal":
                    _append_span(diff_spans, "new", new_words)
    return diff_spans


def group_hunks(diff_spans: Sequence[DiffSpan]) -> list[list[DiffSpan]]:
    """Return the differences one by one: what went and what came in its place."""
    hunk_spans: list[list[DiffSpan]] = []
    in_hunk = False
    for diff_span in diff_spans:
        if diff_span.kind == "same":
            in_hunk = False
        elif in_hunk:
            hunk_spans[-1].append(diff_span)
        else:
            hunk_spans.append([diff_span])
            in_hunk = True
    return hunk_spans


def apply_hunks(diff_spans: Sequence[DiffSpan], accepted_numbers: Collection[int]) -> str:
    """Return the text with only the differences of ``accepted_numbers`` made, counted from 0."""
    text_parts, number, in_hunk = [], -1, False
    for diff_span in diff_spans:
        if diff_span.kind == "same":
            in_hunk = False
            text_parts.append(diff_span.text)
            continue
        number += not in_hunk
        in_hunk = True
        if (diff_span.kind == "new") == (number in accepted_numbers):
            text_parts.append(diff_span.text)
    return "".join(text_parts)


def _compare_pieces(old_pieces: list[str], new_pieces: list[str]) -> Iterator[tuple[str, str, str]]:
    matcher = SequenceMatcher(None, old_pieces, new_pieces, autojunk=False)
    for kind, i, j, k, m in matcher.get_opcodes():
        yield kind, "".join(old_pieces[i:j]), "".join(new_pieces[k:m])


def _append_span(
    diff_spans: list[DiffSpan], kind: Literal["same", "gone", "new"], text: str
) -> None:
    if text and diff_spans and diff_spans[-1].kind == kind:
        diff_spans[-1] = DiffSpan(kind, diff_spans[-1].text + text)
    elif text:
        diff_spans.append(DiffSpan(kind, text))

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


def differences(before: str, after: str) -> list[DiffSpan]:
    """Return what became of ``before``: all but the new is ``before``, all but the gone ``after``.

    Lines are compared first, so that a long text takes no longer than its changes do.
    """
    found: list[DiffSpan] = []
    for kind, one, other in _runs(_LINE.findall(before), _LINE.findall(after)):
        if kind == "equal":
            _add(found, "same", one)
        else:
            for finer, old, new in _runs(_PIECE.findall(one), _PIECE.findall(other)):
                _add(found, "same" if finer == "equal" else "gone", old)
                if finer != "equal":
                    _add(found, "new", new)
    return found


def hunks(pieces: Sequence[DiffSpan]) -> list[list[DiffSpan]]:
    """Return the differences one by one: what went and what came in its place."""
    found: list[list[DiffSpan]] = []
    running = False
    for piece in pieces:
        if piece.kind == "same":
            running = False
        elif running:
            found[-1].append(piece)
        else:
            found.append([piece])
            running = True
    return found


def joined(pieces: Sequence[DiffSpan], taken: Collection[int]) -> str:
    """Return the text with only the differences ``taken`` made, counted from 0 as in ``hunks``."""
    text, number, running = [], -1, False
    for piece in pieces:
        if piece.kind == "same":
            running = False
            text.append(piece.text)
            continue
        number += not running
        running = True
        if (piece.kind == "new") == (number in taken):
            text.append(piece.text)
    return "".join(text)


def _runs(before: list[str], after: list[str]) -> Iterator[tuple[str, str, str]]:
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for kind, i, j, k, m in matcher.get_opcodes():
        yield kind, "".join(before[i:j]), "".join(after[k:m])


def _add(found: list[DiffSpan], kind: Literal["same", "gone", "new"], text: str) -> None:
    if text and found and found[-1].kind == kind:
        found[-1] = DiffSpan(kind, found[-1].text + text)
    elif text:
        found.append(DiffSpan(kind, text))

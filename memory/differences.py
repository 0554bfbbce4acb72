"""Differences between two texts, word by word: one Han or kana character is a word."""

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

import regex

_PIECE = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]|[\p{L}\p{N}\p{M}]+|\s+|.")
_LINE = regex.compile(r"[^\n]*\n|[^\n]+")


class Piece(NamedTuple):
    """A stretch that both texts have, or that one of them has."""

    kind: Literal["same", "gone", "new"]
    text: str


def differences(before: str, after: str) -> list[Piece]:
    """Return what became of ``before``: all but the new is ``before``, all but the gone ``after``.

    Lines are compared first, so that a long text takes no longer than its changes do.
    """
    found: list[Piece] = []
    for kind, one, other in _runs(_LINE.findall(before), _LINE.findall(after)):
        if kind == "equal":
            _add(found, "same", one)
        else:
            for finer, old, new in _runs(_PIECE.findall(one), _PIECE.findall(other)):
                _add(found, "same" if finer == "equal" else "gone", old)
                if finer != "equal":
                    _add(found, "new", new)
    return found


def _runs(before: list[str], after: list[str]) -> Iterator[tuple[str, str, str]]:
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for kind, i, j, k, m in matcher.get_opcodes():
        yield kind, "".join(before[i:j]), "".join(after[k:m])


def _add(found: list[Piece], kind: Literal["same", "gone", "new"], text: str) -> None:
    if text and found and found[-1].kind == kind:
        found[-1] = Piece(kind, found[-1].text + text)
    elif text:
        found.append(Piece(kind, text))

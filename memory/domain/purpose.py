"""What a model call is for. Stored in three parts; a person reads them as one label."""

import re
from enum import StrEnum


class Purpose(StrEnum):
    """What a model is asked to do. The values are stored, and shown to people."""

    REQUIREMENTS = "requirements"
    INSTRUCTIONS = "instructions"
    SOURCES = "sources"
    CHAPTERS = "chapters"
    OUTLINE = "outline"
    DETAILS = "details"
    PLAN_CHECK = "plan check"
    ENTRIES = "entries"
    CHOOSE = "choose"
    WRITE = "write"
    CONTINUE = "continue"
    TRIM = "trim"
    DENSIFY = "densify"
    REMEMBER = "remember"
    READ = "read"
    UPDATE = "update"
    LOOK_AGAIN = "look again"
    CHECK = "check"
    CONFIRM = "confirm"
    SUPPORT = "support"
    PATCH = "patch"
    SETTLE = "settle"
    INSTRUCTED = "instructed"
    REREAD = "reread"
    SEAMS = "seams"
    ONCE_MORE = "once more"
    REPAIR = "repair"


REPAIR_PURPOSES = frozenset(
    {
        Purpose.CONTINUE,
        Purpose.TRIM,
        Purpose.PATCH,
        Purpose.UPDATE,
        Purpose.SETTLE,
        Purpose.REPAIR,
    }
)
"""Purposes of the calls that a draft without faults would not have needed."""
_COUNTED_FROM_ZERO = frozenset({Purpose.CHECK, Purpose.CONFIRM, Purpose.SUPPORT})


def format_purpose(purpose: str, subject: str = "", attempt: int = 0) -> str:
    """Return what a call is for as people read it: ``check 0``, ``repair c1 1``, ``write``.

    ``purpose`` is a ``Purpose``, or what a library holds that another release wrote.
    """
    if purpose == Purpose.SUPPORT and subject:
        return f"{purpose} {attempt}.{subject}"
    shows_attempt = attempt or purpose in _COUNTED_FROM_ZERO
    return " ".join(filter(None, (purpose, subject, str(attempt) if shows_attempt else "")))


def split_purpose(label: str) -> tuple[str, str, int]:
    """Return purpose, subject and attempt of a label, as they were stored before schema 0005.

    A label that no release has written is a purpose by itself. The migration to 0005 and the import
    of older archives use this.
    """
    for purpose in Purpose:
        if match := re.fullmatch(rf"{purpose} (\d{{1,9}})\.(\d+)", label):
            parts = str(purpose), match[2], int(match[1])
        elif match := re.fullmatch(rf"{purpose}(?: (.+?))??(?: (\d{{1,9}}))?", label, re.DOTALL):
            parts = str(purpose), match[1] or "", int(match[2] or 0)
        else:
            continue
        if format_purpose(*parts) == label:
            return parts
    return label, "", 0

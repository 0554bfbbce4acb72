"""Words and numbers as a person reads and writes them."""

import re
from typing import Literal

from rich.cells import cell_len, set_cell_size

Operation = Literal[
    "grammar", "simplify", "tighten", "expand", "formality", "neutral", "paraphrase", "continue"
]
"""The ready-made changes of ``inkwright edit``, one prompt template each."""
_HALF = re.compile("[\ud800-\udfff]")


def format_count(count: int, singular: str, plural: str = "") -> str:
    """Return a number of things: ``1 call``, ``2 calls``; ``plural`` where it is not an s more."""
    return f"{count} {singular if count == 1 else plural or singular + 's'}"


def collapse_lines(text: str) -> str:
    """Return ``text`` on one line, with single spaces between its words."""
    return " ".join(text.split())


def whole(text: str) -> str:
    """Return ``text`` with a replacement character for each half of one, which is no Unicode."""
    return _HALF.sub("\ufffd", text)


def escape_cell(text: str) -> str:
    """Return ``text`` as it can stand in a table of Markdown."""
    return collapse_lines(text).replace("|", "\\|")


def format_clock(seconds: float | None) -> str:
    """Return ``75`` seconds as ``1:15``, and hours where there are any."""
    total_seconds = round(seconds or 0)
    minutes, remaining_seconds = divmod(total_seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return (
        f"{hours}:{minutes:02}:{remaining_seconds:02}"
        if hours
        else f"{minutes}:{remaining_seconds:02}"
    )


def format_duration(seconds: float) -> str:
    """Return a length of time in the units a person would use."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 600:
        return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def shorten(text: str, columns: int) -> str:
    """Return ``text`` on one line within ``columns`` terminal columns; Han characters take two."""
    text = collapse_lines(text)
    if cell_len(text) <= columns:
        return text
    return set_cell_size(text, columns - 1).rstrip() + "…"


def pad(text: str, columns: int) -> str:
    """Return ``text`` with spaces after it up to ``columns`` terminal columns."""
    return text + " " * (columns - cell_len(text))

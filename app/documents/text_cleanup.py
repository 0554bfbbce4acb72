"""Text as documents give it, made fit to be a source."""

import codecs
import re
import unicodedata
from pathlib import Path

from inkwright.memory import cleanup
from inkwright.memory.errors import BadInput

_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
_DAY = re.compile(r"((?:1[5-9]|20)\d\d)[-/](\d\d?)(?:[-/](\d\d?))?(?!\d)")
TITLE_CHARS = 300


def plain_text(file: Path) -> str:
    """Return the words of a text file: UTF-8, or UTF-16 that begins with a byte order mark.

    Raises:
        BadInput: it is neither.
    """
    content = file.read_bytes()
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return clean(content.decode("utf-16" if marked else "utf-8-sig"))
    except UnicodeDecodeError as fault:
        raise BadInput(f"not UTF-8 text (byte {fault.start:,}); save it as UTF-8") from fault


def clean(text: str) -> str:
    """Return ``text`` as NFC with ``\\n`` between lines, without control characters."""
    return unicodedata.normalize("NFC", cleanup.clean(text))


def title_line(text: str) -> str:
    """Return a title on one line."""
    return " ".join(clean(text).split())[:TITLE_CHARS]


def names(told: str) -> tuple[str, ...]:
    """Return the people in an author field, which formats write in one line."""
    told = title_line(told)
    parts = re.split(r"[;；]" if re.search(r"[;；]", told) else r"[,、，]| and ", told)
    return tuple(n.strip() for n in parts if n.strip())


def day(told: str) -> str:
    """Return the day, month or year that a date begins with, as ``2020-05-01``."""
    if found := _DAY.search(told):
        return "-".join(f"{int(part):02d}" for part in found.groups() if part)
    return year(told)


def year(told: str) -> str:
    """Return the year in a date; empty without one."""
    found = _YEAR.search(told)
    return found.group() if found else ""

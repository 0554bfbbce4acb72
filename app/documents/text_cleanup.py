"""Text as documents give it, made fit to be a source."""

import codecs
import re
import unicodedata
from pathlib import Path

from inkwright.memory import cleanup
from inkwright.memory.errors import BadInput

_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
_DAY = re.compile(r"((?:1[5-9]|20)\d\d)[-/](\d\d?)(?:[-/](\d\d?))?(?!\d)")
MAX_TITLE_CHARS = 300


def read_plain_text(file: Path) -> str:
    """Return the words of a text file: UTF-8, or UTF-16 that begins with a byte order mark.

    Raises:
        BadInput: it is neither.
    """
    content = file.read_bytes()
    is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return clean_text(content.decode("utf-16" if is_utf16 else "utf-8-sig"))
    except UnicodeDecodeError as fault:
        raise BadInput(f"not UTF-8 text (byte {fault.start:,}); save it as UTF-8") from fault


def clean_text(text: str) -> str:
    """Return ``text`` as NFC with ``\\n`` between lines, without control characters."""
    return unicodedata.normalize("NFC", cleanup.clean(text))


def clean_title(text: str) -> str:
    """Return a title on one line."""
    return " ".join(clean_text(text).split())[:MAX_TITLE_CHARS]


def split_names(names_text: str) -> tuple[str, ...]:
    """Return the people in an author field, which formats write in one line."""
    names_text = clean_title(names_text)
    parts = re.split(r"[;；]" if re.search(r"[;；]", names_text) else r"[,、，]| and ", names_text)
    return tuple(n.strip() for n in parts if n.strip())


def parse_date(date_text: str) -> str:
    """Return the day, month or year that a date begins with, as ``2020-05-01``."""
    if match := _DAY.search(date_text):
        return "-".join(f"{int(part):02d}" for part in match.groups() if part)
    return parse_year(date_text)


def parse_year(date_text: str) -> str:
    """Return the year in a date; empty without one."""
    match = _YEAR.search(date_text)
    return match.group() if match else ""

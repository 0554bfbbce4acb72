"""A Word document as Markdown: heading styles become headings, each paragraph a paragraph."""

import re
import threading
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkwright.app.display.formatting import collapse_lines
from inkwright.memory.errors import BadInput

DOCX_LOCK = threading.Lock()
"""Held by the thread that works with python-docx. Its parsers are shared by all, and two threads in
them at once have ended the whole process, in libxml2."""
MAX_UNPACKED_BYTES = 200_000_000
MAX_TEXT_BYTES = 64_000_000
"""Of the document's text part, unpacked."""
MAX_PARTS = 10_000
MAX_HEADING_LEVEL = 6
_TEXT_PART = "word/document.xml"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_ALTERNATIVE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
_HEADING_NAME = re.compile(r"heading ([1-9])$", re.IGNORECASE)
_BLOCK = re.compile(r"[ \t]*(#{1,6}(?=[ \t]|$)|[`~]{3,}|<[!?/a-zA-Z])")
"""What would begin a heading, a code block or an HTML block."""
_UNDERLINE = re.compile(r"[ \t]*(=+|-+)[ \t]*$")
_UNREAD_TAGS = {
    f"{_W}drawing": "images or drawings",
    f"{_W}pict": "images or drawings",
    f"{_W}object": "embedded objects",
    _ALTERNATIVE: "images or drawings",
    f"{_MATH}oMath": "equations",
    f"{_W}footnoteReference": "footnotes",
    f"{_W}endnoteReference": "endnotes",
    f"{_W}commentReference": "comments",
    f"{_W}del": "deletions that are tracked",
    f"{_W}moveFrom": "deletions that are tracked",
}


@dataclass(frozen=True)
class WordDocument:
    """What a Word document says."""

    text: str
    """Markdown: a blank line between two paragraphs."""
    title: str | None
    notices: tuple[str, ...]
    """What the document has that is not read, one line."""


def read_docx(file: Path) -> WordDocument:
    """Return the headings and paragraphs of a Word document, in order.

    Raises:
        BadInput: not a Word document, damaged, protected, or too large when unpacked.
    """
    _check_archive(file)
    import docx

    try:
        with DOCX_LOCK:
            document = docx.Document(str(file))
            blocks = list(_read_blocks(document))
            core_title = (document.core_properties.title or "").strip()
    except (BadInput, MemoryError):
        raise
    except Exception as fault:  # python-docx passes on whatever it stumbles over
        raise _build_damaged_error(file) from fault
    unread_counts: Counter[str] = Counter()
    for block in blocks:
        unread_counts.update(block.unread_counts)
    text_blocks = [b for b in blocks if b.text.strip()]
    level_shift = 1 if text_blocks and text_blocks[0].level == 0 else 0
    title = text_blocks[0].text if level_shift else core_title or None
    parts = [_format_markdown(b, level_shift) for b in text_blocks]
    if parts and parts[0].rstrip() == "---":
        parts[0] = f"\\{parts[0]}"
    text = "\n\n".join(parts) + ("\n" if parts else "")
    return WordDocument(
        text, collapse_lines(title) if title else None, _build_notices(unread_counts)
    )


@dataclass(frozen=True)
class _Block:
    text: str
    level: int | None
    """1 to 9 for a heading, 0 for the title, None for a paragraph."""
    unread_counts: Counter[str]


def _check_archive(file: Path) -> None:
    """Refuse what would not unpack to a document of a reasonable size, before unpacking it."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as fault:
        raise _build_damaged_error(file) from fault
    sizes = {part.filename: part.file_size for part in parts}
    unpacked_bytes = sum(part.file_size for part in parts)
    if any(part.flag_bits & 1 for part in parts):
        raise BadInput(f"{file}: protected by a password; save it without one")
    is_too_large = sizes.get(_TEXT_PART, 0) > MAX_TEXT_BYTES
    if is_too_large or unpacked_bytes > MAX_UNPACKED_BYTES or len(parts) > MAX_PARTS:
        raise BadInput(
            f"{file}: {unpacked_bytes:,} bytes when unpacked, in {len(parts):,} parts; at most "
            f"{MAX_UNPACKED_BYTES:,} bytes ({MAX_TEXT_BYTES:,} of text) are read"
        )


def _read_blocks(document: Any) -> Iterator[_Block]:
    style_by_id = {style.style_id: style for style in document.styles}
    for element in _yield_paragraphs(document.element.body):
        if element.tag == f"{_W}tbl":
            yield _Block("", None, Counter({"tables": 1}))
            continue
        unread_counts: Counter[str] = Counter()
        text = re.sub(r"\n\s*\n", "\n", "".join(_yield_text(element, unread_counts)))
        yield _Block(text, _find_level(element, style_by_id), unread_counts)


def _yield_paragraphs(parent: Any) -> Iterator[Any]:
    """Yield paragraphs and tables in order, those inside content controls too."""
    for child in parent.iterchildren():
        if child.tag in (f"{_W}p", f"{_W}tbl"):
            yield child
        elif child.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}smartTag"):
            yield from _yield_paragraphs(child)


def _yield_text(element: Any, unread_counts: Counter[str]) -> Iterator[str]:
    for child in element.iterchildren():
        tag = child.tag
        if tag in _UNREAD_TAGS:
            unread_counts[_UNREAD_TAGS[tag]] += 1
        elif tag == f"{_W}t":
            yield child.text or ""
        elif tag == f"{_W}tab":
            yield "\t"
        elif tag == f"{_W}br":
            yield "" if child.get(f"{_W}type") in ("page", "column") else "\n"
        elif tag == f"{_W}cr":
            yield "\n"
        elif tag == f"{_W}noBreakHyphen":
            yield "-"
        elif tag not in (f"{_W}pPr", f"{_W}rPr"):
            yield from _yield_text(child, unread_counts)


def _find_level(paragraph: Any, style_by_id: dict[str, Any]) -> int | None:
    """Return the outline level a paragraph has by itself, by its style, or by what that is from."""
    properties = paragraph.find(f"{_W}pPr")
    if properties is None:
        return None
    if (own := _read_outline_level(properties)) is not None:
        return own or None
    style_reference = properties.find(f"{_W}pStyle")
    style = (
        style_by_id.get(style_reference.get(f"{_W}val")) if style_reference is not None else None
    )
    for _ in range(20):
        if style is None:
            return None
        if (style.name or "").lower() == "title":
            return 0
        if match := _HEADING_NAME.match(style.name or ""):
            return int(match[1])
        own = style.element.find(f"{_W}pPr")
        if own is not None and (level := _read_outline_level(own)) is not None:
            return level or None
        style = style.base_style
    return None


def _read_outline_level(properties: Any) -> int | None:
    """Return 1 to 9; 0 where body text is meant; None where nothing is said."""
    level_element = properties.find(f"{_W}outlineLvl")
    if level_element is None:
        return None
    level_text = level_element.get(f"{_W}val") or ""
    return int(level_text) + 1 if level_text.isdecimal() and int(level_text) < 9 else 0


def _format_markdown(block: _Block, level_shift: int) -> str:
    if block.level is None:
        first_line, *more_lines = block.text.strip("\n").split("\n")
        return "\n".join(
            [
                _escape_line(first_line, _BLOCK),
                *(_escape_line(n, _BLOCK, _UNDERLINE) for n in more_lines),
            ]
        )
    level = min(max(block.level + level_shift, 1), MAX_HEADING_LEVEL)
    return f"{'#' * level} {collapse_lines(block.text)}"


def _escape_line(line: str, *marks: re.Pattern[str]) -> str:
    """Return a line of text in such a way that Markdown takes it for nothing else."""
    line = line.lstrip(" \t")
    return f"\\{line}" if any(mark.match(line) for mark in marks) else line


def _build_notices(unread_counts: Counter[str]) -> tuple[str, ...]:
    if not unread_counts:
        return ()
    return ("not read: " + ", ".join(f"{kind} ({n})" for kind, n in sorted(unread_counts.items())),)


def _build_damaged_error(file: Path) -> BadInput:
    return BadInput(
        f"{file}: not a Word document that can be read; open it in Word, save it as .docx, "
        "and make sure that it has no password"
    )

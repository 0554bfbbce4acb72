"""A Word document as Markdown: heading styles become headings, each paragraph a paragraph."""

import re
import threading
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkwright.memory.errors import BadInput

ONE_AT_A_TIME = threading.Lock()
"""Held by the thread that works with python-docx. Its parsers are shared by all, and two threads in
them at once have ended the whole process, in libxml2."""
MAX_UNPACKED_BYTES = 200_000_000
MAX_TEXT_BYTES = 64_000_000
"""Of the document's text part, unpacked."""
MAX_PARTS = 10_000
DEEPEST = 6
_TEXT_PART = "word/document.xml"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_ALTERNATIVE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
_HEADING_NAME = re.compile(r"heading ([1-9])$", re.IGNORECASE)
_BLOCK = re.compile(r"[ \t]*(#{1,6}(?=[ \t]|$)|[`~]{3,}|<[!?/a-zA-Z])")
"""What would begin a heading, a code block or an HTML block."""
_UNDERLINE = re.compile(r"[ \t]*(=+|-+)[ \t]*$")
_NOT_READ = {
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
        with ONE_AT_A_TIME:
            document = docx.Document(str(file))
            blocks = list(_blocks(document))
            core_title = (document.core_properties.title or "").strip()
    except (BadInput, MemoryError):
        raise
    except Exception as fault:  # python-docx passes on whatever it stumbles over
        raise _broken(file) from fault
    not_read: Counter[str] = Counter()
    for block in blocks:
        not_read.update(block.not_read)
    kept = [b for b in blocks if b.text.strip()]
    shift = 1 if kept and kept[0].level == 0 else 0
    title = kept[0].text if shift else core_title or None
    parts = [_markdown(b, shift) for b in kept]
    if parts and parts[0].rstrip() == "---":
        parts[0] = f"\\{parts[0]}"
    text = "\n\n".join(parts) + ("\n" if parts else "")
    return WordDocument(text, _one_line(title) if title else None, _notices(not_read))


@dataclass(frozen=True)
class _Block:
    text: str
    level: int | None
    """1 to 9 for a heading, 0 for the title, None for a paragraph."""
    not_read: Counter[str]


def _check_archive(file: Path) -> None:
    """Refuse what would not unpack to a document of a reasonable size, before unpacking it."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as fault:
        raise _broken(file) from fault
    sizes = {part.filename: part.file_size for part in parts}
    unpacked = sum(part.file_size for part in parts)
    if any(part.flag_bits & 1 for part in parts):
        raise BadInput(f"{file}: protected by a password; save it without one")
    too_large = sizes.get(_TEXT_PART, 0) > MAX_TEXT_BYTES
    if too_large or unpacked > MAX_UNPACKED_BYTES or len(parts) > MAX_PARTS:
        raise BadInput(
            f"{file}: {unpacked:,} bytes when unpacked, in {len(parts):,} parts; at most "
            f"{MAX_UNPACKED_BYTES:,} bytes ({MAX_TEXT_BYTES:,} of text) are read"
        )


def _blocks(document: Any) -> Iterator[_Block]:
    styles = {style.style_id: style for style in document.styles}
    for element in _paragraphs(document.element.body):
        if element.tag == f"{_W}tbl":
            yield _Block("", None, Counter({"tables": 1}))
            continue
        not_read: Counter[str] = Counter()
        text = re.sub(r"\n\s*\n", "\n", "".join(_words(element, not_read)))
        yield _Block(text, _level(element, styles), not_read)


def _paragraphs(parent: Any) -> Iterator[Any]:
    """Yield paragraphs and tables in order, those inside content controls too."""
    for child in parent.iterchildren():
        if child.tag in (f"{_W}p", f"{_W}tbl"):
            yield child
        elif child.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}smartTag"):
            yield from _paragraphs(child)


def _words(element: Any, not_read: Counter[str]) -> Iterator[str]:
    for child in element.iterchildren():
        tag = child.tag
        if tag in _NOT_READ:
            not_read[_NOT_READ[tag]] += 1
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
            yield from _words(child, not_read)


def _level(paragraph: Any, styles: dict[str, Any]) -> int | None:
    """Return the outline level a paragraph has by itself, by its style, or by what that is from."""
    properties = paragraph.find(f"{_W}pPr")
    if properties is None:
        return None
    if (own := _outline_level(properties)) is not None:
        return own or None
    named = properties.find(f"{_W}pStyle")
    style = styles.get(named.get(f"{_W}val")) if named is not None else None
    for _ in range(20):
        if style is None:
            return None
        if (style.name or "").lower() == "title":
            return 0
        if found := _HEADING_NAME.match(style.name or ""):
            return int(found[1])
        own = style.element.find(f"{_W}pPr")
        if own is not None and (level := _outline_level(own)) is not None:
            return level or None
        style = style.base_style
    return None


def _outline_level(properties: Any) -> int | None:
    """Return 1 to 9; 0 where body text is meant; None where nothing is said."""
    found = properties.find(f"{_W}outlineLvl")
    if found is None:
        return None
    given = found.get(f"{_W}val") or ""
    return int(given) + 1 if given.isdecimal() and int(given) < 9 else 0


def _markdown(block: _Block, shift: int) -> str:
    if block.level is None:
        first, *more = block.text.strip("\n").split("\n")
        return "\n".join([_plain(first, _BLOCK), *(_plain(n, _BLOCK, _UNDERLINE) for n in more)])
    level = min(max(block.level + shift, 1), DEEPEST)
    return f"{'#' * level} {_one_line(block.text)}"


def _plain(line: str, *marks: re.Pattern[str]) -> str:
    """Return a line of text in such a way that Markdown takes it for nothing else."""
    line = line.lstrip(" \t")
    return f"\\{line}" if any(mark.match(line) for mark in marks) else line


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _notices(not_read: Counter[str]) -> tuple[str, ...]:
    if not not_read:
        return ()
    return ("not read: " + ", ".join(f"{what} ({n})" for what, n in sorted(not_read.items())),)


def _broken(file: Path) -> BadInput:
    return BadInput(
        f"{file}: not a Word document that can be read; open it in Word, save it as .docx, "
        "and make sure that it has no password"
    )

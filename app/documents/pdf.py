"""PDF, read by PDFium.

It sees the spaces between words where a justified line has none in the file; pypdf (7.1, plain and
layout) has a fifth of the words of the Debian FAQ right, and runs the others together.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pypdfium2 as pdfium
from pypdfium2.raw import FPDF_ERR_PASSWORD

from inkwright.app.documents.metadata import told
from inkwright.app.documents.text_cleanup import clean, names, year
from inkwright.memory.domain.source import Source
from inkwright.memory.errors import BadInput

PAGE_BREAK = "\n\n"
FULL = 0.8
"""A line of this share of a page's usual length goes on in the next one."""
_DIVIDED = re.compile(r"[\x02\ufffe](?:\r?\n)?")
_HAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u3000-\u303f\uff00-\uffef]")
_SPREAD = re.compile(rf"(?<={_HAN.pattern}) +(?={_HAN.pattern})")
"""Where a justified line spreads its characters, and no writer put a space."""


def read(file: Path) -> tuple[Source, list[int]]:
    """Return a PDF's text with its pages, and the numbers of the pages that have none.

    Raises:
        BadInput: it has a password.
    """
    try:
        document = pdfium.PdfDocument(file)
    except pdfium.PdfiumError as fault:
        if fault.err_code == FPDF_ERR_PASSWORD:
            raise BadInput("it has a password; save it without one") from fault
        raise
    with document:
        texts = [_page(page.get_textpage().get_text_bounded()) for page in document]
        said = document.get_metadata_dict()
    starts, at = [], 0
    for text in texts:
        starts.append(at)
        at += len(text) + len(PAGE_BREAK)
    about = told(
        said.get("Title", ""), names(said.get("Author", "")), year(said.get("CreationDate", ""))
    )
    source = Source(
        title=about.title,
        authors=about.authors,
        date=about.date,
        text=PAGE_BREAK.join(texts) if any(texts) else "",
        pages=tuple(starts),
    )
    return source, [n for n, text in enumerate(texts, 1) if not text]


def _page(text: str) -> str:
    """Return the text of a page in paragraphs, with the words whole that a line's end divides."""
    whole = _SPREAD.sub("", clean(_DIVIDED.sub("", text)))
    return "".join(_joined([line.strip() for line in whole.split("\n")])).strip()


def _joined(lines: list[str]) -> Iterator[str]:
    """Yield the lines of a page, with what parts each from the next: a space within a paragraph.

    A paragraph's last line is shorter than the others, and so is a heading.
    """
    usual = median([_width(line) for line in lines if line] or [0])
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        yield line
        if not after:
            yield "\n" if line else ""
        elif _width(line) < usual * FULL:
            yield "\n"
        elif not (_HAN.match(line[-1]) and _HAN.match(after)):
            yield " "


def _width(line: str) -> int:
    """Return about how wide a line is: a Han character takes the room of two letters."""
    return len(line) + len(_HAN.findall(line))

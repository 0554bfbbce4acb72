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

from inkwright.app.documents.metadata import build_metadata
from inkwright.app.documents.text_cleanup import clean_text, parse_year, split_names
from inkwright.memory.domain.source import Source
from inkwright.memory.errors import BadInput

PAGE_BREAK = "\n\n"
FULL_LINE_SHARE = 0.8
"""A line of this share of a page's usual length goes on in the next one."""
_DIVIDED_WORD = re.compile(r"[\x02\ufffe](?:\r?\n)?")
_HAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u3000-\u303f\uff00-\uffef]")
_SPREAD_SPACES = re.compile(rf"(?<={_HAN.pattern}) +(?={_HAN.pattern})")
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
        page_texts = [_join_paragraphs(page.get_textpage().get_text_bounded()) for page in document]
        metadata_fields = document.get_metadata_dict()
    starts, position = [], 0
    for text in page_texts:
        starts.append(position)
        position += len(text) + len(PAGE_BREAK)
    document_metadata = build_metadata(
        metadata_fields.get("Title", ""),
        split_names(metadata_fields.get("Author", "")),
        parse_year(metadata_fields.get("CreationDate", "")),
    )
    source = Source(
        title=document_metadata.title,
        authors=document_metadata.authors,
        date=document_metadata.date,
        text=PAGE_BREAK.join(page_texts) if any(page_texts) else "",
        pages=tuple(starts),
    )
    return source, [n for n, text in enumerate(page_texts, 1) if not text]


def _join_paragraphs(text: str) -> str:
    """Return the text of a page in paragraphs, with the words whole that a line's end divides."""
    cleaned_text = _SPREAD_SPACES.sub("", clean_text(_DIVIDED_WORD.sub("", text)))
    return "".join(_join_lines([line.strip() for line in cleaned_text.split("\n")])).strip()


def _join_lines(lines: list[str]) -> Iterator[str]:
    """Yield the lines of a page, with what parts each from the next: a space within a paragraph.

    A paragraph's last line is shorter than the others, and so is a heading.
    """
    usual_width = median([_measure_width(line) for line in lines if line] or [0])
    for line, next_line in zip(lines, [*lines[1:], ""], strict=True):
        yield line
        if not next_line:
            yield "\n" if line else ""
        elif _measure_width(line) < usual_width * FULL_LINE_SHARE:
            yield "\n"
        elif not (_HAN.match(line[-1]) and _HAN.match(next_line)):
            yield " "


def _measure_width(line: str) -> int:
    """Return about how wide a line is: a Han character takes the room of two letters."""
    return len(line) + len(_HAN.findall(line))

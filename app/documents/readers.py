"""One reader a format, each with a well-kept library. Runs in the reading process."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from inkwright.app.documents import metadata
from inkwright.app.documents.metadata import DocumentMetadata, build_metadata
from inkwright.app.documents.text_cleanup import (
    clean_text,
    parse_date,
    read_plain_text,
    split_names,
)
from inkwright.memory.domain.source import MAX_SOURCE_CHARS, Source
from inkwright.memory.errors import BadInput

_HEADING = re.compile(r"^#{1,3}\s+(.+?)\s*#*$", re.MULTILINE)
_SLIDE = re.compile(r"<!-- Slide number: \d+ -->\n?")
"""What the converter says before each slide, and the document does not."""
_BOOK_LINE = re.compile(r"^\*\*(\w+):\*\* (.*)$", re.MULTILINE)
_BOOK_HEAD = re.compile(r"(?:\*\*\w+:\*\* .*(?:\n|$))+")
"""What the converter puts before a book's text."""
_SLIDE_BREAK = "\n\n"
_ZIP_SUFFIXES = (".docx", ".pptx", ".xlsx", ".epub")
_OLD_OFFICE_SIGNATURE = bytes.fromhex("d0cf11e0a1b11ae1")
"""How a file begins that Office encrypted, or wrote before 2007."""


def read(file: Path) -> tuple[tuple[Source, ...], tuple[str, ...]]:
    """Return what is in ``file`` (one source, or the lines of a bibliography), and what is not.

    Raises:
        BadInput: nothing can be read of it, and why.
    """
    suffix, notes = file.suffix.lower(), tuple[str, ...]()
    if suffix == ".bib":
        from inkwright.app.documents import bibliography

        return bibliography.read(file)
    if suffix == ".pdf":
        from inkwright.app.documents import pdf

        source, empty_pages = pdf.read(file)
        notes = (f"no text on page {', '.join(map(str, empty_pages[:10]))}",) if empty_pages else ()
    else:
        if suffix in _ZIP_SUFFIXES and not zipfile.is_zipfile(file):
            raise BadInput(_explain_not_zip(file))
        source = _READERS[suffix](file)
    if len(source.text) > MAX_SOURCE_CHARS:
        raise BadInput(f"{len(source.text):,} characters; at most {MAX_SOURCE_CHARS:,} are read")
    if not source.text.strip():
        raise BadInput("there is no text in it; a scan must be put through text recognition first")
    title = source.title
    if not title and suffix != ".xlsx" and (heading := _HEADING.search(source.text[:5000])):
        title = build_metadata(heading.group(1)).title
    return (source.model_copy(update={"title": title, "name": file.name}),), notes


def _explain_not_zip(file: Path) -> str:
    with file.open("rb") as stream:
        is_old_office = stream.read(len(_OLD_OFFICE_SIGNATURE)) == _OLD_OFFICE_SIGNATURE
    suffix = file.suffix.lower()
    if is_old_office:
        return f"it has a password, or is no {suffix}; save it as {suffix} without a password"
    return f"it is broken, or no {suffix}"


def _build_source(
    document_metadata: DocumentMetadata, text: str, pages: tuple[int, ...] = ()
) -> Source:
    return Source.model_construct(**document_metadata._asdict(), text=text, pages=pages)


def _read_text(file: Path) -> Source:
    return _build_source(DocumentMetadata(), read_plain_text(file))


def _read_markdown(file: Path) -> Source:
    return _build_source(*metadata.read_front_matter(read_plain_text(file)))


def _read_page(file: Path) -> Source:
    return _build_source(metadata.read_page(file), _convert_to_markdown(file))


def _read_office(file: Path) -> Source:
    return _build_source(metadata.read_office(file), _convert_to_markdown(file))


def _read_slides(file: Path) -> Source:
    """Return slides as the pages they are."""
    slides = [slide.strip() for slide in _SLIDE.split(_convert_to_markdown(file))[1:]]
    starts, position = [], 0
    for slide in slides:
        starts.append(position)
        position += len(slide) + len(_SLIDE_BREAK)
    text = _SLIDE_BREAK.join(slides) if any(slides) else ""
    return _build_source(metadata.read_office(file), text, tuple(starts))


def _read_book(file: Path) -> Source:
    text = _convert_to_markdown(file)
    head = _BOOK_HEAD.match(text)
    head_fields = dict(_BOOK_LINE.findall(head.group())) if head else {}
    book_metadata = build_metadata(
        head_fields.get("Title", ""),
        split_names(head_fields.get("Authors", "")),
        parse_date(head_fields.get("Date", "")),
    )
    return _build_source(book_metadata, text[head.end() :].strip() if head else text)


def _convert_to_markdown(file: Path) -> str:
    """Return a document as Markdown."""
    from markitdown import FileConversionException, MarkItDown, StreamInfo

    with file.open("rb") as stream:
        info = StreamInfo(extension=file.suffix.lower(), filename=file.name)
        try:
            result = MarkItDown(enable_plugins=False).convert_stream(stream, stream_info=info)
        except FileConversionException as fault:
            raise _find_cause(fault) from fault
    return clean_text(result.markdown).strip()


def _find_cause(fault: Any) -> BaseException:
    """Return what the converter of a format itself raised, which says more than its frame."""
    for attempt in fault.attempts or ():
        if attempt.exc_info and attempt.exc_info[1] is not None:
            return attempt.exc_info[1]  # type: ignore[no-any-return]
    return fault  # type: ignore[no-any-return]


_READERS: dict[str, Callable[[Path], Source]] = {
    ".docx": _read_office,
    ".epub": _read_book,
    ".htm": _read_page,
    ".html": _read_page,
    ".md": _read_markdown,
    ".pptx": _read_slides,
    ".txt": _read_text,
    ".xlsx": _read_office,
}

"""One reader a format, each with a well-kept library. Runs in the reading process."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from inkwright.app.documents import metadata
from inkwright.app.documents.metadata import DocumentMetadata, told
from inkwright.app.documents.text_cleanup import clean, day, names, plain_text
from inkwright.memory.domain.source import MAX_SOURCE_CHARS, Source
from inkwright.memory.errors import BadInput

_HEADING = re.compile(r"^#{1,3}\s+(.+?)\s*#*$", re.MULTILINE)
_SLIDE = re.compile(r"<!-- Slide number: \d+ -->\n?")
"""What the converter says before each slide, and the document does not."""
_BOOK_LINE = re.compile(r"^\*\*(\w+):\*\* (.*)$", re.MULTILINE)
_BOOK_HEAD = re.compile(r"(?:\*\*\w+:\*\* .*(?:\n|$))+")
"""What the converter puts before a book's text."""
_SLIDE_BREAK = "\n\n"
_PACKED = (".docx", ".pptx", ".xlsx", ".epub")
_OLD_OFFICE = bytes.fromhex("d0cf11e0a1b11ae1")
"""How a file begins that Office encrypted, or wrote before 2007."""


def read(file: Path) -> tuple[tuple[Source, ...], tuple[str, ...]]:
    """Return what is in ``file`` (one source, or the lines of a bibliography), and what is not.

    Raises:
        BadInput: nothing can be read of it, and why.
    """
    kind, notes = file.suffix.lower(), tuple[str, ...]()
    if kind == ".bib":
        from inkwright.app.documents import bibliography

        return bibliography.read(file)
    if kind == ".pdf":
        from inkwright.app.documents import pdf

        source, bare = pdf.read(file)
        notes = (f"no text on page {', '.join(map(str, bare[:10]))}",) if bare else ()
    else:
        if kind in _PACKED and not zipfile.is_zipfile(file):
            raise BadInput(_why_not_packed(file))
        source = _READERS[kind](file)
    if len(source.text) > MAX_SOURCE_CHARS:
        raise BadInput(f"{len(source.text):,} characters; at most {MAX_SOURCE_CHARS:,} are read")
    if not source.text.strip():
        raise BadInput("there is no text in it; a scan must be put through text recognition first")
    title = source.title
    if not title and kind != ".xlsx" and (heading := _HEADING.search(source.text[:5000])):
        title = told(heading.group(1)).title
    return (source.model_copy(update={"title": title, "name": file.name}),), notes


def _why_not_packed(file: Path) -> str:
    with file.open("rb") as opened:
        old = opened.read(len(_OLD_OFFICE)) == _OLD_OFFICE
    suffix = file.suffix.lower()
    if old:
        return f"it has a password, or is no {suffix}; save it as {suffix} without a password"
    return f"it is broken, or no {suffix}"


def _source(about: DocumentMetadata, text: str, pages: tuple[int, ...] = ()) -> Source:
    return Source.model_construct(**about._asdict(), text=text, pages=pages)


def _text(file: Path) -> Source:
    return _source(DocumentMetadata(), plain_text(file))


def _markdown(file: Path) -> Source:
    return _source(*metadata.of_front_matter(plain_text(file)))


def _page(file: Path) -> Source:
    return _source(metadata.of_page(file), _converted(file))


def _office(file: Path) -> Source:
    return _source(metadata.of_office(file), _converted(file))


def _slides(file: Path) -> Source:
    """Return slides as the pages they are."""
    slides = [slide.strip() for slide in _SLIDE.split(_converted(file))[1:]]
    starts, at = [], 0
    for slide in slides:
        starts.append(at)
        at += len(slide) + len(_SLIDE_BREAK)
    text = _SLIDE_BREAK.join(slides) if any(slides) else ""
    return _source(metadata.of_office(file), text, tuple(starts))


def _book(file: Path) -> Source:
    text = _converted(file)
    head = _BOOK_HEAD.match(text)
    said = dict(_BOOK_LINE.findall(head.group())) if head else {}
    of_book = told(said.get("Title", ""), names(said.get("Authors", "")), day(said.get("Date", "")))
    return _source(of_book, text[head.end() :].strip() if head else text)


def _converted(file: Path) -> str:
    """Return a document as Markdown."""
    from markitdown import FileConversionException, MarkItDown, StreamInfo

    with file.open("rb") as stream:
        info = StreamInfo(extension=file.suffix.lower(), filename=file.name)
        try:
            result = MarkItDown(enable_plugins=False).convert_stream(stream, stream_info=info)
        except FileConversionException as fault:
            raise _cause(fault) from fault
    return clean(result.markdown).strip()


def _cause(fault: Any) -> BaseException:
    """Return what the converter of a format itself raised, which says more than its frame."""
    for attempt in fault.attempts or ():
        if attempt.exc_info and attempt.exc_info[1] is not None:
            return attempt.exc_info[1]  # type: ignore[no-any-return]
    return fault  # type: ignore[no-any-return]


_READERS: dict[str, Callable[[Path], Source]] = {
    ".docx": _office,
    ".epub": _book,
    ".htm": _page,
    ".html": _page,
    ".md": _markdown,
    ".pptx": _slides,
    ".txt": _text,
    ".xlsx": _office,
}

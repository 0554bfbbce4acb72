"""One reader a format, each with a well-kept library. Runs in the reading process."""

import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

from inkwright.app.exporting.pandoc import AS_TYPED
from inkwright.memory.errors import BadInput
from inkwright.memory.source import MAX_SOURCE_CHARS, Source

PAGE_BREAK = "\n\n"
_HEADING = re.compile(r"^#{1,3}\s+(.+?)\s*#*$", re.MULTILINE)
_NO_TEXT = re.compile(r"^<!-- Slide number: \d+ -->\n?", re.MULTILINE)
"""What the converter says about a document, and the document does not."""
_EPUB_LINE = re.compile(r"^\*\*(\w+):\*\* (.*)$", re.MULTILINE)
_EPUB_HEAD = re.compile(r"(?:\*\*\w+:\*\* .*(?:\n|$))+")
"""What the converter puts before a book's text."""
_DIVIDED = re.compile(r"[\x02\ufffe](?:\r?\n)?")
_YEAR = re.compile(r"(?:19|20)\d\d")


def read(file: Path) -> tuple[tuple[Source, ...], tuple[str, ...]]:
    """Return what is in ``file`` (one source, or the lines of a bibliography), and what is not.

    Raises:
        BadInput: nothing can be read of it, and why.
    """
    if file.suffix.lower() == ".bib":
        return _bibliography(file), ()
    readers: dict[str, Callable[[Path], Source]] = {".docx": _docx, ".md": _plain, ".txt": _plain}
    if file.suffix.lower() == ".pdf":
        source, bare = _pdf(file)
        notes = (f"no text on page {', '.join(map(str, bare[:10]))}",) if bare else ()
    else:
        source, notes = readers.get(file.suffix.lower(), _converted)(file), ()
    if not source.text.strip():
        raise BadInput("there is no text in it; a scan must be put through text recognition first")
    title = source.title
    if not title and (heading := _HEADING.search(source.text[:5000])):
        title = heading.group(1)
    return (source.model_copy(update={"title": _line(title), "name": file.name}),), notes


def _line(text: str) -> str:
    return " ".join(text.split())[:300]


def clean(text: str) -> str:
    """Return ``text`` as NFC with ``\\n`` between lines, without control characters."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))


def _plain(file: Path) -> Source:
    try:
        return Source(text=clean(file.read_bytes().decode("utf-8-sig")))
    except UnicodeDecodeError as fault:
        raise BadInput(f"not UTF-8 text (byte {fault.start:,}); save it as UTF-8") from fault


def _pdf(file: Path) -> tuple[Source, list[int]]:
    """Return a PDF's text with its pages, and the numbers of the pages that have none.

    By PDFium: it sees the spaces between words where a justified line has none in the file.
    """
    import pypdfium2 as pdfium
    from pypdfium2.raw import FPDF_ERR_PASSWORD

    try:
        document = pdfium.PdfDocument(file)
    except pdfium.PdfiumError as fault:
        if fault.err_code == FPDF_ERR_PASSWORD:
            raise BadInput("it has a password; save it without one") from fault
        raise
    with document:
        texts = [_page(page.get_textpage().get_text_bounded()) for page in document]
        about = document.get_metadata_dict()
    starts, at = [], 0
    for text in texts:
        starts.append(at)
        at += len(text) + len(PAGE_BREAK)
    source = Source(
        title=_line(about.get("Title", "")),
        authors=_names(about.get("Author", "")),
        date=_year(about.get("CreationDate", "")),
        text=PAGE_BREAK.join(texts) if any(texts) else "",
        pages=tuple(starts),
    )
    return source, [n for n, text in enumerate(texts, 1) if not text]


def _page(text: str) -> str:
    """Return the text of a page, with the words whole that a line's end divides."""
    return clean(_DIVIDED.sub("", text)).strip()


def _docx(file: Path) -> Source:
    import docx

    about = docx.Document(str(file)).core_properties
    found = _converted(file)
    return found.model_copy(
        update={
            "title": _line(about.title or found.title),
            "authors": _names(about.author or ""),
            "date": str(about.created.year) if about.created else "",
        }
    )


def _converted(file: Path) -> Source:
    from markitdown import MarkItDown, StreamInfo

    with file.open("rb") as stream:
        info = StreamInfo(extension=file.suffix.lower(), filename=file.name)
        result = MarkItDown(enable_plugins=False).convert_stream(stream, stream_info=info)
    text = _NO_TEXT.sub("", clean(result.markdown)).strip()
    if len(text) > MAX_SOURCE_CHARS:
        raise BadInput(f"{len(text):,} characters; at most {MAX_SOURCE_CHARS:,} are read")
    head = _EPUB_HEAD.match(text) if file.suffix.lower() == ".epub" else None
    about = dict(_EPUB_LINE.findall(head.group())) if head else {}
    return Source(
        title=_line(about.get("Title") or result.title or ""),
        authors=_names(about.get("Authors", "")),
        date=_year(about.get("Date", "")),
        text=text[head.end() :].strip() if head else text,
    )


def _bibliography(file: Path) -> tuple[Source, ...]:
    """Return the references of a BibTeX file, as Pandoc reads it."""
    import json

    import pypandoc

    text = _ENTRY.sub(rf"\g<0> langid={{{AS_TYPED}}},", _TOLD_LANGUAGE.sub("", _plain(file).text))
    found = json.loads(
        pypandoc.convert_text(text, "csljson", format="bibtex", extra_args=["--sandbox"])
    )
    return tuple(
        Source(
            kind="document" if item.get("abstract") else "reference",
            key=item["id"],
            title=_line(item.get("title", "")),
            authors=tuple(_person(p) for p in item.get("author", ())),
            date=_issued(item),
            text=clean(item.get("abstract", "")),
            more={k: v for k, v in item.items() if k not in _OURS},
        )
        for item in found
    )


_OURS = ("id", "title", "abstract", "language")
_ENTRY = re.compile(r"^[ \t]*@(?!comment|string|preamble)\w+\s*\{[^,{}()=]+,", re.MULTILINE | re.I)
_TOLD_LANGUAGE = re.compile(
    r"\b(?:langid|hyphenation|language)\s*=\s*(?:\{[^{}]*\}|\"[^\"]*\")\s*,?", re.IGNORECASE
)


def _person(name: dict[str, Any]) -> str:
    if literal := name.get("literal"):
        return str(literal)
    parts = ("given", "dropping-particle", "non-dropping-particle", "family", "suffix")
    return " ".join(str(name[p]) for p in parts if name.get(p))


def _issued(item: dict[str, Any]) -> str:
    parts = item.get("issued", {}).get("date-parts") or [[]]
    return "-".join(f"{int(p):02d}" for p in parts[0])


def _names(told: str) -> tuple[str, ...]:
    """Return the people in an author field, which formats write in one line."""
    return tuple(n.strip() for n in re.split(r"[;,、，]| and ", told) if n.strip())


def _year(told: str) -> str:
    found = _YEAR.search(told)
    return found.group() if found else ""

"""A piece as an EPUB 3: a title page, contents, and a file for each chapter."""

import re
import zipfile
from collections.abc import Iterator
from importlib.resources import files
from io import BytesIO
from xml.etree import ElementTree as ET

from inkwright.app.export.pandoc_document import (
    MAX_CONTENTS_LEVEL,
    build_document,
    check_words,
    letters,
    parts_of,
)
from inkwright.app.export.selection import ExportSelection
from inkwright.app.files.pandoc import write_document
from inkwright.memory.errors import ExportFailed

_XHTML = "{http://www.w3.org/1999/xhtml}"
_EPUB_TYPE = "{http://www.idpf.org/2007/ops}type"
_CHAPTER = re.compile(r"EPUB/text/ch\d+\.xhtml")
_STYLE_SHEET = "EPUB/styles/stylesheet1.css"
_INDENTED_LANGUAGES = ("zh", "ja")


def build_epub(
    piece: ExportSelection, *, with_contents: bool = True, title_page: bool = True
) -> bytes:
    """Return the piece as .epub.

    Raises:
        ExportFailed: it could not be made.
    """
    parts = list(parts_of(piece, "epub"))
    pandoc_tree = build_document(piece, parts)
    options = ["--toc"] if with_contents else []
    options += [
        "--standalone",
        "--split-level=1",
        f"--toc-depth={MAX_CONTENTS_LEVEL}",
        f"--epub-title-page={str(title_page).lower()}",
    ]
    content = _add_style_sheet(
        write_document(pandoc_tree, "epub3", *options, timestamp=piece.changed_at), piece
    )
    check_words("EPUB", parts, extract_words(content), extract_notes(content))
    return content


def extract_words(content: bytes) -> str:
    """Return all that an EPUB's chapters say in reading order, as ``letters`` has it.

    Raises:
        ExportFailed: it cannot be opened, or a chapter is no XHTML.
    """
    return _extract_text(content, wants_notes=False)


def extract_notes(content: bytes) -> str:
    """Return all that an EPUB's footnotes say, as ``letters`` has it.

    Raises:
        ExportFailed: as ``extract_words``.
    """
    return _extract_text(content, wants_notes=True)


def _extract_text(content: bytes, *, wants_notes: bool) -> str:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            names = [n for n in archive.namelist() if _CHAPTER.fullmatch(n)]
            names.sort(key=lambda n: int("".join(filter(str.isdigit, n))))
            bodies = [ET.fromstring(archive.read(n)).find(f"{_XHTML}body") for n in names]
    except (zipfile.BadZipFile, ET.ParseError) as fault:
        raise ExportFailed(f"the EPUB cannot be opened again: {fault}") from fault
    text_parts = (
        words
        for body in bodies
        if body is not None
        for words in _yield_text(body, False, wants_notes)
    )
    return letters("".join(text_parts))


def _yield_text(element: ET.Element, is_in_notes: bool, wants_notes: bool) -> Iterator[str]:
    """Yield what a part says, in notes (``wants_notes``) or outside.

    The number that calls a note is no word.
    """
    kind = element.get(_EPUB_TYPE)
    is_in_notes = is_in_notes or kind == "footnotes"
    if kind == "noteref":
        return
    if is_in_notes == wants_notes:
        yield element.text or ""
    for child in element:
        yield from _yield_text(child, is_in_notes, wants_notes)
        if is_in_notes == wants_notes:
            yield child.tail or ""


def _add_style_sheet(content: bytes, piece: ExportSelection) -> bytes:
    """Return the EPUB with a style sheet of ours: Pandoc's sandbox lets none in."""
    package_files = files("inkwright.app.export")
    style = (package_files / "epub.css").read_text("utf-8")
    if piece.fiction or piece.language.partition("-")[0].lower() in _INDENTED_LANGUAGES:
        style += (package_files / "indented.css").read_text("utf-8")
    buffer = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(content)) as old_archive,
        zipfile.ZipFile(buffer, "w") as new_archive,
    ):
        for part in old_archive.infolist():
            new_archive.writestr(
                part, style if part.filename == _STYLE_SHEET else old_archive.read(part)
            )
    return buffer.getvalue()

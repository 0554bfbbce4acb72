"""A piece as an EPUB 3: a title page, contents, and a file for each chapter."""

import re
import zipfile
from collections.abc import Iterator
from importlib.resources import files
from io import BytesIO
from xml.etree import ElementTree as ET

from inkwright.app.export.pandoc_document import (
    DEEPEST_IN_CONTENTS,
    check_words,
    document,
    letters,
    parts_of,
)
from inkwright.app.export.selection import ExportSelection
from inkwright.app.files.pandoc import write
from inkwright.memory.errors import ExportFailed

_XHTML = "{http://www.w3.org/1999/xhtml}"
_KIND = "{http://www.idpf.org/2007/ops}type"
_CHAPTER = re.compile(r"EPUB/text/ch\d+\.xhtml")
_STYLE = "EPUB/styles/stylesheet1.css"
_INDENTED = ("zh", "ja")


def epub(piece: ExportSelection, *, with_contents: bool = True, title_page: bool = True) -> bytes:
    """Return the piece as .epub.

    Raises:
        ExportFailed: it could not be made.
    """
    parts = list(parts_of(piece, "epub"))
    made = document(piece, parts)
    options = ["--toc"] if with_contents else []
    options += [
        "--standalone",
        "--split-level=1",
        f"--toc-depth={DEEPEST_IN_CONTENTS}",
        f"--epub-title-page={str(title_page).lower()}",
    ]
    content = _styled(write(made, "epub3", *options, at=piece.changed_at), piece)
    check_words("EPUB", parts, words_in(content), notes_in(content))
    return content


def words_in(content: bytes) -> str:
    """Return all that an EPUB's chapters say in reading order, as ``letters`` has it.

    Raises:
        ExportFailed: it cannot be opened, or a chapter is no XHTML.
    """
    return _said(content, notes=False)


def notes_in(content: bytes) -> str:
    """Return all that an EPUB's footnotes say, as ``letters`` has it.

    Raises:
        ExportFailed: as ``words_in``.
    """
    return _said(content, notes=True)


def _said(content: bytes, *, notes: bool) -> str:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            names = [n for n in archive.namelist() if _CHAPTER.fullmatch(n)]
            names.sort(key=lambda n: int("".join(filter(str.isdigit, n))))
            bodies = [ET.fromstring(archive.read(n)).find(f"{_XHTML}body") for n in names]
    except (zipfile.BadZipFile, ET.ParseError) as fault:
        raise ExportFailed(f"the EPUB cannot be opened again: {fault}") from fault
    found = (words for body in bodies if body is not None for words in _words(body, False, notes))
    return letters("".join(found))


def _words(part: ET.Element, within: bool, notes: bool) -> Iterator[str]:
    """Yield what a part says, in ``notes`` or outside; the number that calls one is no word."""
    kind = part.get(_KIND)
    within = within or kind == "footnotes"
    if kind == "noteref":
        return
    if within == notes:
        yield part.text or ""
    for inner in part:
        yield from _words(inner, within, notes)
        if within == notes:
            yield inner.tail or ""


def _styled(content: bytes, piece: ExportSelection) -> bytes:
    """Return the EPUB with a style sheet of ours: Pandoc's sandbox lets none in."""
    home = files("inkwright.app.export")
    style = (home / "epub.css").read_text("utf-8")
    if piece.fiction or piece.language.partition("-")[0].lower() in _INDENTED:
        style += (home / "indented.css").read_text("utf-8")
    styled = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(styled, "w") as new:
        for part in old.infolist():
            new.writestr(part, style if part.filename == _STYLE else old.read(part))
    return styled.getvalue()

"""A piece as a Word document: a title page, contents that can be clicked, and the text."""

import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

from inkwright.app.export.pandoc_document import (
    SCENE_BREAK,
    ContentsEntry,
    check_words,
    contents,
    contents_title,
    document,
    letters,
    parts_of,
)
from inkwright.app.export.selection import ExportSelection
from inkwright.app.files.pandoc import write
from inkwright.app.manuscripts.word_reader import ONE_AT_A_TIME
from inkwright.memory.errors import BadInput

MAX_REFERENCE_BYTES = 50_000_000
_FOOTNOTES = "word/footnotes.xml"
_NO_SPACES = ("zh", "ja")
"""Languages that set a paragraph off by an indent, always."""


def word(
    piece: ExportSelection,
    *,
    reference: Path | None = None,
    with_contents: bool = True,
    title_page: bool = True,
) -> bytes:
    """Return the piece as .docx; its styles are those of ``reference``, if given.

    Raises:
        BadInput: ``reference`` is no Word document.
        ExportFailed: it could not be made.
    """
    parts = list(parts_of(piece, "docx"))
    made = document(piece, parts, titled=title_page)
    options = [] if reference is None else [f"--reference-doc={checked_reference(reference)}"]
    content = write(made, "docx", "--standalone", *options, at=piece.changed_at)
    listed = contents(piece) if with_contents else []
    with ONE_AT_A_TIME:
        finished = _finished(content, piece, own=reference is None, listed=listed)
        words, notes = words_in(finished), notes_in(finished)
    check_words("Word document", parts, words, notes)
    return finished


def words_in(content: bytes) -> str:
    """Return all that a Word document says, as ``letters`` has it."""
    import docx

    return _visible_letters(docx.Document(BytesIO(content)).element.body)


def notes_in(content: bytes) -> str:
    """Return all that a Word document's footnotes say, as ``letters`` has it."""
    from docx.oxml import parse_xml

    with zipfile.ZipFile(BytesIO(content)) as archive:
        if _FOOTNOTES not in archive.namelist():
            return ""
        return _visible_letters(parse_xml(archive.read(_FOOTNOTES)))


def _visible_letters(part: Any) -> str:
    """Return what Word shows of a part; a character that Word has an element for is one too."""
    from docx.oxml.ns import qn

    characters = {qn("w:noBreakHyphen"): "\u2011", qn("w:softHyphen"): "\xad"}
    shown = part.iter(qn("w:t"), *characters)
    return letters("".join(characters.get(e.tag) or e.text or "" for e in shown))


def checked_reference(file: Path) -> Path:
    """Return the full path of a reference document.

    Raises:
        BadInput: it is no Word document that can be read.
    """
    import docx

    file = file.expanduser()
    if not file.is_file():
        raise BadInput(f"{file}: {'not a file' if file.exists() else 'no such file'}")
    if (size := file.stat().st_size) > MAX_REFERENCE_BYTES:
        raise BadInput(f"{file}: {size:,} bytes; at most {MAX_REFERENCE_BYTES:,} are read")
    try:
        with zipfile.ZipFile(file) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
        if unpacked > MAX_REFERENCE_BYTES * 4:
            raise BadInput(f"{file}: {unpacked:,} bytes when unpacked; too large for a reference")
        with ONE_AT_A_TIME:
            docx.Document(str(file))
    except BadInput:
        raise
    except Exception as fault:  # python-docx passes on whatever it stumbles over
        raise BadInput(f"{file}: not a Word document; save it as .docx") from fault
    return file.resolve()


def _finished(
    content: bytes, piece: ExportSelection, *, own: bool, listed: list[ContentsEntry]
) -> bytes:
    """Return the document with its contents, its page breaks, and its scene breaks in place."""
    import docx

    found = docx.Document(BytesIO(content))
    found.core_properties.title = piece.title[:255]
    found.core_properties.author = (piece.author or "")[:255]
    found.core_properties.language = piece.language
    _centre_scene_breaks(found)
    if own:
        _set_type(found, piece)
    _add_contents(found, piece, listed)
    saved = BytesIO()
    found.save(saved)
    return saved.getvalue()


def _centre_scene_breaks(found: Any) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    names = [s.name for s in found.styles]
    if SCENE_BREAK not in names:
        return
    style = found.styles[SCENE_BREAK]
    if style.paragraph_format.alignment is None:
        style.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
        style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(12)
        style.paragraph_format.first_line_indent = Pt(0)
        style.paragraph_format.keep_with_next = True


def _set_type(found: Any, piece: ExportSelection) -> None:
    """Set indents, page breaks and the language in the styles that Pandoc brings."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Pt

    styles = found.styles
    primary = piece.language.partition("-")[0].lower()
    if piece.fiction:
        styles["Heading 1"].paragraph_format.page_break_before = True
    if primary in _NO_SPACES or piece.fiction:
        indent = Pt(24 if primary in _NO_SPACES else 18)
        styles["Body Text"].paragraph_format.first_line_indent = indent
        styles["First Paragraph"].paragraph_format.first_line_indent = (
            indent if primary in _NO_SPACES else Pt(0)
        )
    for defaults in styles.element.iter(qn("w:rPrDefault")):
        properties = defaults.get_or_add_rPr() if hasattr(defaults, "get_or_add_rPr") else None
        properties = defaults.find(qn("w:rPr")) if properties is None else properties
        if properties is None:
            continue
        language = properties.find(qn("w:lang"))
        if language is None:
            language = OxmlElement("w:lang")
            properties.append(language)
        language.set(qn("w:val"), piece.language)
        if primary in (*_NO_SPACES, "ko"):
            language.set(qn("w:eastAsia"), _REGIONS.get(piece.language, piece.language))


_REGIONS = {"zh": "zh-CN", "ja": "ja-JP", "ko": "ko-KR"}


def _add_contents(found: Any, piece: ExportSelection, listed: list[ContentsEntry]) -> None:
    """Put the contents before the text, each line a link, and both at the head of a page."""
    titled = [p for p in found.paragraphs if p.style.name in ("Title", "Subtitle", "Author")]
    body = [p for p in found.paragraphs if p.style.name not in ("Title", "Subtitle", "Author")]
    if not body:
        return
    first = body[0]
    if listed:
        heading = _heading_style(found)
        title = first.insert_paragraph_before(contents_title(piece), style=heading)
        title.paragraph_format.page_break_before = bool(titled)
        lines = [first.insert_paragraph_before("", style=_line_style(found, e)) for e in listed]
        for line, entry in zip(lines, listed, strict=True):
            _link(line, entry)
        _make_field(lines, max(e.level for e in listed))
    if titled or listed:
        first.paragraph_format.page_break_before = True


def _heading_style(found: Any) -> Any:
    names = {s.name.lower(): s for s in found.styles if s.name}
    return names.get("toc heading") or names.get("heading 1") or found.styles["Normal"]


def _line_style(found: Any, entry: ContentsEntry) -> Any:
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Pt

    name = f"toc {entry.level}"
    known = {s.name.lower(): s for s in found.styles if s.name}
    if name not in known:
        style = found.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = found.styles["Normal"]
        style.paragraph_format.left_indent = Pt(18 * (entry.level - 1))
        style.paragraph_format.space_after = Pt(3)
        return style
    return known[name]


def _link(line: Any, entry: ContentsEntry) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    link = OxmlElement("w:hyperlink")
    link.set(qn("w:anchor"), entry.id)
    run = line.add_run(entry.title)
    link.append(run._r)
    line._p.append(link)


def _make_field(lines: list[Any], depth: int) -> None:
    """Make a field of the lines, so that Word puts page numbers there when asked to update it."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    def run(*parts: Any) -> Any:
        made = OxmlElement("w:r")
        for part in parts:
            made.append(part)
        return made

    def mark(kind: str) -> Any:
        made = OxmlElement("w:fldChar")
        made.set(qn("w:fldCharType"), kind)
        return made

    told = OxmlElement("w:instrText")
    told.set(qn("xml:space"), "preserve")
    told.text = f' TOC \\o "1-{depth}" \\h \\z \\u '
    opening = [run(mark("begin")), run(told), run(mark("separate"))]
    place = 1 if lines[0]._p.pPr is not None else 0
    for number, part in enumerate(opening):
        lines[0]._p.insert(place + number, part)
    lines[-1]._p.append(run(mark("end")))

"""A piece as a Word document: a title page, contents that can be clicked, and the text."""

import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

from inkwright.app.export.pandoc_document import (
    SCENE_BREAK,
    ContentsEntry,
    build_document,
    check_words,
    get_contents_title,
    letters,
    list_contents,
    parts_of,
)
from inkwright.app.export.selection import ExportSelection
from inkwright.app.files.pandoc import write_document
from inkwright.app.manuscripts.word_reader import DOCX_LOCK
from inkwright.memory.errors import BadInput

MAX_REFERENCE_BYTES = 50_000_000
_FOOTNOTES = "word/footnotes.xml"
_INDENTED_LANGUAGES = ("zh", "ja")
"""Languages that set a paragraph off by an indent, always."""


def build_docx(
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
    pandoc_tree = build_document(piece, parts, titled=title_page)
    options = [] if reference is None else [f"--reference-doc={check_reference(reference)}"]
    content = write_document(
        pandoc_tree, "docx", "--standalone", *options, timestamp=piece.changed_at
    )
    contents_entries = list_contents(piece) if with_contents else []
    with DOCX_LOCK:
        finished_content = _finish_document(
            content, piece, has_own_styles=reference is None, contents_entries=contents_entries
        )
        words, notes = extract_words(finished_content), extract_notes(finished_content)
    check_words("Word document", parts, words, notes)
    return finished_content


def extract_words(content: bytes) -> str:
    """Return all that a Word document says, as ``letters`` has it."""
    import docx

    return _visible_letters(docx.Document(BytesIO(content)).element.body)


def extract_notes(content: bytes) -> str:
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
    elements = part.iter(qn("w:t"), *characters)
    return letters("".join(characters.get(e.tag) or e.text or "" for e in elements))


def check_reference(file: Path) -> Path:
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
            unpacked_bytes = sum(part.file_size for part in archive.infolist())
        if unpacked_bytes > MAX_REFERENCE_BYTES * 4:
            raise BadInput(
                f"{file}: {unpacked_bytes:,} bytes when unpacked; too large for a reference"
            )
        with DOCX_LOCK:
            docx.Document(str(file))
    except BadInput:
        raise
    except Exception as fault:  # python-docx passes on whatever it stumbles over
        raise BadInput(f"{file}: not a Word document; save it as .docx") from fault
    return file.resolve()


def _finish_document(
    content: bytes,
    piece: ExportSelection,
    *,
    has_own_styles: bool,
    contents_entries: list[ContentsEntry],
) -> bytes:
    """Return the document with its contents, its page breaks, and its scene breaks in place."""
    import docx

    word_document = docx.Document(BytesIO(content))
    word_document.core_properties.title = piece.title[:255]
    word_document.core_properties.author = (piece.author or "")[:255]
    word_document.core_properties.language = piece.language
    _centre_scene_breaks(word_document)
    if has_own_styles:
        _set_styles(word_document, piece)
    _add_contents(word_document, piece, contents_entries)
    buffer = BytesIO()
    word_document.save(buffer)
    return buffer.getvalue()


def _centre_scene_breaks(word_document: Any) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    style_names = [s.name for s in word_document.styles]
    if SCENE_BREAK not in style_names:
        return
    style = word_document.styles[SCENE_BREAK]
    if style.paragraph_format.alignment is None:
        style.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
        style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(12)
        style.paragraph_format.first_line_indent = Pt(0)
        style.paragraph_format.keep_with_next = True


def _set_styles(word_document: Any, piece: ExportSelection) -> None:
    """Set indents, page breaks and the language in the styles that Pandoc brings."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Pt

    styles = word_document.styles
    primary_language = piece.language.partition("-")[0].lower()
    if piece.fiction:
        styles["Heading 1"].paragraph_format.page_break_before = True
    if primary_language in _INDENTED_LANGUAGES or piece.fiction:
        indent = Pt(24 if primary_language in _INDENTED_LANGUAGES else 18)
        styles["Body Text"].paragraph_format.first_line_indent = indent
        styles["First Paragraph"].paragraph_format.first_line_indent = (
            indent if primary_language in _INDENTED_LANGUAGES else Pt(0)
        )
    for defaults in styles.element.iter(qn("w:rPrDefault")):
        properties = defaults.get_or_add_rPr() if hasattr(defaults, "get_or_add_rPr") else None
        properties = defaults.find(qn("w:rPr")) if properties is None else properties
        if properties is None:
            continue
        language_element = properties.find(qn("w:lang"))
        if language_element is None:
            language_element = OxmlElement("w:lang")
            properties.append(language_element)
        language_element.set(qn("w:val"), piece.language)
        if primary_language in (*_INDENTED_LANGUAGES, "ko"):
            language_element.set(qn("w:eastAsia"), _REGIONS.get(piece.language, piece.language))


_REGIONS = {"zh": "zh-CN", "ja": "ja-JP", "ko": "ko-KR"}


def _add_contents(
    word_document: Any, piece: ExportSelection, contents_entries: list[ContentsEntry]
) -> None:
    """Put the contents before the text, each line a link, and both at the head of a page."""
    title_paragraphs = [
        p for p in word_document.paragraphs if p.style.name in ("Title", "Subtitle", "Author")
    ]
    body_paragraphs = [
        p for p in word_document.paragraphs if p.style.name not in ("Title", "Subtitle", "Author")
    ]
    if not body_paragraphs:
        return
    first_paragraph = body_paragraphs[0]
    if contents_entries:
        heading_style = _find_heading_style(word_document)
        contents_heading = first_paragraph.insert_paragraph_before(
            get_contents_title(piece), style=heading_style
        )
        contents_heading.paragraph_format.page_break_before = bool(title_paragraphs)
        lines = [
            first_paragraph.insert_paragraph_before("", style=_get_line_style(word_document, e))
            for e in contents_entries
        ]
        for line, entry in zip(lines, contents_entries, strict=True):
            _add_link(line, entry)
        _make_contents_field(lines, max(e.level for e in contents_entries))
    if title_paragraphs or contents_entries:
        first_paragraph.paragraph_format.page_break_before = True


def _find_heading_style(word_document: Any) -> Any:
    style_by_name = {s.name.lower(): s for s in word_document.styles if s.name}
    return (
        style_by_name.get("toc heading")
        or style_by_name.get("heading 1")
        or word_document.styles["Normal"]
    )


def _get_line_style(word_document: Any, entry: ContentsEntry) -> Any:
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Pt

    name = f"toc {entry.level}"
    style_by_name = {s.name.lower(): s for s in word_document.styles if s.name}
    if name not in style_by_name:
        style = word_document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = word_document.styles["Normal"]
        style.paragraph_format.left_indent = Pt(18 * (entry.level - 1))
        style.paragraph_format.space_after = Pt(3)
        return style
    return style_by_name[name]


def _add_link(paragraph: Any, entry: ContentsEntry) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    hyperlink = OxmlElement("w:hyperlink")
    hyperlink.set(qn("w:anchor"), entry.id)
    run = paragraph.add_run(entry.title)
    hyperlink.append(run._r)
    paragraph._p.append(hyperlink)


def _make_contents_field(lines: list[Any], depth: int) -> None:
    """Make a field of the lines, so that Word puts page numbers there when asked to update it."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    def make_run(*parts: Any) -> Any:
        run_element = OxmlElement("w:r")
        for part in parts:
            run_element.append(part)
        return run_element

    def make_mark(kind: str) -> Any:
        mark_element = OxmlElement("w:fldChar")
        mark_element.set(qn("w:fldCharType"), kind)
        return mark_element

    instruction = OxmlElement("w:instrText")
    instruction.set(qn("xml:space"), "preserve")
    instruction.text = f' TOC \\o "1-{depth}" \\h \\z \\u '
    opening_runs = [
        make_run(make_mark("begin")),
        make_run(instruction),
        make_run(make_mark("separate")),
    ]
    start_index = 1 if lines[0]._p.pPr is not None else 0
    for number, part in enumerate(opening_runs):
        lines[0]._p.insert(start_index + number, part)
    lines[-1]._p.append(make_run(make_mark("end")))

"""A piece as a PDF: Pandoc writes Typst, and the ``typst`` package sets it. No system library.

It is made as PDF/A-2b, which a file can only be when a font has every character of it: what could
not be shown is known, and is said instead of printed as an empty box.
"""

import re
import unicodedata
from collections.abc import Iterable
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, get_args

from inkwright.app.export.markdown_to_pandoc import is_wide
from inkwright.app.export.pandoc_document import (
    build_document,
    get_contents_title,
    list_contents,
    parts_of,
    quote_for_typst,
)
from inkwright.app.export.selection import ExportSelection
from inkwright.app.files.pandoc import say_install, write_document
from inkwright.memory.errors import BadInput, ExportFailed

Paper = Literal["a4", "a5", "us-letter"]
PAPERS: tuple[str, ...] = get_args(Paper)
CHINESE_FONTS = "pylopdf_fonts_zh_cn"
"""Noto Serif SC and Noto Sans SC, regular, as the package of this name brings them."""
BOX_CHARACTER = "\u25a1"
MAX_TRIES = 5
MAX_SHOWN_TEXTS = 5
_HAN_LANGUAGES = ("zh", "ja")
_SHORTHAND = re.compile(r"-[-?\d]|\.\.\.")
"""What Typst would take for a dash, a soft hyphen, a minus sign or an ellipsis."""
_LONG_RUN = re.compile(r"[^\s\u200b]{60,}")
_MAX_RUN_CHARS = 20
_MISSING_TEXT = re.compile(r'the text `"(.*?)"` could not be displayed')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}|\\(.)")


def check_typst() -> None:
    """See that PDF can be made here.

    Raises:
        BadInput: the ``typst`` package is not installed.
    """
    if find_spec("typst") is None:
        raise BadInput(f"PDF needs the typst package: {say_install()}")


def build_pdf(
    piece: ExportSelection,
    *,
    with_contents: bool = True,
    title_page: bool = True,
    paper: Paper | None = None,
    fonts: Path | None = None,
) -> tuple[bytes, tuple[str, ...]]:
    """Return the piece as .pdf, and a line for what it could not show.

    Raises:
        BadInput: no font has the letters of its script, or the package is not installed.
        ExportFailed: it could not be made.
    """
    check_typst()
    pandoc_tree = build_document(piece, parts_of(piece, "typst"), titled=title_page)
    pandoc_tree["blocks"] = _convert_for_typst(pandoc_tree["blocks"])
    typst_text = write_document(
        pandoc_tree, "typst-smart", "--wrap=none", timestamp=piece.changed_at
    ).decode()
    contents_entries = list_contents(piece) if with_contents else []
    source = _build_opening(piece, title_page, bool(contents_entries), paper) + typst_text
    boxed_texts: list[str] = []
    for _ in range(MAX_TRIES):
        content, missing_texts = _compile(source, piece, fonts)
        if content is not None:
            _check_complete(content)
            return content, _describe_boxes(boxed_texts)
        _refuse_letters(missing_texts)
        for text in missing_texts:
            source = source.replace(text, BOX_CHARACTER)
        boxed_texts += missing_texts
    raise ExportFailed(
        f"no font has {_describe_texts(boxed_texts)}, and no box could be put in its place"
    )


def find_chinese_fonts() -> Path | None:
    """Return the folder of the Chinese fonts; None where they are not installed."""
    module_spec = find_spec(CHINESE_FONTS)
    return (
        Path(module_spec.origin).parent if module_spec is not None and module_spec.origin else None
    )


def _build_opening(
    piece: ExportSelection, title_page: bool, has_contents: bool, paper: Paper | None
) -> str:
    primary_language, *subtags = piece.language.split("-")
    region = next((part.upper() for part in subtags if len(part) == 2), None)
    if not re.fullmatch("[A-Za-z]{2,3}", primary_language):
        primary_language, region = "en", None
    arguments = {
        "title": quote_for_typst(piece.title),
        "author": quote_for_typst(piece.author) if piece.author else "none",
        "lang": quote_for_typst(primary_language.lower()),
        "region": quote_for_typst(region) if region else "none",
        "paper": quote_for_typst(paper or ("a5" if piece.fiction else "a4")),
        "fiction": str(piece.fiction).lower(),
        "han": str(primary_language.lower() in _HAN_LANGUAGES).lower(),
        "title-page": str(title_page).lower(),
        "contents": quote_for_typst(get_contents_title(piece)) if has_contents else "none",
    }
    style = (files("inkwright.app.export") / "book.typ").read_text("utf-8")
    argument_list = ", ".join(f"{name}: {value}" for name, value in arguments.items())
    return f"{style}\n#show: book.with({argument_list})\n\n"


def _convert_for_typst(part: Any) -> Any:
    """Return blocks or inlines with all text in a form that comes out as it was typed."""
    if isinstance(part, list):
        return [_convert_for_typst(inner_part) for inner_part in part]
    if not isinstance(part, dict):
        return part
    kind, content = part["t"], part.get("c")
    if content is None or kind == "RawBlock":
        return part
    if kind == "Str":
        text = _add_break_points(content)
        if _SHORTHAND.search(text):
            return {"t": "RawInline", "c": ["typst", f"#{quote_for_typst(text)};"]}
        return {"t": "Str", "c": text}
    if kind in ("Code", "CodeBlock"):
        return {"t": kind, "c": [content[0], _add_break_points(content[1])]}
    if kind == "Link":
        return {"t": kind, "c": [content[0], _convert_for_typst(content[1]), content[2]]}
    return {"t": kind, "c": _convert_for_typst(content)}


def _add_break_points(text: str) -> str:
    """Let a very long word go over to the next line instead of off the page."""

    def insert_breaks(match: re.Match[str]) -> str:
        long_run = match[0]
        if sum(map(is_wide, long_run)) > len(long_run) // 2:
            return long_run
        return "\u200b".join(
            long_run[n : n + _MAX_RUN_CHARS] for n in range(0, len(long_run), _MAX_RUN_CHARS)
        )

    return _LONG_RUN.sub(insert_breaks, text)


def _compile(
    source: str, piece: ExportSelection, fonts: Path | None
) -> tuple[bytes | None, list[str]]:
    """Return the PDF, or None and the characters that no font has."""
    import typst

    folders = [folder for folder in (find_chinese_fonts(), fonts) if folder is not None]
    try:
        content = typst.compile(
            source.encode("utf-8", "replace"),
            format="pdf",
            font_paths=typst.Fonts(font_paths=folders),
            pdf_standards=["a-2b"],
            timestamp=int(piece.changed_at),
        )
    except typst.TypstError as fault:
        missing_texts = [_unescape(text) for text in _MISSING_TEXT.findall(fault.diagnostic)]
        if not missing_texts:
            raise ExportFailed(f"the PDF could not be set: {fault.message[:300]}") from fault
        return None, list(dict.fromkeys(missing_texts))
    assert isinstance(content, bytes)
    return content, []


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda m: chr(int(m[1], 16)) if m[1] else m[2], text)


def _refuse_letters(missing_texts: Iterable[str]) -> None:
    """Print no text with letters missing."""
    letter_texts = [
        text for text in missing_texts if any(unicodedata.category(c)[0] == "L" for c in text)
    ]
    if not letter_texts:
        return
    if find_chinese_fonts() is None and any(is_wide(c) for text in letter_texts for c in text):
        raise BadInput(
            f"the PDF needs a Chinese font: no font here has {_describe_texts(letter_texts)}; "
            f"one comes with the export packages: {say_install()}"
        )
    raise BadInput(
        f"the PDF needs a font that has {_describe_texts(letter_texts)}, and none here does: "
        "install one, or name a folder of fonts with --fonts; DOCX and EPUB need none"
    )


def _describe_boxes(boxed_texts: list[str]) -> tuple[str, ...]:
    if not boxed_texts:
        return ()
    return (
        f"no font here has {_describe_texts(boxed_texts)}: {BOX_CHARACTER} stands in its place",
    )


def _describe_texts(texts: list[str]) -> str:
    description = ", ".join(
        f"“{t}” ({' '.join(f'U+{ord(c):04X}' for c in t)})" for t in texts[:MAX_SHOWN_TEXTS]
    )
    extra_count = len(texts) - MAX_SHOWN_TEXTS
    return f"{description} and {extra_count} more" if extra_count > 0 else description


def _check_complete(content: bytes) -> None:
    """See that the file is whole: it begins and ends as a PDF does, and has a page."""
    is_whole = content.startswith(b"%PDF-") and content.rstrip().endswith(b"%%EOF")
    if not is_whole or b"/Page" not in content:
        raise ExportFailed("the PDF is not whole; nothing was written")

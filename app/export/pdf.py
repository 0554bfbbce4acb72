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
    contents,
    contents_title,
    document,
    parts_of,
    quoted,
)
from inkwright.app.export.selection import ExportSelection
from inkwright.app.files.pandoc import INSTALL, write
from inkwright.memory.errors import BadInput, ExportFailed

Paper = Literal["a4", "a5", "us-letter"]
PAPERS: tuple[str, ...] = get_args(Paper)
CHINESE_FONTS = "pylopdf_fonts_zh_cn"
"""Noto Serif SC and Noto Sans SC, regular, as the package of this name brings them."""
BOX = "\u25a1"
MAX_TRIES = 5
MAX_TOLD = 5
_HAN = ("zh", "ja")
_SHORTHAND = re.compile(r"-[-?\d]|\.\.\.")
"""What Typst would take for a dash, a soft hyphen, a minus sign or an ellipsis."""
_LONG_RUN = re.compile(r"[^\s\u200b]{60,}")
_LINE = 20
_NOT_SHOWN = re.compile(r'the text `"(.*?)"` could not be displayed')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}|\\(.)")


def check_typst() -> None:
    """See that PDF can be made here.

    Raises:
        BadInput: the ``typst`` package is not installed.
    """
    if find_spec("typst") is None:
        raise BadInput(f"PDF needs the typst package: {INSTALL}")


def pdf(
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
    made = document(piece, parts_of(piece, "typst"), titled=title_page)
    made["blocks"] = _for_typst(made["blocks"])
    written = write(made, "typst-smart", "--wrap=none", at=piece.changed_at).decode()
    listed = contents(piece) if with_contents else []
    source = _opening(piece, title_page, bool(listed), paper) + written
    boxed: list[str] = []
    for _ in range(MAX_TRIES):
        content, missing = _set(source, piece, fonts)
        if content is not None:
            _check(content)
            return content, _told(boxed)
        _refuse_letters(missing)
        for text in missing:
            source = source.replace(text, BOX)
        boxed += missing
    raise ExportFailed(f"no font has {_named(boxed)}, and no box could be put in its place")


def chinese_fonts() -> Path | None:
    """Return the folder of the Chinese fonts; None where they are not installed."""
    found = find_spec(CHINESE_FONTS)
    return Path(found.origin).parent if found is not None and found.origin else None


def _opening(piece: ExportSelection, title_page: bool, listed: bool, paper: Paper | None) -> str:
    primary, *more = piece.language.split("-")
    region = next((part.upper() for part in more if len(part) == 2), None)
    if not re.fullmatch("[A-Za-z]{2,3}", primary):
        primary, region = "en", None
    given = {
        "title": quoted(piece.title),
        "author": quoted(piece.author) if piece.author else "none",
        "lang": quoted(primary.lower()),
        "region": quoted(region) if region else "none",
        "paper": quoted(paper or ("a5" if piece.fiction else "a4")),
        "fiction": str(piece.fiction).lower(),
        "han": str(primary.lower() in _HAN).lower(),
        "title-page": str(title_page).lower(),
        "contents": quoted(contents_title(piece)) if listed else "none",
    }
    style = (files("inkwright.app.export") / "book.typ").read_text("utf-8")
    told = ", ".join(f"{name}: {value}" for name, value in given.items())
    return f"{style}\n#show: book.with({told})\n\n"


def _for_typst(part: Any) -> Any:
    """Return blocks or inlines with all text in a form that comes out as it was typed."""
    if isinstance(part, list):
        return [_for_typst(inner) for inner in part]
    if not isinstance(part, dict):
        return part
    kind, content = part["t"], part.get("c")
    if content is None or kind == "RawBlock":
        return part
    if kind == "Str":
        text = _breakable(content)
        if _SHORTHAND.search(text):
            return {"t": "RawInline", "c": ["typst", f"#{quoted(text)};"]}
        return {"t": "Str", "c": text}
    if kind in ("Code", "CodeBlock"):
        return {"t": kind, "c": [content[0], _breakable(content[1])]}
    if kind == "Link":
        return {"t": kind, "c": [content[0], _for_typst(content[1]), content[2]]}
    return {"t": kind, "c": _for_typst(content)}


def _breakable(text: str) -> str:
    """Let a very long word go over to the next line instead of off the page."""

    def cut(found: re.Match[str]) -> str:
        run = found[0]
        if sum(map(is_wide, run)) > len(run) // 2:
            return run
        return "\u200b".join(run[n : n + _LINE] for n in range(0, len(run), _LINE))

    return _LONG_RUN.sub(cut, text)


def _set(source: str, piece: ExportSelection, fonts: Path | None) -> tuple[bytes | None, list[str]]:
    """Return the PDF, or None and the characters that no font has."""
    import typst

    folders = [folder for folder in (chinese_fonts(), fonts) if folder is not None]
    try:
        content = typst.compile(
            source.encode("utf-8", "replace"),
            format="pdf",
            font_paths=typst.Fonts(font_paths=folders),
            pdf_standards=["a-2b"],
            timestamp=int(piece.changed_at),
        )
    except typst.TypstError as fault:
        missing = [_unescaped(text) for text in _NOT_SHOWN.findall(fault.diagnostic)]
        if not missing:
            raise ExportFailed(f"the PDF could not be set: {fault.message[:300]}") from fault
        return None, list(dict.fromkeys(missing))
    assert isinstance(content, bytes)
    return content, []


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda m: chr(int(m[1], 16)) if m[1] else m[2], text)


def _refuse_letters(missing: Iterable[str]) -> None:
    """Print no text with letters missing."""
    letters = [text for text in missing if any(unicodedata.category(c)[0] == "L" for c in text)]
    if not letters:
        return
    if chinese_fonts() is None and any(is_wide(c) for text in letters for c in text):
        raise BadInput(
            f"the PDF needs a Chinese font: no font here has {_named(letters)}; "
            f"one comes with the export packages: {INSTALL}"
        )
    raise BadInput(
        f"the PDF needs a font that has {_named(letters)}, and none here does: install one, "
        "or name a folder of fonts with --fonts; DOCX and EPUB need none"
    )


def _told(boxed: list[str]) -> tuple[str, ...]:
    if not boxed:
        return ()
    return (f"no font here has {_named(boxed)}: {BOX} stands in its place",)


def _named(texts: list[str]) -> str:
    shown = ", ".join(f"“{t}” ({' '.join(f'U+{ord(c):04X}' for c in t)})" for t in texts[:MAX_TOLD])
    more = len(texts) - MAX_TOLD
    return f"{shown} and {more} more" if more > 0 else shown


def _check(content: bytes) -> None:
    """See that the file is whole: it begins and ends as a PDF does, and has a page."""
    whole = content.startswith(b"%PDF-") and content.rstrip().endswith(b"%%EOF")
    if not whole or b"/Page" not in content:
        raise ExportFailed("the PDF is not whole; nothing was written")

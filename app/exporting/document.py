"""A piece as one document of Pandoc's model, for one of its writers."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from inkwright.app.assemble import gap
from inkwright.app.exporting.piece import Piece
from inkwright.app.exporting.reading import Block, plain, printable, read_blocks
from inkwright.memory.outline import Section

Target = Literal["docx", "epub", "typst"]
API_VERSION = [1, 23, 1]
"""Of Pandoc's JSON, as every Pandoc 3 reads it."""
DEEPEST = 6
DEEPEST_IN_CONTENTS = 3
ORNAMENT = "* * *"
SCENE_BREAK = "Scene Break"
_VERBATIM = ("Code", "CodeBlock")
_NOTE = re.compile(r"\[\^(\d{1,6})\]")
_ORNAMENTS = re.compile(r"[*＊#＃~～⁂※❦❧◆◇●○•·☆★✦✶─—–\-_= ]{1,20}")
_CONTENTS = {
    "de": "Inhalt",
    "es": "Índice",
    "fr": "Table des matières",
    "it": "Indice",
    "ja": "目次",
    "ko": "차례",
    "nl": "Inhoud",
    "pt": "Sumário",
    "ru": "Содержание",
    "zh": "目录",
}


@dataclass(frozen=True)
class Entry:
    """One line of the contents."""

    id: str
    level: int
    title: str


def document(piece: Piece, target: Target, *, title_page: bool = True) -> dict[str, Any]:
    """Return the piece for ``target``."""
    meta: dict[str, Any] = {
        "lang": _said(piece.language),
        "toc-title": _said(contents_title(piece)),
        "identifier": _said(piece.identifier),
    }
    if title_page or target == "epub":
        meta["title"] = _said(piece.title)
        if piece.author:
            meta["author"] = {"t": "MetaList", "c": [_said(piece.author)]}
    return {"pandoc-api-version": API_VERSION, "meta": meta, "blocks": _blocks(piece, target)}


def contents(piece: Piece) -> list[Entry]:
    """Return the headings that the contents list, in reading order."""
    return [e for e, _ in _stretches(piece) if e is not None and e.level <= DEEPEST_IN_CONTENTS]


def contents_title(piece: Piece) -> str:
    """Return what the contents are called in the piece's language."""
    return _CONTENTS.get(piece.language.lower().partition("-")[0], "Contents")


def _blocks(piece: Piece, target: Target) -> list[Block]:
    found: list[Block] = []
    level = 0
    for entry, section in _stretches(piece):
        if entry is not None:
            level = entry.level
            attributes = [entry.id, [], []]
            found.append({"t": "Header", "c": [level, attributes, plain(entry.title)]})
        elif section is not None:
            found += _section(piece, section, level, target)
    found += _references(piece)
    notes = [_note(told) for told in piece.notes]
    return [_with_notes(block, notes) for block in found] if notes else found


def _note(told: str) -> dict[str, Any]:
    return {"t": "Note", "c": read_blocks(told)}


def _with_notes(part: Any, notes: Sequence[dict[str, Any]]) -> Any:
    """Return blocks or inlines with the footnotes where ``[^1]`` and the like stand."""
    if isinstance(part, list):
        found: list[Any] = []
        for inner in part:
            text = inner.get("c") if isinstance(inner, dict) and inner["t"] == "Str" else None
            found += _noted(text, notes) if text is not None else [_with_notes(inner, notes)]
        return found
    if isinstance(part, dict) and part["t"] not in ("Note", "RawBlock", *_VERBATIM) and "c" in part:
        return {**part, "c": _with_notes(part["c"], notes)}
    return part


def _noted(text: str, notes: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    at = 0
    for mark in _NOTE.finditer(text):
        if 1 <= int(mark.group(1)) <= len(notes):
            if text[at : mark.start()]:
                yield {"t": "Str", "c": text[at : mark.start()]}
            yield notes[int(mark.group(1)) - 1]
            at = mark.end()
    if text[at:]:
        yield {"t": "Str", "c": text[at:]}


def _references(piece: Piece) -> Iterator[Block]:
    """Yield the list of what is cited, under a heading of the first level."""
    for block in read_blocks(piece.references):
        if block["t"] == "Header":
            yield {"t": "Header", "c": [1, *block["c"][1:]]}
        else:
            yield block


def _stretches(piece: Piece) -> Iterator[tuple[Entry | None, Section | None]]:
    """Yield headings and sections in reading order, as the brief wants headings."""
    outline, headings = piece.outline, piece.brief.headings
    known = {h.id: h for h in outline.headings}
    opened: tuple[str, ...] = ()
    for section in outline.sections:
        for place, hid in enumerate(section.within):
            new = section.within[: place + 1] != opened[: place + 1]
            if new and (headings == "all" or (headings == "chapters" and place == 0)):
                yield _entry(f"part-{hid}", known[hid].level, known[hid].title), None
        opened = section.within
        alone = headings == "chapters" and not section.within
        if section.headed and (headings == "all" or alone):
            yield _entry(f"section-{section.id}", section.level, section.title), None
        yield None, section


def _entry(name: str, level: int, title: str) -> Entry:
    return Entry(name, min(level, DEEPEST), " ".join(title.split()))


def _section(piece: Piece, section: Section, level: int, target: Target) -> Iterator[Block]:
    text = piece.text(section.id)
    if not text:
        words = gap(section).strip("*")
        yield {"t": "Para", "c": [{"t": "Emph", "c": plain(words)}]}
        return
    for block in read_blocks(text):
        if block["t"] == "Header":
            typed, attributes, said = block["c"]
            below = min(max(level + 1, typed - 1), DEEPEST)
            yield {"t": "Header", "c": [below, attributes, said]}
        elif piece.fiction and (ornament := _ornament(block)):
            yield _scene_break(ornament, target)
        else:
            yield block


def _ornament(block: Block) -> str | None:
    """Return what a break between scenes is marked with; None for any other block."""
    if block["t"] == "HorizontalRule":
        return ORNAMENT
    if block["t"] != "Para" or any(i["t"] not in ("Str", "Space") for i in block["c"]):
        return None
    words = "".join(i.get("c", " ") for i in block["c"])
    return words if _ORNAMENTS.fullmatch(words) else None


def _scene_break(ornament: str, target: Target) -> Block:
    if target == "typst":
        return {"t": "RawBlock", "c": ["typst", f"#scene-break({quoted(ornament)})"]}
    attributes = ["", ["scene-break"], [["custom-style", SCENE_BREAK]] if target == "docx" else []]
    return {"t": "Div", "c": [attributes, [{"t": "Para", "c": plain(ornament)}]]}


def quoted(text: str) -> str:
    """Return ``text`` as a string of Typst's."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def words_of(blocks: Any) -> str:
    """Return all that a document says, without the white space; footnotes stand elsewhere."""
    found: list[str] = []
    _collect(blocks, found)
    return "".join("".join(found).split())


def notes_of(document: Any) -> list[str]:
    """Return what each footnote of a document says, without the white space."""
    if isinstance(document, list):
        return [note for part in document for note in notes_of(part)]
    if not isinstance(document, dict):
        return []
    if document.get("t") == "Note":
        return [words_of(document["c"])]
    return [note for part in document.values() for note in notes_of(part)]


def lacks(document: Mapping[str, Any], words: str, notes: str) -> bool:
    """True when a file that says these ``words``, and in its footnotes ``notes``, lacks some."""
    lost = any(note not in notes for note in notes_of(document))
    return lost or words_of(document["blocks"]) not in words


def _collect(part: Any, found: list[str]) -> None:
    if isinstance(part, list):
        for inner in part:
            _collect(inner, found)
    elif isinstance(part, dict):
        kind, content = part["t"], part.get("c", [])
        if kind == "Str":
            found.append(content)
        elif kind in _VERBATIM:
            found.append(content[1])
        elif kind == "Note":
            return
        elif kind == "Link":
            _collect(content[1], found)
        else:
            _collect(content, found)


def _said(text: str) -> dict[str, Any]:
    return {"t": "MetaInlines", "c": plain(printable(text))}

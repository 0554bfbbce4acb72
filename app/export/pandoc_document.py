"""A piece as one document of Pandoc's model, for one of its writers."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from inkwright.app.export.markdown_to_pandoc import Block, plain, read_blocks
from inkwright.app.export.selection import ExportSelection
from inkwright.app.manuscripts.assemble import gap
from inkwright.memory.domain.outline import Section
from inkwright.memory.errors import ExportFailed

Target = Literal["docx", "epub", "typst"]
API_VERSION = [1, 23, 1]
"""Of Pandoc's JSON, as every Pandoc 3 reads it."""
DEEPEST = 6
DEEPEST_IN_CONTENTS = 3
ORNAMENT = "* * *"
SCENE_BREAK = "Scene Break"
_VERBATIM = ("Code", "CodeBlock")
_APART = ("Space", "SoftBreak", "LineBreak", "Plain", "Para", "Header", "CodeBlock")
"""White space, and what white space follows."""
_INVISIBLE = dict.fromkeys(map(ord, "\xad\ufe0e"))
SHOWN_WORDS = 8
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
class ContentsEntry:
    """One line of the contents."""

    id: str
    level: int
    title: str


@dataclass(frozen=True)
class Part:
    """A heading, a section's text or the references, as blocks."""

    name: str
    """What an error calls it."""
    blocks: list[Block]


def document(
    piece: ExportSelection, parts: Iterable[Part], *, titled: bool = True
) -> dict[str, Any]:
    """Return the piece as Pandoc reads it; its title and author only where it is ``titled``."""
    meta: dict[str, Any] = {
        "lang": _inlines(piece.language),
        "toc-title": _inlines(contents_title(piece)),
        "identifier": _inlines(piece.identifier),
    }
    if titled:
        meta["title"] = _inlines(piece.title)
        if piece.author:
            meta["author"] = {"t": "MetaList", "c": [_inlines(piece.author)]}
    blocks = [block for part in parts for block in part.blocks]
    return {"pandoc-api-version": API_VERSION, "meta": meta, "blocks": blocks}


def contents(piece: ExportSelection) -> list[ContentsEntry]:
    """Return the headings that the contents list, in reading order."""
    return [e for e, _ in _stretches(piece) if e is not None and e.level <= DEEPEST_IN_CONTENTS]


def contents_title(piece: ExportSelection) -> str:
    """Return what the contents are called in the piece's language."""
    return _CONTENTS.get(piece.language.lower().partition("-")[0], "Contents")


def parts_of(piece: ExportSelection, target: Target) -> Iterator[Part]:
    """Yield what a document of the piece is made of, in reading order, for ``target``."""
    notes = [_note(told) for told in piece.notes]
    level = 0
    for entry, section in _stretches(piece):
        if entry is not None:
            level = entry.level
            heading = {"t": "Header", "c": [level, [entry.id, [], []], plain(entry.title)]}
            yield Part(f"the heading “{entry.title}”", [heading])
        elif section is not None:
            blocks = list(_section(piece, section, level, target))
            title = " ".join(section.title.split())
            yield Part(f"section {section.id} “{title}”", _with_notes(blocks, notes))
    yield Part("the references", _with_notes(list(_references(piece)), notes))


def _note(told: str) -> dict[str, Any]:
    return {"t": "Note", "c": read_blocks(told)}


def _with_notes(part: Any, notes: Sequence[dict[str, Any]]) -> Any:
    """Return blocks or inlines with the footnotes where ``[^1]`` and the like stand."""
    if not notes:
        return part
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


def _references(piece: ExportSelection) -> Iterator[Block]:
    """Yield the list of what is cited, under a heading of the first level."""
    for block in read_blocks(piece.references):
        if block["t"] == "Header":
            yield {"t": "Header", "c": [1, *block["c"][1:]]}
        else:
            yield block


def _stretches(piece: ExportSelection) -> Iterator[tuple[ContentsEntry | None, Section | None]]:
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


def _entry(name: str, level: int, title: str) -> ContentsEntry:
    return ContentsEntry(name, min(level, DEEPEST), " ".join(title.split()))


def _section(
    piece: ExportSelection, section: Section, level: int, target: Target
) -> Iterator[Block]:
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


def check_words(file: str, parts: Sequence[Part], words: str, notes: str) -> None:
    """See that a file holds all of its parts. ``file`` is what an error calls it.

    ``words`` are the letters of the file's text, and ``notes`` those of its footnotes.

    Raises:
        ExportFailed: words are missing; it says which, and of which section.
    """
    blocks = [part.blocks for part in parts]
    if letters(_text_of(blocks)) not in words:
        name, missing = _lost(parts, words)
        raise _missing_words(file, name, missing)
    for number, note in enumerate(_notes_of(blocks), 1):
        if letters(note) not in notes:
            raise _missing_words(file, f"footnote {number}", note.split())


def _missing_words(file: str, name: str, missing: Sequence[str]) -> ExportFailed:
    shown = " ".join(missing[:SHOWN_WORDS]) + ("…" if len(missing) > SHOWN_WORDS else "")
    return ExportFailed(
        f"the {file} lacks words of {name}: “{shown}”; nothing was written. "
        "Reword them there, or export to another format"
    )


def letters(text: str) -> str:
    """Return a text without what may differ in a file that holds all its words.

    That is white space, soft hyphens (Pandoc makes one of several in a Word document) and the mark
    of a plain symbol (it puts one after an arrow such as ↔ in an EPUB).
    """
    return "".join(text.split()).translate(_INVISIBLE)


def _lost(parts: Sequence[Part], held: str) -> tuple[str, list[str]]:
    """Return the first part that has words which a file lacks, and those words.

    ``held``: the letters of the file. Its contents may say some of the text before it comes.
    """
    said = "".join(letters(_text_of(part.blocks)) for part in parts)
    end = len(said) - _largest_size(len(said), lambda size: said[len(said) - size :] in held)
    begin = min(_largest_size(end, lambda size: said[:size] in held), end - 1)
    place = 0
    for part in parts:
        missing = []
        for word in _text_of(part.blocks).split():
            after = place + len(letters(word))
            if place < end and begin < after:
                missing.append(word)
            place = after
        if missing:
            return part.name, missing
    raise AssertionError("a part has the first letter that is lost")


def _largest_size(most: int, holds: Callable[[int], bool]) -> int:
    """Return the largest size up to ``most`` that ``holds``, as all smaller ones do."""
    return bisect_left(range(1, most + 1), True, key=lambda size: not holds(size))


def _text_of(blocks: Any) -> str:
    """Return all that blocks say; footnotes stand elsewhere."""
    found: list[str] = []
    _collect(blocks, found)
    return "".join(found)


def _notes_of(part: Any) -> list[str]:
    """Return what each footnote in blocks says."""
    if isinstance(part, list):
        return [note for inner in part for note in _notes_of(inner)]
    if not isinstance(part, dict):
        return []
    if part.get("t") == "Note":
        return [_text_of(part["c"])]
    return [note for inner in part.values() for note in _notes_of(inner)]


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
        if kind in _APART:
            found.append(" ")


def _inlines(text: str) -> dict[str, Any]:
    return {"t": "MetaInlines", "c": plain(text)}

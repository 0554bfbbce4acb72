"""A piece as one document of Pandoc's model, for one of its writers."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from inkwright.app.display.formatting import collapse_lines
from inkwright.app.export.markdown_to_pandoc import Block, build_inlines, read_blocks
from inkwright.app.export.selection import ExportSelection
from inkwright.app.manuscripts.assemble import format_gap
from inkwright.memory.domain.outline import Section
from inkwright.memory.errors import ExportFailed

Target = Literal["docx", "epub", "typst"]
API_VERSION = [1, 23, 1]
"""Of Pandoc's JSON, as every Pandoc 3 reads it."""
MAX_HEADING_LEVEL = 6
MAX_CONTENTS_LEVEL = 3
ORNAMENT = "* * *"
SCENE_BREAK = "Scene Break"
_VERBATIM = ("Code", "CodeBlock")
_APART = ("Space", "SoftBreak", "LineBreak", "Plain", "Para", "Header", "CodeBlock")
"""White space, and what white space follows."""
_INVISIBLE = dict.fromkeys(map(ord, "\xad\ufe0e"))
SHOWN_WORDS = 8
_NOTE = re.compile(r"\[\^(\d{1,6})\]")
_ORNAMENT_PATTERN = re.compile(r"[*＊#＃~～⁂※❦❧◆◇●○•·☆★✦✶─—–\-_= ]{1,20}")
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


def build_document(
    piece: ExportSelection, parts: Iterable[Part], *, titled: bool = True
) -> dict[str, Any]:
    """Return the piece as Pandoc reads it; its title and author only where it is ``titled``."""
    meta: dict[str, Any] = {
        "lang": _inlines(piece.language),
        "toc-title": _inlines(get_contents_title(piece)),
        "identifier": _inlines(piece.identifier),
    }
    if titled:
        meta["title"] = _inlines(piece.title)
        if piece.author:
            meta["author"] = {"t": "MetaList", "c": [_inlines(piece.author)]}
    blocks = [block for part in parts for block in part.blocks]
    return {"pandoc-api-version": API_VERSION, "meta": meta, "blocks": blocks}


def list_contents(piece: ExportSelection) -> list[ContentsEntry]:
    """Return the headings that the contents list, in reading order."""
    return [
        e
        for e, _ in _yield_headings_and_sections(piece)
        if e is not None and e.level <= MAX_CONTENTS_LEVEL
    ]


def get_contents_title(piece: ExportSelection) -> str:
    """Return what the contents are called in the piece's language."""
    return _CONTENTS.get(piece.language.lower().partition("-")[0], "Contents")


def parts_of(piece: ExportSelection, target: Target) -> Iterator[Part]:
    """Yield what a document of the piece is made of, in reading order, for ``target``."""
    notes = [_build_note(note_text) for note_text in piece.notes]
    level = 0
    for entry, section in _yield_headings_and_sections(piece):
        if entry is not None:
            level = entry.level
            heading = {"t": "Header", "c": [level, [entry.id, [], []], build_inlines(entry.title)]}
            yield Part(f"the heading “{entry.title}”", [heading])
        elif section is not None:
            blocks = list(_yield_section_blocks(piece, section, level, target))
            title = collapse_lines(section.title)
            yield Part(f"section {section.id} “{title}”", _insert_notes(blocks, notes))
    yield Part("the references", _insert_notes(list(_yield_references(piece)), notes))


def _build_note(note_text: str) -> dict[str, Any]:
    return {"t": "Note", "c": read_blocks(note_text)}


def _insert_notes(part: Any, notes: Sequence[dict[str, Any]]) -> Any:
    """Return blocks or inlines with the footnotes where ``[^1]`` and the like stand."""
    if not notes:
        return part
    if isinstance(part, list):
        new_parts: list[Any] = []
        for inner_part in part:
            text = (
                inner_part.get("c")
                if isinstance(inner_part, dict) and inner_part["t"] == "Str"
                else None
            )
            new_parts += (
                _replace_note_marks(text, notes)
                if text is not None
                else [_insert_notes(inner_part, notes)]
            )
        return new_parts
    if isinstance(part, dict) and part["t"] not in ("Note", "RawBlock", *_VERBATIM) and "c" in part:
        return {**part, "c": _insert_notes(part["c"], notes)}
    return part


def _replace_note_marks(text: str, notes: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    position = 0
    for match in _NOTE.finditer(text):
        if 1 <= int(match.group(1)) <= len(notes):
            if text[position : match.start()]:
                yield {"t": "Str", "c": text[position : match.start()]}
            yield notes[int(match.group(1)) - 1]
            position = match.end()
    if text[position:]:
        yield {"t": "Str", "c": text[position:]}


def _yield_references(piece: ExportSelection) -> Iterator[Block]:
    """Yield the list of what is cited, under a heading of the first level."""
    for block in read_blocks(piece.references):
        if block["t"] == "Header":
            yield {"t": "Header", "c": [1, *block["c"][1:]]}
        else:
            yield block


def _yield_headings_and_sections(
    piece: ExportSelection,
) -> Iterator[tuple[ContentsEntry | None, Section | None]]:
    """Yield headings and sections in reading order, as the brief wants headings."""
    outline, headings = piece.outline, piece.brief.headings
    heading_by_id = {h.id: h for h in outline.headings}
    open_ids: tuple[str, ...] = ()
    for section in outline.sections:
        for depth, heading_id in enumerate(section.within):
            is_new = section.within[: depth + 1] != open_ids[: depth + 1]
            if is_new and (headings == "all" or (headings == "chapters" and depth == 0)):
                yield (
                    _build_entry(
                        f"part-{heading_id}",
                        heading_by_id[heading_id].level,
                        heading_by_id[heading_id].title,
                    ),
                    None,
                )
        open_ids = section.within
        is_outside_chapters = headings == "chapters" and not section.within
        if section.has_heading and (headings == "all" or is_outside_chapters):
            yield _build_entry(f"section-{section.id}", section.level, section.title), None
        yield None, section


def _build_entry(name: str, level: int, title: str) -> ContentsEntry:
    return ContentsEntry(name, min(level, MAX_HEADING_LEVEL), collapse_lines(title))


def _yield_section_blocks(
    piece: ExportSelection, section: Section, level: int, target: Target
) -> Iterator[Block]:
    text = piece.get_text(section.id)
    if not text:
        gap_text = format_gap(section).strip("*")
        yield {"t": "Para", "c": [{"t": "Emph", "c": build_inlines(gap_text)}]}
        return
    for block in read_blocks(text):
        if block["t"] == "Header":
            typed_level, attributes, inlines = block["c"]
            new_level = min(max(level + 1, typed_level - 1), MAX_HEADING_LEVEL)
            yield {"t": "Header", "c": [new_level, attributes, inlines]}
        elif piece.fiction and (ornament := _find_ornament(block)):
            yield _build_scene_break(ornament, target)
        else:
            yield block


def _find_ornament(block: Block) -> str | None:
    """Return what a break between scenes is marked with; None for any other block."""
    if block["t"] == "HorizontalRule":
        return ORNAMENT
    if block["t"] != "Para" or any(i["t"] not in ("Str", "Space") for i in block["c"]):
        return None
    words = "".join(i.get("c", " ") for i in block["c"])
    return words if _ORNAMENT_PATTERN.fullmatch(words) else None


def _build_scene_break(ornament: str, target: Target) -> Block:
    if target == "typst":
        return {"t": "RawBlock", "c": ["typst", f"#scene-break({quote_for_typst(ornament)})"]}
    attributes = ["", ["scene-break"], [["custom-style", SCENE_BREAK]] if target == "docx" else []]
    return {"t": "Div", "c": [attributes, [{"t": "Para", "c": build_inlines(ornament)}]]}


def quote_for_typst(text: str) -> str:
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
    quoted_words = " ".join(missing[:SHOWN_WORDS]) + ("…" if len(missing) > SHOWN_WORDS else "")
    return ExportFailed(
        f"the {file} lacks words of {name}: “{quoted_words}”; nothing was written. "
        "Reword them there, or export to another format"
    )


def letters(text: str) -> str:
    """Return a text without what may differ in a file that holds all its words.

    That is white space, soft hyphens (Pandoc makes one of several in a Word document) and the mark
    of a plain symbol (it puts one after an arrow such as ↔ in an EPUB).
    """
    return "".join(text.split()).translate(_INVISIBLE)


def _lost(parts: Sequence[Part], file_letters: str) -> tuple[str, list[str]]:
    """Return the first part that has words which a file lacks, and those words.

    ``held``: the letters of the file. Its contents may say some of the text before it comes.
    """
    text_letters = "".join(letters(_text_of(part.blocks)) for part in parts)
    end = len(text_letters) - _largest_size(
        len(text_letters), lambda size: text_letters[len(text_letters) - size :] in file_letters
    )
    begin = min(_largest_size(end, lambda size: text_letters[:size] in file_letters), end - 1)
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
    text_pieces: list[str] = []
    _append_words(blocks, text_pieces)
    return "".join(text_pieces)


def _notes_of(part: Any) -> list[str]:
    """Return what each footnote in blocks says."""
    if isinstance(part, list):
        return [note for inner in part for note in _notes_of(inner)]
    if not isinstance(part, dict):
        return []
    if part.get("t") == "Note":
        return [_text_of(part["c"])]
    return [note for inner in part.values() for note in _notes_of(inner)]


def _append_words(part: Any, words: list[str]) -> None:
    if isinstance(part, list):
        for inner_part in part:
            _append_words(inner_part, words)
    elif isinstance(part, dict):
        kind, content = part["t"], part.get("c", [])
        if kind == "Str":
            words.append(content)
        elif kind in _VERBATIM:
            words.append(content[1])
        elif kind == "Note":
            return
        elif kind == "Link":
            _append_words(content[1], words)
        else:
            _append_words(content, words)
        if kind in _APART:
            words.append(" ")


def _inlines(text: str) -> dict[str, Any]:
    return {"t": "MetaInlines", "c": build_inlines(text)}

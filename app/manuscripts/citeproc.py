"""Citations by any style of the Citation Style Language, and bibliographies, as Pandoc makes them.

What it makes is Markdown again, so that the manuscript and every export read the same.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from inkwright.app.files.pandoc import AS_TYPED, converted, pandoc
from inkwright.app.files.text_files import read_text
from inkwright.memory.citations.references import (
    SUPERSCRIPTS,
    FormattedCitations,
    heading,
    known_groups,
    known_keys,
)
from inkwright.memory.citations.syntax import Mention
from inkwright.memory.domain.brief import MAX_CSL_CHARS, Csl
from inkwright.memory.domain.source import Source, family
from inkwright.memory.errors import BadInput, ExportFailed

_CSL = "{http://purl.org/net/xbiblio/csl}"
_LOCALES = {"en": "en-US", "zh": "zh-CN", "de": "de-DE", "fr": "fr-FR", "es": "es-ES"}
"""Where a language alone names no locale of Pandoc's."""
_MARKS = {"Emph": "*", "Strong": "**"}
_SPECIAL = str.maketrans({c: f"\\{c}" for c in "\\*_`<"})
_LINKS = ("DOI", "URL")
_SAMPLE = Source(key="sample", title="A title", authors=("Ann Roe",), date="2020")


def read_csl(file: Path, where: str) -> Csl:
    """Return the style in a file.

    Raises:
        BadInput: as ``checked``, or it cannot be read.
    """
    return checked(Csl.model_construct(name=file.name, text=read_text(file)), where)


def checked(style: Csl, where: str) -> Csl:
    """Return a style that was tried on a sample. ``where`` says in errors who names it.

    Raises:
        BadInput: it is no style that stands alone, or Pandoc is not installed.
    """
    pandoc()
    try:
        if len(style.text) > MAX_CSL_CHARS:
            raise BadInput(f"{len(style.text):,} characters are too long for a style")
        _try(style.text)
    except (BadInput, ExportFailed) as fault:
        raise BadInput(f"{where}: {style.name}: {fault}") from fault
    return Csl(name=style.name, text=style.text)


@lru_cache(maxsize=16)
def _try(text: str) -> None:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise BadInput("a style that declares entities is not read")
    try:
        root = ET.fromstring(text)
    except ET.ParseError as fault:
        raise BadInput(f"not a CSL style ({fault})") from fault
    if root.tag != f"{_CSL}style":
        raise BadInput("not a CSL style")
    links = root.iterfind(f"{_CSL}info/{_CSL}link")
    parent = next((k.get("href", "") for k in links if k.get("rel") == "independent-parent"), None)
    if parent is not None:
        raise BadInput(f"it only points to the style {parent.rpartition('/')[2]}; name that one")
    style = Csl(name="", text=text)
    written({"": "A [@sample]."}, {"sample": _SAMPLE}, style, "en", han=False)


def written(
    texts: Mapping[str, str],
    sources: Mapping[str, Source],
    style: Csl,
    language: str,
    *,
    han: bool,
) -> FormattedCitations:
    """Return the citations and references of a manuscript, as ``style`` has them.

    Raises:
        BadInput: Pandoc is not installed.
        ExportFailed: it could not make them.
    """
    groups = known_groups(texts, sources)
    items = json.dumps([item(sources[k]) for k in known_keys(texts, sources)], ensure_ascii=False)
    cited, listed, notes = _processed(tuple(groups), items, style.text, _locale(language))
    references = "\n\n".join([heading(han=han), *listed]) if listed else ""
    return FormattedCitations(cited, references, notes)


def bibtex(sources: Iterable[Source]) -> str:
    """Return sources as a BibTeX file, under the keys that they have here.

    Raises:
        BadInput: Pandoc is not installed.
    """
    given = list(sources)
    items = json.dumps([{"language": AS_TYPED, **item(s)} for s in given], ensure_ascii=False)
    made = converted(items.encode(), "--from=csljson", "--to=bibtex", "--wrap=none").decode()
    for source in given:
        for name in _LINKS:
            if told := str(source.more.get(name) or ""):  # Pandoc leaves it out
                field = f"  {name.lower()} = {{{told}}},\n"
                made = made.replace(f"{{{source.key},\n", f"{{{source.key},\n{field}", 1)
    return made


def item(source: Source) -> dict[str, Any]:
    """Return a source as CSL-JSON."""
    found: dict[str, Any] = {"type": "document", **source.more}
    found |= {"id": source.key, "title": source.title}
    if source.authors and "author" not in found:
        found["author"] = [_person(a) for a in source.authors]
    parts = [int(p) for p in source.date.split("-") if p.isdecimal()]
    if parts and "issued" not in found:
        found["issued"] = {"date-parts": [parts]}
    return found


def _person(name: str) -> dict[str, str]:
    last = family(name)
    given = name.partition(",")[2] if "," in name else name.removesuffix(last)
    return {"family": last, "given": given.strip()} if given.strip() else {"literal": name}


def _locale(language: str) -> str:
    return _LOCALES.get(language.lower(), language)


@lru_cache(maxsize=16)
def _processed(
    groups: tuple[tuple[Mention, ...], ...], items: str, style: str, locale: str
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return what stands for each citation, the lines of the list, and the notes."""
    blocks = [{"t": "Para", "c": [_cite(g, n)]} for n, g in enumerate(groups, 1) if g]
    if not blocks:
        return ("",) * len(groups), (), ()
    meta = {
        "lang": {"t": "MetaString", "c": locale},
        "link-bibliography": {"t": "MetaBool", "c": False},
    }
    asked = {"pandoc-api-version": [1, 23, 1], "meta": meta, "blocks": blocks}
    made = json.loads(
        converted(
            json.dumps(asked, ensure_ascii=False).encode("utf-8", "replace"),
            "--from=json",
            "--to=json",
            "--citeproc",
            "--csl=style.csl",
            "--bibliography=sources.json",
            beside={"style.csl": style, "sources.json": items},
        )
    )
    markdown = _Markdown()
    shown = [
        markdown.inlines(block["c"]).strip() for block in made["blocks"] if block["t"] == "Para"
    ]
    left = iter(shown)
    cited = tuple(next(left) if group else "" for group in groups)
    listed = tuple(
        " ".join(markdown.blocks(entry["c"][1]).split())
        for block in made["blocks"]
        if block["t"] == "Div"
        for entry in block["c"][1]
    )
    return cited, listed, tuple(markdown.notes)


def _cite(group: Sequence[Mention], place: int) -> dict[str, Any]:
    told = [
        {
            "citationId": mention.key,
            "citationPrefix": _words(mention.before),
            "citationSuffix": _words(f", {mention.after}" if mention.after else ""),
            "citationMode": {"t": "NormalCitation"},
            "citationNoteNum": place,
            "citationHash": 0,
        }
        for mention in group
    ]
    return {"t": "Cite", "c": [told, [{"t": "Str", "c": "?"}]]}


def _words(text: str) -> list[dict[str, str]]:
    """Return text as Pandoc has it, in which it finds a page."""
    parts = [part for word in text.split() for part in ({"t": "Space"}, {"t": "Str", "c": word})]
    return parts[1:]


class _Markdown:
    """Writes what citeproc makes as Markdown; its notes are gathered apart."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def blocks(self, blocks: Sequence[Mapping[str, Any]]) -> str:
        parts = []
        for block in blocks:
            if block["t"] == "Div":
                parts.append(self.blocks(block["c"][1]))
            elif block["t"] in ("Para", "Plain"):
                parts.append(self.inlines(block["c"]))
        return " ".join(parts)

    def inlines(self, inlines: Sequence[Mapping[str, Any]]) -> str:
        return "".join(map(self._inline, inlines))

    def _inline(self, inline: Mapping[str, Any]) -> str:
        kind, content = inline["t"], inline.get("c")
        if kind == "Str":
            return str(content).translate(_SPECIAL)
        if kind in ("Space", "SoftBreak", "LineBreak"):
            return " "
        if kind == "Note":
            self.notes.append(" ".join(self.blocks(content or []).split()))
            return f"[^{len(self.notes)}]"
        if kind == "Superscript":
            said = self.inlines(content or [])
            raised = "".join(SUPERSCRIPTS.get(c, c if c in ",; " else "") for c in _dashed(said))
            return raised if len(raised) == len(said) else said
        if kind == "Link":
            said, address = self.inlines(content[1]), str(content[2][0])  # type: ignore[index]
            return said if said in (address, "") else f"[{said}]({address})"
        if kind in ("Cite", "Span", "Quoted"):
            assert content is not None
            said = self.inlines(content[1])
            if kind == "Quoted":
                return f"“{said}”" if content[0]["t"] == "DoubleQuote" else f"‘{said}’"
            return f"{said} " if "csl-left-margin" in str(content[0]) else said
        if kind in ("Code", "Math", "RawInline"):
            return str(content[-1]) if content else ""
        said = self.inlines(content) if isinstance(content, list) else ""
        mark = _MARKS.get(kind, "")
        return f"{mark}{said}{mark}" if said.strip() else said


def _dashed(text: str) -> str:
    return text.replace("–", "-")

"""Citations by any style of the Citation Style Language, and bibliographies, as Pandoc makes them.

What it makes is Markdown again, so that the manuscript and every export read the same.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from inkwright.app.files.pandoc import VERBATIM_LANGUAGE, convert, find_pandoc
from inkwright.app.files.text_files import read_text
from inkwright.memory.citations.references import (
    SUPERSCRIPTS,
    FormattedCitations,
    format_heading,
    list_cited_groups,
    list_cited_keys,
)
from inkwright.memory.citations.syntax import Mention
from inkwright.memory.domain.brief import MAX_CSL_CHARS, Csl
from inkwright.memory.domain.source import Source, get_family_name
from inkwright.memory.errors import BadInput, ExportFailed
from inkwright.memory.ids import SectionId

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
        BadInput: as ``check_style``, or it cannot be read.
    """
    return check_style(Csl.model_construct(name=file.name, text=read_text(file)), where)


def check_style(style: Csl, where: str) -> Csl:
    """Return a style that was tried on a sample. ``where`` says in errors who names it.

    Raises:
        BadInput: it is no style that stands alone, or Pandoc is not installed.
    """
    find_pandoc()
    try:
        if len(style.text) > MAX_CSL_CHARS:
            raise BadInput(f"{len(style.text):,} characters are too long for a style")
        _try_style(style.text)
    except (BadInput, ExportFailed) as fault:
        raise BadInput(f"{where}: {style.name}: {fault}") from fault
    return Csl(name=style.name, text=style.text)


@lru_cache(maxsize=16)
def _try_style(text: str) -> None:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise BadInput("a style that declares entities is not read")
    try:
        root = ET.fromstring(text)
    except ET.ParseError as fault:
        raise BadInput(f"not a CSL style ({fault})") from fault
    if root.tag != f"{_CSL}style":
        raise BadInput("not a CSL style")
    links = root.iterfind(f"{_CSL}info/{_CSL}link")
    parent_link = next(
        (k.get("href", "") for k in links if k.get("rel") == "independent-parent"), None
    )
    if parent_link is not None:
        raise BadInput(
            f"it only points to the style {parent_link.rpartition('/')[2]}; name that one"
        )
    style = Csl(name="", text=text)
    format_citations({SectionId(""): "A [@sample]."}, {"sample": _SAMPLE}, style, "en", han=False)


def format_citations(
    texts: Mapping[SectionId, str],
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
    groups = list_cited_groups(texts, sources)
    items = json.dumps(
        [build_csl_item(sources[k]) for k in list_cited_keys(texts, sources)], ensure_ascii=False
    )
    citation_texts, reference_lines, notes = _run_citeproc(
        tuple(groups), items, style.text, _choose_locale(language)
    )
    references = "\n\n".join([format_heading(han=han), *reference_lines]) if reference_lines else ""
    return FormattedCitations(citation_texts, references, notes)


def build_bibtex(sources: Iterable[Source]) -> str:
    """Return sources as a BibTeX file, under the keys that they have here.

    Raises:
        BadInput: Pandoc is not installed.
    """
    source_list = list(sources)
    items = json.dumps(
        [{"language": VERBATIM_LANGUAGE, **build_csl_item(s)} for s in source_list],
        ensure_ascii=False,
    )
    bibtex_text = convert(items.encode(), "--from=csljson", "--to=bibtex", "--wrap=none").decode()
    for source in source_list:
        for name in _LINKS:
            if link_value := str(source.more.get(name) or ""):  # Pandoc leaves it out
                field = f"  {name.lower()} = {{{link_value}}},\n"
                bibtex_text = bibtex_text.replace(
                    f"{{{source.key},\n", f"{{{source.key},\n{field}", 1
                )
    return bibtex_text


def build_csl_item(source: Source) -> dict[str, Any]:
    """Return a source as CSL-JSON."""
    csl_item: dict[str, Any] = {"type": "document", **source.more}
    csl_item |= {"id": source.key, "title": source.title}
    if source.authors and "author" not in csl_item:
        csl_item["author"] = [_split_name(a) for a in source.authors]
    date_parts = [int(p) for p in source.date.split("-") if p.isdecimal()]
    if date_parts and "issued" not in csl_item:
        csl_item["issued"] = {"date-parts": [date_parts]}
    return csl_item


def _split_name(name: str) -> dict[str, str]:
    family_name = get_family_name(name)
    given_name = name.partition(",")[2] if "," in name else name.removesuffix(family_name)
    return (
        {"family": family_name, "given": given_name.strip()}
        if given_name.strip()
        else {"literal": name}
    )


def _choose_locale(language: str) -> str:
    return _LOCALES.get(language.lower(), language)


@lru_cache(maxsize=16)
def _run_citeproc(
    groups: tuple[tuple[Mention, ...], ...], items: str, style: str, locale: str
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return what stands for each citation, the lines of the list, and the notes."""
    blocks = [{"t": "Para", "c": [_build_cite(g, n)]} for n, g in enumerate(groups, 1) if g]
    if not blocks:
        return ("",) * len(groups), (), ()
    meta = {
        "lang": {"t": "MetaString", "c": locale},
        "link-bibliography": {"t": "MetaBool", "c": False},
    }
    document = {"pandoc-api-version": [1, 23, 1], "meta": meta, "blocks": blocks}
    processed_document = json.loads(
        convert(
            json.dumps(document, ensure_ascii=False).encode("utf-8", "replace"),
            "--from=json",
            "--to=json",
            "--citeproc",
            "--csl=style.csl",
            "--bibliography=sources.json",
            text_by_name={"style.csl": style, "sources.json": items},
        )
    )
    markdown = _Markdown()
    citation_markdown = [
        markdown.convert_inlines(block["c"]).strip()
        for block in processed_document["blocks"]
        if block["t"] == "Para"
    ]
    remaining_citations = iter(citation_markdown)
    citation_texts = tuple(next(remaining_citations) if group else "" for group in groups)
    reference_lines = tuple(
        " ".join(markdown.convert_blocks(entry["c"][1]).split())
        for block in processed_document["blocks"]
        if block["t"] == "Div"
        for entry in block["c"][1]
    )
    return citation_texts, reference_lines, tuple(markdown.notes)


def _build_cite(group: Sequence[Mention], note_number: int) -> dict[str, Any]:
    citations = [
        {
            "citationId": mention.key,
            "citationPrefix": _build_inlines(mention.prefix),
            "citationSuffix": _build_inlines(f", {mention.suffix}" if mention.suffix else ""),
            "citationMode": {"t": "NormalCitation"},
            "citationNoteNum": note_number,
            "citationHash": 0,
        }
        for mention in group
    ]
    return {"t": "Cite", "c": [citations, [{"t": "Str", "c": "?"}]]}


def _build_inlines(text: str) -> list[dict[str, str]]:
    """Return text as Pandoc has it, in which it finds a page."""
    parts = [part for word in text.split() for part in ({"t": "Space"}, {"t": "Str", "c": word})]
    return parts[1:]


class _Markdown:
    """Writes what citeproc makes as Markdown; its notes are gathered apart."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def convert_blocks(self, blocks: Sequence[Mapping[str, Any]]) -> str:
        parts = []
        for block in blocks:
            if block["t"] == "Div":
                parts.append(self.convert_blocks(block["c"][1]))
            elif block["t"] in ("Para", "Plain"):
                parts.append(self.convert_inlines(block["c"]))
        return " ".join(parts)

    def convert_inlines(self, inlines: Sequence[Mapping[str, Any]]) -> str:
        return "".join(map(self._convert_inline, inlines))

    def _convert_inline(self, inline: Mapping[str, Any]) -> str:
        kind, content = inline["t"], inline.get("c")
        if kind == "Str":
            return str(content).translate(_SPECIAL)
        if kind in ("Space", "SoftBreak", "LineBreak"):
            return " "
        if kind == "Note":
            self.notes.append(" ".join(self.convert_blocks(content or []).split()))
            return f"[^{len(self.notes)}]"
        if kind == "Superscript":
            text = self.convert_inlines(content or [])
            superscript_text = "".join(
                SUPERSCRIPTS.get(c, c if c in ",; " else "") for c in _replace_dashes(text)
            )
            return superscript_text if len(superscript_text) == len(text) else text
        if kind == "Link":
            text, address = self.convert_inlines(content[1]), str(content[2][0])  # type: ignore[index]
            return text if text in (address, "") else f"[{text}]({address})"
        if kind in ("Cite", "Span", "Quoted"):
            assert content is not None
            text = self.convert_inlines(content[1])
            if kind == "Quoted":
                return f"“{text}”" if content[0]["t"] == "DoubleQuote" else f"‘{text}’"
            return f"{text} " if "csl-left-margin" in str(content[0]) else text
        if kind in ("Code", "Math", "RawInline"):
            return str(content[-1]) if content else ""
        text = self.convert_inlines(content) if isinstance(content, list) else ""
        mark = _MARKS.get(kind, "")
        return f"{mark}{text}{mark}" if text.strip() else text


def _replace_dashes(text: str) -> str:
    return text.replace("–", "-")

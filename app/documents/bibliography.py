"""Bibliographies: the references of a BibTeX file, as Pandoc reads it."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pypandoc

from inkwright.app.documents.text_cleanup import clean_text, clean_title, read_plain_text
from inkwright.app.files.pandoc import VERBATIM_LANGUAGE
from inkwright.memory.domain.source import KEY_PATTERN, MAX_KEY_CHARS, Source
from inkwright.memory.errors import BadInput

_OWN_FIELDS = ("id", "title", "abstract", "language")
_ENTRY = re.compile(r"^[ \t]*@(?!comment|string|preamble)\w+\s*\{[^,{}()=]+,", re.MULTILINE | re.I)
_LANGUAGE_FIELD = re.compile(
    r"\b(?:langid|hyphenation|language)\s*=\s*(?:\{[^{}]*\}|\"[^\"]*\")\s*,?", re.IGNORECASE
)
_NON_KEY_CHARS = re.compile(r"[^\w.:/+-]+")


def read(file: Path) -> tuple[tuple[Source, ...], tuple[str, ...]]:
    """Return the references in ``file``, and what there is to say of their keys.

    Raises:
        BadInput: nothing can be read of it, and why.
    """
    items = _parse_items(read_plain_text(file))
    if not items:
        raise BadInput("there is no reference in it")
    sources: dict[str, Source] = {}
    notes = []
    for item in items:
        original_key = str(item["id"])
        key = _make_key(original_key)
        if key in sources:
            notes.append(f"it has {original_key} more than once; the first counts")
            continue
        if key != original_key:
            notes.append(f"{original_key} is cited as @{key}")
        sources[key] = _build_source(key, item)
    return tuple(sources.values()), tuple(dict.fromkeys(notes))


def _parse_items(text: str) -> Sequence[dict[str, Any]]:
    """Return the references of a BibTeX file as CSL-JSON."""
    text = _ENTRY.sub(rf"\g<0> langid={{{VERBATIM_LANGUAGE}}},", _LANGUAGE_FIELD.sub("", text))
    try:
        csl_json = pypandoc.convert_text(text, "csljson", format="bibtex", extra_args=["--sandbox"])
    except RuntimeError as fault:
        message = " ".join(str(fault).split()).partition("during conversion: ")[2]
        raise BadInput(f"it is no BibTeX: {message[:160]}") from fault
    items: list[dict[str, Any]] = json.loads(csl_json)
    return items


def _make_key(original_key: str) -> str:
    """Return a key that citations can have, as near to ``original_key`` as can be."""
    if re.fullmatch(KEY_PATTERN, original_key) and len(original_key) <= MAX_KEY_CHARS:
        return original_key
    return _NON_KEY_CHARS.sub("_", original_key)[:MAX_KEY_CHARS].strip(".:/+-") or "_"


def _build_source(key: str, item: dict[str, Any]) -> Source:
    return Source(
        kind="document" if item.get("abstract") else "reference",
        key=key,
        title=clean_title(item.get("title", "")),
        authors=tuple(_format_people(item.get("author", ()))),
        date=_format_date(item),
        text=clean_text(item.get("abstract", "")),
        more={k: v for k, v in item.items() if k not in _OWN_FIELDS},
    )


def _format_people(names: Sequence[dict[str, Any]]) -> Iterator[str]:
    parts = ("given", "dropping-particle", "non-dropping-particle", "family", "suffix")
    for name in names:
        full_name = " ".join(str(name[p]) for p in parts if name.get(p))
        yield str(name.get("literal") or full_name)


def _format_date(item: dict[str, Any]) -> str:
    parts = item.get("issued", {}).get("date-parts") or [[]]
    return "-".join(f"{int(p):02d}" for p in parts[0])

"""Bibliographies: the references of a BibTeX file, as Pandoc reads it."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pypandoc

from inkwright.app.documents.text_cleanup import clean, plain_text, title_line
from inkwright.app.files.pandoc import AS_TYPED
from inkwright.memory.domain.source import KEY, MAX_KEY_CHARS, Source
from inkwright.memory.errors import BadInput

_OURS = ("id", "title", "abstract", "language")
_ENTRY = re.compile(r"^[ \t]*@(?!comment|string|preamble)\w+\s*\{[^,{}()=]+,", re.MULTILINE | re.I)
_TOLD_LANGUAGE = re.compile(
    r"\b(?:langid|hyphenation|language)\s*=\s*(?:\{[^{}]*\}|\"[^\"]*\")\s*,?", re.IGNORECASE
)
_NO_KEY = re.compile(r"[^\w.:/+-]+")


def read(file: Path) -> tuple[tuple[Source, ...], tuple[str, ...]]:
    """Return the references in ``file``, and what there is to say of their keys.

    Raises:
        BadInput: nothing can be read of it, and why.
    """
    found = _items(plain_text(file))
    if not found:
        raise BadInput("there is no reference in it")
    sources: dict[str, Source] = {}
    notes = []
    for item in found:
        told = str(item["id"])
        key = _key(told)
        if key in sources:
            notes.append(f"it has {told} more than once; the first counts")
            continue
        if key != told:
            notes.append(f"{told} is cited as @{key}")
        sources[key] = _source(key, item)
    return tuple(sources.values()), tuple(dict.fromkeys(notes))


def _items(text: str) -> Sequence[dict[str, Any]]:
    """Return the references of a BibTeX file as CSL-JSON."""
    text = _ENTRY.sub(rf"\g<0> langid={{{AS_TYPED}}},", _TOLD_LANGUAGE.sub("", text))
    try:
        made = pypandoc.convert_text(text, "csljson", format="bibtex", extra_args=["--sandbox"])
    except RuntimeError as fault:
        said = " ".join(str(fault).split()).partition("during conversion: ")[2]
        raise BadInput(f"it is no BibTeX: {said[:160]}") from fault
    found: list[dict[str, Any]] = json.loads(made)
    return found


def _key(told: str) -> str:
    """Return a key that citations can have, as near to ``told`` as can be."""
    if re.fullmatch(KEY, told) and len(told) <= MAX_KEY_CHARS:
        return told
    return _NO_KEY.sub("_", told)[:MAX_KEY_CHARS].strip(".:/+-") or "_"


def _source(key: str, item: dict[str, Any]) -> Source:
    return Source(
        kind="document" if item.get("abstract") else "reference",
        key=key,
        title=title_line(item.get("title", "")),
        authors=tuple(_people(item.get("author", ()))),
        date=_issued(item),
        text=clean(item.get("abstract", "")),
        more={k: v for k, v in item.items() if k not in _OURS},
    )


def _people(names: Sequence[dict[str, Any]]) -> Iterator[str]:
    parts = ("given", "dropping-particle", "non-dropping-particle", "family", "suffix")
    for name in names:
        told = " ".join(str(name[p]) for p in parts if name.get(p))
        yield str(name.get("literal") or told)


def _issued(item: dict[str, Any]) -> str:
    parts = item.get("issued", {}).get("date-parts") or [[]]
    return "-".join(f"{int(p):02d}" for p in parts[0])

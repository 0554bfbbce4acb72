"""``memory.json``: what a work knows, readable, editable, and importable into the next brief."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from inkwright.memory.changes import source_dependencies
from inkwright.memory.domain.brief import Remembered
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.source import Evidence
from inkwright.memory.store import ledger
from inkwright.memory.store.library import Library

NONE: Mapping[str, Sequence[Evidence]] = {}


def memory_file(library: Library, work: str, title: str) -> str:
    """Return the live entries of a work, as a brief's ``memory:`` reads them."""
    entries = ledger.entries(library, work)
    told = content(work, title, entries, source_dependencies.on(library, work, entries))
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def content(
    work: str,
    title: str,
    entries: Iterable[Entry],
    evidence: Mapping[str, Sequence[Evidence]] = NONE,
) -> dict[str, Any]:
    """Return what ``memory.json`` holds.

    ``evidence``: the spans of sources that entries rest on, by entry id.
    """
    told = [
        entry_line(e) | ({"sources": [span_line(s) for s in spans]} if spans else {})
        for e in entries
        for spans in [evidence.get(e.id, ())]
    ]
    return {"work": work, "title": title, "entries": told}


def span_line(evidence: Evidence) -> dict[str, Any]:
    """Return a span of a source: its key, its page, and its ends in code points."""
    told = evidence.model_dump(include={"page", "start", "end"})
    return {"source": evidence.key, **told}


def entry_line(entry: Entry) -> dict[str, Any]:
    """Return one entry of ``memory.json``."""
    given = {name: getattr(entry, name) for name in Remembered.model_fields}
    return {
        "id": entry.id,
        "version": entry.version,
        "status": entry.status,
        **given,
        "origin": entry.origin,
        "from_section": entry.from_section,
        "section": entry.span.section if entry.span else None,
    }

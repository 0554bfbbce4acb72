"""``memory.json``: what a work knows, readable, editable, and importable into the next brief."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from inkwright.memory.changes import source_dependencies
from inkwright.memory.domain.brief import Remembered
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.source import Evidence
from inkwright.memory.ids import EntryId, WorkId
from inkwright.memory.store import ledger
from inkwright.memory.store.library import Library

NO_EVIDENCE: Mapping[EntryId, Sequence[Evidence]] = {}


def format_memory_file(library: Library, work_id: WorkId, title: str) -> str:
    """Return the live entries of a work, as a brief's ``memory:`` reads them."""
    entries = ledger.load_entries(library, work_id)
    memory_content = build_memory_content(
        work_id, title, entries, source_dependencies.load_evidence(library, work_id, entries)
    )
    return json.dumps(memory_content, ensure_ascii=False, indent=2) + "\n"


def build_memory_content(
    work_id: WorkId,
    title: str,
    entries: Iterable[Entry],
    evidence: Mapping[EntryId, Sequence[Evidence]] = NO_EVIDENCE,
) -> dict[str, Any]:
    """Return what ``memory.json`` holds.

    ``evidence``: the spans of sources that entries rest on, by entry id.
    """
    entry_lines = [
        describe_entry(e) | ({"sources": [describe_span(s) for s in spans]} if spans else {})
        for e in entries
        for spans in [evidence.get(e.id, ())]
    ]
    return {"work": work_id, "title": title, "entries": entry_lines}


def describe_span(evidence: Evidence) -> dict[str, Any]:
    """Return a span of a source: its key, its page, and its ends in code points."""
    span_fields = evidence.model_dump(include={"page", "start", "end"})
    return {"source": evidence.key, **span_fields}


def describe_entry(entry: Entry) -> dict[str, Any]:
    """Return one entry of ``memory.json``."""
    remembered_fields = {name: getattr(entry, name) for name in Remembered.model_fields}
    return {
        "id": entry.id,
        "version": entry.version,
        "status": entry.status,
        **remembered_fields,
        "origin": entry.origin,
        "from_section": entry.from_section,
        "section": entry.span.section if entry.span else None,
    }

"""``memory.json``: what a work knows, readable, editable, and importable into the next brief."""

import json
from collections.abc import Iterable
from typing import Any

from inkwright.memory import ledger
from inkwright.memory.brief import Remembered
from inkwright.memory.entry import Entry
from inkwright.memory.library import Library


def memory_file(library: Library, work: str, title: str) -> str:
    """Return the live entries of a work, as a brief's ``memory:`` reads them."""
    told = content(work, title, ledger.entries(library, work))
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def content(work: str, title: str, entries: Iterable[Entry]) -> dict[str, Any]:
    """Return what ``memory.json`` holds."""
    return {"work": work, "title": title, "entries": [entry_line(e) for e in entries]}


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

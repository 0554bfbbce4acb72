"""``memory.json``: what a work knows, readable, editable, and importable into the next brief."""

import json
from typing import Any

from inkwright.memory import ledger
from inkwright.memory.brief import Remembered
from inkwright.memory.entry import Entry
from inkwright.memory.library import Library


def memory_file(library: Library, work: str, title: str) -> str:
    """Return the live entries of a work, as a brief's ``memory:`` reads them."""
    entries = [_entry(e) for e in ledger.entries(library, work)]
    content = {"work": work, "title": title, "entries": entries}
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _entry(entry: Entry) -> dict[str, Any]:
    given = {name: getattr(entry, name) for name in Remembered.model_fields}
    section = entry.span.section if entry.span else None
    return {
        "id": entry.id,
        **given,
        "origin": entry.origin,
        "from_section": entry.from_section,
        "section": section,
    }

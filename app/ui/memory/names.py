"""What the Memory page calls entries and sections: words, and no ids."""

from collections.abc import Sequence

from inkwright.app.display.formatting import many, shortened
from inkwright.app.ui import cache
from inkwright.memory.changes import entry_edits
from inkwright.memory.domain.entry import Entry

SOURCES = {"section": "the text", "plan": "the plan", "source": "a source", "person": "you"}


def entry_of(work: str, eid: str) -> Entry:
    """Return the newest version of an entry."""
    return entry_edits.found(cache.ledger(work), eid)


def called(work: str, eids: Sequence[str]) -> str:
    """Return what a person would call these entries."""
    entry = entry_of(work, eids[0])
    one = f"“{shortened(f'{entry.subject}: {entry.statement}', 80)}”"
    return one if len(eids) == 1 else f"{one} and {many(len(eids) - 1, 'other')}"


def titles(work: str) -> dict[str, str]:
    """Return what the sections are called, by their ids."""
    plan = cache.plan(work)
    return {s.id: s.title for s in plan.outline.sections} if plan else {}


def origin(work: str, entry: Entry) -> str:
    """Return where an entry comes from: a section's title, the plan, a source, the person."""
    if entry.span is not None:
        return titles(work).get(entry.span.section, entry.span.section)
    return SOURCES.get(entry.origin, entry.origin)

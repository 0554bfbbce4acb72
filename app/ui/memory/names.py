"""What the Memory page calls entries and sections: words, and no ids."""

from collections.abc import Sequence

from inkwright.app.display.formatting import format_count, shorten
from inkwright.app.ui import cache
from inkwright.memory.changes import entry_edits
from inkwright.memory.domain.entry import Entry
from inkwright.memory.ids import EntryId, SectionId, WorkId

ORIGIN_LABELS = {"section": "the text", "plan": "the plan", "source": "a source", "person": "you"}


def find_entry(work_id: WorkId, entry_id: EntryId) -> Entry:
    """Return the newest version of an entry."""
    return entry_edits.find_entry(cache.load_ledger(work_id), entry_id)


def describe_entries(work_id: WorkId, entry_ids: Sequence[EntryId]) -> str:
    """Return what a person would call these entries."""
    entry = find_entry(work_id, entry_ids[0])
    first_text = f"“{shorten(f'{entry.subject}: {entry.statement}', 80)}”"
    return (
        first_text
        if len(entry_ids) == 1
        else f"{first_text} and {format_count(len(entry_ids) - 1, 'other')}"
    )


def load_titles(work_id: WorkId) -> dict[SectionId, str]:
    """Return what the sections are called, by their ids."""
    plan = cache.load_plan(work_id)
    return {s.id: s.title for s in plan.outline.sections} if plan else {}


def describe_origin(work_id: WorkId, entry: Entry) -> str:
    """Return where an entry comes from: a section's title, the plan, a source, the person."""
    if entry.span is not None:
        return load_titles(work_id).get(entry.span.section, entry.span.section)
    return ORIGIN_LABELS.get(entry.origin, entry.origin)

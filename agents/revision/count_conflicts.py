"""Sections that count a thing otherwise than memory or an earlier section does, by rule.

A writer may have been shown "two ferries" and write "a fleet of 20": no judge need say that one of
them is wrong, and the earlier one holds.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from inkwright.agents.checks.number_conflicts import NumberConflict, find_number_conflicts
from inkwright.memory.changes.staleness import Change, Stale, build_stamp
from inkwright.memory.domain.check_record import CheckRecord
from inkwright.memory.domain.draft import Draft
from inkwright.memory.domain.entry import Entry
from inkwright.memory.ids import SectionId


def add_count_conflicts(
    stale_sections: Sequence[Stale],
    entries: Sequence[Entry],
    current_drafts: Mapping[SectionId, Draft],
    stamps_by_section: Mapping[SectionId, set[CheckRecord]],
) -> list[Stale]:
    """Return the stale sections, with those that count otherwise, in the order of the drafts.

    ``entries`` are active; those of the plan and of the person that hold from the start come
    before every section. What was checked before is not named again.
    """
    changes_by_section: dict[SectionId, list[Change]] = {s: [] for s in current_drafts}
    for conflict, entry in _find_conflicts(entries, current_drafts):
        if entry is not None and build_stamp(entry) not in stamps_by_section[conflict.section]:
            changes_by_section[conflict.section].append(_build_change(entry, conflict))
    for stale_section in stale_sections:
        changes = changes_by_section.setdefault(stale_section.section_id, [])
        ids = {c.id for c in changes}
        changes.extend(c for c in stale_section.changes if c.id not in ids)
    return [Stale(s, tuple(changes)) for s, changes in changes_by_section.items() if changes]


def find_untold_counts(
    entries: Sequence[Entry], current_drafts: Mapping[SectionId, Draft]
) -> list[tuple[SectionId, str]]:
    """Return the sentences, with their sections, that a later one contradicts and no entry tells.

    Each is named once.
    """
    sentences = {
        (conflict.other_section, conflict.there): None
        for conflict, entry in _find_conflicts(entries, current_drafts)
        if entry is None
    }
    return list(sentences)


def _find_conflicts(
    entries: Sequence[Entry], current_drafts: Mapping[SectionId, Draft]
) -> Iterator[tuple[NumberConflict, Entry | None]]:
    """Yield the sections that count otherwise, with the entry about what they contradict."""
    first_entries = {str(e.id): e for e in entries if e.span is None and e.from_section is None}
    # what an entry says is compared as if it were a section before all others
    texts = {SectionId(entry_id): e.statement for entry_id, e in first_entries.items()}
    texts |= {section_id: draft.text for section_id, draft in current_drafts.items()}
    for conflict in find_number_conflicts(texts):
        if conflict.section in current_drafts:
            entry = first_entries.get(conflict.other_section)
            yield conflict, entry or _find_entry_of(conflict, entries, current_drafts)


def _find_entry_of(
    conflict: NumberConflict, entries: Sequence[Entry], current_drafts: Mapping[SectionId, Draft]
) -> Entry | None:
    """Return the entry that rests on the earlier section's sentence."""
    draft = current_drafts[conflict.other_section]
    start = draft.text.find(conflict.there)
    end = start + len(conflict.there)
    for entry in entries:
        span = entry.span
        if (
            span is not None
            and span.section == draft.section
            and span.draft == draft.version
            and span.start < end
            and span.end > start
        ):
            return entry
    return None


def _build_change(entry: Entry, conflict: NumberConflict) -> Change:
    return Change(
        id=entry.id,
        line=f"- [{entry.id}] {entry.subject}: {conflict.there}",
        reason=f"{entry.subject}: {conflict.other_section} counts {conflict.noun} otherwise",
        stamp=build_stamp(entry),
        entry=entry,
        evidence=conflict.quote,
        mended=_mend(conflict),
    )


def _mend(conflict: NumberConflict) -> str:
    """Return the later sentence with the earlier one's number; empty where that is not certain."""
    pattern = rf"(?<![\w.,]){re.escape(conflict.number)}(?!\w|[.,]\d)"
    if len(re.findall(pattern, conflict.quote)) != 1:
        return ""
    return re.sub(pattern, lambda _: conflict.number_there, conflict.quote)


def mend_counts(text: str, changes: Sequence[Change]) -> str:
    """Return ``text``, as an editor has left it, with the counts mended that still stand there."""
    for change in changes:
        if change.mended:
            text = text.replace(change.evidence, change.mended)
    return text

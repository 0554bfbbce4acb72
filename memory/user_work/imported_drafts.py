"""Texts that a person brings: taken in whole, in one transaction, and read into memory afterwards.

A person's words are safe before any model is asked about them. Until they are read, the work's row
names the sections that wait for it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import update

from inkwright.memory.domain.brief import Constraint
from inkwright.memory.domain.draft import Draft, Manifest
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.outline import Outline
from inkwright.memory.domain.protected_spans import ProtectedSpan, find_new_ranges
from inkwright.memory.ids import SectionId, WorkId
from inkwright.memory.store import draft_rows, ledger, plans, run_state, schema
from inkwright.memory.store.library import Lease, Library
from inkwright.memory.user_work import user_drafts


def store_texts(
    library: Library,
    lease: Lease,
    texts: Mapping[SectionId, str],
    *,
    outline: Outline | None = None,
    constraints: Sequence[Constraint] = (),
    protected_ranges: Mapping[SectionId, Sequence[ProtectedSpan]] | None = None,
) -> None:
    """Store a person's texts, by section id, and with ``outline`` a new version of the plan.

    Words that a section had before stay whose they were; the new ones are the person's, but in the
    sections of ``protected_ranges``, where these stretches are theirs or locked.

    Raises:
        BadInput: the work is not planned, or lacks one of the sections; nothing is stored.
    """
    current_plan = plans.current(library, lease.work_id)
    with library.write(lease) as db:
        plan = current_plan
        if outline is not None:
            plan = plans.insert_plan(
                db, lease.work_id, outline, tuple(constraints), author="person"
            )
        if plan is None:
            raise plans.not_planned(lease.work_id)
        previous_drafts = {
            section_id: draft_rows.load_newest(db, lease.work_id, section_id)
            for section_id in texts
        }
        unread_versions = dict(run_state.read_state(db, lease.work_id).unread_versions or {})
        for section_id, text in texts.items():
            previous_draft = previous_drafts[section_id]
            section_ranges: Sequence[ProtectedSpan] | None = None
            if protected_ranges is not None and section_id in protected_ranges:
                section_ranges = protected_ranges[section_id]
            elif previous_draft is not None:
                section_ranges = [
                    ProtectedSpan(start=start, end=end)
                    for start, end in find_new_ranges(previous_draft.text, text)
                ]
            user_drafts.insert_text(
                db, lease, plan, section_id, text, protected_ranges=section_ranges
            )
            unread_versions.setdefault(section_id, previous_draft.version if previous_draft else 0)
        run_state.set_unread(db, lease.work_id, unread_versions, settle=True)
        if outline is not None:
            works_table = schema.works
            db.execute(
                update(works_table)
                .where(works_table.c.id == lease.work_id)
                .values(title=outline.title)
            )


def load_unread_sections(library: Library, work_id: WorkId) -> dict[SectionId, int]:
    """Return the sections whose newest words are not in memory yet.

    Each is named with the version that memory has last seen; 0: none.
    """
    return dict(run_state.load_state(library, work_id).unread_versions or {})


def mark_read(
    library: Library,
    lease: Lease,
    draft: Draft,
    *,
    delta: Sequence[Entry],
    summary: str | None = None,
    new_manifest: Manifest | None = None,
) -> None:
    """Store what a section's text establishes, and with ``new_manifest`` what its author knew."""
    table, rows = schema.drafts, schema.sections
    with library.write(lease) as db:
        ledger.append_entries(db, lease.work_id, delta)
        values: dict[str, Any] = {} if summary is None else {"summary": summary}
        if new_manifest is not None:
            values["manifest"] = draft_rows.insert_manifest(db, lease.work_id, new_manifest)
            db.execute(
                update(rows)
                .where(rows.c.work == lease.work_id, rows.c.section == draft.section)
                .values(manifest=values["manifest"])
            )
        if values:
            db.execute(
                update(table)
                .where(
                    table.c.work == lease.work_id,
                    table.c.section == draft.section,
                    table.c.version == draft.version,
                )
                .values(**values)
            )
        unread_versions = run_state.read_state(db, lease.work_id).unread_versions or {}
        run_state.set_unread(
            db, lease.work_id, {s: v for s, v in unread_versions.items() if s != draft.section}
        )

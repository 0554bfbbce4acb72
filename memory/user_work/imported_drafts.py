"""Texts that a person brings: taken in whole, in one transaction, and read into memory afterwards.

A person's words are safe before any model is asked about them. Until they are read, the work's row
names the sections that wait for it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select, update

from inkwright.memory.domain.brief import Constraint
from inkwright.memory.domain.draft import Draft, Manifest
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.outline import Outline
from inkwright.memory.domain.protected_spans import ProtectedSpan, find_new_ranges
from inkwright.memory.ids import SectionId, WorkId
from inkwright.memory.store import draft_rows, ledger, plans, schema
from inkwright.memory.store.library import Lease, Library
from inkwright.memory.user_work import user_drafts

_UNREAD = "unread"


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
        unread_versions = _load_pinned_values(db, lease.work_id).get(_UNREAD) or {}
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
        changes: dict[str, Any] = {_UNREAD: unread_versions, "settled": False}
        values: dict[str, Any] = {"pinned": {**_load_pinned_values(db, lease.work_id), **changes}}
        if outline is not None:
            values["title"] = outline.title
        _update_work(db, lease.work_id, **values)


def load_unread_sections(library: Library, work_id: WorkId) -> dict[str, int]:
    """Return the sections whose newest words are not in memory yet.

    Each is named with the version that memory has last seen; 0: none.
    """
    with library.read() as db:
        return dict(_load_pinned_values(db, work_id).get(_UNREAD) or {})


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
        pinned_values = _load_pinned_values(db, lease.work_id)
        unread_versions = {
            s: v for s, v in (pinned_values.get(_UNREAD) or {}).items() if s != draft.section
        }
        _update_work(db, lease.work_id, pinned={**pinned_values, _UNREAD: unread_versions})


def _load_pinned_values(db: Connection, work_id: WorkId) -> dict[str, Any]:
    column = schema.works.c.pinned
    return db.execute(select(column).where(schema.works.c.id == work_id)).scalar_one() or {}


def _update_work(db: Connection, work_id: WorkId, **values: Any) -> None:
    db.execute(update(schema.works).where(schema.works.c.id == work_id).values(**values))

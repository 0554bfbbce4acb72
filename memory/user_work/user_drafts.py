"""Texts a person writes: stored as they are, with the stretches that no model may change."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from inkwright.memory.domain.draft import Draft, Manifest
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.protected_spans import ProtectedSpan, find_surviving_spans, merge_spans
from inkwright.memory.ids import SectionId, WorkId
from inkwright.memory.store import draft_rows, ledger, plans
from inkwright.memory.store.library import Lease, Library
from inkwright.memory.store.plans import Plan


def save_text(
    library: Library,
    lease: Lease,
    section_id: SectionId,
    text: str,
    *,
    protected_ranges: Sequence[tuple[int, int]] | None = None,
    summary: str = "",
    delta: Iterable[Entry] = (),
) -> Draft:
    """Store a text of the person's as the section's newest version: ``accepted``.

    ``protected_ranges`` are the stretches that no model may change from now on; None: all of
    it. What was held before stays so where it is still there. Other words than before are compared
    with all that memory says, once. An empty ``summary`` leaves the one there is.

    Raises:
        BadInput: the work is not planned, or has no such section.
    """
    plan = plans.require(library, lease.work_id)
    with library.write(lease) as db:
        spans = (
            None
            if protected_ranges is None
            else [ProtectedSpan(start=start, end=end) for start, end in protected_ranges]
        )
        return insert_text(
            db, lease, plan, section_id, text, protected_ranges=spans, summary=summary, delta=delta
        )


def insert_text(
    db: Connection,
    lease: Lease,
    plan: Plan,
    section_id: SectionId,
    text: str,
    *,
    protected_ranges: Sequence[ProtectedSpan] | None = None,
    summary: str = "",
    delta: Iterable[Entry] = (),
) -> Draft:
    """As ``save_text``, within the caller's transaction and by this plan.

    ``protected_ranges`` says why, too.
    """
    blank_manifest = _build_blank_manifest(plan, section_id)
    previous_draft = draft_rows.load_newest(db, lease.work_id, section_id)
    protected_spans = (
        [ProtectedSpan(start=0, end=len(text))]
        if protected_ranges is None
        else list(protected_ranges)
    )
    if previous_draft is not None:
        protected_spans += find_surviving_spans(previous_draft.held, previous_draft.text, text)
    is_same_text = previous_draft is not None and previous_draft.text == text
    manifest_id = (
        previous_draft.manifest
        if previous_draft and is_same_text
        else _insert_manifest(db, lease.work_id, blank_manifest, previous_draft)
    )
    draft = draft_rows.insert_version(
        db,
        lease,
        section_id,
        text,
        stage="person",
        manifest_id=manifest_id,
        summary=summary or (previous_draft.summary if previous_draft else ""),
        base_version=previous_draft.version if previous_draft else None,
        protected_spans=merge_spans(protected_spans),
    )
    ledger.append_entries(db, lease.work_id, delta)
    if previous_draft is not None and is_same_text:
        draft_rows.insert_stamps(
            db, lease.work_id, draft, draft_rows.load_stamps(db, lease.work_id, previous_draft)
        )
        if previous_draft.review is not None:
            draft_rows.store_review(db, lease, draft, previous_draft.review, previous_draft.rounds)
    first_version_values = {} if previous_draft else {"drafted": draft.version}
    draft_rows.update_section_row(
        db,
        lease,
        section_id,
        state="accepted",
        draft=draft.version,
        manifest=manifest_id,
        failure=None,
        **first_version_values,
    )
    return draft


def save_protected_spans(
    library: Library, lease: Lease, draft: Draft, protected_spans: Sequence[ProtectedSpan]
) -> Draft:
    """Store the newest draft again, with other stretches held: the words are the same."""
    with library.write(lease) as db:
        return insert_same_text(db, lease, draft, protected_spans)


def insert_same_text(
    db: Connection, lease: Lease, draft: Draft, protected_spans: Sequence[ProtectedSpan]
) -> Draft:
    """As ``save_protected_spans``, within the caller's transaction."""
    new_draft = draft_rows.insert_version(
        db,
        lease,
        draft.section,
        draft.text,
        stage=draft.stage,
        manifest_id=draft.manifest,
        summary=draft.summary,
        base_version=draft.version,
        protected_spans=protected_spans,
    )
    draft_rows.insert_stamps(
        db, lease.work_id, new_draft, draft_rows.load_stamps(db, lease.work_id, draft)
    )
    if draft.review is not None:
        draft_rows.store_review(db, lease, new_draft, draft.review, draft.rounds)
    draft_rows.update_section_row(db, lease, draft.section, draft=new_draft.version)
    return new_draft


def _build_blank_manifest(plan: Plan, section_id: SectionId) -> Manifest:
    """Return the manifest of a text that was written without being shown anything."""
    node = plan.require_section(section_id)
    return Manifest(
        section=section_id,
        outline_version=plan.version,
        node=node.digest,
        constraints={c.id: c.digest for c in plan.constraints_for(section_id)},
        target_words=node.target_words,
        budget_tokens=0,
        by_person=True,
    )


def _insert_manifest(
    db: Connection, work_id: WorkId, blank_manifest: Manifest, previous_draft: Draft | None
) -> int:
    """Store the manifest of a person's text, which rests on what ``previous_draft`` was shown."""
    if previous_draft is not None:
        shown_entries = draft_rows.load_manifest(db, previous_draft.manifest).shown
        blank_manifest = blank_manifest.model_copy(update={"shown": shown_entries})
    return draft_rows.insert_manifest(db, work_id, blank_manifest)

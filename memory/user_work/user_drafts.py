"""Texts a person writes: stored as they are, with the stretches that no model may change."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from inkwright.memory.domain.draft import Draft, Manifest
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.protected_spans import ProtectedSpan, merged, surviving
from inkwright.memory.errors import BadInput
from inkwright.memory.store import draft_rows, ledger, plans
from inkwright.memory.store.library import Lease, Library
from inkwright.memory.store.plans import Plan


def write(
    library: Library,
    lease: Lease,
    section: str,
    text: str,
    *,
    keep: Sequence[tuple[int, int]] | None = None,
    summary: str = "",
    delta: Iterable[Entry] = (),
) -> Draft:
    """Store a text of the person's as the section's newest version: ``accepted``.

    ``keep`` are the stretches that no model may change from now on; None: all of it. What was held
    before stays so where it is still there. Other words than before are compared with all that
    memory says, once. An empty ``summary`` leaves the one there is.

    Raises:
        BadInput: the work is not planned, or has no such section.
    """
    plan = plans.current(library, lease.work)
    if plan is None:
        raise BadInput(f"{lease.work} is not planned yet; `inkwright resume {lease.work}` plans it")
    with library.write(lease) as db:
        spans = (
            None if keep is None else [ProtectedSpan(start=start, end=end) for start, end in keep]
        )
        return put(db, lease, plan, section, text, keep=spans, summary=summary, delta=delta)


def put(
    db: Connection,
    lease: Lease,
    plan: Plan,
    section: str,
    text: str,
    *,
    keep: Sequence[ProtectedSpan] | None = None,
    summary: str = "",
    delta: Iterable[Entry] = (),
) -> Draft:
    """As ``write``, within the caller's transaction and by this plan; ``keep`` says why, too."""
    frozen = _unknowing(plan, lease.work, section)
    before = draft_rows.newest(db, lease.work, section)
    held = [ProtectedSpan(start=0, end=len(text))] if keep is None else list(keep)
    if before is not None:
        held += surviving(before.held, before.text, text)
    same = before is not None and before.text == text
    number = before.manifest if before and same else _unknown(db, lease.work, frozen, before)
    draft = draft_rows.new_version(
        db,
        lease,
        section,
        text,
        stage="person",
        manifest=number,
        summary=summary or (before.summary if before else ""),
        base=before.version if before else None,
        held=merged(held),
    )
    ledger.append(db, lease.work, delta)
    if before is not None and same:
        draft_rows.stamp(db, lease.work, draft, draft_rows.stamped(db, lease.work, before))
        if before.review is not None:
            draft_rows.set_review(db, lease, draft, before.review, before.rounds)
    drafted = {} if before else {"drafted": draft.version}
    draft_rows.set_row(
        db,
        lease,
        section,
        state="accepted",
        draft=draft.version,
        manifest=number,
        failure=None,
        **drafted,
    )
    return draft


def hold(library: Library, lease: Lease, draft: Draft, held: Sequence[ProtectedSpan]) -> Draft:
    """Store the newest draft again, with other stretches held: the words are the same."""
    with library.write(lease) as db:
        return put_again(db, lease, draft, held)


def put_again(db: Connection, lease: Lease, draft: Draft, held: Sequence[ProtectedSpan]) -> Draft:
    """As ``hold``, within the caller's transaction."""
    again = draft_rows.new_version(
        db,
        lease,
        draft.section,
        draft.text,
        stage=draft.stage,
        manifest=draft.manifest,
        summary=draft.summary,
        base=draft.version,
        held=held,
    )
    draft_rows.stamp(db, lease.work, again, draft_rows.stamped(db, lease.work, draft))
    if draft.review is not None:
        draft_rows.set_review(db, lease, again, draft.review, draft.rounds)
    draft_rows.set_row(db, lease, draft.section, draft=again.version)
    return again


def _unknowing(plan: Plan, work: str, section: str) -> Manifest:
    """Return the manifest of a text that was written without being shown anything."""
    if section not in plan.outline.position:
        sections = plan.outline.sections
        there = f"{sections[0].id} to {sections[-1].id}"
        raise BadInput(f"{work} has no section {section!r}; it has {there}")
    node = plan.outline.section(section)
    return Manifest(
        section=section,
        outline_version=plan.version,
        node=node.digest,
        constraints={c.id: c.digest for c in plan.carried(section)},
        target_words=node.target_words,
        budget_tokens=0,
        by_person=True,
    )


def _unknown(db: Connection, work: str, frozen: Manifest, before: Draft | None) -> int:
    """Store the manifest of a person's text; what ``before`` was shown it still rests on."""
    if before is not None:
        shown = draft_rows.manifest(db, before.manifest).shown
        frozen = frozen.model_copy(update={"shown": shown})
    return draft_rows.put_manifest(db, work, frozen)

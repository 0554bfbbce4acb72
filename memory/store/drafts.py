"""Drafts and their manifests, and the states a section passes through.

Each state is reached in one transaction: ``planned`` -> ``started`` (manifest frozen) ->
``drafted`` (text and memory delta) -> ``accepted`` (review). Nothing is ever overwritten.

A section that is taken out of the outline keeps its row and its versions, and has them again when
it is put back. What the work says meanwhile, ``current`` and ``load_manifests``, leaves it out.
"""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import RowMapping, select

from inkwright.memory.base import Value
from inkwright.memory.domain.check_record import CheckRecord
from inkwright.memory.domain.draft import Draft, Manifest, Review, SectionState, Stage
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.outline import Outline
from inkwright.memory.domain.protected_spans import ProtectedSpan, move_spans
from inkwright.memory.errors import BadInput
from inkwright.memory.ids import SectionId, WorkId
from inkwright.memory.store import draft_rows, ledger, plans, schema
from inkwright.memory.store.library import Lease, Library


class SectionRow(Value):
    """Where one section stands."""

    section: SectionId
    state: SectionState
    manifest: int | None
    drafted: int | None
    """Version that reached ``drafted``: what dependants are shown."""
    draft: int | None
    """Newest version: what the manuscript holds."""
    failure: str | None
    """Why the section has no text, or no new one."""


def load_section_rows(library: Library, work_id: WorkId) -> dict[SectionId, SectionRow]:
    """Return where every section stands, or stood when it was taken out of the outline, by id."""
    with library.read() as db:
        section_rows = db.execute(
            select(schema.sections).where(schema.sections.c.work == work_id)
        ).mappings()
        return {r["section"]: _build_section_row(r) for r in section_rows}


def load_section_row(library: Library, work_id: WorkId, section_id: SectionId) -> SectionRow:
    """Return where one section stands."""
    with library.read() as db:
        return _build_section_row(draft_rows.load_section_row(db, work_id, section_id))


def current(
    library: Library, work_id: WorkId, outline: Outline | None = None
) -> dict[SectionId, Draft]:
    """Return the newest draft of every planned section that has one, by id, in reading order.

    ``outline`` says what is planned; None: the newest one.
    """
    with library.read() as db:
        drafts = draft_rows.load_named_drafts(db, work_id, "draft")
        return plans.in_order(db, work_id, drafts, outline)


def load_first_drafts(library: Library, work_id: WorkId) -> dict[SectionId, Draft]:
    """Return of every section the draft its dependants are shown, before review touched it.

    Sections that were taken out of the outline are among them: they may be put back during a run.
    """
    with library.read() as db:
        return draft_rows.load_named_drafts(db, work_id, "drafted")


def versions(library: Library, work_id: WorkId, section_id: SectionId) -> list[Draft]:
    """Return every version of a section, oldest first."""
    table = schema.drafts
    with library.read() as db:
        version_rows = db.execute(
            select(table)
            .where(table.c.work == work_id, table.c.section == section_id)
            .order_by(table.c.version)
        ).mappings()
        return [draft_rows.draft_from_row(row) for row in version_rows]


def require(library: Library, work_id: WorkId, section_id: SectionId) -> Draft:
    """Return the newest draft of a planned section.

    Raises:
        BadInput: the section is not in the outline, or has no text.
    """
    if (draft := current(library, work_id).get(section_id)) is None:
        raise no_text(work_id, section_id)
    return draft


def require_versions(library: Library, work_id: WorkId, section_id: SectionId) -> list[Draft]:
    """Return every version of a section, oldest first, whether it is still planned or not.

    Raises:
        BadInput: it has no text.
    """
    if not (draft_versions := versions(library, work_id, section_id)):
        raise no_text(work_id, section_id)
    return draft_versions


def select_version(draft_versions: Sequence[Draft], number: int) -> Draft:
    """Return the version ``number`` of a section's versions, of which there is at least one.

    Raises:
        BadInput: there is none of this number.
    """
    for draft in draft_versions:
        if draft.version == number:
            return draft
    newest = draft_versions[-1]
    raise BadInput(f"{newest.section} has no version {number}; it has 1 to {newest.version}")


def no_text(work_id: WorkId, section_id: SectionId) -> BadInput:
    """Return the error for a section that has no text."""
    return BadInput(
        f"{work_id}: section {section_id!r} has no text; `inkwright resume {work_id}` writes what"
        " is missing"
    )


def load_write_times(library: Library, work_id: WorkId, section_id: SectionId) -> dict[int, float]:
    """Return when each version of a section was stored, in seconds since the epoch."""
    table = schema.drafts
    with library.read() as db:
        version_rows = db.execute(
            select(table.c.version, table.c.created_at)
            .where(table.c.work == work_id, table.c.section == section_id)
            .order_by(table.c.version)
        )
        return {row.version: row.created_at for row in version_rows}


def load_manifests(
    library: Library, work_id: WorkId, outline: Outline | None = None
) -> dict[SectionId, Manifest]:
    """Return the manifest of every draft that ``current`` returns, by section id."""
    with library.read() as db:
        return plans.in_order(db, work_id, draft_rows.load_manifests(db, work_id), outline)


def load_manifest(library: Library, manifest_id: int) -> Manifest:
    """Return one manifest by its row id."""
    with library.read() as db:
        return draft_rows.load_manifest(db, manifest_id)


def start_section(library: Library, lease: Lease, new_manifest: Manifest) -> int:
    """Freeze a section's manifest: ``started``. Returns the manifest's id."""
    with library.write(lease) as db:
        manifest_id = draft_rows.insert_manifest(db, lease.work_id, new_manifest)
        row_values = {"state": "started", "manifest": manifest_id, "failure": None}
        draft_rows.update_section_row(db, lease, new_manifest.section, **row_values)
        return manifest_id


def save_first_draft(
    library: Library,
    lease: Lease,
    section_id: SectionId,
    text: str,
    *,
    manifest_id: int,
    summary: str,
    delta: Iterable[Entry],
) -> Draft:
    """Store a first draft and what it establishes: ``drafted``."""
    with library.write(lease) as db:
        draft = draft_rows.insert_version(
            db,
            lease,
            section_id,
            text,
            stage="drafted",
            manifest_id=manifest_id,
            summary=summary,
        )
        ledger.append_entries(db, lease.work_id, delta)
        draft_rows.update_section_row(
            db,
            lease,
            section_id,
            state="drafted",
            drafted=draft.version,
            draft=draft.version,
        )
    return draft


def find_next_version(library: Library, work_id: WorkId, section_id: SectionId) -> int:
    """Return the number the section's next draft will have."""
    with library.read() as db:
        return draft_rows.find_next_version(db, work_id, section_id)


def accept(
    library: Library,
    lease: Lease,
    draft: Draft,
    *,
    text: str,
    review: Review,
    rounds: int,
    summary: str | None = None,
    delta: Iterable[Entry] = (),
) -> Draft:
    """Take a reviewed text: ``accepted``. A text unlike ``draft``'s becomes a new version."""
    with library.write(lease) as db:
        if text != draft.text:
            draft = draft_rows.insert_version(
                db,
                lease,
                draft.section,
                text,
                stage="reviewed",
                manifest_id=draft.manifest,
                summary=draft.summary if summary is None else summary,
                base_version=draft.version,
                protected_spans=move_spans(draft.held, draft.text, text),
            )
            ledger.append_entries(db, lease.work_id, delta)
        draft_rows.store_review(db, lease, draft, review, rounds)
        draft_rows.update_section_row(
            db,
            lease,
            draft.section,
            state="accepted",
            draft=draft.version,
            failure=None,
        )
    return draft.model_copy(update={"review": review, "rounds": rounds})


def save_patch(
    library: Library,
    lease: Lease,
    draft: Draft,
    *,
    text: str,
    stage: Stage,
    review: Review | None,
    delta: Iterable[Entry] = (),
    new_stamps: Sequence[CheckRecord] = (),
    protected_spans: Sequence[ProtectedSpan] | None = None,
) -> Draft:
    """Store a patched version of an accepted draft, stamped as checked against ``new_stamps``.

    ``protected_spans``: what of it is the person's; None: what of theirs the patch has left.
    """
    with library.write(lease) as db:
        new_draft = draft_rows.insert_version(
            db,
            lease,
            draft.section,
            text,
            stage=stage,
            manifest_id=draft.manifest,
            summary=draft.summary,
            base_version=draft.version,
            protected_spans=move_spans(draft.held, draft.text, text)
            if protected_spans is None
            else protected_spans,
        )
        if review is not None:
            draft_rows.store_review(db, lease, new_draft, review, draft.rounds)
        ledger.append_entries(db, lease.work_id, delta)
        all_stamps = [*draft_rows.load_stamps(db, lease.work_id, draft), *new_stamps]
        draft_rows.insert_stamps(db, lease.work_id, new_draft, all_stamps)
        draft_rows.update_section_row(db, lease, draft.section, draft=new_draft.version)
    return new_draft


def add_stamps(
    library: Library, lease: Lease, draft: Draft, new_stamps: Sequence[CheckRecord]
) -> None:
    """Record that a draft was checked against these changes, and stands."""
    with library.write(lease) as db:
        existing_stamps = set(draft_rows.load_stamps(db, lease.work_id, draft))
        draft_rows.insert_stamps(
            db, lease.work_id, draft, [c for c in new_stamps if c not in existing_stamps]
        )


def store_review(
    library: Library,
    lease: Lease,
    draft: Draft,
    review: Review,
    *,
    new_stamps: Sequence[CheckRecord] = (),
) -> None:
    """Store what is known of a draft by now, stamped as checked against ``new_stamps``."""
    with library.write(lease) as db:
        draft_rows.store_review(db, lease, draft, review, draft.rounds)
        draft_rows.insert_stamps(db, lease.work_id, draft, new_stamps)


def add_entries(
    library: Library,
    lease: Lease,
    drafts_and_entries: Sequence[tuple[Draft, Sequence[Entry]]],
    stamp: CheckRecord,
) -> None:
    """Add to memory what was found in drafts as they stand, each stamped with ``stamp``."""
    with library.write(lease) as db:
        for draft, delta in drafts_and_entries:
            ledger.append_entries(db, lease.work_id, delta)
            draft_rows.insert_stamps(db, lease.work_id, draft, [stamp])


def load_stamps(
    library: Library, work_id: WorkId, current_drafts: Mapping[SectionId, Draft]
) -> dict[SectionId, set[CheckRecord]]:
    """Return what each of ``current_drafts`` was checked against, by section id."""
    stamps_by_section: dict[SectionId, set[CheckRecord]] = {
        section_id: set() for section_id in current_drafts
    }
    with library.read() as db:
        for section_id, version, record in draft_rows.load_all_stamps(db, work_id):
            if section_id in current_drafts and current_drafts[section_id].version == version:
                stamps_by_section[section_id].add(record)
    return stamps_by_section


def record_failure(library: Library, lease: Lease, section_id: SectionId, reason: str) -> None:
    """Record why a section could not be written; resuming tries again."""
    with library.write(lease) as db:
        draft_rows.update_section_row(db, lease, section_id, failure=reason)


def _build_section_row(row: RowMapping) -> SectionRow:
    return SectionRow(**{name: row[name] for name in SectionRow.model_fields})

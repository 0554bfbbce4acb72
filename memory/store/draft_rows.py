"""The rows of drafts, manifests and sections, and the statements that read and write them.

All of them work within the caller's transaction: what they write belongs to one step.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    RowMapping,
    Select,
    Update,
    bindparam,
    func,
    insert,
    select,
    update,
)

from inkwright.memory.domain.check_record import CheckRecord, parse_check
from inkwright.memory.domain.draft import Author, Draft, Manifest, Review, Stage
from inkwright.memory.domain.protected_spans import ProtectedSpan, covers
from inkwright.memory.ids import SectionId, WorkId
from inkwright.memory.store import schema
from inkwright.memory.store.library import Lease, now
from inkwright.memory.text.words import count_words


def load_newest(db: Connection, work_id: WorkId, section_id: SectionId) -> Draft | None:
    """Return the newest version of a section."""
    table = schema.drafts
    result = db.execute(
        select(table)
        .where(table.c.work == work_id, table.c.section == section_id)
        .order_by(table.c.version.desc())
        .limit(1)
    ).mappings()
    newest_row = result.first()
    return None if newest_row is None else draft_from_row(newest_row)


def draft_from_row(row: RowMapping) -> Draft:
    """Return the draft that a row holds."""
    fields = {name: row[name] for name in Draft.model_fields}
    review = fields.pop("review")
    fields["held"] = tuple(ProtectedSpan.model_validate(span) for span in fields["held"])
    return Draft(**fields, review=None if review is None else Review.model_validate(review))


def insert_version(
    db: Connection,
    lease: Lease,
    section_id: SectionId,
    text: str,
    *,
    stage: Stage,
    manifest_id: int,
    summary: str,
    base_version: int | None = None,
    protected_spans: Sequence[ProtectedSpan] = (),
) -> Draft:
    """Store a text under the section's next number."""
    author: Author = "model"
    if protected_spans:
        author = "person" if covers(protected_spans, text) else "mixed"
    draft = Draft(
        section=section_id,
        version=find_next_version(db, lease.work_id, section_id),
        stage=stage,
        text=text,
        words=count_words(text),
        author=author,
        summary=summary,
        base=base_version,
        manifest=manifest_id,
        held=tuple(protected_spans),
    )
    values = draft.model_dump(mode="json")
    db.execute(_INSERT_DRAFT, {"work": lease.work_id, "created_at": now(), **values})
    return draft


def find_next_version(db: Connection, work_id: WorkId, section_id: SectionId) -> int:
    """Return the number the section's next draft will have."""
    return (
        db.execute(_SELECT_NEWEST_VERSION, _build_section_key(work_id, section_id)).scalar() or 0
    ) + 1


def insert_manifest(db: Connection, work_id: WorkId, new_manifest: Manifest) -> int:
    """Store a manifest, and return its id."""
    primary_key = db.execute(
        _INSERT_MANIFEST,
        {
            "work": work_id,
            "section": new_manifest.section,
            "created_at": now(),
            "content": new_manifest.model_dump(mode="json"),
        },
    ).inserted_primary_key
    assert primary_key is not None
    return int(primary_key[0])


def load_manifest(db: Connection, manifest_id: int) -> Manifest:
    """Return one manifest by its row id."""
    content = db.execute(
        select(schema.manifests.c.content).where(schema.manifests.c.id == manifest_id)
    ).scalar_one()
    return Manifest.model_validate(content)


def load_named_drafts(db: Connection, work: WorkId, which: str) -> dict[SectionId, Draft]:
    """Return the draft that each section's row names as ``which``, by section id."""
    rows = db.execute(_select_named_drafts(which), {"of_work": work}).mappings()
    return {row["section"]: draft_from_row(row) for row in rows}


def load_manifests(db: Connection, work_id: WorkId) -> dict[SectionId, Manifest]:
    """Return the manifest of every section's newest draft, by section id."""
    manifest_rows = db.execute(_SELECT_MANIFESTS, {"of_work": work_id})
    return {row.section: Manifest.model_validate(row.content) for row in manifest_rows}


def load_section_row(db: Connection, work_id: WorkId, section_id: SectionId) -> RowMapping:
    """Return the row of one section."""
    return db.execute(_SELECT_SECTION, _build_section_key(work_id, section_id)).mappings().one()


def update_section_row(
    db: Connection, lease: Lease, section_id: SectionId, **values: object
) -> None:
    """Record where a section stands."""
    db.execute(
        _build_section_update(tuple(values)),
        {**_build_section_key(lease.work_id, section_id), **values},
    )


def store_review(db: Connection, lease: Lease, draft: Draft, review: Review, rounds: int) -> None:
    """Record what was found about a version."""
    review_values = {"new_review": review.model_dump(mode="json"), "new_rounds": rounds}
    draft_key = {**_build_section_key(lease.work_id, draft.section), "of_draft": draft.version}
    db.execute(_UPDATE_REVIEW, {**draft_key, **review_values})


def load_stamps(db: Connection, work_id: WorkId, draft: Draft) -> list[CheckRecord]:
    """Return what a draft was checked against."""
    draft_key = {**_build_section_key(work_id, draft.section), "of_draft": draft.version}
    return [parse_check(text) for text in db.execute(_SELECT_STAMPS, draft_key).scalars()]


def load_all_stamps(
    db: Connection, work_id: WorkId
) -> Iterator[tuple[SectionId, int, CheckRecord]]:
    """Yield section, version and what that was checked against."""
    for row in db.execute(_SELECT_ALL_STAMPS, {"of_work": work_id}):
        yield row.section, row.draft, parse_check(row.what)


def insert_stamps(
    db: Connection, work_id: WorkId, draft: Draft, stamps: Sequence[CheckRecord]
) -> None:
    """Record what a draft was checked against."""
    if stamps:
        db.execute(
            insert(schema.checks),
            [
                {
                    "work": work_id,
                    "section": draft.section,
                    "draft": draft.version,
                    "what": record.stored,
                    "created_at": now(),
                }
                for record in dict.fromkeys(stamps)
            ],
        )


def _build_section_key(work_id: WorkId, section_id: SectionId) -> dict[str, Any]:
    """Return the parameters of statements about one section."""
    return {"of_work": work_id, "of_section": section_id}


_OF_WORK: BindParameter[str] = bindparam("of_work")
_OF_SECTION: BindParameter[str] = bindparam("of_section")
_OF_DRAFT: BindParameter[int] = bindparam("of_draft")
_ROWS, _DRAFTS, _CHECKS = schema.sections.c, schema.drafts.c, schema.checks.c
_SELECT_SECTION = select(schema.sections).where(
    _ROWS.work == _OF_WORK, _ROWS.section == _OF_SECTION
)
_SELECT_NEWEST_VERSION = select(func.max(_DRAFTS.version)).where(
    _DRAFTS.work == _OF_WORK, _DRAFTS.section == _OF_SECTION
)
_SELECT_STAMPS = select(_CHECKS.what).where(
    _CHECKS.work == _OF_WORK, _CHECKS.section == _OF_SECTION, _CHECKS.draft == _OF_DRAFT
)
_SELECT_ALL_STAMPS = select(_CHECKS.section, _CHECKS.draft, _CHECKS.what).where(
    _CHECKS.work == _OF_WORK
)
_INSERT_DRAFT, _INSERT_MANIFEST = insert(schema.drafts), insert(schema.manifests)
_UPDATE_REVIEW = (
    update(schema.drafts)
    .where(_DRAFTS.work == _OF_WORK, _DRAFTS.section == _OF_SECTION, _DRAFTS.version == _OF_DRAFT)
    .values(review=bindparam("new_review"), rounds=bindparam("new_rounds"))
)


@cache
def _select_named_drafts(which: str) -> Select[Any]:
    """Return what asks for the draft of every section that its row names as ``which``."""
    same = (_ROWS.work == _DRAFTS.work) & (_ROWS.section == _DRAFTS.section)
    drafts_with_sections = schema.drafts.join(
        schema.sections, same & (_ROWS[which] == _DRAFTS.version)
    )
    return select(schema.drafts).select_from(drafts_with_sections).where(_DRAFTS.work == _OF_WORK)


@cache
def _build_section_update(column_names: tuple[str, ...]) -> Update:
    """Return what sets these columns of a section's row."""
    section_update = update(schema.sections).where(
        _ROWS.work == _OF_WORK, _ROWS.section == _OF_SECTION
    )
    return section_update.values({name: bindparam(name) for name in column_names})


_SELECT_MANIFESTS = (
    _select_named_drafts("draft")
    .join(schema.manifests, schema.manifests.c.id == _DRAFTS.manifest)
    .with_only_columns(_DRAFTS.section, schema.manifests.c.content)
)

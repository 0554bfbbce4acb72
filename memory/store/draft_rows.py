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

from inkwright.memory.domain.draft import Author, Draft, Manifest, Review, Stage
from inkwright.memory.domain.protected_spans import ProtectedSpan, covers
from inkwright.memory.store import schema
from inkwright.memory.store.library import Lease, now
from inkwright.memory.text.words import count_words


def newest(db: Connection, work: str, section: str) -> Draft | None:
    """Return the newest version of a section."""
    table = schema.drafts
    row = db.execute(
        select(table)
        .where(table.c.work == work, table.c.section == section)
        .order_by(table.c.version.desc())
        .limit(1)
    ).mappings()
    found = row.first()
    return None if found is None else draft_of(found)


def draft_of(row: RowMapping) -> Draft:
    """Return the draft that a row holds."""
    fields = {name: row[name] for name in Draft.model_fields}
    review = fields.pop("review")
    fields["held"] = tuple(ProtectedSpan.model_validate(span) for span in fields["held"])
    return Draft(**fields, review=None if review is None else Review.model_validate(review))


def new_version(
    db: Connection,
    lease: Lease,
    section: str,
    text: str,
    *,
    stage: Stage,
    manifest: int,
    summary: str,
    base: int | None = None,
    held: Sequence[ProtectedSpan] = (),
) -> Draft:
    """Store a text under the section's next number."""
    author: Author = "model"
    if held:
        author = "person" if covers(held, text) else "mixed"
    draft = Draft(
        section=section,
        version=next_version(db, lease.work, section),
        stage=stage,
        text=text,
        words=count_words(text),
        author=author,
        summary=summary,
        base=base,
        manifest=manifest,
        held=tuple(held),
    )
    stored = draft.model_dump(mode="json")
    db.execute(_NEW_DRAFT, {"work": lease.work, "created_at": now(), **stored})
    return draft


def next_version(db: Connection, work: str, section: str) -> int:
    """Return the number the section's next draft will have."""
    return (db.execute(_NEWEST, _of(work, section)).scalar() or 0) + 1


def put_manifest(db: Connection, work: str, frozen: Manifest) -> int:
    """Store a manifest, and return its id."""
    number = db.execute(
        _NEW_MANIFEST,
        {
            "work": work,
            "section": frozen.section,
            "created_at": now(),
            "content": frozen.model_dump(mode="json"),
        },
    ).inserted_primary_key
    assert number is not None
    return int(number[0])


def manifest(db: Connection, number: int) -> Manifest:
    """Return one manifest by its row id."""
    content = db.execute(
        select(schema.manifests.c.content).where(schema.manifests.c.id == number)
    ).scalar_one()
    return Manifest.model_validate(content)


def named(db: Connection, work: str, which: str) -> dict[str, Draft]:
    """Return the draft that each section's row names as ``which``, by section id."""
    found = db.execute(_named(which), {"of_work": work}).mappings()
    return {row["section"]: draft_of(row) for row in found}


def manifests(db: Connection, work: str) -> dict[str, Manifest]:
    """Return the manifest of every section's newest draft, by section id."""
    found = db.execute(_MANIFESTS, {"of_work": work})
    return {row.section: Manifest.model_validate(row.content) for row in found}


def section(db: Connection, work: str, section: str) -> RowMapping:
    """Return the row of one section."""
    return db.execute(_SECTION, _of(work, section)).mappings().one()


def set_row(db: Connection, lease: Lease, section: str, **values: object) -> None:
    """Record where a section stands."""
    db.execute(_setting(tuple(values)), {**_of(lease.work, section), **values})


def set_review(db: Connection, lease: Lease, draft: Draft, review: Review, rounds: int) -> None:
    """Record what was found about a version."""
    told = {"new_review": review.model_dump(mode="json"), "new_rounds": rounds}
    version = {**_of(lease.work, draft.section), "of_draft": draft.version}
    db.execute(_REVIEWED, {**version, **told})


def stamped(db: Connection, work: str, draft: Draft) -> list[str]:
    """Return what a draft was checked against."""
    known = {**_of(work, draft.section), "of_draft": draft.version}
    return list(db.execute(_STAMPS, known).scalars())


def all_stamped(db: Connection, work: str) -> Iterator[tuple[str, int, str]]:
    """Yield section, version and what that was checked against."""
    for row in db.execute(_ALL_STAMPS, {"of_work": work}):
        yield row.section, row.draft, row.what


def stamp(db: Connection, work: str, draft: Draft, checked: Sequence[str]) -> None:
    """Record what a draft was checked against."""
    if checked:
        db.execute(
            insert(schema.checks),
            [
                {
                    "work": work,
                    "section": draft.section,
                    "draft": draft.version,
                    "what": what,
                    "created_at": now(),
                }
                for what in dict.fromkeys(checked)
            ],
        )


def _of(work: str, section: str) -> dict[str, Any]:
    """Return the parameters of statements about one section."""
    return {"of_work": work, "of_section": section}


_OF_WORK: BindParameter[str] = bindparam("of_work")
_OF_SECTION: BindParameter[str] = bindparam("of_section")
_OF_DRAFT: BindParameter[int] = bindparam("of_draft")
_ROWS, _DRAFTS, _CHECKS = schema.sections.c, schema.drafts.c, schema.checks.c
_SECTION = select(schema.sections).where(_ROWS.work == _OF_WORK, _ROWS.section == _OF_SECTION)
_NEWEST = select(func.max(_DRAFTS.version)).where(
    _DRAFTS.work == _OF_WORK, _DRAFTS.section == _OF_SECTION
)
_STAMPS = select(_CHECKS.what).where(
    _CHECKS.work == _OF_WORK, _CHECKS.section == _OF_SECTION, _CHECKS.draft == _OF_DRAFT
)
_ALL_STAMPS = select(_CHECKS.section, _CHECKS.draft, _CHECKS.what).where(_CHECKS.work == _OF_WORK)
_NEW_DRAFT, _NEW_MANIFEST = insert(schema.drafts), insert(schema.manifests)
_REVIEWED = (
    update(schema.drafts)
    .where(_DRAFTS.work == _OF_WORK, _DRAFTS.section == _OF_SECTION, _DRAFTS.version == _OF_DRAFT)
    .values(review=bindparam("new_review"), rounds=bindparam("new_rounds"))
)


@cache
def _named(which: str) -> Select[Any]:
    """Return what asks for the draft of every section that its row names as ``which``."""
    same = (_ROWS.work == _DRAFTS.work) & (_ROWS.section == _DRAFTS.section)
    joined = schema.drafts.join(schema.sections, same & (_ROWS[which] == _DRAFTS.version))
    return select(schema.drafts).select_from(joined).where(_DRAFTS.work == _OF_WORK)


@cache
def _setting(names: tuple[str, ...]) -> Update:
    """Return what sets these columns of a section's row."""
    row = update(schema.sections).where(_ROWS.work == _OF_WORK, _ROWS.section == _OF_SECTION)
    return row.values({name: bindparam(name) for name in names})


_MANIFESTS = (
    _named("draft")
    .join(schema.manifests, schema.manifests.c.id == _DRAFTS.manifest)
    .with_only_columns(_DRAFTS.section, schema.manifests.c.content)
)

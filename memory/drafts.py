"""Drafts and their manifests, and the states a section passes through.

Each state is reached in one transaction: ``planned`` -> ``started`` (manifest frozen) ->
``drafted`` (text and memory delta) -> ``accepted`` (review). Nothing is ever overwritten.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from inkwright.memory import ledger, schema
from inkwright.memory.draft import Draft, Manifest, Review, SectionState, Stage
from inkwright.memory.entry import Entry
from inkwright.memory.library import Lease, Library, now
from inkwright.memory.values import Value
from inkwright.memory.wordcount import count_words


class SectionRow(Value):
    """Where one section stands."""

    section: str
    state: SectionState
    manifest: int | None
    drafted: int | None
    """Version that reached ``drafted``: what dependants are shown."""
    draft: int | None
    """Newest version: what the manuscript holds."""
    failure: str | None
    """Why the section has no text, or no new one."""


def rows(library: Library, work: str) -> dict[str, SectionRow]:
    """Return where every section stands, by id."""
    with library.read() as db:
        found = db.execute(select(schema.sections).where(schema.sections.c.work == work)).mappings()
        return {r["section"]: _row(r) for r in found}


def row(library: Library, work: str, section: str) -> SectionRow:
    """Return where one section stands."""
    table = schema.sections
    with library.read() as db:
        found = db.execute(select(table).where(table.c.work == work, table.c.section == section))
        return _row(found.mappings().one())


def current(library: Library, work: str) -> dict[str, Draft]:
    """Return the newest draft of every section that has one, by section id."""
    return _joined(library, work, "draft")


def as_drafted(library: Library, work: str) -> dict[str, Draft]:
    """Return of every section the draft its dependants are shown, before review touched it."""
    return _joined(library, work, "drafted")


def versions(library: Library, work: str, section: str) -> list[Draft]:
    """Return every version of a section, oldest first."""
    table = schema.drafts
    with library.read() as db:
        found = db.execute(
            select(table)
            .where(table.c.work == work, table.c.section == section)
            .order_by(table.c.version)
        ).mappings()
        return [_draft(row) for row in found]


def manifests(library: Library, work: str) -> dict[str, Manifest]:
    """Return the manifest of every section's newest draft, by section id."""
    joined = schema.drafts.join(
        schema.sections,
        (schema.sections.c.work == schema.drafts.c.work)
        & (schema.sections.c.section == schema.drafts.c.section)
        & (schema.sections.c.draft == schema.drafts.c.version),
    ).join(schema.manifests, schema.manifests.c.id == schema.drafts.c.manifest)
    with library.read() as db:
        found = db.execute(
            select(schema.drafts.c.section, schema.manifests.c.content)
            .select_from(joined)
            .where(schema.drafts.c.work == work)
        )
        return {row.section: Manifest.model_validate(row.content) for row in found}


def manifest(library: Library, number: int) -> Manifest:
    """Return one manifest by its row id."""
    with library.read() as db:
        content = db.execute(
            select(schema.manifests.c.content).where(schema.manifests.c.id == number)
        ).scalar_one()
    return Manifest.model_validate(content)


def start(library: Library, lease: Lease, frozen: Manifest) -> int:
    """Freeze a section's manifest: ``started``. Returns the manifest's id."""
    with library.write(lease) as db:
        number = db.execute(
            insert(schema.manifests).values(
                work=lease.work,
                section=frozen.section,
                created_at=now(),
                content=frozen.model_dump(mode="json"),
            )
        ).inserted_primary_key
        assert number is not None
        _set(db, lease, frozen.section, state="started", manifest=number[0], failure=None)
        return int(number[0])


def land(
    library: Library,
    lease: Lease,
    section: str,
    text: str,
    *,
    manifest: int,
    summary: str,
    delta: Iterable[Entry],
) -> Draft:
    """Store a first draft and what it establishes: ``drafted``."""
    with library.write(lease) as db:
        draft = _new_version(
            db,
            lease,
            section,
            text,
            stage="drafted",
            manifest=manifest,
            summary=summary,
        )
        ledger.append(db, lease.work, delta)
        _set(
            db,
            lease,
            section,
            state="drafted",
            drafted=draft.version,
            draft=draft.version,
        )
    return draft


def next_version(library: Library, work: str, section: str) -> int:
    """Return the number the section's next draft will have."""
    with library.read() as db:
        return _next_version(db, work, section)


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
            draft = _new_version(
                db,
                lease,
                draft.section,
                text,
                stage="reviewed",
                manifest=draft.manifest,
                summary=draft.summary if summary is None else summary,
                base=draft.version,
            )
            ledger.append(db, lease.work, delta)
        _set_review(db, lease, draft, review, rounds)
        _set(
            db,
            lease,
            draft.section,
            state="accepted",
            draft=draft.version,
            failure=None,
        )
    return draft.model_copy(update={"review": review, "rounds": rounds})


def patch(
    library: Library,
    lease: Lease,
    draft: Draft,
    *,
    text: str,
    stage: Stage,
    review: Review | None,
    delta: Iterable[Entry] = (),
    checked: Sequence[str] = (),
) -> Draft:
    """Store a patched version of an accepted draft, stamped as checked against ``checked``."""
    with library.write(lease) as db:
        patched = _new_version(
            db,
            lease,
            draft.section,
            text,
            stage=stage,
            manifest=draft.manifest,
            summary=draft.summary,
            base=draft.version,
        )
        if review is not None:
            _set_review(db, lease, patched, review, draft.rounds)
        ledger.append(db, lease.work, delta)
        stamps = [*stamped(db, lease.work, draft), *checked]
        _stamp(db, lease.work, patched, stamps)
        _set(db, lease, draft.section, draft=patched.version)
    return patched


def stamp(library: Library, lease: Lease, draft: Draft, checked: Sequence[str]) -> None:
    """Record that a draft was checked against these changes, and stands."""
    with library.write(lease) as db:
        known = set(stamped(db, lease.work, draft))
        _stamp(db, lease.work, draft, [c for c in checked if c not in known])


def stamped(db: Connection, work: str, draft: Draft) -> list[str]:
    """Return what a draft was checked against."""
    table = schema.checks
    return [
        row.what
        for row in db.execute(
            select(table.c.what).where(
                table.c.work == work,
                table.c.section == draft.section,
                table.c.draft == draft.version,
            )
        )
    ]


def fail(library: Library, lease: Lease, section: str, reason: str) -> None:
    """Record why a section could not be written; resuming tries again."""
    with library.write(lease) as db:
        _set(db, lease, section, failure=reason)


def _joined(library: Library, work: str, which: str) -> dict[str, Draft]:
    joined = schema.drafts.join(
        schema.sections,
        (schema.sections.c.work == schema.drafts.c.work)
        & (schema.sections.c.section == schema.drafts.c.section)
        & (schema.sections.c[which] == schema.drafts.c.version),
    )
    with library.read() as db:
        found = db.execute(
            select(schema.drafts).select_from(joined).where(schema.drafts.c.work == work)
        ).mappings()
        return {row["section"]: _draft(row) for row in found}


def _new_version(
    db: Connection,
    lease: Lease,
    section: str,
    text: str,
    *,
    stage: Stage,
    manifest: int,
    summary: str,
    base: int | None = None,
) -> Draft:
    draft = Draft(
        section=section,
        version=_next_version(db, lease.work, section),
        stage=stage,
        text=text,
        words=count_words(text),
        summary=summary,
        base=base,
        manifest=manifest,
    )
    db.execute(
        insert(schema.drafts).values(
            work=lease.work, created_at=now(), **draft.model_dump(mode="json")
        )
    )
    return draft


def _next_version(db: Connection, work: str, section: str) -> int:
    table = schema.drafts
    newest = db.execute(
        select(func.max(table.c.version)).where(table.c.work == work, table.c.section == section)
    ).scalar()
    return (newest or 0) + 1


def _set(db: Connection, lease: Lease, section: str, **values: object) -> None:
    table = schema.sections
    db.execute(
        update(table).where(table.c.work == lease.work, table.c.section == section).values(**values)
    )


def _set_review(db: Connection, lease: Lease, draft: Draft, review: Review, rounds: int) -> None:
    table = schema.drafts
    db.execute(
        update(table)
        .where(
            table.c.work == lease.work,
            table.c.section == draft.section,
            table.c.version == draft.version,
        )
        .values(review=review.model_dump(mode="json"), rounds=rounds)
    )


def _stamp(db: Connection, work: str, draft: Draft, checked: Sequence[str]) -> None:
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


def _row(row: RowMapping) -> SectionRow:
    return SectionRow(**{name: row[name] for name in SectionRow.model_fields})


def _draft(row: RowMapping) -> Draft:
    fields = {name: row[name] for name in Draft.model_fields}
    review = fields.pop("review")
    return Draft(**fields, review=None if review is None else Review.model_validate(review))

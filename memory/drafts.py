"""Drafts and their manifests, and the states a section passes through.

Each state is reached in one transaction: ``planned`` -> ``started`` (manifest frozen) ->
``drafted`` (text and memory delta) -> ``accepted`` (review). Nothing is ever overwritten.
"""

from collections.abc import Iterable, Mapping, Sequence
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

from inkwright.memory import ledger, plans, schema
from inkwright.memory.draft import Author, Draft, Manifest, Review, SectionState, Stage
from inkwright.memory.entry import Entry
from inkwright.memory.errors import BadInput
from inkwright.memory.held import Held, covers, merged, moved, surviving
from inkwright.memory.library import Lease, Library, now
from inkwright.memory.plans import Plan
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
    with library.read() as db:
        return _row(db.execute(_SECTION, _of(work, section)).mappings().one())


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


def written_at(library: Library, work: str, section: str) -> dict[int, float]:
    """Return when each version of a section was stored, in seconds since the epoch."""
    table = schema.drafts
    with library.read() as db:
        found = db.execute(
            select(table.c.version, table.c.created_at)
            .where(table.c.work == work, table.c.section == section)
            .order_by(table.c.version)
        )
        return {row.version: row.created_at for row in found}


def manifests(library: Library, work: str) -> dict[str, Manifest]:
    """Return the manifest of every section's newest draft, by section id."""
    with library.read() as db:
        found = db.execute(_MANIFESTS, {"of_work": work})
        return {row.section: Manifest.model_validate(row.content) for row in found}


def manifest(library: Library, number: int) -> Manifest:
    """Return one manifest by its row id."""
    with library.read() as db:
        return _manifest(db, number)


def start(library: Library, lease: Lease, frozen: Manifest) -> int:
    """Freeze a section's manifest: ``started``. Returns the manifest's id."""
    with library.write(lease) as db:
        number = put_manifest(db, lease.work, frozen)
        set_row(db, lease, frozen.section, state="started", manifest=number, failure=None)
        return number


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
        draft = new_version(
            db,
            lease,
            section,
            text,
            stage="drafted",
            manifest=manifest,
            summary=summary,
        )
        ledger.append(db, lease.work, delta)
        set_row(
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
            draft = new_version(
                db,
                lease,
                draft.section,
                text,
                stage="reviewed",
                manifest=draft.manifest,
                summary=draft.summary if summary is None else summary,
                base=draft.version,
                held=moved(draft.held, draft.text, text),
            )
            ledger.append(db, lease.work, delta)
        set_review(db, lease, draft, review, rounds)
        set_row(
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
    held: Sequence[Held] | None = None,
) -> Draft:
    """Store a patched version of an accepted draft, stamped as checked against ``checked``.

    ``held``: what of it is the person's; None: what of theirs the patch has left.
    """
    with library.write(lease) as db:
        patched = new_version(
            db,
            lease,
            draft.section,
            text,
            stage=stage,
            manifest=draft.manifest,
            summary=draft.summary,
            base=draft.version,
            held=moved(draft.held, draft.text, text) if held is None else held,
        )
        if review is not None:
            set_review(db, lease, patched, review, draft.rounds)
        ledger.append(db, lease.work, delta)
        stamps = [*stamped(db, lease.work, draft), *checked]
        _stamp(db, lease.work, patched, stamps)
        set_row(db, lease, draft.section, draft=patched.version)
    return patched


def by_person(
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
        return put_by_person(
            db, lease, plan, section, text, keep=keep, summary=summary, delta=delta
        )


def put_by_person(
    db: Connection,
    lease: Lease,
    plan: Plan,
    section: str,
    text: str,
    *,
    keep: Sequence[tuple[int, int]] | None = None,
    summary: str = "",
    delta: Iterable[Entry] = (),
) -> Draft:
    """As ``by_person``, within the caller's transaction and by this plan."""
    frozen = _unknowing(plan, lease.work, section)
    before = newest(db, lease.work, section)
    spans = [(0, len(text))] if keep is None else keep
    held = [Held(start=start, end=end) for start, end in spans]
    if before is not None:
        held += surviving(before.held, before.text, text)
    same = before is not None and before.text == text
    number = before.manifest if before and same else _unknown(db, lease.work, frozen, before)
    draft = new_version(
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
        _stamp(db, lease.work, draft, stamped(db, lease.work, before))
        if before.review is not None:
            set_review(db, lease, draft, before.review, before.rounds)
    drafted = {} if before else {"drafted": draft.version}
    set_row(
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


def hold(library: Library, lease: Lease, draft: Draft, held: Sequence[Held]) -> Draft:
    """Store the newest draft again, with other stretches held: the words are the same."""
    with library.write(lease) as db:
        return put_again(db, lease, draft, held)


def put_again(db: Connection, lease: Lease, draft: Draft, held: Sequence[Held]) -> Draft:
    """As ``hold``, within the caller's transaction."""
    again = new_version(
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
    _stamp(db, lease.work, again, stamped(db, lease.work, draft))
    if draft.review is not None:
        set_review(db, lease, again, draft.review, draft.rounds)
    set_row(db, lease, draft.section, draft=again.version)
    return again


def stamp(library: Library, lease: Lease, draft: Draft, checked: Sequence[str]) -> None:
    """Record that a draft was checked against these changes, and stands."""
    with library.write(lease) as db:
        known = set(stamped(db, lease.work, draft))
        _stamp(db, lease.work, draft, [c for c in checked if c not in known])


def judge(
    library: Library, lease: Lease, draft: Draft, review: Review, *, checked: Sequence[str] = ()
) -> None:
    """Store what is known of a draft by now, stamped as checked against ``checked``."""
    with library.write(lease) as db:
        set_review(db, lease, draft, review, draft.rounds)
        _stamp(db, lease.work, draft, checked)


def learn(
    library: Library, lease: Lease, learnt: Sequence[tuple[Draft, Sequence[Entry]]], what: str
) -> None:
    """Add to memory what was found in drafts as they stand, each stamped with ``what``."""
    with library.write(lease) as db:
        for draft, delta in learnt:
            ledger.append(db, lease.work, delta)
            _stamp(db, lease.work, draft, [what])


def stamped(db: Connection, work: str, draft: Draft) -> list[str]:
    """Return what a draft was checked against."""
    known = {**_of(work, draft.section), "of_draft": draft.version}
    return list(db.execute(_STAMPS, known).scalars())


def all_stamped(library: Library, work: str, current: Mapping[str, Draft]) -> dict[str, set[str]]:
    """Return what each of the drafts ``current`` was checked against, by section id."""
    found: dict[str, set[str]] = {sid: set() for sid in current}
    with library.read() as db:
        for row in db.execute(_ALL_STAMPS, {"of_work": work}):
            if row.section in current and current[row.section].version == row.draft:
                found[row.section].add(row.what)
    return found


def fail(library: Library, lease: Lease, section: str, reason: str) -> None:
    """Record why a section could not be written; resuming tries again."""
    with library.write(lease) as db:
        set_row(db, lease, section, failure=reason)


def _joined(library: Library, work: str, which: str) -> dict[str, Draft]:
    with library.read() as db:
        found = db.execute(_standing(which), {"of_work": work}).mappings()
        return {row["section"]: _draft(row) for row in found}


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
    held: Sequence[Held] = (),
) -> Draft:
    """Store a text under the section's next number, within the caller's transaction."""
    author: Author = "model"
    if held:
        author = "person" if covers(held, text) else "mixed"
    draft = Draft(
        section=section,
        version=_next_version(db, lease.work, section),
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


def _unknowing(plan: Plan, work: str, section: str) -> Manifest:
    """Return the manifest of a text that was written without being shown anything."""
    if section not in plan.outline.position:
        last = plan.outline.sections[-1].id
        raise BadInput(f"{work} has no section {section!r}; it has s1 to {last}")
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
        shown = _manifest(db, before.manifest).shown
        frozen = frozen.model_copy(update={"shown": shown})
    return put_manifest(db, work, frozen)


def put_manifest(db: Connection, work: str, frozen: Manifest) -> int:
    """Store a manifest within the caller's transaction, and return its id."""
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


def _manifest(db: Connection, number: int) -> Manifest:
    content = db.execute(
        select(schema.manifests.c.content).where(schema.manifests.c.id == number)
    ).scalar_one()
    return Manifest.model_validate(content)


def newest(db: Connection, work: str, section: str) -> Draft | None:
    """Return the newest version of a section, seen from the caller's transaction."""
    table = schema.drafts
    row = db.execute(
        select(table)
        .where(table.c.work == work, table.c.section == section)
        .order_by(table.c.version.desc())
        .limit(1)
    ).mappings()
    found = row.first()
    return None if found is None else _draft(found)


def _next_version(db: Connection, work: str, section: str) -> int:
    return (db.execute(_NEWEST, _of(work, section)).scalar() or 0) + 1


def set_row(db: Connection, lease: Lease, section: str, **values: object) -> None:
    """Record where a section stands, within the caller's transaction."""
    db.execute(_setting(tuple(values)), {**_of(lease.work, section), **values})


def set_review(db: Connection, lease: Lease, draft: Draft, review: Review, rounds: int) -> None:
    """Record what was found about a version, within the caller's transaction."""
    told = {"new_review": review.model_dump(mode="json"), "new_rounds": rounds}
    of = {**_of(lease.work, draft.section), "of_draft": draft.version}
    db.execute(_REVIEWED, {**of, **told})


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
    fields["held"] = tuple(Held.model_validate(span) for span in fields["held"])
    return Draft(**fields, review=None if review is None else Review.model_validate(review))


def _of(work: str, section: str) -> dict[str, Any]:
    """Return what the statements below are asked about."""
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
def _standing(which: str) -> Select[Any]:
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
    _standing("draft")
    .join(schema.manifests, schema.manifests.c.id == _DRAFTS.manifest)
    .with_only_columns(_DRAFTS.section, schema.manifests.c.content)
)

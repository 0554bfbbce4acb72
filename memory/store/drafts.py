"""Drafts and their manifests, and the states a section passes through.

Each state is reached in one transaction: ``planned`` -> ``started`` (manifest frozen) ->
``drafted`` (text and memory delta) -> ``accepted`` (review). Nothing is ever overwritten.

A section that is taken out of the outline keeps its row and its versions, and has them again when
it is put back. What the work says meanwhile, ``current`` and ``manifests``, leaves it out.
"""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import RowMapping, select

from inkwright.memory.base import Value
from inkwright.memory.domain.draft import Draft, Manifest, Review, SectionState, Stage
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.outline import Outline
from inkwright.memory.domain.protected_spans import ProtectedSpan, moved
from inkwright.memory.store import draft_rows, ledger, plans, schema
from inkwright.memory.store.library import Lease, Library


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
    """Return where every section stands, or stood when it was taken out of the outline, by id."""
    with library.read() as db:
        found = db.execute(select(schema.sections).where(schema.sections.c.work == work)).mappings()
        return {r["section"]: _row(r) for r in found}


def row(library: Library, work: str, section: str) -> SectionRow:
    """Return where one section stands."""
    with library.read() as db:
        return _row(draft_rows.section(db, work, section))


def current(library: Library, work: str, outline: Outline | None = None) -> dict[str, Draft]:
    """Return the newest draft of every planned section that has one, by id, in reading order.

    ``outline`` says what is planned; None: the newest one.
    """
    with library.read() as db:
        drafts = draft_rows.named(db, work, "draft")
        return plans.in_order(db, work, drafts, outline)


def as_drafted(library: Library, work: str) -> dict[str, Draft]:
    """Return of every section the draft its dependants are shown, before review touched it.

    Sections that were taken out of the outline are among them: they may be put back during a run.
    """
    with library.read() as db:
        return draft_rows.named(db, work, "drafted")


def versions(library: Library, work: str, section: str) -> list[Draft]:
    """Return every version of a section, oldest first."""
    table = schema.drafts
    with library.read() as db:
        found = db.execute(
            select(table)
            .where(table.c.work == work, table.c.section == section)
            .order_by(table.c.version)
        ).mappings()
        return [draft_rows.draft_of(row) for row in found]


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


def manifests(library: Library, work: str, outline: Outline | None = None) -> dict[str, Manifest]:
    """Return the manifest of every draft that ``current`` returns, by section id."""
    with library.read() as db:
        return plans.in_order(db, work, draft_rows.manifests(db, work), outline)


def manifest(library: Library, number: int) -> Manifest:
    """Return one manifest by its row id."""
    with library.read() as db:
        return draft_rows.manifest(db, number)


def start(library: Library, lease: Lease, frozen: Manifest) -> int:
    """Freeze a section's manifest: ``started``. Returns the manifest's id."""
    with library.write(lease) as db:
        number = draft_rows.put_manifest(db, lease.work, frozen)
        states = {"state": "started", "manifest": number, "failure": None}
        draft_rows.set_row(db, lease, frozen.section, **states)
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
        draft = draft_rows.new_version(
            db,
            lease,
            section,
            text,
            stage="drafted",
            manifest=manifest,
            summary=summary,
        )
        ledger.append(db, lease.work, delta)
        draft_rows.set_row(
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
        return draft_rows.next_version(db, work, section)


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
            draft = draft_rows.new_version(
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
        draft_rows.set_review(db, lease, draft, review, rounds)
        draft_rows.set_row(
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
    held: Sequence[ProtectedSpan] | None = None,
) -> Draft:
    """Store a patched version of an accepted draft, stamped as checked against ``checked``.

    ``held``: what of it is the person's; None: what of theirs the patch has left.
    """
    with library.write(lease) as db:
        patched = draft_rows.new_version(
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
            draft_rows.set_review(db, lease, patched, review, draft.rounds)
        ledger.append(db, lease.work, delta)
        stamps = [*draft_rows.stamped(db, lease.work, draft), *checked]
        draft_rows.stamp(db, lease.work, patched, stamps)
        draft_rows.set_row(db, lease, draft.section, draft=patched.version)
    return patched


def stamp(library: Library, lease: Lease, draft: Draft, checked: Sequence[str]) -> None:
    """Record that a draft was checked against these changes, and stands."""
    with library.write(lease) as db:
        known = set(draft_rows.stamped(db, lease.work, draft))
        draft_rows.stamp(db, lease.work, draft, [c for c in checked if c not in known])


def judge(
    library: Library, lease: Lease, draft: Draft, review: Review, *, checked: Sequence[str] = ()
) -> None:
    """Store what is known of a draft by now, stamped as checked against ``checked``."""
    with library.write(lease) as db:
        draft_rows.set_review(db, lease, draft, review, draft.rounds)
        draft_rows.stamp(db, lease.work, draft, checked)


def learn(
    library: Library, lease: Lease, learnt: Sequence[tuple[Draft, Sequence[Entry]]], what: str
) -> None:
    """Add to memory what was found in drafts as they stand, each stamped with ``what``."""
    with library.write(lease) as db:
        for draft, delta in learnt:
            ledger.append(db, lease.work, delta)
            draft_rows.stamp(db, lease.work, draft, [what])


def all_stamped(library: Library, work: str, current: Mapping[str, Draft]) -> dict[str, set[str]]:
    """Return what each of the drafts ``current`` was checked against, by section id."""
    found: dict[str, set[str]] = {sid: set() for sid in current}
    with library.read() as db:
        for sid, version, what in draft_rows.all_stamped(db, work):
            if sid in current and current[sid].version == version:
                found[sid].add(what)
    return found


def fail(library: Library, lease: Lease, section: str, reason: str) -> None:
    """Record why a section could not be written; resuming tries again."""
    with library.write(lease) as db:
        draft_rows.set_row(db, lease, section, failure=reason)


def _row(row: RowMapping) -> SectionRow:
    return SectionRow(**{name: row[name] for name in SectionRow.model_fields})

"""Plans: the versions of a work's outline and constraints. Append-only."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, bindparam, func, insert, select

from inkwright.memory.base import Value
from inkwright.memory.domain.brief import Constraint
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.outline import Outline, Section, word_missing_section
from inkwright.memory.errors import BadInput
from inkwright.memory.ids import SectionId, WorkId
from inkwright.memory.store import ledger, schema
from inkwright.memory.store.library import Lease, Library, now

T = TypeVar("T")


class Plan(Value):
    """One version of what is to be written, and what it must meet."""

    version: int
    outline: Outline
    constraints: tuple[Constraint, ...]
    gone: frozenset[str] = frozenset()
    """Ids of sections that earlier versions had: their texts are kept, and no other gets them."""

    @property
    def taken(self) -> frozenset[str]:
        """The ids that no new section can have."""
        return self.gone | self.outline.position.keys()

    def constraints_for(self, section_id: SectionId) -> tuple[Constraint, ...]:
        """Return the constraints placed in ``section_id``, as they read there."""
        position, total = self.outline.position[section_id], len(self.outline.sections)
        section_constraints = (c for c in self.constraints if position in c.where.positions(total))
        return tuple(c.with_section_number(position) for c in section_constraints)

    def require_section(self, section_id: SectionId) -> Section:
        """Return the section ``section_id``.

        Raises:
            BadInput: the outline has no such section.
        """
        if section_id not in self.outline.position:
            raise BadInput(word_missing_section(section_id, list(self.outline.position)))
        return self.outline.section(section_id)

    @property
    def whole_piece_constraints(self) -> tuple[Constraint, ...]:
        """The constraints on the finished piece."""
        return tuple(c for c in self.constraints if c.where.scope == "whole")


def current(library: Library, work_id: WorkId) -> Plan | None:
    """Return the newest plan, or None before the work is planned."""
    return _load_plan(library, work_id, schema.plans.c.version.desc())


def require(library: Library, work_id: WorkId) -> Plan:
    """Return the newest plan.

    Raises:
        BadInput: the work is not planned yet.
    """
    if (plan := current(library, work_id)) is None:
        raise not_planned(work_id)
    return plan


def not_planned(work_id: WorkId) -> BadInput:
    """Return the error for a work that has no plan yet."""
    return BadInput(f"{work_id} is not planned yet; `inkwright resume {work_id}` plans it")


def first(library: Library, work_id: WorkId) -> Plan | None:
    """Return the plan that the work began with, or None before it is planned."""
    return _load_plan(library, work_id, schema.plans.c.version.asc())


def _load_plan(library: Library, work_id: WorkId, order: ColumnElement[int]) -> Plan | None:
    with library.read() as db:
        row = db.execute(
            select(schema.plans).where(schema.plans.c.work == work_id).order_by(order).limit(1)
        ).first()
        section_ids = _sections(db, work_id)
    if row is None:
        return None
    outline = Outline.model_validate(row.outline)
    return Plan(
        version=row.version,
        outline=outline,
        constraints=tuple(Constraint.model_validate(c) for c in row.constraints),
        gone=section_ids - outline.position.keys(),
    )


def _sections(db: Connection, work: str) -> frozenset[str]:
    """Return the ids of every section that a version of the plan has had."""
    return frozenset(db.execute(_SECTIONS, {"of_work": work}).scalars())


_SECTIONS = select(schema.sections.c.section).where(schema.sections.c.work == bindparam("of_work"))


def find_newest_version(library: Library, work_id: WorkId) -> int:
    """Return the number of the newest plan; 0 before the work is planned."""
    with library.read() as db:
        newest = db.execute(_SELECT_NEWEST_VERSION, {"of_work": work_id}).scalar()
    return newest or 0


_SELECT_NEWEST_VERSION = select(func.max(schema.plans.c.version)).where(
    schema.plans.c.work == bindparam("of_work")
)


def in_order(
    db: Connection, work: str, by_section: Mapping[SectionId, T], outline: Outline | None = None
) -> dict[SectionId, T]:
    """Return what there is for planned sections, by their ids, in reading order.

    ``outline`` says what is planned; None: the newest one. It works within the caller's
    transaction.
    """
    if outline is not None:
        return outline.sort_in_reading_order(by_section)
    outline_fields = db.execute(_NEWEST_OUTLINE, {"of_work": work}).scalar() if by_section else None
    planned_ids = (
        (section["id"] for section in outline_fields["sections"]) if outline_fields else ()
    )
    return {
        section_id: by_section[section_id] for section_id in planned_ids if section_id in by_section
    }


_NEWEST_OUTLINE = (
    select(schema.plans.c.outline)
    .where(schema.plans.c.work == bindparam("of_work"))
    .order_by(schema.plans.c.version.desc())
    .limit(1)
)


def adopt(
    library: Library,
    lease: Lease,
    outline: Outline,
    constraints: tuple[Constraint, ...],
    *,
    delta: Iterable[Entry] = (),
    author: str = "model",
) -> Plan:
    """Store a new version of the plan with its memory entries; new sections are ``planned``."""
    with library.write(lease) as db:
        return insert_plan(db, lease.work_id, outline, constraints, delta=delta, author=author)


def insert_plan(
    db: Connection,
    work_id: WorkId,
    outline: Outline,
    constraints: tuple[Constraint, ...],
    *,
    delta: Iterable[Entry] = (),
    author: str = "model",
) -> Plan:
    """As ``adopt``, within the caller's transaction."""
    newest_number = db.execute(_SELECT_NEWEST_VERSION, {"of_work": work_id}).scalar()
    version = (newest_number or 0) + 1
    db.execute(
        insert(schema.plans).values(
            work=work_id,
            version=version,
            created_at=now(),
            author=author,
            outline=outline.model_dump(mode="json"),
            constraints=[c.model_dump(mode="json") for c in constraints],
        )
    )
    ledger.append_entries(db, work_id, delta)
    existing_ids = _sections(db, work_id)
    new_ids = [s.id for s in outline.sections if s.id not in existing_ids]
    if new_ids:
        db.execute(
            insert(schema.sections),
            [
                {"work": work_id, "section": section_id, "state": "planned"}
                for section_id in new_ids
            ],
        )
    removed_ids = existing_ids - outline.position.keys()
    return Plan(version=version, outline=outline, constraints=constraints, gone=removed_ids)


def taken_out(library: Library, work: str) -> list[Section]:
    """Return the sections that the outline no longer has, as they last stood in it.

    The last taken out comes first.
    """
    outlines_query = select(schema.plans.c.outline).where(schema.plans.c.work == work)
    with library.read() as db:
        outlines = list(
            db.execute(outlines_query.order_by(schema.plans.c.version.desc())).scalars()
        )
    planned_ids = {s["id"] for s in outlines[0]["sections"]} if outlines else set()
    removed_by_id: dict[str, Section] = {}
    for outline in outlines[1:]:
        for section in outline["sections"]:
            if section["id"] not in planned_ids and section["id"] not in removed_by_id:
                removed_by_id[section["id"]] = Section.model_validate(section)
    return list(removed_by_id.values())

"""Plans: the versions of a work's outline and constraints. Append-only."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, func, insert, select

from inkwright.memory import ledger, schema
from inkwright.memory.brief import Constraint
from inkwright.memory.entry import Entry
from inkwright.memory.library import Lease, Library, now
from inkwright.memory.outline import Outline
from inkwright.memory.values import Value


class Plan(Value):
    """One version of what is to be written, and what it must meet."""

    version: int
    outline: Outline
    constraints: tuple[Constraint, ...]

    def carried(self, section: str) -> tuple[Constraint, ...]:
        """Return the constraints placed in ``section``."""
        position, total = self.outline.position[section], len(self.outline.sections)
        return tuple(c for c in self.constraints if position in c.where.positions(total))

    @property
    def whole(self) -> tuple[Constraint, ...]:
        """The constraints on the finished piece."""
        return tuple(c for c in self.constraints if c.where.scope == "whole")


def current(library: Library, work: str) -> Plan | None:
    """Return the newest plan, or None before the work is planned."""
    return _one(library, work, schema.plans.c.version.desc())


def first(library: Library, work: str) -> Plan | None:
    """Return the plan that the work began with, or None before it is planned."""
    return _one(library, work, schema.plans.c.version.asc())


def _one(library: Library, work: str, order: ColumnElement[int]) -> Plan | None:
    with library.read() as db:
        row = db.execute(
            select(schema.plans).where(schema.plans.c.work == work).order_by(order).limit(1)
        ).first()
    if row is None:
        return None
    return Plan(
        version=row.version,
        outline=Outline.model_validate(row.outline),
        constraints=tuple(Constraint.model_validate(c) for c in row.constraints),
    )


def newest_version(library: Library, work: str) -> int:
    """Return the number of the newest plan; 0 before the work is planned."""
    with library.read() as db:
        newest = db.execute(
            select(func.max(schema.plans.c.version)).where(schema.plans.c.work == work)
        ).scalar()
    return newest or 0


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
        return put(db, lease.work, outline, constraints, delta=delta, author=author)


def put(
    db: Connection,
    work: str,
    outline: Outline,
    constraints: tuple[Constraint, ...],
    *,
    delta: Iterable[Entry] = (),
    author: str = "model",
) -> Plan:
    """As ``adopt``, within the caller's transaction."""
    newest = db.execute(
        select(func.max(schema.plans.c.version)).where(schema.plans.c.work == work)
    ).scalar()
    version = (newest or 0) + 1
    db.execute(
        insert(schema.plans).values(
            work=work,
            version=version,
            created_at=now(),
            author=author,
            outline=outline.model_dump(mode="json"),
            constraints=[c.model_dump(mode="json") for c in constraints],
        )
    )
    ledger.append(db, work, delta)
    known = {
        row.section
        for row in db.execute(
            select(schema.sections.c.section).where(schema.sections.c.work == work)
        )
    }
    new = [s.id for s in outline.sections if s.id not in known]
    if new:
        db.execute(
            insert(schema.sections),
            [{"work": work, "section": sid, "state": "planned"} for sid in new],
        )
    return Plan(version=version, outline=outline, constraints=constraints)

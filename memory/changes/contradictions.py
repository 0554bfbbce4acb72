"""Findings: where a person's own sentences contradict memory. Told to them, and never changed.

A finding stands while its words are in the section and memory says what they contradict. One that
the person has dismissed does not come back, however often the section is checked.
"""

from collections.abc import Iterable

from sqlalchemy import RowMapping, insert, select, update

from inkwright.memory.base import Value
from inkwright.memory.changes.staleness import Change, stamp_of
from inkwright.memory.errors import BadInput
from inkwright.memory.store import drafts, schema
from inkwright.memory.store.ledger import Ledger
from inkwright.memory.store.library import Lease, Library, now


class ContradictionFinding(Value):
    """One sentence of the person's, and what it contradicts."""

    number: int
    section: str
    about: str
    """Id of the memory entry, or constraint, that it contradicts."""
    stamp: str
    line: str
    """What memory says, as the judge was shown it."""
    evidence: str
    """The person's words, exactly."""
    dismissed: bool = False


def keep(library: Library, lease: Lease, section: str, found: Iterable[tuple[Change, str]]) -> None:
    """Store where the person's words contradict a change, unless it is known already."""
    table = schema.findings
    with library.write(lease) as db:
        rows = db.execute(
            select(table.c.stamp, table.c.evidence).where(
                table.c.work == lease.work, table.c.section == section
            )
        )
        known = {(row.stamp, row.evidence) for row in rows}
        for change, evidence in found:
            if (change.stamp, evidence) in known:
                continue
            known.add((change.stamp, evidence))
            db.execute(
                insert(table).values(
                    work=lease.work,
                    section=section,
                    about=change.id,
                    stamp=change.stamp,
                    line=change.line,
                    evidence=evidence,
                    created_at=now(),
                )
            )


def listed(library: Library, work: str, *, dismissed: bool = False) -> list[ContradictionFinding]:
    """Return the findings that still stand, oldest first; with ``dismissed``, those too."""
    table = schema.findings
    with library.read() as db:
        rows = db.execute(select(table).where(table.c.work == work).order_by(table.c.id))
        found = [_told(row) for row in rows.mappings()]
    if not found:
        return []
    texts = {sid: draft.text for sid, draft in drafts.current(library, work).items()}
    says = {stamp_of(e) for e in Ledger(library, work).refresh().latest()}
    return [
        told
        for told in found
        if told.evidence in texts.get(told.section, "")
        and (told.stamp in says or not told.stamp.startswith("entry:"))
        and (dismissed or not told.dismissed)
    ]


def dismiss(library: Library, work: str, number: int, *, undo: bool = False) -> None:
    """Let one finding be: it is not listed again, unless with ``undo``.

    Raises:
        BadInput: there is none of this number.
    """
    table = schema.findings
    with library.write() as db:
        changed = db.execute(
            update(table)
            .where(table.c.work == work, table.c.id == number)
            .values(dismissed=not undo)
        )
    if changed.rowcount != 1:
        raise BadInput(
            f"{work} has no finding {number}; `inkwright memory findings {work}` lists them"
        )


def _told(row: RowMapping) -> ContradictionFinding:
    fields = {name: row[name] for name in ContradictionFinding.model_fields if name != "number"}
    return ContradictionFinding(number=row["id"], **fields)

"""Findings: where a person's own sentences contradict memory. Told to them, and never changed.

A finding stands while its words are in the section and memory says what they contradict. One that
the person has dismissed does not come back, however often the section is checked.
"""

from collections.abc import Iterable

from sqlalchemy import RowMapping, insert, select, update

from inkwright.memory.base import Value
from inkwright.memory.changes.staleness import Change, build_stamp
from inkwright.memory.domain.check_record import CheckRecord, EntryCheck, parse_check
from inkwright.memory.errors import BadInput
from inkwright.memory.ids import SectionId, WorkId
from inkwright.memory.store import drafts, schema
from inkwright.memory.store.ledger import Ledger
from inkwright.memory.store.library import Lease, Library, now


class ContradictionFinding(Value):
    """One sentence of the person's, and what it contradicts."""

    number: int
    section: SectionId
    about: str
    """Id of the memory entry, or constraint, that it contradicts."""
    stamp: CheckRecord
    line: str
    """What memory says, as the judge was shown it."""
    evidence: str
    """The person's words, exactly."""
    dismissed: bool = False


def store_findings(
    library: Library,
    lease: Lease,
    section_id: SectionId,
    contradicted_changes: Iterable[tuple[Change, str]],
) -> None:
    """Store where the person's words contradict a change, unless it is known already."""
    table = schema.findings
    with library.write(lease) as db:
        rows = db.execute(
            select(table.c.stamp, table.c.evidence).where(
                table.c.work == lease.work_id, table.c.section == section_id
            )
        )
        stored_keys = {(row.stamp, row.evidence) for row in rows}
        for change, evidence in contradicted_changes:
            stamp = change.stamp.stored
            if (stamp, evidence) in stored_keys:
                continue
            stored_keys.add((stamp, evidence))
            db.execute(
                insert(table).values(
                    work=lease.work_id,
                    section=section_id,
                    about=change.id,
                    stamp=stamp,
                    line=change.line,
                    evidence=evidence,
                    created_at=now(),
                )
            )


def load_findings(
    library: Library, work_id: WorkId, *, include_dismissed: bool = False
) -> list[ContradictionFinding]:
    """Return the findings that still stand, oldest first; with ``include_dismissed``, those too."""
    table = schema.findings
    with library.read() as db:
        rows = db.execute(select(table).where(table.c.work == work_id).order_by(table.c.id))
        all_findings = [_finding_from_row(row) for row in rows.mappings()]
    if not all_findings:
        return []
    texts = {
        section_id: draft.text for section_id, draft in drafts.current(library, work_id).items()
    }
    current_stamps = {build_stamp(e) for e in Ledger(library, work_id).refresh().latest()}
    return [
        finding
        for finding in all_findings
        if finding.evidence in texts.get(finding.section, "")
        and (finding.stamp in current_stamps or not isinstance(finding.stamp, EntryCheck))
        and (include_dismissed or not finding.dismissed)
    ]


def dismiss(library: Library, work_id: WorkId, finding_number: int, *, undo: bool = False) -> None:
    """Let one finding be: it is not listed again, unless with ``undo``.

    Raises:
        BadInput: there is none of this number.
    """
    table = schema.findings
    with library.write() as db:
        result = db.execute(
            update(table)
            .where(table.c.work == work_id, table.c.id == finding_number)
            .values(dismissed=not undo)
        )
    if result.rowcount != 1:
        raise BadInput(
            f"{work_id} has no finding {finding_number};"
            f" `inkwright memory findings {work_id}` lists them"
        )


def _finding_from_row(row: RowMapping) -> ContradictionFinding:
    fields = {name: row[name] for name in ContradictionFinding.model_fields if name in row}
    return ContradictionFinding(
        **{**fields, "number": row["id"], "stamp": parse_check(row["stamp"])}
    )

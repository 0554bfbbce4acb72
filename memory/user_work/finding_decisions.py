"""What the person says of a finding: that it is right and is to be mended, or that it may stay.

It is kept as a stamp of the draft, so later versions of the same text have it too, and a new draft
is judged anew. A finding with other evidence is another finding.
"""

from collections.abc import Mapping
from typing import Literal

from sqlalchemy import delete, select

from inkwright.memory.base import digest
from inkwright.memory.ids import SectionId, WorkId
from inkwright.memory.store import drafts, schema
from inkwright.memory.store.library import Lease, Library

Verdict = Literal["accepted", "dismissed"]
_VERDICT = "verdict"
VERDICTS: tuple[Verdict, ...] = ("accepted", "dismissed")


def store_verdict(
    library: Library,
    lease: Lease,
    section_id: SectionId,
    about_id: str,
    evidence: str,
    verdict: Verdict | None,
) -> None:
    """Record what the person says of a finding; None: nothing.

    ``about_id`` is the constraint or entry that the finding is about.

    Raises:
        BadInput: the section has no text.
    """
    draft = drafts.require(library, lease.work_id, section_id)
    table = schema.checks
    with library.write(lease) as db:
        db.execute(
            delete(table).where(
                table.c.work == lease.work_id,
                table.c.section == section_id,
                table.c.draft == draft.version,
                table.c.what.in_([_build_stamp(v, about_id, evidence) for v in VERDICTS]),
            )
        )
    if verdict is not None:
        drafts.add_stamps(library, lease, draft, [_build_stamp(verdict, about_id, evidence)])


def load_verdict_stamps(library: Library, work_id: WorkId) -> Mapping[str, set[str]]:
    """Return what ``find_verdict`` reads, of every section's newest draft that has any."""
    table, rows = schema.checks, schema.sections
    is_newest_draft = (
        (rows.c.work == table.c.work)
        & (rows.c.section == table.c.section)
        & (rows.c.draft == table.c.draft)
    )
    stamps_by_section: dict[str, set[str]] = {}
    with library.read() as db:
        for row in db.execute(
            select(table.c.section, table.c.what)
            .select_from(table.join(rows, is_newest_draft))
            .where(table.c.work == work_id, table.c.what.like(f"{_VERDICT}:%"))
        ):
            stamps_by_section.setdefault(row.section, set()).add(row.what)
    return stamps_by_section


def find_verdict(stamps: set[str], about_id: str, evidence: str) -> Verdict | None:
    """Return what the person said of this finding; None: nothing yet."""
    for possible_verdict in VERDICTS:
        if _build_stamp(possible_verdict, about_id, evidence) in stamps:
            return possible_verdict
    return None


def _build_stamp(given_verdict: Verdict, about_id: str, evidence: str) -> str:
    return f"{_VERDICT}:{given_verdict}:{about_id}:{digest(evidence)[:16]}"

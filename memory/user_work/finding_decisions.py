"""What the person says of a finding: that it is right and is to be mended, or that it may stay.

It is kept as a stamp of the draft, so later versions of the same text have it too, and a new draft
is judged anew. A finding with other evidence is another finding.
"""

from collections.abc import Set

from sqlalchemy import delete

from inkwright.memory.base import digest
from inkwright.memory.domain.check_record import (
    VERDICTS,
    CheckRecord,
    FindingVerdict,
    Verdict,
)
from inkwright.memory.ids import SectionId
from inkwright.memory.store import drafts, schema
from inkwright.memory.store.library import Lease, Library


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
                table.c.what.in_([_build_record(v, about_id, evidence).stored for v in VERDICTS]),
            )
        )
    if verdict is not None:
        drafts.add_stamps(library, lease, draft, [_build_record(verdict, about_id, evidence)])


def find_verdict(stamps: Set[CheckRecord], about_id: str, evidence: str) -> Verdict | None:
    """Return what the person said of this finding, by the stamps of its draft; None: nothing."""
    for possible_verdict in VERDICTS:
        if _build_record(possible_verdict, about_id, evidence) in stamps:
            return possible_verdict
    return None


def _build_record(verdict: Verdict, about_id: str, evidence: str) -> FindingVerdict:
    return FindingVerdict(verdict, about_id, digest(evidence)[:16])

"""What the person says of a finding: that it is right and is to be mended, or that it may stay.

It is kept as a stamp of the draft, so later versions of the same text have it too, and a new draft
is judged anew. A finding with other evidence is another finding.
"""

from collections.abc import Mapping
from typing import Literal

from sqlalchemy import delete, select

from inkwright.memory.base import digest
from inkwright.memory.errors import BadInput
from inkwright.memory.store import drafts, schema
from inkwright.memory.store.library import Lease, Library

Verdict = Literal["accepted", "dismissed"]
_VERDICT = "verdict"
VERDICTS: tuple[Verdict, ...] = ("accepted", "dismissed")


def decide(
    library: Library,
    lease: Lease,
    section: str,
    about: str,
    evidence: str,
    verdict: Verdict | None,
) -> None:
    """Record what the person says of a finding ``about`` a constraint or entry; None: nothing.

    Raises:
        BadInput: the section has no text.
    """
    draft = drafts.current(library, lease.work).get(section)
    if draft is None:
        raise BadInput(f"{lease.work}: section {section!r} has no text")
    table = schema.checks
    with library.write(lease) as db:
        db.execute(
            delete(table).where(
                table.c.work == lease.work,
                table.c.section == section,
                table.c.draft == draft.version,
                table.c.what.in_([_stamp(v, about, evidence) for v in VERDICTS]),
            )
        )
    if verdict is not None:
        drafts.stamp(library, lease, draft, [_stamp(verdict, about, evidence)])


def verdicts(library: Library, work: str) -> Mapping[str, set[str]]:
    """Return what ``verdict`` reads, of every section's newest draft that has any."""
    table, rows = schema.checks, schema.sections
    newest = (
        (rows.c.work == table.c.work)
        & (rows.c.section == table.c.section)
        & (rows.c.draft == table.c.draft)
    )
    found: dict[str, set[str]] = {}
    with library.read() as db:
        for row in db.execute(
            select(table.c.section, table.c.what)
            .select_from(table.join(rows, newest))
            .where(table.c.work == work, table.c.what.like(f"{_VERDICT}:%"))
        ):
            found.setdefault(row.section, set()).add(row.what)
    return found


def verdict(stamps: set[str], about: str, evidence: str) -> Verdict | None:
    """Return what the person said of this finding; None: nothing yet."""
    for known in VERDICTS:
        if _stamp(known, about, evidence) in stamps:
            return known
    return None


def _stamp(said: Verdict, about: str, evidence: str) -> str:
    return f"{_VERDICT}:{said}:{about}:{digest(evidence)[:16]}"

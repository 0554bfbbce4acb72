"""Accounts: what each section says of itself, from which the rolling summary is derived.

They follow from the journal: an account that is lost is read there again, and no model is asked.
"""

import json
from collections.abc import Iterable

from sqlalchemy import select, update

from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.ids import WorkId
from inkwright.memory.store import schema
from inkwright.memory.store.library import Lease, Library


def rebuild_summaries(library: Library, lease: Lease) -> int:
    """Give drafts that have no account the one that the archivist gave; return how many."""
    drafts_table = schema.drafts
    with library.write(lease) as db:
        rows = db.execute(
            select(
                drafts_table.c.section,
                drafts_table.c.version,
                drafts_table.c.stage,
                drafts_table.c.summary,
            )
            .where(drafts_table.c.work == lease.work_id)
            .order_by(drafts_table.c.section, drafts_table.c.version)
        ).all()
        if all(row.summary for row in rows):
            return 0
        summaries_by_section = _load_journaled_summaries(library, lease.work_id)
        rebuilt_count = 0
        for section_id in {row.section for row in rows}:
            section_summary = ""
            journaled_summaries = iter(summaries_by_section.get(section_id, ()))
            for row in (r for r in rows if r.section == section_id):
                if row.stage == "drafted":
                    section_summary = next(journaled_summaries, "")
                section_summary = row.summary or section_summary
                if section_summary and not row.summary:
                    db.execute(
                        update(drafts_table)
                        .where(
                            drafts_table.c.work == lease.work_id,
                            drafts_table.c.section == section_id,
                            drafts_table.c.version == row.version,
                        )
                        .values(summary=section_summary)
                    )
                    rebuilt_count += 1
    return rebuilt_count


def _load_journaled_summaries(library: Library, work_id: WorkId) -> dict[str, list[str]]:
    """Return the accounts in the journal, by section, one for each of its first drafts."""
    table = schema.journal
    with library.read() as db:
        rows = db.execute(
            select(table.c.step, table.c.digest, table.c.answer)
            .where(
                table.c.work == work_id,
                table.c.role == "archivist",
                table.c.purpose == Purpose.REMEMBER,
            )
            .order_by(table.c.id)
        ).all()
    last_answers = {(row.step, row.digest): row.answer for row in rows}
    summaries_by_section: dict[str, list[str]] = {}
    for (step, _), answer in last_answers.items():
        summaries_by_section.setdefault(step, []).extend(_parse_summary(answer))
    return summaries_by_section


def _parse_summary(answer: str) -> Iterable[str]:
    """Return the account in an answer; none in one that was refused for its form."""
    try:
        answer_fields = json.loads(answer)
    except json.JSONDecodeError:
        return ()
    section_summary = answer_fields.get("summary") if isinstance(answer_fields, dict) else None
    return (
        (section_summary.strip(),)
        if isinstance(section_summary, str) and section_summary.strip()
        else ()
    )

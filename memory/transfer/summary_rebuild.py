"""Accounts: what each section says of itself, from which the rolling summary is derived.

They follow from the journal: an account that is lost is read there again, and no model is asked.
"""

import json
from collections.abc import Iterable

from sqlalchemy import select, update

from inkwright.memory.store import schema
from inkwright.memory.store.library import Lease, Library


def rebuild(library: Library, lease: Lease) -> int:
    """Give drafts that have no account the one that the archivist gave; return how many."""
    drafts = schema.drafts
    with library.write(lease) as db:
        rows = db.execute(
            select(drafts.c.section, drafts.c.version, drafts.c.stage, drafts.c.summary)
            .where(drafts.c.work == lease.work)
            .order_by(drafts.c.section, drafts.c.version)
        ).all()
        if all(row.summary for row in rows):
            return 0
        told = _told(library, lease.work)
        rebuilt = 0
        for section in {row.section for row in rows}:
            account, answers = "", iter(told.get(section, ()))
            for row in (r for r in rows if r.section == section):
                if row.stage == "drafted":
                    account = next(answers, "")
                account = row.summary or account
                if account and not row.summary:
                    db.execute(
                        update(drafts)
                        .where(
                            drafts.c.work == lease.work,
                            drafts.c.section == section,
                            drafts.c.version == row.version,
                        )
                        .values(summary=account)
                    )
                    rebuilt += 1
    return rebuilt


def _told(library: Library, work: str) -> dict[str, list[str]]:
    """Return the accounts in the journal, by section, one for each of its first drafts."""
    table = schema.journal
    with library.read() as db:
        rows = db.execute(
            select(table.c.step, table.c.digest, table.c.answer)
            .where(
                table.c.work == work,
                table.c.role == "archivist",
                table.c.purpose == "remember",
            )
            .order_by(table.c.id)
        ).all()
    last = {(row.step, row.digest): row.answer for row in rows}
    found: dict[str, list[str]] = {}
    for (step, _), answer in last.items():
        found.setdefault(step, []).extend(_accounts(answer))
    return found


def _accounts(answer: str) -> Iterable[str]:
    """Return the account in an answer; none in one that was refused for its form."""
    try:
        told = json.loads(answer)
    except json.JSONDecodeError:
        return ()
    account = told.get("summary") if isinstance(told, dict) else None
    return (account.strip(),) if isinstance(account, str) and account.strip() else ()

"""Texts that a person brings: taken in whole, in one transaction, and read into memory afterwards.

A person's words are safe before any model is asked about them. Until they are read, the work's row
names the sections that wait for it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select, update

from inkwright.memory.domain.brief import Constraint
from inkwright.memory.domain.draft import Draft, Manifest
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.outline import Outline
from inkwright.memory.domain.protected_spans import ProtectedSpan, written
from inkwright.memory.errors import BadInput
from inkwright.memory.store import draft_rows, ledger, plans, schema
from inkwright.memory.store.library import Lease, Library
from inkwright.memory.user_work import user_drafts

_UNREAD = "unread"


def take(
    library: Library,
    lease: Lease,
    texts: Mapping[str, str],
    *,
    outline: Outline | None = None,
    constraints: Sequence[Constraint] = (),
    keep: Mapping[str, Sequence[ProtectedSpan]] | None = None,
) -> None:
    """Store a person's texts, by section id, and with ``outline`` a new version of the plan.

    Words that a section had before stay whose they were; the new ones are the person's, but in the
    sections of ``keep``, where these stretches are theirs or locked.

    Raises:
        BadInput: the work is not planned, or lacks one of the sections; nothing is stored.
    """
    now = plans.current(library, lease.work)
    with library.write(lease) as db:
        plan = now
        if outline is not None:
            plan = plans.put(db, lease.work, outline, tuple(constraints), author="person")
        if plan is None:
            raise BadInput(f"{lease.work} is not planned yet")
        before = {sid: draft_rows.newest(db, lease.work, sid) for sid in texts}
        waiting = _pinned(db, lease.work).get(_UNREAD) or {}
        for sid, text in texts.items():
            old = before[sid]
            theirs: Sequence[ProtectedSpan] | None = None
            if keep is not None and sid in keep:
                theirs = keep[sid]
            elif old is not None:
                theirs = [
                    ProtectedSpan(start=start, end=end) for start, end in written(old.text, text)
                ]
            user_drafts.put(db, lease, plan, sid, text, keep=theirs)
            waiting.setdefault(sid, old.version if old else 0)
        changes: dict[str, Any] = {_UNREAD: waiting, "settled": False}
        values: dict[str, Any] = {"pinned": {**_pinned(db, lease.work), **changes}}
        if outline is not None:
            values["title"] = outline.title
        _record(db, lease.work, **values)


def unread(library: Library, work: str) -> dict[str, int]:
    """Return the sections whose newest words are not in memory yet.

    Each is named with the version that memory has last seen; 0: none.
    """
    with library.read() as db:
        return dict(_pinned(db, work).get(_UNREAD) or {})


def mark_read(
    library: Library,
    lease: Lease,
    draft: Draft,
    *,
    delta: Sequence[Entry],
    summary: str | None = None,
    knowing: Manifest | None = None,
) -> None:
    """Store what a section's text establishes, and with ``knowing`` what its author knew."""
    table, rows = schema.drafts, schema.sections
    with library.write(lease) as db:
        ledger.append(db, lease.work, delta)
        values: dict[str, Any] = {} if summary is None else {"summary": summary}
        if knowing is not None:
            values["manifest"] = draft_rows.put_manifest(db, lease.work, knowing)
            db.execute(
                update(rows)
                .where(rows.c.work == lease.work, rows.c.section == draft.section)
                .values(manifest=values["manifest"])
            )
        if values:
            db.execute(
                update(table)
                .where(
                    table.c.work == lease.work,
                    table.c.section == draft.section,
                    table.c.version == draft.version,
                )
                .values(**values)
            )
        pinned = _pinned(db, lease.work)
        waiting = {s: v for s, v in (pinned.get(_UNREAD) or {}).items() if s != draft.section}
        _record(db, lease.work, pinned={**pinned, _UNREAD: waiting})


def _pinned(db: Connection, work: str) -> dict[str, Any]:
    column = schema.works.c.pinned
    return db.execute(select(column).where(schema.works.c.id == work)).scalar_one() or {}


def _record(db: Connection, work: str, **values: Any) -> None:
    db.execute(update(schema.works).where(schema.works.c.id == work).values(**values))

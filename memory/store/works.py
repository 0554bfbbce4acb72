"""Works: a brief and everything made from it. Who may write one is settled by a lease."""

import difflib
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from pydantic import field_validator
from sqlalchemy import URL, Connection, RowMapping, Select, delete, func, insert, select, update

from inkwright.memory.base import Value, digest
from inkwright.memory.cleanup import clean
from inkwright.memory.domain.brief import Brief
from inkwright.memory.errors import LibraryUnusable, WorkBusy, WorkNotFound
from inkwright.memory.ids import WorkId
from inkwright.memory.store import schema, sources
from inkwright.memory.store.library import Lease, Library, now
from inkwright.memory.store.run_state import (
    RunSettings,
    RunState,
    has_run_settings,
    load_text_rule,
    read_text_rule,
)
from inkwright.memory.text.words import OFFICE_RULE, use_text_rule

WorkStatus = Literal["new", "planned", "drafting", "complete", "flagged", "partial"]
LEASE_S = 60.0
"""How long a lease outlives its last renewal, for owners on other machines."""
_UNRETURNED: set[tuple[URL, WorkId, int]] = set()
"""Leases that this process could not give back: library, work, and the lease's number."""
DEAD = "ZXx"
"""States of a process that has ended: nobody has reaped it yet, or it is going just now."""


class Work(Value):
    """A brief, and where its writing stands."""

    id: WorkId
    title: str
    brief: Brief
    arms: dict[str, str]
    generation: int
    """How often ``--fresh`` has begun this brief again."""
    status: WorkStatus
    approved: bool
    run_settings: RunSettings | None
    """What stays fixed from the first call on; None before it."""
    run_state: RunState
    text_rule: int
    """By which rule its words are counted and its sentences split."""
    problems: tuple[str, ...]
    created_at: float
    updated_at: float

    @field_validator("problems")
    @classmethod
    def _clean_problems(cls, problems: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(clean(line) for line in problems)


def begin(
    library: Library,
    brief: Brief,
    ablation_fields: dict[str, str],
    *,
    fresh: bool = False,
    distinguishing_id: str | None = None,
) -> Work:
    """Return the work of this brief, seed and arms; a new one where there is none.

    ``fresh`` begins it again beside the older ones, as the next generation. ``distinguishing_id``
    tells works of the same brief from each other.
    """
    keyed_sources = sources.assign_keys(brief.sources)
    stored_brief = brief.model_copy(
        update={"sources": tuple(s.without_text() for s in keyed_sources)}
    )
    identity_digest = compute_identity(stored_brief, ablation_fields, distinguishing_id)
    title = brief.title or _derive_title(brief.request)
    with library.write() as db:
        newest_row = db.execute(_works_of(identity_digest)).first()
        generation = 1 if newest_row is None else newest_row.generation + fresh
        if newest_row is not None and not fresh:
            return get(library, newest_row.id)
        suffix = "" if generation == 1 else f".{generation}"
        work_id = WorkId(f"{_make_slug(title)}-{identity_digest[:10]}{suffix}")
        db.execute(
            insert(schema.works).values(
                id=work_id,
                created_at=now(),
                updated_at=now(),
                title=title,
                brief=stored_brief.model_dump(mode="json"),
                arms=ablation_fields,
                generation=generation,
                status="new",
                approved=False,
                pinned={"text_rule": OFFICE_RULE},
                problems=[],
            )
        )
        sources.insert_sources(db, work_id, keyed_sources)
    return get(library, work_id)


def compute_identity(
    brief: Brief, ablation_fields: dict[str, str], distinguishing_id: str | None = None
) -> str:
    """Return the digest of what makes a work the same work."""
    keyed_sources = tuple(s.without_text() for s in sources.assign_keys(brief.sources))
    brief_fields = _build_identity_fields(brief.model_copy(update={"sources": keyed_sources}))
    identity_fields: dict[str, Any] = {"brief": brief_fields, "arms": ablation_fields}
    return digest(
        identity_fields
        if distinguishing_id is None
        else {**identity_fields, "apart": distinguishing_id}
    )


def is_begun(library: Library, brief: Brief, ablation_fields: dict[str, str]) -> bool:
    """True when there is a work of this brief, seed and arms."""
    with library.read() as db:
        return db.execute(_works_of(compute_identity(brief, ablation_fields))).first() is not None


def _works_of(same: str) -> Select[tuple[str, int]]:
    """Ask for the works of one identity, the newest generation first."""
    return (
        select(schema.works.c.id, schema.works.c.generation)
        .where(schema.works.c.id.like(f"%-{same[:10]}%"))
        .order_by(schema.works.c.generation.desc())
    )


def get(library: Library, work_id: WorkId) -> Work:
    """Return the work ``work_id``.

    Raises:
        WorkNotFound: naming the nearest id there is.
    """
    with library.read() as db:
        row = (
            db.execute(select(schema.works).where(schema.works.c.id == work_id)).mappings().first()
        )
        if row is not None:
            return build_work(row)
        work_ids = [r.id for r in db.execute(select(schema.works.c.id))]
    raise WorkNotFound(work_id, tuple(difflib.get_close_matches(work_id, work_ids, n=1)))


def list_works(library: Library) -> list[Work]:
    """Return every work, the last changed first."""
    with library.read() as db:
        rows = db.execute(select(schema.works).order_by(schema.works.c.updated_at.desc()))
        return [build_work(row) for row in rows.mappings()]


def record_status(
    library: Library,
    lease: Lease,
    status: WorkStatus,
    *,
    title: str | None = None,
    problems: Sequence[str] | None = None,
) -> None:
    """Record where the work stands; its title and its problems stay where none are given."""
    changes: dict[str, object] = {"status": status}
    if title is not None:
        changes["title"] = title
    if problems is not None:
        changes["problems"] = list(problems)
    with library.write(lease) as db:
        db.execute(update(schema.works).where(schema.works.c.id == lease.work_id).values(changes))


def approve(library: Library, work_id: WorkId) -> None:
    """Record that a person approves the outline as it stands."""
    with library.write() as db:
        db.execute(update(schema.works).where(schema.works.c.id == work_id).values(approved=True))


@contextmanager
def hold_lease(library: Library, work_id: WorkId) -> Iterator[Lease]:
    """Hold the work's lease: one process writes a work at a time; its rule of counting holds.

    Raises:
        WorkBusy: a living process holds it.
    """
    with library.write() as db:
        lease = take_lease(db, work_id)
    try:
        with use_text_rule(load_text_rule(library, work_id)):
            yield lease
    finally:
        release(library, lease)


def take_lease(db: Connection, work: WorkId, pid: int | None = None) -> Lease:
    """Take the work's lease for the process ``pid`` of this machine; None: for this one.

    Raises:
        WorkNotFound: there is none of this id.
        WorkBusy: a living process holds it.
    """
    row = db.execute(select(schema.works).where(schema.works.c.id == work)).first()
    if row is None:
        raise WorkNotFound(work)
    is_unreturned = (db.engine.url, work, row.lease_fence) in _UNRETURNED
    if lives(row.lease_owner, row.lease_until) and not is_unreturned:
        raise WorkBusy(work, row.lease_owner)
    lease = Lease(work, row.lease_fence + 1, _owner(os.getpid() if pid is None else pid))
    db.execute(
        update(schema.works)
        .where(schema.works.c.id == work)
        .values(lease_owner=lease.owner, lease_fence=lease.fence, lease_until=now() + LEASE_S)
    )
    return lease


def release(library: Library, lease: Lease) -> None:
    """Give a lease back, unless somebody has taken the work over.

    Raises:
        LibraryUnusable: nothing can be written, on a full disk say. This process may take the work
            again all the same.
    """
    table = schema.works
    try:
        with library.write() as db:
            db.execute(
                update(table)
                .where(table.c.id == lease.work_id, table.c.lease_fence == lease.fence)
                .values(lease_owner=None, lease_until=0.0)
            )
    except LibraryUnusable:
        _UNRETURNED.add((library.engine.url, lease.work_id, lease.fence))
        raise


def find_lease_holder(library: Library, work_id: WorkId) -> str | None:
    """Return who is writing the work just now (machine, process, start), or None."""
    table = schema.works
    with library.read() as db:
        row = db.execute(
            select(table.c.lease_owner, table.c.lease_until).where(table.c.id == work_id)
        ).first()
    if row is None or not lives(row.lease_owner, row.lease_until):
        return None
    return str(row.lease_owner)


def compute_change_stamp(library: Library, work_id: WorkId) -> tuple[Any, ...]:
    """Return what is another whenever anything of the work has changed but a run's own telling.

    Raises:
        WorkNotFound: there is none of this id.
    """
    table, findings_table, autosave_table = schema.works, schema.findings, schema.typed_texts
    with library.read() as db:
        row = db.execute(
            select(
                table.c.updated_at,
                table.c.approved,
                table.c.lease_fence,
                table.c.lease_owner,
                select(func.sum(autosave_table.c.revision))
                .where(autosave_table.c.work == work_id)
                .scalar_subquery(),
            ).where(table.c.id == work_id)
        ).first()
        dismissed_rows = db.execute(
            select(findings_table.c.id)
            .where(findings_table.c.work == work_id, findings_table.c.dismissed)
            .order_by(findings_table.c.id)
        )
        numbers = tuple(dismissed_rows.scalars())
    if row is None:
        raise WorkNotFound(work_id)
    return *row, numbers


def renew_lease(library: Library, lease: Lease) -> None:
    """Keep the lease for another ``LEASE_S`` seconds."""
    with library.write(lease) as db:
        db.execute(
            update(schema.works)
            .where(schema.works.c.id == lease.work_id)
            .values(lease_until=now() + LEASE_S)
        )


def purge(library: Library, work_id: WorkId) -> bool:
    """Remove every row of a work, and overwrite the pages it stood on.

    The vector index is the caller's to clean, by the same id, before this. False when another
    process reads the library just now: until it stops, the write-ahead log keeps what was removed.

    Raises:
        WorkNotFound: there is none of this id.
        WorkBusy: it is being written.
    """
    get(library, work_id)
    with library.write() as db:
        row = db.execute(select(schema.works).where(schema.works.c.id == work_id)).one()
        if lives(row.lease_owner, row.lease_until):
            raise WorkBusy(work_id, row.lease_owner)
        for table in reversed(schema.WORK_TABLES):
            column = table.c.id if table is schema.works else table.c.work
            db.execute(delete(table).where(column == work_id))
    return library.pack()


def count(library: Library) -> int:
    with library.read() as db:
        return db.execute(select(func.count()).select_from(schema.works)).scalar_one()


def build_work(row: Mapping[str, Any] | RowMapping) -> Work:
    """Return the work of a row of its table.

    Raises:
        ValidationError: the row does not make one.
    """
    stored = row["pinned"] or {}
    own_fields = Work.model_fields.keys() - {"run_settings", "run_state", "text_rule"}
    return Work.model_validate(
        {name: row[name] for name in own_fields}
        | {
            "run_settings": stored if has_run_settings(stored) else None,
            "run_state": stored,
            "text_rule": read_text_rule(stored),
        }
    )


def _build_identity_fields(brief: Brief) -> dict[str, Any]:
    """Return what tells one brief from another.

    What briefs of earlier releases could not say is left out where it is not said, or their works
    would be begun again.
    """
    brief_fields = brief.model_dump(mode="json")
    if not brief_fields["proposals"]:
        del brief_fields["proposals"]
    for item in brief_fields["sources"]:
        if not item["more"]:
            del item["more"]
    if not brief_fields["sources"]:
        del brief_fields["sources"], brief_fields["cite"]
    del brief_fields["unread"]
    for name in ("sample", "banned"):
        if not brief_fields[name]:
            del brief_fields[name]
    for item in brief_fields["memory"]:
        if item["story_time"] is None:
            del item["story_time"]
    return brief_fields


def _derive_title(request: str) -> str:
    first_line = request.splitlines()[0].strip()
    return first_line if len(first_line) <= 60 else first_line[:57].rsplit(" ", 1)[0] + "..."


def _make_slug(title: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    return words[:40].strip("-") or "work"


def lives(owner: str | None, until: float) -> bool:
    """Return whether a lease's owner may still write: by its process here, by time elsewhere."""
    if not owner:
        return False
    host, pid, started = owner.rsplit(":", 2)
    if host != socket.gethostname():
        return until > now()
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return _process(int(pid)) == (True, started)


def _owner(pid: int) -> str:
    return f"{socket.gethostname()}:{pid}:{_process(pid)[1]}"


def _process(pid: int) -> tuple[bool, str]:
    """Return whether a process runs, and what tells it from a later one of the same number.

    One that has ended and that nobody has reaped (a zombie) keeps its number and runs no more.
    """
    if sys.platform != "linux":
        ps = ("ps", "-o", "stat=", "-p", str(pid))
        state = subprocess.run(ps, capture_output=True, text=True, check=False).stdout.strip()
        return state != "" and state[0] not in DEAD, "0"
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return False, "0"
    state, *fields = stat.rpartition(")")[2].split()  # a command's name may hold anything
    return state not in DEAD, fields[18]

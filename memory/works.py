"""Works: a brief and everything made from it. Who may write one is settled by a lease."""

import difflib
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import RowMapping, delete, func, insert, select, update

from inkwright.memory import schema, sources
from inkwright.memory.brief import Brief
from inkwright.memory.errors import WorkBusy, WorkNotFound
from inkwright.memory.library import Lease, Library, now
from inkwright.memory.values import Value, digest

WorkStatus = Literal["new", "planned", "drafting", "complete", "flagged", "partial"]
LEASE_S = 60.0
"""How long a lease outlives its last renewal, for owners on other machines."""


class Work(Value):
    """A brief, and where its writing stands."""

    id: str
    title: str
    brief: Brief
    arms: dict[str, str]
    generation: int
    """How often ``--fresh`` has begun this brief again."""
    status: WorkStatus
    approved: bool
    pinned: dict[str, Any] | None
    """What stays fixed from the first call on: tokenizer, embedder, context length, slots."""
    problems: tuple[str, ...]
    created_at: float
    updated_at: float


def begin(
    library: Library,
    brief: Brief,
    arms: dict[str, str],
    *,
    fresh: bool = False,
    apart: str | None = None,
) -> Work:
    """Return the work of this brief, seed and arms; a new one where there is none.

    ``fresh`` begins it again beside the older ones, as the next generation. ``apart`` is the id
    that tells works of the same brief from each other.
    """
    given = sources.keyed(brief.sources)
    told = brief.model_copy(update={"sources": tuple(s.without_text() for s in given)})
    same = identity(told, arms, apart)
    title = brief.title or _title_from(brief.request)
    with library.write() as db:
        known = db.execute(
            select(schema.works.c.id, schema.works.c.generation)
            .where(schema.works.c.id.like(f"%-{same[:10]}%"))
            .order_by(schema.works.c.generation.desc())
        ).first()
        generation = 1 if known is None else known.generation + fresh
        if known is not None and not fresh:
            return get(library, known.id)
        suffix = "" if generation == 1 else f".{generation}"
        work = f"{_slug(title)}-{same[:10]}{suffix}"
        db.execute(
            insert(schema.works).values(
                id=work,
                created_at=now(),
                updated_at=now(),
                title=title,
                brief=told.model_dump(mode="json"),
                arms=arms,
                generation=generation,
                status="new",
                approved=False,
                problems=[],
            )
        )
        sources.insert_all(db, work, given)
    return get(library, work)


def identity(brief: Brief, arms: dict[str, str], apart: str | None = None) -> str:
    """Return the digest of what makes a work the same work."""
    named = tuple(s.without_text() for s in sources.keyed(brief.sources))
    known = _identity(brief.model_copy(update={"sources": named}))
    told: dict[str, Any] = {"brief": known, "arms": arms}
    return digest(told if apart is None else {**told, "apart": apart})


def get(library: Library, work: str) -> Work:
    """Return the work ``work``.

    Raises:
        WorkNotFound: naming the nearest id there is.
    """
    with library.read() as db:
        row = db.execute(select(schema.works).where(schema.works.c.id == work)).mappings().first()
        if row is not None:
            return _work(row)
        known = [r.id for r in db.execute(select(schema.works.c.id))]
    raise WorkNotFound(work, tuple(difflib.get_close_matches(work, known, n=1)))


def all_works(library: Library) -> list[Work]:
    """Return every work, the last changed first."""
    with library.read() as db:
        rows = db.execute(select(schema.works).order_by(schema.works.c.updated_at.desc()))
        return [_work(row) for row in rows.mappings()]


def record(library: Library, lease: Lease, **changes: Any) -> None:
    """Set columns of the work's row: ``status``, ``title``, ``pinned``, ``problems``."""
    with library.write(lease) as db:
        db.execute(update(schema.works).where(schema.works.c.id == lease.work).values(**changes))


def pin(library: Library, lease: Lease, **values: Any) -> None:
    """Fix values of the work's ``pinned``, beside those it has."""
    with library.write(lease) as db:
        column = schema.works.c.pinned
        known = db.execute(select(column).where(schema.works.c.id == lease.work)).scalar_one()
        db.execute(
            update(schema.works)
            .where(schema.works.c.id == lease.work)
            .values(pinned={**(known or {}), **values})
        )


def approve(library: Library, work: str) -> None:
    """Record that a person approves the outline as it stands."""
    with library.write() as db:
        db.execute(update(schema.works).where(schema.works.c.id == work).values(approved=True))


@contextmanager
def leased(library: Library, work: str) -> Iterator[Lease]:
    """Hold the work's lease: one process writes a work at a time.

    Raises:
        WorkBusy: a living process holds it.
    """
    owner = _me()
    with library.write() as db:
        row = db.execute(select(schema.works).where(schema.works.c.id == work)).first()
        if row is None:
            raise WorkNotFound(work)
        if row.lease_owner and _lives(row.lease_owner, row.lease_until):
            raise WorkBusy(work, row.lease_owner)
        lease = Lease(work, row.lease_fence + 1, owner)
        db.execute(
            update(schema.works)
            .where(schema.works.c.id == work)
            .values(lease_owner=owner, lease_fence=lease.fence, lease_until=now() + LEASE_S)
        )
    try:
        yield lease
    finally:
        with library.write() as db:
            db.execute(
                update(schema.works)
                .where(schema.works.c.id == work, schema.works.c.lease_fence == lease.fence)
                .values(lease_owner=None, lease_until=0.0)
            )


def holder(library: Library, work: str) -> str | None:
    """Return who is writing the work just now (machine, process, start), or None."""
    table = schema.works
    with library.read() as db:
        row = db.execute(
            select(table.c.lease_owner, table.c.lease_until).where(table.c.id == work)
        ).first()
    if row is None or not row.lease_owner or not _lives(row.lease_owner, row.lease_until):
        return None
    return str(row.lease_owner)


def stamp(library: Library, work: str) -> tuple[Any, ...]:
    """Return what is another whenever anything of the work has changed but a run's own telling.

    Raises:
        WorkNotFound: there is none of this id.
    """
    table, told, typed = schema.works, schema.findings, schema.typed
    with library.read() as db:
        row = db.execute(
            select(
                table.c.updated_at,
                table.c.approved,
                table.c.lease_fence,
                table.c.lease_owner,
                select(func.sum(typed.c.revision)).where(typed.c.work == work).scalar_subquery(),
            ).where(table.c.id == work)
        ).first()
        dismissed = db.execute(
            select(told.c.id).where(told.c.work == work, told.c.dismissed).order_by(told.c.id)
        )
        numbers = tuple(dismissed.scalars())
    if row is None:
        raise WorkNotFound(work)
    return *row, numbers


def renew(library: Library, lease: Lease) -> None:
    """Keep the lease for another ``LEASE_S`` seconds."""
    with library.write(lease) as db:
        db.execute(
            update(schema.works)
            .where(schema.works.c.id == lease.work)
            .values(lease_until=now() + LEASE_S)
        )


def purge(library: Library, work: str) -> bool:
    """Remove every row of a work, and overwrite the pages it stood on.

    The vector index is the caller's to clean, by the same id, before this. False when another
    process reads the library just now: until it stops, the write-ahead log keeps what was removed.

    Raises:
        WorkNotFound: there is none of this id.
        WorkBusy: it is being written.
    """
    get(library, work)
    with library.write() as db:
        row = db.execute(select(schema.works).where(schema.works.c.id == work)).one()
        if row.lease_owner and _lives(row.lease_owner, row.lease_until):
            raise WorkBusy(work, row.lease_owner)
        for table in reversed(schema.metadata.sorted_tables):
            column = table.c.id if table is schema.works else table.c.work
            db.execute(delete(table).where(column == work))
    return library.pack()


def count(library: Library) -> int:
    with library.read() as db:
        return db.execute(select(func.count()).select_from(schema.works)).scalar_one()


def _work(row: RowMapping) -> Work:
    return Work(
        id=row["id"],
        title=row["title"],
        brief=Brief.model_validate(row["brief"]),
        arms=row["arms"],
        generation=row["generation"],
        status=row["status"],
        approved=row["approved"],
        pinned=row["pinned"],
        problems=tuple(row["problems"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def _identity(brief: Brief) -> dict[str, Any]:
    """Return what tells one brief from another.

    What briefs of earlier releases could not say is left out where it is not said, or their works
    would be begun again.
    """
    told = brief.model_dump(mode="json")
    if not told["proposals"]:
        del told["proposals"]
    for given in told["sources"]:
        if not given["more"]:
            del given["more"]
    if not told["sources"]:
        del told["sources"], told["cite"]
    del told["unread"]
    for name in ("sample", "banned"):
        if not told[name]:
            del told[name]
    for given in told["memory"]:
        if given["story_time"] is None:
            del given["story_time"]
    return told


def _title_from(request: str) -> str:
    first = request.splitlines()[0].strip()
    return first if len(first) <= 60 else first[:57].rsplit(" ", 1)[0] + "..."


def _slug(title: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    return words[:40].strip("-") or "work"


def _me() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid())}"


def _lives(owner: str, until: float) -> bool:
    """True while the owner may still write: by its process here, by its lease elsewhere."""
    host, pid, started = owner.rsplit(":", 2)
    if host != socket.gethostname():
        return until > now()
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return _started(int(pid)) == started


def _started(pid: int) -> str:
    """Return what tells this process from a later one with the same number."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rsplit(")", 1)[1].split()[19]
    except OSError:
        return "0"

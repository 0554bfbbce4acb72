"""A run as others see it while it goes on: what it says, its text, and what is asked of it.

Whatever starts a run, command line, studio, program or batch, tells it here, once a second.
A run is on record from the moment it has the work's lease, before it has imported or called
anything, until just before it gives the lease back. So one record is one run: what is asked in any
phase of it reaches that run, and no other. Nothing else rests on these rows: where a work stands is
in its drafts and its journal.
"""

from collections.abc import Collection, Mapping
from typing import Literal, NamedTuple

from pydantic import ConfigDict, Field
from sqlalchemy import ColumnElement, and_, delete, insert, or_, select, update

from inkwright.memory.base import Value
from inkwright.memory.ids import SectionId, WorkId
from inkwright.memory.store import schema, works
from inkwright.memory.store.library import Lease, Library, now

RunAction = Literal[
    "plan", "write", "settle", "redraft", "remember", "edit", "candidates", "choose"
]
StopRequest = Literal["pause", "stop"]
WATCHING_S = 10.0
"""How long after a look text is still streamed for the one who looks."""


class SectionMark(NamedTuple):
    """How far a run has come with a section."""

    state: str
    round: int
    words: int


class ProgressRecord(Value):
    """Phase, pace and counts of a run, as it last put them on record."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    phase: str = "starting"
    seconds: float = 0.0
    calls: int = 0
    from_journal: int = 0
    tokens_per_s: float = 0.0
    eta_s: float | None = None
    notices: tuple[str, ...] = ()
    sections: dict[SectionId, SectionMark] = Field(default_factory=dict)
    """Of the sections that are begun."""


class RunStatus(Value):
    """What the newest run of a work has said of itself."""

    action: RunAction
    began_at: float
    updated_at: float
    told: ProgressRecord
    ended: str | None
    """How it ended; None: it goes on, or was cut off."""
    held: bool
    """A living process holds the work's lease."""
    asked: StopRequest | None
    looked_at: float

    @property
    def is_watched(self) -> bool:
        """True while somebody wants to see text as it is written."""
        return now() - self.looked_at < WATCHING_S


def start(library: Library, work: WorkId, action: RunAction, *, pid: int | None = None) -> Lease:
    """Take the work's lease for a run and put the run on record, in one step.

    ``pid`` is the process that does the run; None: this one.

    Raises:
        WorkNotFound: there is no such work.
        WorkBusy: it is being written.
    """
    table, texts = schema.runs, schema.live
    with library.write() as db:
        lease = works.take_lease(db, work, pid)
        looked_at = db.execute(select(table.c.looked_at).where(table.c.work == work)).scalar()
        db.execute(delete(table).where(table.c.work == work))
        db.execute(delete(texts).where(texts.c.work == work))
        db.execute(
            insert(table).values(
                work=work,
                action=action,
                began_at=now(),
                updated_at=now(),
                told=ProgressRecord(phase="starting").model_dump(mode="json", exclude_unset=True),
                looked_at=looked_at or 0.0,
            )
        )
    return lease


def update_status(
    library: Library,
    lease: Lease,
    progress: ProgressRecord,
    texts: Mapping[SectionId, str],
    finished_ids: Collection[str],
) -> RunStatus | None:
    """Record what a run says now, and the text that has grown; return what is asked of it.

    None: another process has taken the work over, and nothing was recorded.
    """
    table, live_table = schema.runs, schema.live
    with library.write() as db:
        values = {"told": progress.model_dump(mode="json"), "updated_at": now()}
        if not db.execute(update(table).where(_run_of(lease)).values(values)).rowcount:
            return None
        outdated_ids = (*finished_ids, *texts)
        db.execute(
            delete(live_table).where(
                live_table.c.work == lease.work_id, live_table.c.section.in_(outdated_ids)
            )
        )
        if texts:
            db.execute(
                insert(live_table),
                [
                    {
                        "work": lease.work_id,
                        "section": section_id,
                        "text": text,
                        "updated_at": now(),
                    }
                    for section_id, text in texts.items()
                ],
            )
    return load_status(library, lease.work_id)


def end_run(library: Library, lease: Lease, outcome: str) -> None:
    """Record how a run ended, unless another process has taken the work over."""
    table, live_table = schema.runs, schema.live
    with library.write() as db:
        values = {"ended": outcome, "updated_at": now()}
        if db.execute(update(table).where(_run_of(lease)).values(values)).rowcount:
            db.execute(delete(live_table).where(live_table.c.work == lease.work_id))


def request_stop(library: Library, work_id: WorkId, request: StopRequest) -> None:
    """Ask the run under way to send no more calls, or to end at once: a stop stays a stop."""
    table = schema.runs
    with library.write() as db:
        db.execute(
            update(table)
            .where(table.c.work == work_id, table.c.ended.is_(None))
            .where(or_(table.c.asked.is_(None), table.c.asked != "stop"))
            .values(asked=request)
        )


def asked(library: Library, work: str) -> StopRequest | None:
    """Return what is asked of the newest run."""
    table = schema.runs
    with library.read() as db:
        return db.execute(select(table.c.asked).where(table.c.work == work)).scalar()


def record_look(library: Library, work_id: WorkId) -> None:
    """Say that somebody looks on, so that text is streamed for a while."""
    table = schema.runs
    with library.write() as db:
        db.execute(update(table).where(table.c.work == work_id).values(looked_at=now()))


def load_status(library: Library, work_id: WorkId) -> RunStatus | None:
    """Return what the newest run says; None: there was none."""
    table, held_by = schema.runs, schema.works.c
    with library.read() as db:
        rows = db.execute(
            select(table, held_by.lease_owner, held_by.lease_until)
            .select_from(table.join(schema.works))
            .where(table.c.work == work_id)
        )
        row = rows.mappings().first()
    if row is None:
        return None
    is_held = works.lives(row["lease_owner"], row["lease_until"])
    fields = {k: v for k, v in row.items() if k in RunStatus.model_fields}
    return RunStatus(**fields, held=is_held)


def load_live_texts(library: Library, work_id: WorkId) -> dict[str, str]:
    """Return the text that is being written, by section."""
    table = schema.live
    with library.read() as db:
        rows = db.execute(select(table.c.section, table.c.text).where(table.c.work == work_id))
        return {row.section: row.text for row in rows}


def _run_of(lease: Lease) -> ColumnElement[bool]:
    """Pick the row of the run that has this lease; none when the work was taken over."""
    newest = select(schema.works.c.lease_fence).where(schema.works.c.id == lease.work_id)
    return and_(schema.runs.c.work == lease.work_id, newest.scalar_subquery() == lease.fence)

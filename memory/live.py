"""A run as others see it while it goes on: what it says, its text, and what is asked of it.

Whatever starts a run, command line, studio or program, tells it here, at most once a second.
Nothing rests on these rows: where a work stands is in its drafts and its journal.
"""

from collections.abc import Collection, Mapping
from typing import Any, Literal

from sqlalchemy import delete, insert, select, update

from inkwright.memory import schema
from inkwright.memory.library import Library, now
from inkwright.memory.values import Value

Action = Literal["plan", "write", "settle", "redraft", "remember", "edit", "candidates", "choose"]
Asked = Literal["pause", "stop"]
LOOKING_S = 10.0
"""How long after a look text is still streamed for the one who looks."""


class Telling(Value):
    """What the newest run of a work has said of itself."""

    action: Action
    began_at: float
    updated_at: float
    told: dict[str, Any]
    """Phase, pace and counts, as ``app.recording`` puts them."""
    ended: str | None
    """How it ended; None: it goes on, or was cut off."""
    asked: Asked | None
    looked_at: float

    @property
    def looked_upon(self) -> bool:
        """True while somebody wants to see text as it is written."""
        return now() - self.looked_at < LOOKING_S


def begin(library: Library, work: str, action: Action, told: Mapping[str, Any]) -> None:
    """Record that a run begins, in place of the one before."""
    table, texts = schema.runs, schema.live
    looked = select(table.c.looked_at).where(table.c.work == work)
    with library.write() as db:
        looked_at = db.execute(looked).scalar() or 0.0
        db.execute(delete(table).where(table.c.work == work))
        db.execute(delete(texts).where(texts.c.work == work))
        db.execute(
            insert(table).values(
                work=work,
                action=action,
                began_at=now(),
                updated_at=now(),
                told=dict(told),
                looked_at=looked_at,
            )
        )


def tell(
    library: Library,
    work: str,
    told: Mapping[str, Any],
    texts: Mapping[str, str],
    landed: Collection[str],
) -> Telling | None:
    """Record what a run says now, and the text that has grown; return what is asked of it."""
    table, rows = schema.runs, schema.live
    with library.write() as db:
        gone = (*landed, *texts)
        db.execute(delete(rows).where(rows.c.work == work, rows.c.section.in_(gone)))
        if texts:
            db.execute(
                insert(rows),
                [
                    {"work": work, "section": sid, "text": text, "updated_at": now()}
                    for sid, text in texts.items()
                ],
            )
        db.execute(
            update(table).where(table.c.work == work).values(told=dict(told), updated_at=now())
        )
    return of(library, work)


def end(library: Library, work: str, said: str) -> None:
    """Record how a run ended."""
    table, texts = schema.runs, schema.live
    with library.write() as db:
        db.execute(delete(texts).where(texts.c.work == work))
        db.execute(
            update(table)
            .where(table.c.work == work)
            .values(ended=said, asked=None, updated_at=now())
        )


def ask(library: Library, work: str, what: Asked) -> None:
    """Ask the run under way to send no more calls, or to end at once."""
    table = schema.runs
    with library.write() as db:
        db.execute(
            update(table).where(table.c.work == work, table.c.ended.is_(None)).values(asked=what)
        )


def look(library: Library, work: str) -> None:
    """Say that somebody looks on, so that text is streamed for a while."""
    table = schema.runs
    with library.write() as db:
        db.execute(update(table).where(table.c.work == work).values(looked_at=now()))


def of(library: Library, work: str) -> Telling | None:
    """Return what the newest run says; None: there was none."""
    table = schema.runs
    with library.read() as db:
        row = db.execute(select(table).where(table.c.work == work)).mappings().first()
    return None if row is None else Telling(**{k: v for k, v in row.items() if k != "work"})


def growing(library: Library, work: str) -> dict[str, str]:
    """Return the text that is being written, by section."""
    table = schema.live
    with library.read() as db:
        rows = db.execute(select(table.c.section, table.c.text).where(table.c.work == work))
        return {row.section: row.text for row in rows}

"""Sources: texts a work draws on. So far, the part of a long request beyond its instructions."""

from sqlalchemy import insert, select

from inkwright.memory import schema
from inkwright.memory.library import Lease, Library
from inkwright.memory.values import Value


class Source(Value):
    """One text, whole."""

    number: int
    title: str
    text: str


def sources(library: Library, work: str) -> list[Source]:
    """Return the sources of a work, in order."""
    table = schema.sources
    with library.read() as db:
        rows = db.execute(select(table).where(table.c.work == work).order_by(table.c.number))
        return [Source(number=r.number, title=r.title, text=r.text) for r in rows]


def keep(library: Library, lease: Lease, title: str, text: str) -> None:
    """Add a source; one that is there already is not added twice."""
    known = sources(library, lease.work)
    if any(s.text == text for s in known):
        return
    with library.write(lease) as db:
        db.execute(
            insert(schema.sources).values(
                work=lease.work, number=len(known) + 1, title=title, text=text
            )
        )

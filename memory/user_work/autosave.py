"""What a person is typing into a section: safe at once, and a version when they say so.

One row a section. Its number counts up with every change, so that two windows never overwrite each
other unseen; its base is the version that it was typed on, so that a new draft meanwhile is seen.
"""

from sqlalchemy import delete, insert, select

from inkwright.memory.base import Value
from inkwright.memory.errors import BadInput
from inkwright.memory.store import drafts, plans, schema
from inkwright.memory.store.library import Library, now


class AutosavedText(Value):
    """A section's text as a person sees it: what they have typed, or else its newest version."""

    text: str
    base: int
    """Version it was typed on; 0: the section had none."""
    revision: int
    """Number of the newest change."""
    newest: int
    """The section's newest version."""
    pending: bool
    """True: it has other words than its base, and is no version yet."""

    @property
    def overtaken(self) -> bool:
        """True when the section has had a new version since this was begun."""
        return self.pending and self.base != self.newest


class EditedElsewhere(BadInput):
    """Another window has typed into this section since; nothing was stored."""

    def __init__(self, mine: str, theirs: AutosavedText) -> None:
        super().__init__("another window has typed into this section meanwhile")
        self.mine, self.theirs = mine, theirs


def read(library: Library, work: str, section: str) -> AutosavedText:
    """Return the section's text as the person is to see it."""
    versions = {d.version: d.text for d in drafts.versions(library, work, section)}
    newest = max(versions, default=0)
    table = schema.typed
    with library.read() as db:
        row = db.execute(
            select(table).where(table.c.work == work, table.c.section == section)
        ).first()
    if row is None:
        return AutosavedText(
            text=versions.get(newest, ""), base=newest, revision=0, newest=newest, pending=False
        )
    before, now_there = versions.get(row.base, ""), versions.get(newest, "")
    pending = row.text not in (before, now_there)
    return AutosavedText(
        text=row.text if pending else now_there,
        base=row.base if pending and before != now_there else newest,
        revision=row.revision,
        newest=newest,
        pending=pending,
    )


def write(
    library: Library, work: str, section: str, text: str, *, base: int, revision: int
) -> AutosavedText:
    """Store what was typed on version ``base``, as the change after ``revision``.

    Raises:
        TypedElsewhere: there is a newer change, with other words.
    """
    found = read(library, work, section)
    if found.text == text:
        return found
    table = schema.typed
    mine = (table.c.work == work) & (table.c.section == section)
    with library.write() as db:
        known = db.execute(select(table.c.revision).where(mine)).scalar() or 0
        if known == revision:
            db.execute(delete(table).where(mine))
            db.execute(
                insert(table).values(
                    work=work,
                    section=section,
                    text=text,
                    base=base,
                    revision=revision + 1,
                    updated_at=now(),
                )
            )
    if known != revision:
        theirs = read(library, work, section)
        if theirs.text != text:
            raise EditedElsewhere(text, theirs)
    return read(library, work, section)


def waiting(library: Library, work: str) -> list[str]:
    """Return the planned sections with typing that is no version yet, in reading order."""
    table = schema.typed
    with library.read() as db:
        rows = db.execute(select(table.c.section).where(table.c.work == work)).scalars()
        planned = plans.in_order(db, work, {sid: sid for sid in rows})
    return [sid for sid in planned if read(library, work, sid).pending]

"""A second copy of a work, with all that was made of it, which goes its own way from then on."""

from bisect import bisect_right
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update

from inkwright.memory.errors import WorkBusy
from inkwright.memory.store import schema, works
from inkwright.memory.store.library import Library
from inkwright.memory.store.works import Work

_OWN = (
    schema.works,
    schema.entries,
    schema.manifests,
    schema.runs,
    schema.live,
    schema.outputs,
)
"""What is copied apart, or is not taken over."""
_NUMBERED = {"sightings": "seq", "findings": "id", "journal": "id"}


def duplicate(library: Library, work: str) -> Work:
    """Return a copy of ``work`` under an id of its own.

    Raises:
        WorkNotFound: there is none of this id.
        WorkBusy: it is being written.
    """
    found = works.get(library, work)
    if (owner := works.holder(library, work)) is not None:
        raise WorkBusy(work, owner)
    copy = works.begin(library, found.brief, found.arms, fresh=True).id
    with library.write() as db:
        numbers = _manifests(db, work, copy, _entries(db, work, copy))
        for table in schema.metadata.sorted_tables:
            if table not in _OWN:
                _copy(db, table, work, copy, numbers)
        db.execute(
            update(schema.works)
            .where(schema.works.c.id == copy)
            .values(
                title=f"{found.title} (copy)",
                status=found.status,
                approved=found.approved,
                pinned=found.pinned,
                problems=list(found.problems),
            )
        )
    return works.get(library, copy)


def _entries(db: Connection, work: str, copy: str) -> list[tuple[int, int]]:
    """Copy the memory entries; return the old and the new number of each row, in order."""
    table, numbers = schema.entries, []
    rows = db.execute(select(table).where(table.c.work == work).order_by(table.c.seq))
    for row in rows.mappings().all():
        values = {**row, "work": copy}
        number = values.pop("seq")
        numbers.append((number, _inserted(db, table, values)))
    return numbers


def _manifests(
    db: Connection, work: str, copy: str, entries: list[tuple[int, int]]
) -> dict[int, int]:
    """Copy the manifests; return the numbers of the old ones with those of the new.

    What a section knew when it began is a row number of the ledger, and follows its row.
    """
    table, numbers = schema.manifests, {}
    for row in db.execute(select(table).where(table.c.work == work)).mappings().all():
        known = bisect_right(entries, (row["content"]["known_until"], 1 << 62))
        content = {**row["content"], "known_until": entries[known - 1][1] if known else 0}
        values = {**row, "work": copy, "content": content}
        number = values.pop("id")
        numbers[number] = _inserted(db, table, values)
    return numbers


def _inserted(db: Connection, table: Table, values: dict[str, Any]) -> int:
    key = db.execute(insert(table).values(values)).inserted_primary_key
    assert key is not None
    return int(key[0])


def _copy(db: Connection, table: Table, work: str, copy: str, manifests: dict[int, int]) -> None:
    number = _NUMBERED.get(table.name)
    order = table.c[number or "work"]
    rows: list[dict[str, Any]] = []
    for row in db.execute(select(table).where(table.c.work == work).order_by(order)).mappings():
        values = {k: v for k, v in row.items() if k != number} | {"work": copy}
        if values.get("manifest") is not None:
            values["manifest"] = manifests[values["manifest"]]
        rows.append(values)
    if rows:
        db.execute(insert(table), rows)

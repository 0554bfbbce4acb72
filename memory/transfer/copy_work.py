"""A second copy of a work, with all that was made of it, which goes its own way from then on."""

from bisect import bisect_right
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update

from inkwright.memory.errors import WorkBusy
from inkwright.memory.ids import WorkId
from inkwright.memory.store import schema, works
from inkwright.memory.store.library import Library
from inkwright.memory.store.works import Work

_SPECIAL_TABLES = (
    schema.works,
    schema.entries,
    schema.manifests,
    schema.runs,
    schema.live,
    schema.outputs,
)
"""What is copied apart, or is not taken over."""
_NUMBER_COLUMNS = {"sightings": "seq", "findings": "id", "journal": "id"}


def duplicate_work(library: Library, work_id: WorkId) -> Work:
    """Return a copy of ``work_id`` under an id of its own.

    Raises:
        WorkNotFound: there is none of this id.
        WorkBusy: it is being written.
    """
    original = works.get(library, work_id)
    if (owner := works.find_lease_holder(library, work_id)) is not None:
        raise WorkBusy(work_id, owner)
    copy_id = works.begin(library, original.brief, original.arms, fresh=True).id
    with library.write() as db:
        manifest_ids = _copy_manifests(db, work_id, copy_id, _copy_entries(db, work_id, copy_id))
        for table in schema.WORK_TABLES:
            if table not in _SPECIAL_TABLES:
                _copy_rows(db, table, work_id, copy_id, manifest_ids)
        pinned = select(schema.works.c.pinned).where(schema.works.c.id == work_id)
        db.execute(
            update(schema.works)
            .where(schema.works.c.id == copy_id)
            .values(
                title=f"{original.title} (copy)",
                status=original.status,
                approved=original.approved,
                pinned=db.execute(pinned).scalar_one(),
                problems=list(original.problems),
            )
        )
    return works.get(library, copy_id)


def _copy_entries(db: Connection, work_id: WorkId, copy_id: WorkId) -> list[tuple[int, int]]:
    """Copy the memory entries; return the old and the new number of each row, in order."""
    table, row_numbers = schema.entries, []
    rows = db.execute(select(table).where(table.c.work == work_id).order_by(table.c.seq))
    for row in rows.mappings().all():
        values = {**row, "work": copy_id}
        number = values.pop("seq")
        row_numbers.append((number, _insert_row(db, table, values)))
    return row_numbers


def _copy_manifests(
    db: Connection, work_id: WorkId, copy_id: WorkId, entry_numbers: list[tuple[int, int]]
) -> dict[int, int]:
    """Copy the manifests; return the numbers of the old ones with those of the new.

    What a section knew when it began is a row number of the ledger, and follows its row.
    """
    table, manifest_ids = schema.manifests, {}
    for row in db.execute(select(table).where(table.c.work == work_id)).mappings().all():
        known_count = bisect_right(entry_numbers, (row["content"]["known_until"], 1 << 62))
        content = {
            **row["content"],
            "known_until": entry_numbers[known_count - 1][1] if known_count else 0,
        }
        values = {**row, "work": copy_id, "content": content}
        number = values.pop("id")
        manifest_ids[number] = _insert_row(db, table, values)
    return manifest_ids


def _insert_row(db: Connection, table: Table, values: dict[str, Any]) -> int:
    primary_key = db.execute(insert(table).values(values)).inserted_primary_key
    assert primary_key is not None
    return int(primary_key[0])


def _copy_rows(
    db: Connection, table: Table, work_id: WorkId, copy_id: WorkId, manifest_ids: dict[int, int]
) -> None:
    number_column = _NUMBER_COLUMNS.get(table.name)
    order_column = table.c[number_column or "work"]
    rows: list[dict[str, Any]] = []
    for row in db.execute(
        select(table).where(table.c.work == work_id).order_by(order_column)
    ).mappings():
        values = {k: v for k, v in row.items() if k != number_column} | {"work": copy_id}
        if values.get("manifest") is not None:
            values["manifest"] = manifest_ids[values["manifest"]]
        rows.append(values)
    if rows:
        db.execute(insert(table), rows)

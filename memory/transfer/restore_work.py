"""Rows of a work that come from outside, put back into a library: checked, and numbered anew.

What counts over the whole library (manifests, the ledger's sequence) gets numbers that are free
here, and what refers to it follows. Every id of the work's own stays; the work's too, where no
other has it. Rows of an older schema get what later columns begin with.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import JSON, Column, Connection, Table, insert, select
from sqlalchemy.exc import IntegrityError

from inkwright.memory.base import Value
from inkwright.memory.domain.brief import Constraint
from inkwright.memory.domain.draft import Draft, Manifest
from inkwright.memory.domain.entry import Entry, Span
from inkwright.memory.domain.outline import Outline
from inkwright.memory.domain.purpose import split_purpose
from inkwright.memory.errors import BadInput
from inkwright.memory.ids import NO_WORK, WorkId
from inkwright.memory.store import schema
from inkwright.memory.store.drafts import SectionRow
from inkwright.memory.store.library import Library, now
from inkwright.memory.store.works import build_work

LOCAL_TABLES = ("outputs", "runs", "live")
"""Tables of what is of one machine, or of one moment: no work takes them along."""
RENUMBERED_TABLES = ("entries", "manifests", "sightings", "findings")
"""Tables whose rows are counted over the whole library."""
Row = dict[str, Any]
RowReader = Callable[[str], Iterable[Row]]
BATCH = 200
MAX_INTEGER = 2**63 - 1
"""What a column for whole numbers can hold."""
_WORK_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,80}(\.[1-9]\d{0,5})?")


def restore_work(library: Library, read_rows: RowReader) -> WorkId:
    """Store a work whose rows ``read_rows`` gives, by the name of their table, and return its id.

    All of it is stored, or nothing.

    Raises:
        BadInput: they do not make a work; the message says what is wrong.
    """
    with library.write() as db:
        try:
            return _Restoring(db, read_rows).restore()
        except ValidationError as fault:
            first_error = fault.errors()[0]
            location = ".".join(str(part) for part in first_error["loc"])
            title = _TITLES.get(fault.title, fault.title)
            raise BadInput(f"{title} {location}: {first_error['msg']}") from fault
        except IntegrityError as fault:
            raise BadInput("two of its rows are one, or refer to what is not there") from fault


class _Part(Value):
    """One message of a journaled call."""

    role: str
    hash: str


_PARTS_ADAPTER = TypeAdapter(tuple[_Part, ...])
_CONSTRAINTS_ADAPTER = TypeAdapter(tuple[Constraint, ...])
_TITLES = {
    _PARTS_ADAPTER.validator.title: "the parts of a call",
    _CONSTRAINTS_ADAPTER.validator.title: "the constraints of a plan",
}
"""What these are called in an error, where Pydantic would spell out their types."""


class _Restoring:
    """One work, table by table, each after what it refers to."""

    def __init__(self, db: Connection, read_rows: RowReader) -> None:
        self._db, self._read_rows = db, read_rows
        self._old_id = ""
        self._new_id = NO_WORK
        self._sequence_numbers: list[tuple[int, int]] = []
        self._manifest_ids: dict[int, int] = {}
        self._draft_keys: set[tuple[str, int]] = set()

    def restore(self) -> WorkId:
        self._restore_work_row()
        self._insert_rows(schema.plans, self._read_plans())
        self._sequence_numbers = self._insert_renumbered(schema.entries, "seq", _check_entry)
        self._manifest_ids = dict(
            self._insert_renumbered(schema.manifests, "id", self._renumber_manifest)
        )
        self._insert_rows(
            schema.drafts, map(self._renumber_draft, self._read_checked_rows(schema.drafts))
        )
        self._restore_sections()
        self._insert_renumbered(schema.sightings, "seq", _return_row)
        self._insert_renumbered(schema.findings, "id", _return_row)
        handled_tables = {
            "works",
            "plans",
            "sections",
            "journal",
            *LOCAL_TABLES,
            *RENUMBERED_TABLES,
        }
        for table in schema.WORK_TABLES:
            if table.name not in handled_tables and table is not schema.drafts:
                self._insert_rows(table, self._read_checked_rows(table))
        self._restore_journal()
        return self._new_id

    def _restore_work_row(self) -> None:
        work_rows = list(self._read_rows("works"))
        if len(work_rows) != 1:
            raise BadInput(f"it holds {len(work_rows)} works, and must hold one")
        row = _check_row(schema.works, work_rows[0])
        if not _WORK_ID.fullmatch(row["id"]):
            raise BadInput(f"{row['id'][:80]!r} is no work's id")
        self._old_id = row["id"]
        row.update(lease_owner=None, lease_fence=0, lease_until=0.0, updated_at=now())
        self._new_id, row["generation"] = self._find_free_id(row["id"], row["generation"])
        row["id"] = self._new_id
        row["brief"] = build_work(row).brief.model_dump(mode="json")
        self._db.execute(insert(schema.works).values(row))

    def _find_free_id(self, preferred_id: str, generation: int) -> tuple[WorkId, int]:
        """Return the id that the work gets here, and which of its brief's works it is."""
        table = schema.works
        base_id = preferred_id.partition(".")[0]
        existing_rows = self._db.execute(
            select(table.c.id, table.c.generation).where(
                (table.c.id == base_id) | table.c.id.like(f"{base_id}.%")
            )
        ).all()
        if preferred_id not in {row.id for row in existing_rows}:
            return WorkId(preferred_id), generation
        number = max(row.generation for row in existing_rows) + 1
        return WorkId(f"{base_id}.{number}"), number

    def _read_plans(self) -> Iterator[Row]:
        for row in self._read_checked_rows(schema.plans):
            Outline.model_validate(row["outline"])
            _CONSTRAINTS_ADAPTER.validate_python(row["constraints"])
            yield row

    def _renumber_manifest(self, row: Row) -> Row:
        manifest = Manifest.model_validate(row["content"])
        index = bisect_right(
            [old_number for old_number, _ in self._sequence_numbers], manifest.known_until
        )
        known_until = self._sequence_numbers[index - 1][1] if index else 0
        new_manifest = manifest.model_copy(update={"known_until": known_until})
        return {**row, "content": new_manifest.model_dump(mode="json")}

    def _renumber_draft(self, row: Row) -> Row:
        row["manifest"] = self._map_manifest_id(row["manifest"])
        Draft.model_validate({name: row[name] for name in Draft.model_fields if name in row})
        self._draft_keys.add((row["section"], row["version"]))
        return row

    def _restore_sections(self) -> None:
        rows = []
        for row in self._read_checked_rows(schema.sections):
            if row["manifest"] is not None:
                row["manifest"] = self._map_manifest_id(row["manifest"])
            SectionRow.model_validate({name: row[name] for name in SectionRow.model_fields})
            for version in (row["drafted"], row["draft"]):
                if version is not None and (row["section"], version) not in self._draft_keys:
                    raise BadInput(f"section {row['section']!r} has no version {version}")
            rows.append(row)
        section_ids = {row["section"] for row in rows}
        newest_outline = self._db.execute(
            select(schema.plans.c.outline)
            .where(schema.plans.c.work == self._new_id)
            .order_by(schema.plans.c.version.desc())
            .limit(1)
        ).scalar()
        planned_ids = [s["id"] for s in newest_outline["sections"]] if newest_outline else []
        if missing_ids := [
            section_id for section_id in planned_ids if section_id not in section_ids
        ]:
            raise BadInput(
                f"section {missing_ids[0]!r} is planned, and it is not said where it stands"
            )
        self._insert_rows(schema.sections, rows)

    def _restore_journal(self) -> None:
        parts = schema.parts
        hash_query = select(parts.c.hash).where(parts.c.work == self._new_id)
        stored_hashes = set(self._db.execute(hash_query).scalars())

        def check_call(row: Row) -> Row:
            if any(
                part.hash not in stored_hashes
                for part in _PARTS_ADAPTER.validate_python(row["parts"])
            ):
                raise BadInput("a call of its journal lacks one of its messages")
            if "subject" not in row:  # it is of a schema before 0005
                row["purpose"], row["subject"], row["attempt"] = split_purpose(row["purpose"])
            return row

        self._insert_renumbered(schema.journal, "id", check_call)

    def _map_manifest_id(self, old_id: int) -> int:
        if old_id not in self._manifest_ids:
            raise BadInput(f"there is no manifest {old_id}")
        return self._manifest_ids[old_id]

    def _insert_renumbered(
        self, table: Table, key: str, transform: Callable[[Row], Row]
    ) -> list[tuple[int, int]]:
        """Store rows under numbers that are free here; return old and new, in their order."""
        number_pairs: list[tuple[int, int]] = []
        for row in self._read_checked_rows(table):
            old_number = row.pop(key)
            if number_pairs and old_number <= number_pairs[-1][0]:
                raise BadInput(f"the rows of {table.name} are not in order")
            primary_key = self._db.execute(
                insert(table).values(transform(row))
            ).inserted_primary_key
            assert primary_key is not None
            number_pairs.append((old_number, primary_key[0]))
        return number_pairs

    def _read_checked_rows(self, table: Table) -> Iterator[Row]:
        for raw_row in self._read_rows(table.name):
            row = _check_row(table, raw_row)
            if row["work"] != self._old_id:
                raise BadInput(f"a row of {table.name} belongs to another work")
            row["work"] = self._new_id
            yield row

    def _insert_rows(self, table: Table, rows: Iterable[Row]) -> None:
        for _, similar_rows in groupby(rows, key=lambda row: sorted(row)):
            batch: list[Row] = []
            for row in similar_rows:
                batch.append(row)
                if len(batch) == BATCH:
                    self._db.execute(insert(table), batch)
                    batch = []
            if batch:
                self._db.execute(insert(table), batch)


def _check_row(table: Table, raw_row: Row) -> Row:
    """Return a row with every column that has no beginning of its own, each of its type."""
    if not isinstance(raw_row, dict):
        raise BadInput(f"a row of {table.name} is none")
    columns_by_name = {column.name: column for column in table.columns}
    if unknown_names := sorted(raw_row.keys() - columns_by_name.keys()):
        raise BadInput(f"a row of {table.name} has {unknown_names[0]!r}, which is not known here")
    row = dict(raw_row)
    for name, column in columns_by_name.items():
        if name in row:
            _check_type(table, column, row[name])
        elif column.nullable:
            row[name] = None
        elif column.server_default is None and column.default is None:
            raise BadInput(f"a row of {table.name} lacks {name!r}")
    return row


def _check_type(table: Table, column: Column[Any], value: Any) -> None:
    if (value is None and column.nullable) or isinstance(column.type, JSON):
        return
    python_type = column.type.python_type
    is_valid = isinstance(value, (int, float) if python_type is float else python_type)
    if isinstance(value, bool) and python_type is not bool:
        is_valid = False
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        is_valid = False
    if not is_valid:
        raise BadInput(f"a row of {table.name} has a {column.name!r} of another kind")


def _check_entry(row: Row) -> Row:
    fields = {name: row[name] for name in Entry.model_fields if name != "span"}
    span = None
    if row["section"] is not None:
        span = Span.model_validate({name: row[name] for name in Span.model_fields})
    Entry.model_validate({**fields, "span": span})
    return row


def _return_row(row: Row) -> Row:
    return row

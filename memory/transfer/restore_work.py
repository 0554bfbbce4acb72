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

from pydantic import BaseModel, TypeAdapter, ValidationError
from sqlalchemy import JSON, Column, Connection, Table, insert, select
from sqlalchemy.exc import IntegrityError

from inkwright.memory.base import Value
from inkwright.memory.domain.brief import Brief, Constraint
from inkwright.memory.domain.draft import Draft, Manifest, Review
from inkwright.memory.domain.entry import Entry, Span
from inkwright.memory.domain.outline import Outline
from inkwright.memory.errors import BadInput
from inkwright.memory.store import schema
from inkwright.memory.store.drafts import SectionRow
from inkwright.memory.store.library import Library, now
from inkwright.memory.store.works import Work

STAYS = ("outputs", "runs", "live")
"""Tables of what is of one machine, or of one moment: no work takes them along."""
NUMBERED = ("entries", "manifests", "sightings", "findings")
"""Tables whose rows are counted over the whole library."""
Row = dict[str, Any]
Rows = Callable[[str], Iterable[Row]]
BATCH = 200
LARGEST = 2**63 - 1
"""What a column for whole numbers can hold."""
_WORK_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,80}(\.[1-9]\d{0,5})?")


def restore(library: Library, rows: Rows) -> str:
    """Store a work whose rows ``rows`` gives, by the name of their table, and return its id.

    All of it is stored, or nothing.

    Raises:
        BadInput: they do not make a work; the message says what is wrong.
    """
    with library.write() as db:
        try:
            return _Restoring(db, rows).work()
        except ValidationError as fault:
            first = fault.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise BadInput(f"{fault.title} {where}: {first['msg']}") from fault
        except IntegrityError as fault:
            raise BadInput("two of its rows are one, or refer to what is not there") from fault


class _Part(Value):
    """One message of a journaled call."""

    role: str
    hash: str


class _Pinned(BaseModel):
    """What of a work's pinned values is read as more than text or a number."""

    whole: Review | None = None
    unread: dict[str, int] | None = None
    tokenizer_factor: float | None = None
    context_tokens: int = 0
    slots: int = 0
    embedder: str | None = None
    request: str | None = None
    settling: dict[str, Any] | None = None


_PARTS = TypeAdapter(tuple[_Part, ...])
_CONSTRAINTS = TypeAdapter(tuple[Constraint, ...])


class _Restoring:
    """One work, table by table, each after what it refers to."""

    def __init__(self, db: Connection, rows: Rows) -> None:
        self._db, self._rows = db, rows
        self._old = self._new = ""
        self._seqs: list[tuple[int, int]] = []
        self._manifests: dict[int, int] = {}
        self._drafts: set[tuple[str, int]] = set()

    def work(self) -> str:
        self._work()
        self._put(schema.plans, self._plans())
        self._seqs = self._numbered(schema.entries, "seq", _entry)
        self._manifests = dict(self._numbered(schema.manifests, "id", self._manifest))
        self._put(schema.drafts, map(self._draft, self._clean(schema.drafts)))
        self._sections()
        self._numbered(schema.sightings, "seq", _unchanged)
        self._numbered(schema.findings, "id", _unchanged)
        apart = {"works", "plans", "sections", "journal", *STAYS, *NUMBERED}
        for table in schema.metadata.sorted_tables:
            if table.name not in apart and table is not schema.drafts:
                self._put(table, self._clean(table))
        self._journal()
        return self._new

    def _work(self) -> None:
        found = list(self._rows("works"))
        if len(found) != 1:
            raise BadInput(f"it holds {len(found)} works, and must hold one")
        row = _checked(schema.works, found[0])
        if not _WORK_ID.fullmatch(row["id"]):
            raise BadInput(f"{row['id'][:80]!r} is no work's id")
        self._old = row["id"]
        row.update(lease_owner=None, lease_fence=0, lease_until=0.0, updated_at=now())
        self._new, row["generation"] = self._free(row["id"], row["generation"])
        row["id"] = self._new
        Work.model_validate({name: row[name] for name in Work.model_fields})
        row["brief"] = Brief.model_validate(row["brief"]).model_dump(mode="json")
        _Pinned.model_validate(row["pinned"] or {})
        self._db.execute(insert(schema.works).values(row))

    def _free(self, wanted: str, generation: int) -> tuple[str, int]:
        """Return the id that the work gets here, and which of its brief's works it is."""
        table = schema.works
        stem = wanted.partition(".")[0]
        known = self._db.execute(
            select(table.c.id, table.c.generation).where(
                (table.c.id == stem) | table.c.id.like(f"{stem}.%")
            )
        ).all()
        if wanted not in {row.id for row in known}:
            return wanted, generation
        number = max(row.generation for row in known) + 1
        return f"{stem}.{number}", number

    def _plans(self) -> Iterator[Row]:
        for row in self._clean(schema.plans):
            Outline.model_validate(row["outline"])
            _CONSTRAINTS.validate_python(row["constraints"])
            yield row

    def _manifest(self, row: Row) -> Row:
        manifest = Manifest.model_validate(row["content"])
        place = bisect_right([old for old, _ in self._seqs], manifest.known_until)
        known_until = self._seqs[place - 1][1] if place else 0
        moved = manifest.model_copy(update={"known_until": known_until})
        return {**row, "content": moved.model_dump(mode="json")}

    def _draft(self, row: Row) -> Row:
        row["manifest"] = self._manifest_here(row["manifest"])
        Draft.model_validate({name: row[name] for name in Draft.model_fields if name in row})
        self._drafts.add((row["section"], row["version"]))
        return row

    def _sections(self) -> None:
        rows = []
        for row in self._clean(schema.sections):
            if row["manifest"] is not None:
                row["manifest"] = self._manifest_here(row["manifest"])
            SectionRow.model_validate({name: row[name] for name in SectionRow.model_fields})
            for version in (row["drafted"], row["draft"]):
                if version is not None and (row["section"], version) not in self._drafts:
                    raise BadInput(f"section {row['section']!r} has no version {version}")
            rows.append(row)
        known = {row["section"] for row in rows}
        newest = self._db.execute(
            select(schema.plans.c.outline)
            .where(schema.plans.c.work == self._new)
            .order_by(schema.plans.c.version.desc())
            .limit(1)
        ).scalar()
        planned = [s["id"] for s in newest["sections"]] if newest else []
        if lost := [sid for sid in planned if sid not in known]:
            raise BadInput(f"section {lost[0]!r} is planned, and it is not said where it stands")
        self._put(schema.sections, rows)

    def _journal(self) -> None:
        parts = schema.parts
        stored = select(parts.c.hash).where(parts.c.work == self._new)
        known = set(self._db.execute(stored).scalars())

        def checked(row: Row) -> Row:
            if any(part.hash not in known for part in _PARTS.validate_python(row["parts"])):
                raise BadInput("a call of its journal lacks one of its messages")
            return row

        self._numbered(schema.journal, "id", checked)

    def _manifest_here(self, number: int) -> int:
        if number not in self._manifests:
            raise BadInput(f"there is no manifest {number}")
        return self._manifests[number]

    def _numbered(
        self, table: Table, key: str, changed: Callable[[Row], Row]
    ) -> list[tuple[int, int]]:
        """Store rows under numbers that are free here; return old and new, in their order."""
        numbers: list[tuple[int, int]] = []
        for row in self._clean(table):
            old = row.pop(key)
            if numbers and old <= numbers[-1][0]:
                raise BadInput(f"the rows of {table.name} are not in order")
            given = self._db.execute(insert(table).values(changed(row))).inserted_primary_key
            assert given is not None
            numbers.append((old, given[0]))
        return numbers

    def _clean(self, table: Table) -> Iterator[Row]:
        for given in self._rows(table.name):
            row = _checked(table, given)
            if row["work"] != self._old:
                raise BadInput(f"a row of {table.name} belongs to another work")
            row["work"] = self._new
            yield row

    def _put(self, table: Table, rows: Iterable[Row]) -> None:
        for _, alike in groupby(rows, key=lambda row: sorted(row)):
            batch: list[Row] = []
            for row in alike:
                batch.append(row)
                if len(batch) == BATCH:
                    self._db.execute(insert(table), batch)
                    batch = []
            if batch:
                self._db.execute(insert(table), batch)


def _checked(table: Table, given: Row) -> Row:
    """Return a row with every column that has no beginning of its own, each of its type."""
    if not isinstance(given, dict):
        raise BadInput(f"a row of {table.name} is none")
    known = {column.name: column for column in table.columns}
    if strange := sorted(given.keys() - known.keys()):
        raise BadInput(f"a row of {table.name} has {strange[0]!r}, which is not known here")
    row = dict(given)
    for name, column in known.items():
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
    wanted = column.type.python_type
    fits = isinstance(value, (int, float) if wanted is float else wanted)
    if isinstance(value, bool) and wanted is not bool:
        fits = False
    if isinstance(value, int) and abs(value) > LARGEST:
        fits = False
    if not fits:
        raise BadInput(f"a row of {table.name} has a {column.name!r} of another kind")


def _entry(row: Row) -> Row:
    fields = {name: row[name] for name in Entry.model_fields if name != "span"}
    span = None
    if row["section"] is not None:
        span = Span.model_validate({name: row[name] for name in Span.model_fields})
    Entry.model_validate({**fields, "span": span})
    return row


def _unchanged(row: Row) -> Row:
    return row

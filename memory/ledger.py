"""The ledger: memory entries, append-only and versioned.

An entry's rows are never changed; a newer row of the same id replaces it. Which entries hold is a
question of where one stands: a section sees those of the drafts it has heard of, as they were in
those drafts, less what a later entry among them supersedes.
"""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, RowMapping, insert, select

from inkwright.memory import schema
from inkwright.memory.entry import Entry, Span, normalise
from inkwright.memory.library import Library, now


class Ledger:
    """A work's entries, kept in step with the library by reading only what is new."""

    def __init__(self, library: Library, work: str) -> None:
        self._library, self._work = library, work
        self._history: dict[str, list[tuple[int, Entry]]] = {}
        self.newest = 0
        """Sequence number of the newest row read."""

    def refresh(self) -> "Ledger":
        """Read the rows written since the last time."""
        table = schema.entries
        with self._library.read() as db:
            rows = db.execute(
                select(table)
                .where(table.c.work == self._work, table.c.seq > self.newest)
                .order_by(table.c.seq)
            ).mappings()
            for row in rows:
                self._history.setdefault(row["id"], []).append((row["seq"], _entry(row)))
                self.newest = row["seq"]
        return self

    def heard(self, drafts: Mapping[str, int]) -> list[Entry]:
        """Return what holds for one who has heard these drafts (section id to version).

        Entries of the plan, of sources and of the person are always among them. Superseded ones
        are not. The order is that of the ids, so it does not depend on which draft landed first.
        """
        seen = []
        for history in self._history.values():
            if (entry := _as_of(history, drafts)) is not None and entry.status == "live":
                seen.append(entry)
        replaced = {e.supersedes for e in seen}
        return sorted((e for e in seen if e.id not in replaced), key=_by_id)

    def latest(self) -> list[Entry]:
        """Return the newest version of every entry, live or not."""
        return sorted((h[-1][1] for h in self._history.values()), key=_by_id)

    def of_section(self, section: str) -> list[Entry]:
        """Return the live entries that drafts of ``section`` established."""
        return [
            e
            for e in self.latest()
            if e.status == "live" and e.span is not None and e.span.section == section
        ]

    def since(self, sequence: int) -> set[tuple[str, int]]:
        """Return (id, version) of every row after ``sequence``."""
        return {
            (e.id, e.version)
            for history in self._history.values()
            for seq, e in history
            if seq > sequence
        }

    def next_number(self, prefix: str) -> int:
        """Return the first number no entry ``PREFIX.NUMBER`` has had."""
        taken = [int(i.rpartition(".")[2]) for i in self._history if i.rpartition(".")[0] == prefix]
        return max(taken, default=0) + 1


def entries(library: Library, work: str, *, live: bool = True) -> list[Entry]:
    """Return the newest version of each entry; with ``live``, only those that hold at the end."""
    latest = Ledger(library, work).refresh().latest()
    if not live:
        return latest
    replaced = {e.supersedes for e in latest if e.status == "live"}
    return [e for e in latest if e.status == "live" and e.id not in replaced]


def append(db: Connection, work: str, new: Iterable[Entry]) -> None:
    """Write entry versions within the caller's transaction."""
    rows = [
        {
            "work": work,
            "created_at": now(),
            **entry.model_dump(mode="json", exclude={"span"}),
            "section": entry.span.section if entry.span else None,
            "draft": entry.span.draft if entry.span else None,
            "start": entry.span.start if entry.span else None,
            "end": entry.span.end if entry.span else None,
        }
        for entry in new
    ]
    if rows:
        db.execute(insert(schema.entries), rows)


def conflicts(live: Iterable[Entry]) -> list[tuple[Entry, Entry]]:
    """Return pairs of entries that give one attribute of one subject two values.

    An entry without an attribute says something of its own and conflicts with nothing. Different
    story times are no conflict.
    """
    found = []
    by_attribute: dict[tuple[str, str | None], list[Entry]] = {}
    for entry in live:
        if not entry.attribute:
            continue
        group = by_attribute.setdefault((entry.topic[1], entry.story_time), [])
        before = next((e for e in reversed(group) if e.names & entry.names), None)
        if before and normalise(before.statement) != normalise(entry.statement):
            found.append((before, entry))
        group.append(entry)
    return found


def _as_of(history: list[tuple[int, Entry]], drafts: Mapping[str, int]) -> Entry | None:
    for _, entry in reversed(history):
        if entry.span is None or entry.span.draft <= drafts.get(entry.span.section, 0):
            return entry
    return None


def _by_id(entry: Entry) -> tuple[str, int]:
    prefix, _, number = entry.id.rpartition(".")
    return prefix, int(number)


def _entry(row: RowMapping) -> Entry:
    span = None
    if row["section"] is not None:
        span = Span(
            section=row["section"],
            draft=row["draft"],
            start=row["start"],
            end=row["end"],
        )
    fields = {name: row[name] for name in Entry.model_fields if name != "span"}
    fields["aliases"] = tuple(fields["aliases"])
    return Entry.model_construct(**fields, span=span)

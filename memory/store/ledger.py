"""The ledger: memory entries, append-only and versioned.

An entry's rows are never changed; a newer row of the same id replaces it. Which entries hold is a
question of where one stands: a section sees those of the drafts it has heard of, as they were in
those drafts, less what a later entry among them supersedes. A proposal holds for nobody until the
person accepts it. Where a later draft says the same in other words or another place, that is a
sighting, and no new version.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, Table, bindparam, insert, select

from inkwright.memory.domain.entry import Entry, Span
from inkwright.memory.store import schema
from inkwright.memory.store.entry_append_policy import EntryRecord, admitted
from inkwright.memory.store.library import Library, now
from inkwright.memory.store.related_entries import EntryFamilies
from inkwright.memory.text.names import MentionedNames
from inkwright.memory.text.normalise import normalise

History = Sequence[tuple[int, Entry]]


class Ledger:
    """A work's entries, kept in step with the library by reading only what is new."""

    def __init__(self, library: Library, work: str) -> None:
        self._library: Library | None = library
        self._work = work
        self._history: dict[str, list[tuple[int, Entry]]] = {}
        self._seen_at: dict[str, Span] = {}
        self._sightings = 0
        self._latest: dict[str, Entry] | None = None
        self._by_topic: dict[tuple[str, str], list[Entry]] | None = None
        self._by_section: dict[str, list[Entry]] | None = None
        self._kin: EntryFamilies | None = None
        self._ids: list[str] = []
        self.newest = 0
        """Sequence number of the newest row read."""

    def refresh(self) -> "Ledger":
        """Read the rows written since the last time."""
        if self._library is None:
            return self
        with self._library.read() as db:
            known = {"of_work": self._work, "after": self.newest}
            for row in db.execute(_NEW_ENTRIES, known).mappings():
                self._history.setdefault(row["id"], []).append((row["seq"], _entry(row)))
                self._seen_at.pop(row["id"], None)
                self.newest, self._latest = row["seq"], None
                self._by_topic = self._kin = None
            known = {"of_work": self._work, "after": self._sightings}
            for row in db.execute(_NEW_SIGHTINGS, known).mappings():
                self._take_sighting(row["entry"], _span(row))
                self._sightings, self._latest = row["seq"], None
        return self

    def supposing(self, new: Iterable[Entry]) -> "Ledger":
        """Return what this ledger would be with ``new`` appended. Nothing is written."""
        supposed = Ledger.__new__(Ledger)
        supposed._library, supposed._work = None, self._work
        supposed._history = {eid: list(history) for eid, history in self._history.items()}
        supposed._seen_at, supposed._sightings = dict(self._seen_at), self._sightings
        supposed.newest, supposed._latest, supposed._ids = self.newest, None, []
        supposed._by_topic = supposed._by_section = supposed._kin = None
        new = list(new)
        known = {e.id: _known([x for _, x in self._history.get(e.id, ())]) for e in new}
        for entry in admitted(new, known).rows:
            supposed.newest += 1
            supposed._history.setdefault(entry.id, []).append((supposed.newest, entry))
        return supposed

    def heard(
        self,
        drafts: Mapping[str, int],
        at: str | None = None,
        later: Collection[str] = (),
        among: Collection[str] | None = None,
    ) -> list[Entry]:
        """Return what holds for one who has heard these drafts (section id to version).

        Entries of the plan, of sources and of the person are always among them, less those that
        the person has true from a section of ``later`` on. Superseded ones are not. For a section
        ``at``, so is what the person has put right of its own entries. ``among``: only these ids
        are looked at, with what supersedes them; None: all. The order is that of the ids, so it
        does not depend on which draft landed first.
        """
        seen = []
        for eid in self.ids() if among is None else sorted(among, key=_place):
            entry = _as_of(self._history[eid], drafts, at)
            if entry is None or entry.status != "live" or (later and _to_come(entry, later)):
                continue
            seen.append(entry)
        replaced = {e.supersedes for e in seen if e.supersedes}
        return [e for e in seen if e.id not in replaced] if replaced else seen

    def latest(self) -> list[Entry]:
        """Return the newest version of every entry, live or not. Proposals are left out."""
        return list(self._newest().values())

    def standing(self, eid: str) -> Entry | None:
        """Return the newest version of one entry, live or not, that is no proposal."""
        return self._newest().get(eid)

    def ids(self) -> Sequence[str]:
        """Return the ids of all entries, in their order."""
        if len(self._ids) != len(self._history):
            self._ids = sorted(self._history, key=_place)
        return self._ids

    def proposed(self) -> list[Entry]:
        """Return the proposals that the person has not answered yet."""
        newest = (h[-1][1] for h in self._history.values())
        return sorted((e for e in newest if e.is_proposal), key=by_id)

    def of_section(self, section: str) -> list[Entry]:
        """Return the live entries of ``section``'s drafts that the person has not made theirs."""
        return [e for e in self._told_in(section) if e.status == "live" and e.origin == "section"]

    def denied(self, section: str) -> list[Entry]:
        """Return what drafts of ``section`` established and the person has retracted."""
        return [
            e for e in self._told_in(section) if e.status == "retracted" and e.origin == "person"
        ]

    def _told_in(self, section: str) -> Sequence[Entry]:
        """Return the newest version of what drafts of ``section`` have ever established."""
        latest = self._newest()
        if self._by_section is None:
            self._by_section = {}
            for entry in latest.values():
                if entry.span is not None:
                    self._by_section.setdefault(entry.span.section, []).append(entry)
        return self._by_section.get(section, ())

    def on_topic(self, entry: Entry) -> list[Entry]:
        """Return every version of every entry on the topic of ``entry``, live or not."""
        if self._by_topic is None:
            self._by_topic = {}
            for history in self._history.values():
                for _, e in history:
                    for name in e.names:
                        self._by_topic.setdefault((name, e.topic[1]), []).append(e)
        found = [self._by_topic.get((name, entry.topic[1]), ()) for name in sorted(entry.names)]
        return list({(e.id, e.version, e.status): e for group in found for e in group}.values())

    def kin(self, entries: Iterable[str], text: MentionedNames) -> Set[str]:
        """Return the ids of the kin of these entries (ids), and of what a text names."""
        if self._kin is None:
            self._kin = EntryFamilies(e for history in self._history.values() for _, e in history)
        return self._kin.of(entries, text)

    def versions(self, entry: str) -> list[Entry]:
        """Return every version of an entry, proposals too, oldest first; none if unknown."""
        return [e for _, e in self._history.get(entry, ())]

    def is_since(self, entry: Entry, sequence: int) -> bool:
        """True when this version of an entry was written after ``sequence``."""
        history = self._history[entry.id]
        return any(seq > sequence and e.version == entry.version for seq, e in history)

    def next_number(self, prefix: str) -> int:
        """Return the first number no entry ``PREFIX.NUMBER`` has had."""
        taken = [int(i.rpartition(".")[2]) for i in self._history if i.rpartition(".")[0] == prefix]
        return max(taken, default=0) + 1

    def _newest(self) -> dict[str, Entry]:
        """Return what ``latest`` does, by id in the order of the ids."""
        if self._latest is None:
            found = (_standing([e for _, e in self._history[i]]) for i in self.ids())
            self._latest = {e.id: self._where_now(e) for e in found if e is not None}
            self._by_section = None
        return self._latest

    def _take_sighting(self, entry: str, span: Span) -> None:
        standing = _standing([e for _, e in self._history.get(entry, ())])
        first = standing.span if standing else None
        if first is not None and span.draft >= first.draft:
            self._seen_at[entry] = span

    def _where_now(self, entry: Entry) -> Entry:
        span = self._seen_at.get(entry.id)
        return entry if span is None else _with_span(entry, span)


def _new(table: Table) -> Select[Any]:
    """Return what asks for the rows of a work after one of them."""
    newer = (table.c.work == bindparam("of_work")) & (table.c.seq > bindparam("after"))
    return select(table).where(newer).order_by(table.c.seq)


_NEW_ENTRIES, _NEW_SIGHTINGS = _new(schema.entries), _new(schema.sightings)


def entries(library: Library, work: str, *, live: bool = True) -> list[Entry]:
    """Return the newest version of each entry; with ``live``, only those that hold at the end."""
    latest = Ledger(library, work).refresh().latest()
    return holding(latest) if live else latest


def holding(latest: Sequence[Entry]) -> list[Entry]:
    """Return those of ``latest`` that hold at the end: live, and not superseded."""
    replaced = {e.supersedes for e in latest if e.status == "live"}
    return [e for e in latest if e.status == "live" and e.id not in replaced]


def unpaid(latest: Sequence[Entry]) -> list[Entry]:
    """Return the open threads that nothing has paid off."""
    return [e for e in holding(latest) if e.kind == "thread"]


def append(db: Connection, work: str, new: Iterable[Entry]) -> None:
    """Write entry versions within the caller's transaction, as ``admission`` lets them in."""
    new = list(new)
    if not new:
        return
    taken = admitted(new, known(db, work, {e.id for e in new}))
    if taken.rows:
        db.execute(insert(schema.entries), [_values(work, e) for e in taken.rows])
    if taken.sightings:
        db.execute(
            insert(schema.sightings),
            [
                {"work": work, "entry": e.id, **e.span.model_dump()}
                for e in taken.sightings
                if e.span is not None
            ],
        )


def known(db: Connection, work: str, ids: Iterable[str]) -> dict[str, EntryRecord]:
    """Return what is on record of the entries ``ids``, within the caller's transaction."""
    table = schema.entries
    rows = db.execute(
        select(table).where(table.c.work == work, table.c.id.in_(sorted(ids))).order_by(table.c.seq)
    ).mappings()
    found: dict[str, list[Entry]] = {}
    for row in rows:
        found.setdefault(row["id"], []).append(_entry(row))
    return {eid: _known(versions) for eid, versions in found.items()}


def conflicts(live: Iterable[Entry]) -> list[tuple[Entry, Entry]]:
    """Return pairs of entries that give one attribute of one subject two values.

    An entry without an attribute says something of its own and conflicts with nothing. Different
    story times are no conflict.
    """
    found = []
    by_attribute: dict[tuple[str, str | None], dict[str, tuple[int, Entry]]] = {}
    for number, entry in enumerate(live):
        if not entry.attribute:
            continue
        group = by_attribute.setdefault((entry.topic[1], entry.story_time), {})
        known = [group[name] for name in entry.names if name in group]
        _, before = max(known, key=lambda k: k[0], default=(0, None))
        if before and normalise(before.statement) != normalise(entry.statement):
            found.append((before, entry))
        group.update(dict.fromkeys(entry.names, (number, entry)))
    return found


def by_id(entry: Entry) -> tuple[str, int]:
    """Order entries by the section, or the source, in their ids, and by number within it."""
    return _place(entry.id)


@lru_cache(maxsize=20_000)
def _place(eid: str) -> tuple[str, int]:
    prefix, _, number = eid.rpartition(".")
    return prefix, int(number)


def _as_of(history: History, drafts: Mapping[str, int], at: str | None) -> Entry | None:
    for _, entry in reversed(history):
        span = entry.span
        if entry.status in ("proposed", "doubted"):
            continue
        if span is None or span.draft <= drafts.get(span.section, 0):
            return entry
        if entry.origin == "person" and span.section == at:
            return entry
    return None


def _to_come(entry: Entry, later: Collection[str]) -> bool:
    """True for what a person lets come true later; what the plan foresees is shown before."""
    return (
        entry.from_section in later
        and entry.origin == "person"
        and entry.span is None
        and not entry.pinned
    )


def _standing(versions: Sequence[Entry]) -> Entry | None:
    """Return the newest version that is no proposal."""
    return next((e for e in reversed(versions) if not e.is_proposal), None)


def _known(versions: Sequence[Entry]) -> EntryRecord:
    newest = max((e.version for e in versions), default=0)
    waits = bool(versions) and versions[-1].is_proposal
    return EntryRecord(newest, _standing(versions), waits)


def _values(work: str, entry: Entry) -> dict[str, object]:
    span = entry.span
    return {
        "work": work,
        "created_at": now(),
        **entry.model_dump(mode="json", exclude={"span"}),
        "section": span.section if span else None,
        "draft": span.draft if span else None,
        "start": span.start if span else None,
        "end": span.end if span else None,
    }


def _with_span(entry: Entry, span: Span) -> Entry:
    return entry.model_copy(update={"span": span})


def _span(row: RowMapping) -> Span:
    return Span.model_construct(
        section=row["section"], draft=row["draft"], start=row["start"], end=row["end"]
    )


def _entry(row: RowMapping) -> Entry:
    fields = {name: row[name] for name in Entry.model_fields if name != "span"}
    fields["aliases"] = tuple(fields["aliases"])
    return Entry.model_construct(**fields, span=None if row["section"] is None else _span(row))

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
from inkwright.memory.ids import EntryId, SectionId, WorkId
from inkwright.memory.store import schema
from inkwright.memory.store.entry_append_policy import EntryRecord, admit_entries
from inkwright.memory.store.library import Library, now
from inkwright.memory.store.related_entries import EntryFamilies
from inkwright.memory.text.names import MentionedNames
from inkwright.memory.text.normalise import normalise

EntryHistory = Sequence[tuple[int, Entry]]


class Ledger:
    """A work's entries, kept in step with the library by reading only what is new."""

    def __init__(self, library: Library | None, work_id: WorkId) -> None:
        """``library``: None for a ledger that nothing is read into, to simulate appending to."""
        self._library = library
        self._work_id = work_id
        self._history: dict[str, list[tuple[int, Entry]]] = {}
        self._newest_spans: dict[str, Span] = {}
        self._newest_sighting = 0
        self._latest: dict[EntryId, Entry] | None = None
        self._by_topic: dict[tuple[str, str], list[Entry]] | None = None
        self._by_section: dict[str, list[Entry]] | None = None
        self._families: EntryFamilies | None = None
        self._ids: list[str] = []
        self.newest_sequence = 0
        """Sequence number of the newest row read."""

    def refresh(self) -> "Ledger":
        """Read the rows written since the last time."""
        if self._library is None:
            return self
        with self._library.read() as db:
            parameters = {"of_work": self._work_id, "after": self.newest_sequence}
            for row in db.execute(_NEW_ENTRIES, parameters).mappings():
                self._history.setdefault(row["id"], []).append((row["seq"], _entry_from_row(row)))
                self._newest_spans.pop(row["id"], None)
                self.newest_sequence, self._latest = row["seq"], None
                self._by_topic = self._families = None
            parameters = {"of_work": self._work_id, "after": self._newest_sighting}
            for row in db.execute(_NEW_SIGHTINGS, parameters).mappings():
                self._record_sighting(row["entry"], _span_from_row(row))
                self._newest_sighting, self._latest = row["seq"], None
        return self

    def simulate_append(self, new_entries: Iterable[Entry]) -> "Ledger":
        """Return what this ledger would be with ``new_entries`` appended. Nothing is written."""
        ledger_copy = Ledger.__new__(Ledger)
        ledger_copy._library, ledger_copy._work_id = None, self._work_id
        ledger_copy._history = {
            entry_id: list(history) for entry_id, history in self._history.items()
        }
        ledger_copy._newest_spans = dict(self._newest_spans)
        ledger_copy._newest_sighting = self._newest_sighting
        ledger_copy.newest_sequence = self.newest_sequence
        ledger_copy._latest = None
        ledger_copy._ids = []
        ledger_copy._by_topic = ledger_copy._by_section = ledger_copy._families = None
        new_entries = list(new_entries)
        records = {
            e.id: _build_record([x for _, x in self._history.get(e.id, ())]) for e in new_entries
        }
        for entry in admit_entries(new_entries, records).new_versions:
            ledger_copy.newest_sequence += 1
            ledger_copy._history.setdefault(entry.id, []).append(
                (ledger_copy.newest_sequence, entry)
            )
        return ledger_copy

    def list_visible(
        self,
        draft_versions: Mapping[SectionId, int],
        section_id: SectionId | None = None,
        later_ids: Collection[str] = (),
        candidate_ids: Collection[str] | None = None,
    ) -> list[Entry]:
        """Return what holds for one who has heard these drafts (section id to version).

        Entries of the plan, of sources and of the person are always among them, less those that
        are true only from a section of ``later_ids`` on. Superseded ones are not. For
        ``section_id``, so is what the person has put right of its own entries. ``candidate_ids``:
        only these are looked at, with what supersedes them; None: all. The order is that of the
        ids, so it does not depend on which draft landed first.
        """
        visible_entries = []
        for entry_id in (
            self.ids() if candidate_ids is None else sorted(candidate_ids, key=_split_id)
        ):
            entry = _find_visible_version(self._history[entry_id], draft_versions, section_id)
            if (
                entry is None
                or entry.status != "live"
                or (later_ids and _is_not_yet_true(entry, later_ids))
            ):
                continue
            visible_entries.append(entry)
        superseded_ids = {e.supersedes for e in visible_entries if e.supersedes}
        return (
            [e for e in visible_entries if e.id not in superseded_ids]
            if superseded_ids
            else visible_entries
        )

    def latest(self) -> list[Entry]:
        """Return the newest version of every entry, live or not. Proposals are left out."""
        return list(self._latest_by_id().values())

    def get_current(self, entry_id: EntryId) -> Entry | None:
        """Return the newest version of one entry, live or not, that is no proposal."""
        return self._latest_by_id().get(entry_id)

    def ids(self) -> Sequence[str]:
        """Return the ids of all entries, in their order."""
        if len(self._ids) != len(self._history):
            self._ids = sorted(self._history, key=_split_id)
        return self._ids

    def list_proposals(self) -> list[Entry]:
        """Return the proposals that the person has not answered yet."""
        newest_versions = (h[-1][1] for h in self._history.values())
        return sorted((e for e in newest_versions if e.is_proposal), key=by_id)

    def list_section_entries(self, section_id: SectionId) -> list[Entry]:
        """Return the live entries of a section's drafts that the person has not made theirs."""
        return [
            e
            for e in self._list_established_in(section_id)
            if e.status == "live" and e.origin == "section"
        ]

    def list_retracted(self, section_id: SectionId) -> list[Entry]:
        """Return what drafts of ``section_id`` established and the person has retracted."""
        return [
            e
            for e in self._list_established_in(section_id)
            if e.status == "retracted" and e.origin == "person"
        ]

    def _list_established_in(self, section_id: SectionId) -> Sequence[Entry]:
        """Return the newest version of what drafts of ``section_id`` have ever established."""
        latest = self._latest_by_id()
        if self._by_section is None:
            self._by_section = {}
            for entry in latest.values():
                if entry.span is not None:
                    self._by_section.setdefault(entry.span.section, []).append(entry)
        return self._by_section.get(section_id, ())

    def list_on_topic(self, entry: Entry) -> list[Entry]:
        """Return every version of every entry on the topic of ``entry``, live or not."""
        if self._by_topic is None:
            self._by_topic = {}
            for history in self._history.values():
                for _, e in history:
                    for name in e.names:
                        self._by_topic.setdefault((name, e.topic[1]), []).append(e)
        topic_groups = [
            self._by_topic.get((name, entry.topic[1]), ()) for name in sorted(entry.names)
        ]
        return list(
            {(e.id, e.version, e.status): e for group in topic_groups for e in group}.values()
        )

    def find_related_ids(
        self, entry_ids: Iterable[EntryId], mentioned_names: MentionedNames
    ) -> Set[str]:
        """Return the ids of the kin of these entries (ids), and of what a text names."""
        if self._families is None:
            self._families = EntryFamilies(
                e for history in self._history.values() for _, e in history
            )
        return self._families.find_relatives(entry_ids, mentioned_names)

    def versions(self, entry_id: EntryId) -> list[Entry]:
        """Return every version of an entry, proposals too, oldest first; none if unknown."""
        return [e for _, e in self._history.get(entry_id, ())]

    def is_written_after(self, entry: Entry, sequence: int) -> bool:
        """True when this version of an entry was written after ``sequence``."""
        history = self._history[entry.id]
        return any(seq > sequence and e.version == entry.version for seq, e in history)

    def find_next_number(self, prefix: str) -> int:
        """Return the first number no entry ``PREFIX.NUMBER`` has had."""
        used_numbers = [
            int(i.rpartition(".")[2]) for i in self._history if i.rpartition(".")[0] == prefix
        ]
        return max(used_numbers, default=0) + 1

    def _latest_by_id(self) -> dict[EntryId, Entry]:
        """Return what ``latest`` does, by id in the order of the ids."""
        if self._latest is None:
            current_entries = (_find_current([e for _, e in self._history[i]]) for i in self.ids())
            self._latest = {
                e.id: self._with_newest_span(e) for e in current_entries if e is not None
            }
            self._by_section = None
        return self._latest

    def _record_sighting(self, entry_id: EntryId, span: Span) -> None:
        current_entry = _find_current([e for _, e in self._history.get(entry_id, ())])
        first_span = current_entry.span if current_entry else None
        if first_span is not None and span.draft >= first_span.draft:
            self._newest_spans[entry_id] = span

    def _with_newest_span(self, entry: Entry) -> Entry:
        span = self._newest_spans.get(entry.id)
        return entry if span is None else _with_span(entry, span)


def _select_newer_rows(table: Table) -> Select[Any]:
    """Return what asks for the rows of a work after one of them."""
    is_newer = (table.c.work == bindparam("of_work")) & (table.c.seq > bindparam("after"))
    return select(table).where(is_newer).order_by(table.c.seq)


_NEW_ENTRIES = _select_newer_rows(schema.entries)
_NEW_SIGHTINGS = _select_newer_rows(schema.sightings)


def load_entries(library: Library, work_id: WorkId, *, live_only: bool = True) -> list[Entry]:
    """Return the newest version of each entry; ``live_only``: of those that hold at the end."""
    latest = Ledger(library, work_id).refresh().latest()
    return select_active(latest) if live_only else latest


def select_active(latest_entries: Sequence[Entry]) -> list[Entry]:
    """Return those of ``latest_entries`` that hold at the end: live, and not superseded."""
    superseded_ids = {e.supersedes for e in latest_entries if e.status == "live"}
    return [e for e in latest_entries if e.status == "live" and e.id not in superseded_ids]


def select_open_threads(latest_entries: Sequence[Entry]) -> list[Entry]:
    """Return the open threads that nothing has paid off."""
    return [e for e in select_active(latest_entries) if e.kind == "thread"]


def append_entries(db: Connection, work_id: WorkId, new_entries: Iterable[Entry]) -> None:
    """Write entry versions within the caller's transaction, as ``admit_entries`` lets them in."""
    new_entries = list(new_entries)
    if not new_entries:
        return
    admitted_entries = admit_entries(
        new_entries, load_records(db, work_id, {e.id for e in new_entries})
    )
    if admitted_entries.new_versions:
        db.execute(
            insert(schema.entries), [_build_row(work_id, e) for e in admitted_entries.new_versions]
        )
    if admitted_entries.sightings:
        db.execute(
            insert(schema.sightings),
            [
                {"work": work_id, "entry": e.id, **e.span.model_dump()}
                for e in admitted_entries.sightings
                if e.span is not None
            ],
        )


def load_records(
    db: Connection, work_id: WorkId, entry_ids: Iterable[EntryId]
) -> dict[EntryId, EntryRecord]:
    """Return what is on record of the entries ``entry_ids``, within the caller's transaction."""
    table = schema.entries
    rows = db.execute(
        select(table)
        .where(table.c.work == work_id, table.c.id.in_(sorted(entry_ids)))
        .order_by(table.c.seq)
    ).mappings()
    versions_by_id: dict[EntryId, list[Entry]] = {}
    for row in rows:
        versions_by_id.setdefault(row["id"], []).append(_entry_from_row(row))
    return {entry_id: _build_record(versions) for entry_id, versions in versions_by_id.items()}


def find_conflicts(live_entries: Iterable[Entry]) -> list[tuple[Entry, Entry]]:
    """Return pairs of entries that give one attribute of one subject two values.

    An entry without an attribute says something of its own and conflicts with nothing. Different
    story times are no conflict.
    """
    conflict_pairs = []
    by_attribute: dict[tuple[str, str | None], dict[str, tuple[int, Entry]]] = {}
    for number, entry in enumerate(live_entries):
        if not entry.attribute:
            continue
        group = by_attribute.setdefault((entry.topic[1], entry.story_time), {})
        numbered_entries = [group[name] for name in entry.names if name in group]
        _, earlier_entry = max(numbered_entries, key=lambda k: k[0], default=(0, None))
        if earlier_entry and normalise(earlier_entry.statement) != normalise(entry.statement):
            conflict_pairs.append((earlier_entry, entry))
        group.update(dict.fromkeys(entry.names, (number, entry)))
    return conflict_pairs


def by_id(entry: Entry) -> tuple[str, int]:
    """Order entries by the section, or the source, in their ids, and by number within it."""
    return _split_id(entry.id)


@lru_cache(maxsize=20_000)
def _split_id(entry_id: EntryId) -> tuple[str, int]:
    prefix, _, number = entry_id.rpartition(".")
    return prefix, int(number)


def _find_visible_version(
    history: EntryHistory, draft_versions: Mapping[SectionId, int], section_id: SectionId | None
) -> Entry | None:
    for _, entry in reversed(history):
        span = entry.span
        if entry.status in ("proposed", "doubted"):
            continue
        if span is None or span.draft <= draft_versions.get(span.section, 0):
            return entry
        if entry.origin == "person" and span.section == section_id:
            return entry
    return None


def _is_not_yet_true(entry: Entry, later_ids: Collection[str]) -> bool:
    """True for what comes true in one of these sections, whoever says so, pinned or not."""
    return entry.from_section in later_ids and entry.span is None


def _find_current(versions: Sequence[Entry]) -> Entry | None:
    """Return the newest version that is no proposal."""
    return next((e for e in reversed(versions) if not e.is_proposal), None)


def _build_record(versions: Sequence[Entry]) -> EntryRecord:
    newest_version = max((e.version for e in versions), default=0)
    has_open_proposal = bool(versions) and versions[-1].is_proposal
    return EntryRecord(newest_version, _find_current(versions), has_open_proposal)


def _build_row(work_id: WorkId, entry: Entry) -> dict[str, object]:
    span = entry.span
    return {
        "work": work_id,
        "created_at": now(),
        **entry.model_dump(mode="json", exclude={"span"}),
        "section": span.section if span else None,
        "draft": span.draft if span else None,
        "start": span.start if span else None,
        "end": span.end if span else None,
    }


def _with_span(entry: Entry, span: Span) -> Entry:
    return entry.model_copy(update={"span": span})


def _span_from_row(row: RowMapping) -> Span:
    return Span.model_construct(
        section=row["section"], draft=row["draft"], start=row["start"], end=row["end"]
    )


def _entry_from_row(row: RowMapping) -> Entry:
    fields = {name: row[name] for name in Entry.model_fields if name != "span"}
    fields["aliases"] = tuple(fields["aliases"])
    return Entry.model_construct(
        **fields, span=None if row["section"] is None else _span_from_row(row)
    )

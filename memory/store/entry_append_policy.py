"""Admission: which entry versions the ledger takes in, so that a person's entry stands.

Every row goes through here, inside the transaction that writes it. No model changes what a person
has said: its version of a person's entry is refused, and what it says otherwise becomes an entry of
its own, which supersedes or conflicts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from inkwright.memory.domain.entry import Entry
from inkwright.memory.ids import EntryId


@dataclass(frozen=True)
class EntryRecord:
    """What is on record of one entry."""

    version: int = 0
    """The newest version's number, proposals counted."""
    current_entry: Entry | None = None
    """The newest version that is no proposal."""
    has_open_proposal: bool = False
    """A proposal about it waits for an answer."""


@dataclass
class AdmittedEntries:
    """What is to be written."""

    new_versions: list[Entry] = field(default_factory=list)
    sightings: list[Entry] = field(default_factory=list)
    """Entries that a newer draft states again, unchanged."""


def admit_entries(
    new_entries: Iterable[Entry], records: Mapping[EntryId, EntryRecord]
) -> AdmittedEntries:
    """Return what of ``new_entries`` is written, each version numbered after those on record."""
    current_records = dict(records)
    admitted_entries = AdmittedEntries()
    for entry in new_entries:
        record = current_records.get(entry.id, EntryRecord())
        current_entry = record.current_entry
        if (
            current_entry is not None
            and current_entry.origin == "person"
            and entry.origin != "person"
        ):
            continue
        if (
            current_entry is not None
            and not record.has_open_proposal
            and _says_nothing_new(current_entry, entry)
        ):
            if current_entry.status == "live" and entry.span not in (None, current_entry.span):
                admitted_entries.sightings.append(entry)
            continue
        if record.version >= entry.version:
            entry = entry.model_copy(update={"version": record.version + 1})
        admitted_entries.new_versions.append(entry)
        is_proposal = entry.is_proposal
        current_records[entry.id] = EntryRecord(
            entry.version, current_entry if is_proposal else entry, is_proposal
        )
    return admitted_entries


def _says_nothing_new(current_entry: Entry, entry: Entry) -> bool:
    """True when ``entry`` only repeats, or proposes, what stands."""
    ignored_fields = {"span", "version", "status"}
    resulting_status = {"proposed": "live", "doubted": "retracted"}.get(entry.status, entry.status)
    is_same = current_entry.model_dump(exclude=ignored_fields) == entry.model_dump(
        exclude=ignored_fields
    )
    return is_same and current_entry.status == resulting_status

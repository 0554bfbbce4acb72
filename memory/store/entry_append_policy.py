"""Admission: which entry versions the ledger takes in, so that a person's entry stands.

Every row goes through here, inside the transaction that writes it. No model changes what a person
has said: its version of a person's entry is refused, and what it says otherwise becomes an entry of
its own, which supersedes or conflicts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from inkwright.memory.domain.entry import Entry


@dataclass(frozen=True)
class EntryRecord:
    """What is on record of one entry."""

    version: int = 0
    """The newest version's number, proposals counted."""
    standing: Entry | None = None
    """The newest version that is no proposal."""
    open: bool = False
    """A proposal about it waits for an answer."""


@dataclass
class AdmittedEntries:
    """What is to be written."""

    rows: list[Entry] = field(default_factory=list)
    sightings: list[Entry] = field(default_factory=list)
    """Entries that a newer draft states again, unchanged."""


def admitted(new: Iterable[Entry], known: Mapping[str, EntryRecord]) -> AdmittedEntries:
    """Return what of ``new`` is written, each version numbered after those on record."""
    seen = dict(known)
    taken = AdmittedEntries()
    for entry in new:
        before = seen.get(entry.id, EntryRecord())
        standing = before.standing
        if standing is not None and standing.origin == "person" and entry.origin != "person":
            continue
        if standing is not None and not before.open and _says_nothing_new(standing, entry):
            if standing.status == "live" and entry.span not in (None, standing.span):
                taken.sightings.append(entry)
            continue
        if before.version >= entry.version:
            entry = entry.model_copy(update={"version": before.version + 1})
        taken.rows.append(entry)
        proposal = entry.is_proposal
        seen[entry.id] = EntryRecord(entry.version, standing if proposal else entry, proposal)
    return taken


def _says_nothing_new(standing: Entry, entry: Entry) -> bool:
    """True when ``entry`` only repeats, or proposes, what stands."""
    beside = {"span", "version", "status"}
    becomes = {"proposed": "live", "doubted": "retracted"}.get(entry.status, entry.status)
    same = standing.model_dump(exclude=beside) == entry.model_dump(exclude=beside)
    return same and standing.status == becomes

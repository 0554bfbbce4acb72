"""Kin: entries that share a name, or of which one stands for the other, however remotely.

What one entry means to a section is a question of its kin alone, so that whoever asks about a few
entries need not look at a whole ledger.
"""

from collections.abc import Iterable, Set

from inkwright.memory.domain.entry import Entry
from inkwright.memory.text.names import MentionedNames


class EntryFamilies:
    """The families of some entries, given in all their versions."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._above: dict[str, str] = {}
        self._names: set[str] = set()
        ids = set()
        for entry in entries:
            ids.add(entry.id)
            self._names |= entry.names
            for other in (*entry.names, *([entry.supersedes] if entry.supersedes else ())):
                self._join(entry.id, other)
        self._members: dict[str, list[str]] = {}
        for eid in ids:
            self._members.setdefault(self._head(eid), []).append(eid)

    def of(self, entries: Iterable[str], text: MentionedNames) -> Set[str]:
        """Return the kin of these entries, by id, and of what a text names."""
        touched = {self._head(eid) for eid in entries if eid in self._above}
        touched |= {self._head(name) for name in text.among(self._names)}
        return {eid for head in touched for eid in self._members.get(head, ())}

    def _join(self, one: str, other: str) -> None:
        self._above[self._head(other)] = self._head(one)

    def _head(self, of: str) -> str:
        """Return what stands for the family of an id or a name."""
        above = self._above.setdefault(of, of)
        while above != self._above[above]:
            above = self._above[of] = self._above[above]
        return above

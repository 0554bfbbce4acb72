"""Kin: entries that share a name, or of which one stands for the other, however remotely.

What one entry means to a section is a question of its kin alone, so that whoever asks about a few
entries need not look at a whole ledger.
"""

from collections.abc import Iterable, Set

from inkwright.memory.domain.entry import Entry
from inkwright.memory.ids import EntryId
from inkwright.memory.text.names import MentionedNames


class EntryFamilies:
    """The families of some entries, given in all their versions."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._parents: dict[str, str] = {}
        self._names: set[str] = set()
        ids = set()
        for entry in entries:
            ids.add(entry.id)
            self._names |= entry.names
            for relative in (*entry.names, *([entry.supersedes] if entry.supersedes else ())):
                self._join(entry.id, relative)
        self._members: dict[str, list[str]] = {}
        for entry_id in ids:
            self._members.setdefault(self._find_head(entry_id), []).append(entry_id)

    def find_relatives(
        self, entry_ids: Iterable[EntryId], mentioned_names: MentionedNames
    ) -> Set[str]:
        """Return the kin of these entries, by id, and of what a text names."""
        family_heads = {
            self._find_head(entry_id) for entry_id in entry_ids if entry_id in self._parents
        }
        family_heads |= {
            self._find_head(name) for name in mentioned_names.select_mentioned(self._names)
        }
        return {entry_id for head in family_heads for entry_id in self._members.get(head, ())}

    def _join(self, entry_id: EntryId, relative: str) -> None:
        self._parents[self._find_head(relative)] = self._find_head(entry_id)

    def _find_head(self, member: str) -> str:
        """Return what stands for the family of an id or a name."""
        parent = self._parents.setdefault(member, member)
        while parent != self._parents[parent]:
            parent = self._parents[member] = self._parents[parent]
        return parent

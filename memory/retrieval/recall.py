"""Recall: which entries and passages a section is shown, within a token budget.

Pinned entries come first, then those whose subject or alias is named in what the orders say of the
section itself, then those named elsewhere in them (of its neighbours, say), then the rest. Within
each tier, vector, lexical and reading order are fused by reciprocal rank (Cormack et al. 2009,
doi:10.1145/1571941.1572114). Each candidate goes in raw, in short, or not at all. A pure function:
the same inputs recall the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from inkwright.memory.domain.draft import EntryDecision, ExcerptDecision, How
from inkwright.memory.domain.entry import Entry
from inkwright.memory.retrieval import excerpt_selection
from inkwright.memory.retrieval.passages import Passage
from inkwright.memory.text.names import names_in, rarest
from inkwright.memory.text.normalise import normalise
from inkwright.memory.text.tokens import fit
from inkwright.memory.text.words import sentences

RANK_OFFSET = 60
PASSAGE_SHARE = 0.3
MISSES = 40
"""So many candidates in a row that do not fit are the last that are tried."""
_PINNED, _OWN, _NAMED, _RELATED = range(4)
_ENTRY = "entry:"


@dataclass(frozen=True)
class RecallResult:
    """Long-term memory for one section."""

    text: str
    shown: tuple[EntryDecision, ...]
    quoted: tuple[ExcerptDecision, ...]
    tokens: int


def recall(
    orders: str,
    entries: Sequence[Entry],
    passages: Sequence[Passage],
    nearest: Mapping[str, float],
    *,
    budget_tokens: int,
    count: Callable[[str], int],
    titles: Mapping[str, str],
    accounts: Mapping[str, str] | None = None,
    subjects: Sequence[str] = (),
    own: str = "",
) -> RecallResult:
    """Choose from ``entries`` and ``passages`` what bears on ``orders``.

    ``nearest`` maps entry and passage ids, nearest first, to cosine distance; those not in it were
    not found by vector search. ``titles`` and ``accounts`` are those of the sections that passages
    come from; ``subjects`` are names to look for in passages beside those that entries have;
    ``own`` is what of ``orders`` is about the section itself. Other entries than the pinned leave
    passages their share, and take what those leave.
    """
    ranked = _Ranking(orders, own, entries, nearest)
    its = {normalise(name) for name in subjects}
    names, first = ranked.named | its, ranked.own | its
    found = excerpt_selection.candidates(orders, passages, names, entries, nearest, first=first)
    lines = _fitting([e for e in ranked.entries if e.pinned], budget_tokens, count)
    others = [e for e in ranked.entries if not e.pinned]
    room = int(budget_tokens * (1 - PASSAGE_SHARE)) - _spent(lines, count)
    lines |= _fitting(others, room, count)
    spent = _spent(lines, count)
    quoted = excerpt_selection.choose(found, budget_tokens - spent, count, titles, accounts or {})
    left = budget_tokens - spent - quoted.tokens
    rest = [e for e in ranked.entries if e.id not in lines]
    lines |= _fitting(rest, left, count)
    left = budget_tokens - quoted.tokens - _spent(lines, count)
    for entry in ranked.entries[: ranked.told]:
        short = _in_short(entry)
        if entry.id not in lines and short != entry.line and count(short) + 1 <= left:
            lines[entry.id] = short
            left -= count(short) + 1
    text = "\n".join([*(lines[e.id] for e in entries if e.id in lines), *quoted.lines])
    shown = (
        _decided(entry, lines.get(entry.id), ranked.reason(entry))
        for place, entry in enumerate(ranked.entries)
        if place < ranked.told or entry.id in lines
    )
    return RecallResult(text, tuple(shown), quoted.quoted, tokens=count(text) if text else 0)


def _fitting(
    entries: Sequence[Entry], budget_tokens: int, count: Callable[[str], int]
) -> dict[str, str]:
    """Return the lines of the entries that fit, by id."""
    fits = fit([e.line for e in entries], budget_tokens, count, misses=MISSES)
    return {e.id: e.line for e, fitting in zip(entries, fits, strict=True) if fitting}


def _spent(lines: Mapping[str, str], count: Callable[[str], int]) -> int:
    return sum(count(line) + 1 for line in lines.values())


def _in_short(entry: Entry) -> str:
    """Return the entry's line with the first sentence of what it states."""
    parts = sentences(entry.statement)
    return entry.model_copy(update={"statement": parts[0].text}).line if parts else entry.line


def _decided(entry: Entry, line: str | None, reason: str) -> EntryDecision:
    how: How = "dropped" if line is None else "raw" if line == entry.line else "summary"
    why = {
        "raw": reason,
        "summary": f"too long for the rest of the budget; {reason}",
        "dropped": f"over budget; {reason}",
    }[how]
    return EntryDecision(entry=entry.id, version=entry.version, how=how, reason=why)


def entry_key(entry: Entry) -> str:
    """Return the id under which the index holds this version of an entry."""
    return f"{_ENTRY}{entry.id}:{entry.version}"


class _Ranking:
    """The entries in order of preference, and why each stands where it does.

    Thousands are ranked before every section, so what each gets is worked out column by column.
    """

    def __init__(
        self, orders: str, own: str, entries: Sequence[Entry], nearest: Mapping[str, float]
    ) -> None:
        names = frozenset[str]().union(*(entry.names for entry in entries))
        self.own = names_in(own).among(names)
        self.named = names_in(orders).among(names) | self.own
        self._near = nearest.keys()
        tiers = np.full(len(entries), _RELATED)
        for these, tier in ((self.named, _NAMED), (self.own, _OWN)):
            tiers[[n for n, e in enumerate(entries) if not these.isdisjoint(e.names)]] = tier
        tiers[[place for place, entry in enumerate(entries) if entry.pinned]] = _PINNED
        best_words = rarest(orders, [e.line for e in entries])
        self._sharing = {entries[place].id for place in best_words}
        scores = 1 / (RANK_OFFSET + np.arange(len(entries), 0, -1) - 1)
        for best in (_by_vector(entries, nearest), best_words):
            scores[best] += 1 / (RANK_OFFSET + np.arange(len(best)))
        order = np.lexsort((-scores, tiers))
        self.entries = [entries[place] for place in order]
        self.told = int(np.count_nonzero(tiers != _RELATED))
        """So many of the first are pinned or named: what becomes of them is told either way."""

    def reason(self, entry: Entry) -> str:
        """Say in plain words why the entry is a candidate."""
        if entry.pinned:
            return "pinned"
        if named := sorted(entry.names & self.named):
            return f"the orders name {named[0]}"
        if entry_key(entry) in self._near:
            return "near in meaning"
        return "shares words" if entry.id in self._sharing else "recent"


def _by_vector(entries: Sequence[Entry], nearest: Mapping[str, float]) -> list[int]:
    """Return the places of the entries that vector search found, the nearest first."""
    places = {entry.id: place for place, entry in enumerate(entries)}
    found = (places.get(key.split(":")[1]) for key in nearest if key.startswith(_ENTRY))
    return [place for place in found if place is not None and entry_key(entries[place]) in nearest]

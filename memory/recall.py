"""Recall: which entries and passages a section is shown, within a token budget.

Pinned entries come first, then those whose subject or alias is named in the section's orders, then
the rest. Within each tier, vector, lexical and reading order are fused by reciprocal rank (Cormack
et al. 2009, doi:10.1145/1571941.1572114). A pure function: the same inputs recall the same.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter

from inkwright.memory.draft import Shown
from inkwright.memory.entry import Entry
from inkwright.memory.names import NamesIn, terms
from inkwright.memory.passages import Passage
from inkwright.memory.tokens import fit

RANK_OFFSET = 60
PASSAGE_SHARE = 0.3
MAX_PASSAGES = 4
MISSES = 40
"""So many candidates in a row that do not fit are the last that are tried."""
_PINNED, _NAMED, _RELATED = range(3)


@dataclass(frozen=True)
class Recalled:
    """Long-term memory for one section."""

    text: str
    shown: tuple[Shown, ...]
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
) -> Recalled:
    """Choose from ``entries`` and ``passages`` what bears on ``orders``.

    ``nearest`` maps entry and passage ids, nearest first, to cosine distance; those not in it were
    not found by vector search. ``titles`` names the sections that passages come from.
    """
    ranked = _Ranking(orders, entries, nearest)
    near_passages = _choose_passages(passages, nearest, titles, budget_tokens, count)
    left = budget_tokens - sum(count(p) + 1 for p in near_passages)
    fits = fit([e.line for e in ranked.entries], left, count, misses=MISSES)
    chosen = {e.id for e, fitting in zip(ranked.entries, fits, strict=True) if fitting}
    lines = [e.line for e in entries if e.id in chosen]
    shown = tuple(
        Shown(
            entry=e.id,
            version=e.version,
            how="raw" if fitting else "dropped",
            reason=ranked.reason(e) if fitting else f"over budget; {ranked.reason(e)}",
        )
        for e, fitting in zip(ranked.entries, fits, strict=True)
        if fitting or ranked.tier(e) != _RELATED
    )
    text = "\n".join([*lines, *near_passages])
    return Recalled(text=text, shown=shown, tokens=count(text) if text else 0)


def entry_key(entry: Entry) -> str:
    """Return the id under which the index holds this version of an entry."""
    return f"entry:{entry.id}:{entry.version}"


class _Ranking:
    """The entries in order of preference, and why each stands where it does."""

    def __init__(self, orders: str, entries: Sequence[Entry], nearest: Mapping[str, float]) -> None:
        names = {name for e in entries for name in e.names}
        self._named = NamesIn(orders).among(names)
        self._near = {key: rank for rank, key in enumerate(nearest)}
        self._shares = _by_words(orders, entries)
        keyed = [
            (self.tier(entry), -self._score(entry, age), entry.id, entry)
            for age, entry in enumerate(reversed(entries))
        ]
        keyed.sort(key=itemgetter(0, 1, 2))
        self.entries = [entry for *_, entry in keyed]

    def tier(self, entry: Entry) -> int:
        if entry.pinned:
            return _PINNED
        return _RELATED if self._named.isdisjoint(entry.names) else _NAMED

    def reason(self, entry: Entry) -> str:
        """Say in plain words why the entry is a candidate."""
        if entry.pinned:
            return "pinned"
        if named := sorted(entry.names & self._named):
            return f"the orders name {named[0]}"
        if entry_key(entry) in self._near:
            return "near in meaning"
        return "shares words" if entry.id in self._shares else "recent"

    def _score(self, entry: Entry, age: int) -> float:
        score = 1 / (RANK_OFFSET + age)
        if (near := self._near.get(entry_key(entry))) is not None:
            score += 1 / (RANK_OFFSET + near)
        if (shares := self._shares.get(entry.id)) is not None:
            score += 1 / (RANK_OFFSET + shares)
        return score


def _by_words(orders: str, entries: Sequence[Entry]) -> dict[str, int]:
    """Rank entries by the rare words they share with the orders."""
    wanted = terms(orders)
    shared = {e.id: found for e in entries if (found := terms(e.line) & wanted)}
    frequency = Counter(chain.from_iterable(shared.values()))
    weight = {t: math.log(1 + len(entries) / n) for t, n in frequency.items()}
    scores = {i: math.fsum(map(weight.__getitem__, found)) for i, found in shared.items()}
    best = sorted((-score, i) for i, score in scores.items())
    return {i: rank for rank, (_, i) in enumerate(best)}


def _choose_passages(
    passages: Sequence[Passage],
    nearest: Mapping[str, float],
    titles: Mapping[str, str],
    budget_tokens: int,
    count: Callable[[str], int],
) -> list[str]:
    known = {p.id: p for p in passages}
    near = [known[i] for i in nearest if i in known][:MAX_PASSAGES]
    texts = [f"From {titles.get(p.origin, 'the request')}: {p.text}" for p in near]
    fits = fit(texts, int(budget_tokens * PASSAGE_SHARE), count)
    kept = {p.id: text for p, text, fitting in zip(near, texts, fits, strict=True) if fitting}
    return [kept[p.id] for p in passages if p.id in kept]

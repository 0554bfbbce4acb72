"""Recall: which entries and passages a section is shown, within a token budget.

Pinned entries come first, then those whose subject or alias is named in the section's orders, then
the rest. Within each tier, vector, lexical and reading order are fused by reciprocal rank (Cormack
et al. 2009, doi:10.1145/1571941.1572114). A pure function: the same inputs recall the same.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

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
_ENTRY = "entry:"


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
        for place, (e, fitting) in enumerate(zip(ranked.entries, fits, strict=True))
        if fitting or place < ranked.told
    )
    text = "\n".join([*lines, *near_passages])
    return Recalled(text=text, shown=shown, tokens=count(text) if text else 0)


def entry_key(entry: Entry) -> str:
    """Return the id under which the index holds this version of an entry."""
    return f"{_ENTRY}{entry.id}:{entry.version}"


class _Ranking:
    """The entries in order of preference, and why each stands where it does.

    Thousands are ranked before every section, so what each gets is worked out column by column.
    """

    def __init__(self, orders: str, entries: Sequence[Entry], nearest: Mapping[str, float]) -> None:
        by_name: dict[str, list[int]] = {}
        for place, entry in enumerate(entries):
            for name in entry.names:
                by_name.setdefault(name, []).append(place)
        self._named = NamesIn(orders).among(by_name)
        self._near = nearest.keys()
        tiers = np.full(len(entries), _RELATED)
        for name in self._named:
            tiers[by_name[name]] = _NAMED
        tiers[[place for place, entry in enumerate(entries) if entry.pinned]] = _PINNED
        best_words = _by_words(orders, entries)
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
        if named := sorted(entry.names & self._named):
            return f"the orders name {named[0]}"
        if entry_key(entry) in self._near:
            return "near in meaning"
        return "shares words" if entry.id in self._sharing else "recent"


def _by_vector(entries: Sequence[Entry], nearest: Mapping[str, float]) -> list[int]:
    """Return the places of the entries that vector search found, the nearest first."""
    places = {entry.id: place for place, entry in enumerate(entries)}
    found = (places.get(key.split(":")[1]) for key in nearest if key.startswith(_ENTRY))
    return [place for place in found if place is not None and entry_key(entries[place]) in nearest]


def _by_words(orders: str, entries: Sequence[Entry]) -> list[int]:
    """Return the places of entries that share words with the orders, of the rarest words first."""
    wanted = terms(orders)
    sharing: dict[str, list[int]] = {}
    for place, entry in enumerate(entries):
        for term in terms(entry.line) & wanted:
            sharing.setdefault(term, []).append(place)
    scores = np.zeros(len(entries))
    for term in sorted(sharing):
        scores[sharing[term]] += math.log(1 + len(entries) / len(sharing[term]))
    order = np.argsort(-scores, kind="stable")
    return [int(place) for place in order[: np.count_nonzero(scores)]]


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

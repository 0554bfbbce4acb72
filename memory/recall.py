"""Recall: which entries and passages a section is shown, within a token budget.

Pinned entries come first, then those whose subject or alias is named in the section's orders, then
the rest. Within each tier, vector, lexical and reading order are fused by reciprocal rank (Cormack
et al. 2009, doi:10.1145/1571941.1572114). A pure function: the same inputs recall the same.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

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


class _Candidate(NamedTuple):
    entry: Entry
    tier: int
    score: float
    reason: str


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
    ranked = _rank(orders, entries, nearest)
    near_passages = _choose_passages(passages, nearest, titles, budget_tokens, count)
    left = budget_tokens - sum(count(p) + 1 for p in near_passages)
    fits = fit([c.entry.line for c in ranked], left, count, misses=MISSES)
    chosen = [c for c, fitting in zip(ranked, fits, strict=True) if fitting]
    order = {entry.id: n for n, entry in enumerate(entries)}
    lines = [c.entry.line for c in sorted(chosen, key=lambda c: order[c.entry.id])]
    shown = tuple(
        Shown(
            entry=c.entry.id,
            version=c.entry.version,
            how="raw" if fitting else "dropped",
            reason=c.reason if fitting else f"over budget; {c.reason}",
        )
        for c, fitting in zip(ranked, fits, strict=True)
        if fitting or c.tier != _RELATED
    )
    text = "\n".join([*lines, *near_passages])
    return Recalled(text=text, shown=shown, tokens=count(text) if text else 0)


def entry_key(entry: Entry) -> str:
    """Return the id under which the index holds this version of an entry."""
    return f"entry:{entry.id}:{entry.version}"


def _rank(orders: str, entries: Sequence[Entry], nearest: Mapping[str, float]) -> list[_Candidate]:
    in_orders = NamesIn(orders).among({name for e in entries for name in e.names})
    by_vector = {key: rank for rank, key in enumerate(nearest)}
    by_words = _by_words(orders, entries)
    candidates = []
    for age, entry in enumerate(reversed(entries)):
        named = min(entry.names & in_orders, default=None)
        near, shares = by_vector.get(entry_key(entry)), by_words.get(entry.id)
        score = 1 / (RANK_OFFSET + age)
        score += 0.0 if near is None else 1 / (RANK_OFFSET + near)
        score += 0.0 if shares is None else 1 / (RANK_OFFSET + shares)
        if entry.pinned:
            tier, reason = _PINNED, "pinned"
        elif named is not None:
            tier, reason = _NAMED, f"the orders name {named}"
        else:
            tier = _RELATED
            reason = "near in meaning" if near is not None else "shares words"
            if near is None and shares is None:
                reason = "recent"
        candidates.append(_Candidate(entry, tier, score, reason))
    return sorted(candidates, key=lambda c: (c.tier, -c.score, c.entry.id))


def _by_words(orders: str, entries: Sequence[Entry]) -> dict[str, int]:
    """Rank entries by the rare words they share with the orders."""
    wanted = terms(orders)
    shared = {e.id: found for e in entries if (found := terms(e.line) & wanted)}
    frequency = Counter(term for found in shared.values() for term in found)
    weight = {t: math.log(1 + len(entries) / n) for t, n in frequency.items()}
    scores = {i: math.fsum(weight[t] for t in found) for i, found in shared.items()}
    best = sorted(scores, key=lambda i: (-scores[i], i))
    return {i: rank for rank, i in enumerate(best)}


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

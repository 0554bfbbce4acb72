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

from inkwright.memory.domain.draft import EntryDecision, ExcerptDecision, RecallForm
from inkwright.memory.domain.entry import Entry
from inkwright.memory.ids import EntryId
from inkwright.memory.retrieval import excerpt_selection
from inkwright.memory.retrieval.passages import Passage
from inkwright.memory.text.names import names_in, rank_by_rare_terms
from inkwright.memory.text.normalise import normalise
from inkwright.memory.text.tokens import mark_fitting
from inkwright.memory.text.words import sentences

RANK_OFFSET = 60
PASSAGE_SHARE = 0.3
MAX_MISSES = 40
"""So many candidates in a row that do not fit are the last that are tried."""
_PINNED, _OWN, _NAMED, _RELATED = range(4)
_ENTRY_PREFIX = "entry:"


@dataclass(frozen=True)
class RecallResult:
    """Long-term memory for one section."""

    text: str
    entry_decisions: tuple[EntryDecision, ...]
    excerpt_decisions: tuple[ExcerptDecision, ...]
    tokens: int


def recall(
    section_instructions: str,
    entries: Sequence[Entry],
    passages: Sequence[Passage],
    distances: Mapping[str, float],
    *,
    budget_tokens: int,
    count_tokens: Callable[[str], int],
    titles: Mapping[str, str],
    summaries: Mapping[str, str] | None = None,
    subjects: Sequence[str] = (),
    own_instructions: str = "",
) -> RecallResult:
    """Choose from ``entries`` and ``passages`` what bears on ``section_instructions``.

    ``distances`` maps entry and passage ids, nearest first, to cosine distance; those not in it
    were not found by vector search. ``titles`` and ``summaries`` are those of the sections that
    passages come from; ``subjects`` are names to look for in passages beside those that entries
    have; ``own_instructions`` is what of ``section_instructions`` is about the section itself.
    Other entries than the pinned leave passages their share, and take what those leave.
    """
    ranking = _Ranking(section_instructions, own_instructions, entries, distances)
    subject_names = {normalise(name) for name in subjects}
    names = ranking.mentioned_names | subject_names
    preferred_names = ranking.own_names | subject_names
    excerpt_candidates = excerpt_selection.list_candidates(
        section_instructions, passages, names, entries, distances, preferred_names=preferred_names
    )
    lines_by_id = _select_fitting_lines(
        [e for e in ranking.entries if e.pinned], budget_tokens, count_tokens
    )
    unpinned_entries = [e for e in ranking.entries if not e.pinned]
    entry_tokens = int(budget_tokens * (1 - PASSAGE_SHARE)) - _count_used_tokens(
        lines_by_id, count_tokens
    )
    lines_by_id |= _select_fitting_lines(unpinned_entries, entry_tokens, count_tokens)
    used_tokens = _count_used_tokens(lines_by_id, count_tokens)
    selected_excerpts = excerpt_selection.choose(
        excerpt_candidates, budget_tokens - used_tokens, count_tokens, titles, summaries or {}
    )
    remaining_tokens = budget_tokens - used_tokens - selected_excerpts.tokens
    remaining_entries = [e for e in ranking.entries if e.id not in lines_by_id]
    lines_by_id |= _select_fitting_lines(remaining_entries, remaining_tokens, count_tokens)
    remaining_tokens = (
        budget_tokens - selected_excerpts.tokens - _count_used_tokens(lines_by_id, count_tokens)
    )
    for entry in ranking.entries[: ranking.reported_count]:
        short_line = _shorten_line(entry)
        if (
            entry.id not in lines_by_id
            and short_line != entry.line
            and count_tokens(short_line) + 1 <= remaining_tokens
        ):
            lines_by_id[entry.id] = short_line
            remaining_tokens -= count_tokens(short_line) + 1
    text = "\n".join(
        [*(lines_by_id[e.id] for e in entries if e.id in lines_by_id), *selected_excerpts.lines]
    )
    decisions = (
        _build_decision(entry, lines_by_id.get(entry.id), ranking.explain(entry))
        for place, entry in enumerate(ranking.entries)
        if place < ranking.reported_count or entry.id in lines_by_id
    )
    return RecallResult(
        text,
        tuple(decisions),
        selected_excerpts.decisions,
        tokens=count_tokens(text) if text else 0,
    )


def _select_fitting_lines(
    entries: Sequence[Entry], budget_tokens: int, count_tokens: Callable[[str], int]
) -> dict[str, str]:
    """Return the lines of the entries that fit, by id."""
    fit_flags = mark_fitting(
        [e.line for e in entries], budget_tokens, count_tokens, max_misses=MAX_MISSES
    )
    return {e.id: e.line for e, is_fitting in zip(entries, fit_flags, strict=True) if is_fitting}


def _count_used_tokens(lines: Mapping[str, str], count_tokens: Callable[[str], int]) -> int:
    return sum(count_tokens(line) + 1 for line in lines.values())


def _shorten_line(entry: Entry) -> str:
    """Return the entry's line with the first sentence of what it states."""
    statement_sentences = sentences(entry.statement)
    return (
        entry.model_copy(update={"statement": statement_sentences[0].text}).line
        if statement_sentences
        else entry.line
    )


def _build_decision(entry: Entry, line: str | None, reason: str) -> EntryDecision:
    form: RecallForm = "dropped" if line is None else "raw" if line == entry.line else "summary"
    full_reason = {
        "raw": reason,
        "summary": f"too long for the rest of the budget; {reason}",
        "dropped": f"over budget; {reason}",
    }[form]
    return EntryDecision(entry=entry.id, version=entry.version, how=form, reason=full_reason)


def build_entry_key(entry: Entry) -> str:
    """Return the id under which the index holds this version of an entry."""
    return f"{_ENTRY_PREFIX}{entry.id}:{entry.version}"


class _Ranking:
    """The entries in order of preference, and why each stands where it does.

    Thousands are ranked before every section, so what each gets is worked out column by column.
    """

    def __init__(
        self,
        section_instructions: str,
        own_instructions: str,
        entries: Sequence[Entry],
        distances: Mapping[str, float],
    ) -> None:
        names = frozenset[str]().union(*(entry.names for entry in entries))
        self.own_names = names_in(own_instructions).select_mentioned(names)
        self.mentioned_names = (
            names_in(section_instructions).select_mentioned(names) | self.own_names
        )
        self._near_keys = distances.keys()
        tiers = np.full(len(entries), _RELATED)
        for tier_names, tier in ((self.mentioned_names, _NAMED), (self.own_names, _OWN)):
            tiers[[n for n, e in enumerate(entries) if not tier_names.isdisjoint(e.names)]] = tier
        tiers[[place for place, entry in enumerate(entries) if entry.pinned]] = _PINNED
        places_by_words = rank_by_rare_terms(section_instructions, [e.line for e in entries])
        self._ids_sharing_words = {entries[place].id for place in places_by_words}
        scores = 1 / (RANK_OFFSET + np.arange(len(entries), 0, -1) - 1)
        for best_places in (_rank_by_vector(entries, distances), places_by_words):
            scores[best_places] += 1 / (RANK_OFFSET + np.arange(len(best_places)))
        order = np.lexsort((-scores, tiers))
        self.entries = [entries[place] for place in order]
        self.reported_count = int(np.count_nonzero(tiers != _RELATED))
        """So many of the first are pinned or named: what becomes of them is told either way."""

    def explain(self, entry: Entry) -> str:
        """Say in plain words why the entry is a candidate."""
        if entry.pinned:
            return "pinned"
        if shared_names := sorted(entry.names & self.mentioned_names):
            return f"the orders name {shared_names[0]}"
        if build_entry_key(entry) in self._near_keys:
            return "near in meaning"
        return "shares words" if entry.id in self._ids_sharing_words else "recent"


def _rank_by_vector(entries: Sequence[Entry], distances: Mapping[str, float]) -> list[int]:
    """Return the places of the entries that vector search found, the nearest first."""
    places = {entry.id: place for place, entry in enumerate(entries)}
    matched_places = (
        places.get(EntryId(key.split(":")[1])) for key in distances if key.startswith(_ENTRY_PREFIX)
    )
    return [
        place
        for place in matched_places
        if place is not None and build_entry_key(entries[place]) in distances
    ]

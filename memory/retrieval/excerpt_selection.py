"""Verbatim: which earlier text a section is shown in its own words, and which in short.

First come sentences that name a subject of the orders and say what memory has no entry for, those
about the section's own subjects and of the rarest words in common first; then the passages nearest
in meaning. What does not fit is told
by its section's account of itself, or not at all.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from inkwright.memory.domain.draft import ExcerptDecision
from inkwright.memory.domain.entry import Entry
from inkwright.memory.retrieval import excerpts
from inkwright.memory.retrieval.passages import Passage
from inkwright.memory.text.names import rank_by_rare_terms
from inkwright.memory.text.words import sentences

MAX_NEAR = 4
"""Passages near in meaning that stand beside entries. Without any entry there may be more."""
MAX_NAMING = 200
"""Passages that name a subject and are looked at sentence by sentence."""


@dataclass(frozen=True)
class ExcerptCandidate:
    """Text that may be shown."""

    passage: Passage
    text: str
    reason: str


@dataclass(frozen=True)
class SelectedExcerpts:
    """The lines to be shown, in reading order, and what became of each candidate."""

    lines: tuple[str, ...]
    decisions: tuple[ExcerptDecision, ...]
    tokens: int


def list_candidates(
    section_instructions: str,
    passages: Sequence[Passage],
    names: Set[str],
    entries: Sequence[Entry],
    distances: Mapping[str, float],
    *,
    preferred_names: Set[str] = frozenset(),
) -> Iterator[ExcerptCandidate]:
    """Yield what may be shown, in order of preference.

    ``names`` are those that the orders name; those of ``preferred_names`` come before the others.
    """
    yielded_ids = set()
    for passage, text in (
        _find_naming_passages(section_instructions, passages, names, preferred_names, entries)
        if names
        else ()
    ):
        yielded_ids.add(passage.id)
        yield ExcerptCandidate(passage, text, "names what the orders name")
    passages_by_id = {p.id: p for p in passages}
    near_passages = [passages_by_id[i] for i in distances if i in passages_by_id]
    for passage in near_passages[: MAX_NEAR if entries else None]:
        if passage.id not in yielded_ids:
            yield ExcerptCandidate(passage, passage.text, "near in meaning")


def _find_naming_passages(
    section_instructions: str,
    passages: Sequence[Passage],
    names: Set[str],
    preferred_names: Set[str],
    entries: Sequence[Entry],
) -> list[tuple[Passage, str]]:
    """Return passages with those of their sentences that name a subject and that no entry tells."""
    own_names = excerpts.expand_names(preferred_names, entries)
    all_names = excerpts.expand_names(names, entries)
    related_entries = [e for e in entries if e.names & all_names]
    texts_by_passage: dict[Passage, str] = {}
    for target_names in (own_names, all_names - own_names):
        naming_passages = [
            p
            for p in excerpts.find_passages_naming(passages, target_names)
            if p not in texts_by_passage
        ]
        query_text = f"{section_instructions}\n{' '.join(sorted(target_names))}"
        best_places = rank_by_rare_terms(query_text, [p.text for p in naming_passages])[
            : MAX_NAMING - len(texts_by_passage)
        ]
        texts = [
            " ".join(
                excerpts.find_untold_sentences(
                    naming_passages[n].text, target_names, related_entries
                )
            )
            for n in best_places
        ]
        untold_texts = [
            (naming_passages[n], text) for n, text in zip(best_places, texts, strict=True) if text
        ]
        texts_by_passage |= [
            untold_texts[n]
            for n in rank_by_rare_terms(query_text, [text for _, text in untold_texts])
        ]
    return list(texts_by_passage.items())


def choose(
    excerpt_candidates: Iterator[ExcerptCandidate],
    budget_tokens: int,
    count_tokens: Callable[[str], int],
    titles: Mapping[str, str],
    summaries: Mapping[str, str],
) -> SelectedExcerpts:
    """Return what of ``excerpt_candidates`` goes into the budget: raw, in short, or not.

    ``titles`` and ``summaries`` are those of the sections that passages come from.
    """
    lines: dict[str, str] = {}
    decisions, remaining_tokens, shortened_origins = [], budget_tokens, set()
    for candidate in excerpt_candidates:
        origin = candidate.passage.origin
        title = titles.get(origin, "the request")
        line, form, reason = f"From {title}: {candidate.text}", "raw", candidate.reason
        if count_tokens(line) + 1 > remaining_tokens:
            first_sentence = sentences(summaries.get(origin, ""))[:1]
            line = f"From {title}, in short: {first_sentence[0].text}" if first_sentence else ""
            form, reason = "summary", f"too long for the rest of the budget; {candidate.reason}"
            if not line or origin in shortened_origins or count_tokens(line) + 1 > remaining_tokens:
                line, form, reason = "", "dropped", f"over budget; {candidate.reason}"
            else:
                shortened_origins.add(origin)
        if line:
            lines[candidate.passage.id] = line
            remaining_tokens -= count_tokens(line) + 1
        decisions.append(
            ExcerptDecision.model_validate(
                {"passage": candidate.passage.id, "how": form, "reason": reason}
            )
        )
    return SelectedExcerpts(
        tuple(lines.values()), tuple(decisions), budget_tokens - remaining_tokens
    )

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
from inkwright.memory.text.names import rarest
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
    quoted: tuple[ExcerptDecision, ...]
    tokens: int


def candidates(
    orders: str,
    passages: Sequence[Passage],
    names: Set[str],
    entries: Sequence[Entry],
    nearest: Mapping[str, float],
    *,
    first: Set[str] = frozenset(),
) -> Iterator[ExcerptCandidate]:
    """Yield what may be shown, in order of preference.

    ``names`` are those that the orders name; those of ``first`` come before the others.
    """
    told = set()
    for passage, text in _naming(orders, passages, names, first, entries) if names else ():
        told.add(passage.id)
        yield ExcerptCandidate(passage, text, "names what the orders name")
    known = {p.id: p for p in passages}
    near = [known[i] for i in nearest if i in known]
    for passage in near[: MAX_NEAR if entries else None]:
        if passage.id not in told:
            yield ExcerptCandidate(passage, passage.text, "near in meaning")


def _naming(
    orders: str,
    passages: Sequence[Passage],
    names: Set[str],
    first: Set[str],
    entries: Sequence[Entry],
) -> list[tuple[Passage, str]]:
    """Return passages with those of their sentences that name a subject and that no entry tells."""
    own, every = excerpts.every_name(first, entries), excerpts.every_name(names, entries)
    about = [e for e in entries if e.names & every]
    found: dict[Passage, str] = {}
    for wanted in (own, every - own):
        naming = [p for p in excerpts.passages_naming(passages, wanted) if p not in found]
        asked = f"{orders}\n{' '.join(sorted(wanted))}"
        best = rarest(asked, [p.text for p in naming])[: MAX_NAMING - len(found)]
        texts = [" ".join(excerpts.untold(naming[n].text, wanted, about)) for n in best]
        untold = [(naming[n], text) for n, text in zip(best, texts, strict=True) if text]
        found |= [untold[n] for n in rarest(asked, [text for _, text in untold])]
    return list(found.items())


def choose(
    found: Iterator[ExcerptCandidate],
    budget_tokens: int,
    count: Callable[[str], int],
    titles: Mapping[str, str],
    accounts: Mapping[str, str],
) -> SelectedExcerpts:
    """Return what of ``found`` goes into the budget: raw, in short, or not.

    ``titles`` and ``accounts`` are those of the sections that passages come from.
    """
    lines: dict[str, str] = {}
    quoted, left, in_short = [], budget_tokens, set()
    for one in found:
        origin = one.passage.origin
        title = titles.get(origin, "the request")
        line, how, why = f"From {title}: {one.text}", "raw", one.reason
        if count(line) + 1 > left:
            account = sentences(accounts.get(origin, ""))[:1]
            line = f"From {title}, in short: {account[0].text}" if account else ""
            how, why = "summary", f"too long for the rest of the budget; {one.reason}"
            if not line or origin in in_short or count(line) + 1 > left:
                line, how, why = "", "dropped", f"over budget; {one.reason}"
            else:
                in_short.add(origin)
        if line:
            lines[one.passage.id] = line
            left -= count(line) + 1
        quoted.append(
            ExcerptDecision.model_validate({"passage": one.passage.id, "how": how, "reason": why})
        )
    return SelectedExcerpts(tuple(lines.values()), tuple(quoted), budget_tokens - left)

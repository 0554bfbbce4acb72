"""Evidence: which passages of the sources a section is written from.

Lexical search for each question its orders put, vector search, and the names it deals with, fused
by reciprocal rank (Cormack et al. 2009, doi:10.1145/1571941.1572114), what the plan placed there
first. A judge then chooses, with a quote for and one against (after LitLLM, arXiv:2412.15249); a
quote that is not in the passage chooses nothing. What is chosen is shown in the order of the
documents (after XL3M, arXiv:2405.17755).
"""

import asyncio
import re
import unicodedata
from collections.abc import Iterable, Sequence

from inkwright.agents.context.run_context import RunContext, orders
from inkwright.agents.llm.schemas import Choices
from inkwright.memory.citations.citation_evidence import find
from inkwright.memory.domain.outline import Section
from inkwright.memory.domain.source import Evidence
from inkwright.memory.errors import IndexUnusable, ModelError
from inkwright.memory.retrieval.recall import RANK_OFFSET
from inkwright.memory.text.names import names_in
from inkwright.memory.text.normalise import normalise
from inkwright.prompts import inputs
from inkwright.prompts.render import fence, render

_PARAGRAPHS = re.compile(r"\n\s*\n")
QUESTION_HITS = 60
EMBEDDED = 2000
"""Up to so many passages are all searched by meaning; of more, only those that share words."""
SHARING = 300
CHOSEN_FROM = 20
"""Passages that the judge reads."""


async def gather(desk: RunContext, section: Section, budget_tokens: int) -> tuple[Evidence, ...]:
    """Return spans of the sources for ``section``, in document order, within the budget."""
    if not desk.shelf.passages:
        return ()
    ranked = await _ranked(desk, section)
    if desk.arms.review == "full":
        ranked = await _chosen(desk, section, ranked[:CHOSEN_FROM])
    kept, left = [], budget_tokens
    for evidence in ranked:
        tokens = desk.tokenizer.count(line(desk, evidence)) + 1
        if tokens <= left:
            kept.append(evidence)
            left -= tokens
    return tuple(sorted(kept, key=lambda e: (e.source, e.start)))


def shown(desk: RunContext, evidence: Iterable[Evidence]) -> str:
    """Return the part of a writer's prompt that gives it its sources; empty without any."""
    lines = "\n".join(line(desk, e) for e in evidence)
    return (
        render(inputs.CiteInputs(sources=fence("sources", lines)), desk.overrides) if lines else ""
    )


def line(desk: RunContext, evidence: Evidence) -> str:
    """Return a passage as prompts show it, after its key."""
    source = desk.shelf.sources[evidence.key]
    page = f", p. {evidence.page}" if evidence.page else ""
    return f"[@{evidence.key}] {source.title}{page}: {_on_one_line(desk.shelf.text(evidence))}"


def _on_one_line(text: str) -> str:
    """Return a passage as one line, which no line of it can pass for another; " / " parts it."""
    return " / ".join(" ".join(part.split()) for part in _PARAGRAPHS.split(text) if part.strip())


async def _ranked(desk: RunContext, section: Section) -> list[Evidence]:
    told = orders(desk, section)
    questions = [told, *section.key_points, *(c.point for c in section.cites if c.point)]
    lists = await asyncio.to_thread(
        lambda: [desk.shelf.lexical(q, QUESTION_HITS) for q in dict.fromkeys(questions)]
    )
    lists.append(await _near(desk, told))
    found = {e.id: e for hits in lists for e in hits}
    named = _naming(desk, section, found.values())
    lists.append(sorted((found[i] for i in named), key=lambda e: -named[e.id]))
    scores = dict.fromkeys(found, 0.0)
    for hits in lists:
        for rank, evidence in enumerate(hits):
            scores[evidence.id] += 1 / (RANK_OFFSET + rank)
    planned = {c.source for c in section.cites}
    return sorted(
        found.values(), key=lambda e: (e.key not in planned, -scores[e.id], e.source, e.start)
    )


def _naming(desk: RunContext, section: Section, among: Iterable[Evidence]) -> dict[str, int]:
    """Return how many of its subjects each passage names, those that name none left out."""
    names = {name for subject in section.subjects if (name := normalise(subject))}
    words = [name.split() for name in names]
    named = {}
    for evidence in among:
        text = desk.shelf.text(evidence)
        folded = unicodedata.normalize("NFKC", text).casefold()
        if not any(all(w in folded for w in name) for name in words):
            continue  # so it is with most, and quickly seen
        if count := len(names_in(text).among(names)):
            named[evidence.id] = count
    return named


async def _near(desk: RunContext, told: str) -> list[Evidence]:
    """Return the passages nearest in meaning."""
    among: Sequence[Evidence] = desk.shelf.passages
    if len(among) > EMBEDDED:
        among = await asyncio.to_thread(desk.shelf.lexical, told, SHARING)
    known = {e.id: e for e in among}
    texts = {i: desk.shelf.text(e) for i, e in known.items()}
    try:
        return [known[i] for i in await desk.finder.nearest(told, texts)]
    except (ModelError, IndexUnusable) as fault:
        desk.problem(f"vector search is off, exact and lexical search go on ({fault})")
        return []


async def _chosen(desk: RunContext, section: Section, candidates: list[Evidence]) -> list[Evidence]:
    """Return the candidates in the judge's order; those it left out are left out.

    A judge that cannot be had, or chooses nothing that holds, leaves them as they are.
    """
    told = orders(desk, section)
    numbered = "\n".join(f"[{n}] {line(desk, e)}" for n, e in enumerate(candidates, 1))
    tokens = 100 + 90 * min(len(candidates), 10)
    prompt = inputs.ChooseInputs(
        orders=told, passages=fence("passages", desk.clipped(numbered, tokens, told))
    )
    ask = desk.ask(section.id, "reviewer", "choose", prompt, tokens)
    try:
        answer = await desk.models.form(ask, Choices)
    except ModelError as fault:
        desk.problem(f"{section.id}: passages of the sources were not judged ({fault})")
        return candidates
    words = {n: desk.shelf.text(e) for n, e in enumerate(candidates, 1)}
    kept: dict[int, Evidence] = {}
    for choice in answer.choices:
        number = choice.passage
        if number not in words or find(words[number], choice.quote) is None:
            continue
        kept.setdefault(number, candidates[number - 1])
        against = (n for n, w in words.items() if find(w, choice.against) is not None)
        if (other := next(against, None)) is not None:
            kept.setdefault(other, candidates[other - 1])
    return list(kept.values()) or candidates

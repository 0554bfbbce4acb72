"""Evidence: which passages of the sources a section is written from.

Lexical search for each question its orders put, vector search, and the names it deals with, fused
by reciprocal rank (Cormack et al. 2009, doi:10.1145/1571941.1572114), what the plan placed there
first. A judge then chooses, with a quote for and one against (after LitLLM, arXiv:2412.15249); a
quote that is not in the passage chooses nothing. What is chosen is shown in the order of the
documents (after XL3M, arXiv:2405.17755).
"""

import asyncio
import unicodedata
from collections.abc import Iterable, Sequence

from inkwright.agents.context.model_session import ModelSession
from inkwright.agents.embedding.vector_search import VectorSearch
from inkwright.agents.llm.schemas import Choices
from inkwright.memory.citations.citation_evidence import locate_quote
from inkwright.memory.domain.outline import Section
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.domain.source import Evidence
from inkwright.memory.errors import IndexUnusable, ModelError
from inkwright.memory.retrieval.recall import RANK_OFFSET
from inkwright.memory.retrieval.source_index import SourceIndex
from inkwright.memory.text.names import names_in
from inkwright.memory.text.normalise import normalise
from inkwright.prompts import inputs
from inkwright.prompts.render import fence

QUESTION_HITS = 60
MAX_EMBEDDED_PASSAGES = 2000
"""Up to so many passages are all searched by meaning; of more, only those that share words."""
MAX_LEXICAL_PASSAGES = 300
MAX_JUDGED_PASSAGES = 20
"""Passages that the judge reads."""


async def select_evidence(
    session: ModelSession, vector_search: VectorSearch, section: Section, budget_tokens: int
) -> tuple[Evidence, ...]:
    """Return spans of the sources for ``section``, in document order, within the budget."""
    if not session.prompts.sources.passages:
        return ()
    ranked_evidence = await _rank_evidence(session, vector_search, section)
    if session.ablation.review == "full":
        ranked_evidence = await _judge_candidates(
            session, section, ranked_evidence[:MAX_JUDGED_PASSAGES]
        )
    selected_evidence, tokens_left = [], budget_tokens
    for evidence in ranked_evidence:
        tokens = session.prompts.tokenizer.count(session.prompts.format_passage(evidence)) + 1
        if tokens <= tokens_left:
            selected_evidence.append(evidence)
            tokens_left -= tokens
    return tuple(sorted(selected_evidence, key=lambda e: (e.source, e.start)))


async def _rank_evidence(
    session: ModelSession, vector_search: VectorSearch, section: Section
) -> list[Evidence]:
    instructions = session.prompts.build_section_instructions(section)
    questions = [instructions, *section.key_points, *(c.point for c in section.cites if c.point)]
    rankings = await asyncio.to_thread(
        lambda: [
            session.prompts.sources.search_words(q, QUESTION_HITS) for q in dict.fromkeys(questions)
        ]
    )
    rankings.append(await _search_by_meaning(session, vector_search, instructions))
    evidence_by_id = {e.id: e for hits in rankings for e in hits}
    mention_counts = _count_subject_mentions(
        session.prompts.sources, section, evidence_by_id.values()
    )
    rankings.append(
        sorted((evidence_by_id[i] for i in mention_counts), key=lambda e: -mention_counts[e.id])
    )
    scores = dict.fromkeys(evidence_by_id, 0.0)
    for hits in rankings:
        for rank, evidence in enumerate(hits):
            scores[evidence.id] += 1 / (RANK_OFFSET + rank)
    planned_source_ids = {c.source for c in section.cites}
    return sorted(
        evidence_by_id.values(),
        key=lambda e: (e.key not in planned_source_ids, -scores[e.id], e.source, e.start),
    )


def _count_subject_mentions(
    sources: SourceIndex, section: Section, candidates: Iterable[Evidence]
) -> dict[str, int]:
    """Return how many of its subjects each passage names, those that name none left out."""
    names = {name for subject in section.subjects if (name := normalise(subject))}
    name_words = [name.split() for name in names]
    mention_counts = {}
    for evidence in candidates:
        text = sources.get_text(evidence)
        folded_text = unicodedata.normalize("NFKC", text).casefold()
        if not any(all(w in folded_text for w in name) for name in name_words):
            continue  # so it is with most, and quickly seen
        if count := len(names_in(text).select_mentioned(names)):
            mention_counts[evidence.id] = count
    return mention_counts


async def _search_by_meaning(
    session: ModelSession, vector_search: VectorSearch, query: str
) -> list[Evidence]:
    """Return the passages nearest in meaning."""
    candidates: Sequence[Evidence] = session.prompts.sources.passages
    if len(candidates) > MAX_EMBEDDED_PASSAGES:
        candidates = await asyncio.to_thread(
            session.prompts.sources.search_words, query, MAX_LEXICAL_PASSAGES
        )
    evidence_by_id = {e.id: e for e in candidates}
    texts = {i: session.prompts.sources.get_text(e) for i, e in evidence_by_id.items()}
    try:
        return [evidence_by_id[i] for i in await vector_search.find_nearest(query, texts)]
    except (ModelError, IndexUnusable) as fault:
        session.report_problem(f"vector search is off, exact and lexical search go on ({fault})")
        return []


async def _judge_candidates(
    session: ModelSession, section: Section, candidates: list[Evidence]
) -> list[Evidence]:
    """Return the candidates in the judge's order; those it left out are left out.

    A judge that cannot be had, or chooses nothing that holds, leaves them as they are.
    """
    instructions = session.prompts.build_section_instructions(section)
    numbered_passages = "\n".join(
        f"[{n}] {session.prompts.format_passage(e)}" for n, e in enumerate(candidates, 1)
    )
    tokens = 100 + 90 * min(len(candidates), 10)
    prompt = inputs.ChooseInputs(
        orders=instructions,
        passages=fence(
            "passages", session.prompts.clip_to_fit(numbered_passages, tokens, instructions)
        ),
    )
    call = session.prompts.build_call(section.id, "reviewer", Purpose.CHOOSE, prompt, tokens)
    answer = await session.ask_or_report(
        call, Choices, f"{section.id}: passages of the sources were not judged"
    )
    if answer is None:
        return candidates
    passage_texts = {n: session.prompts.sources.get_text(e) for n, e in enumerate(candidates, 1)}
    chosen_by_number: dict[int, Evidence] = {}
    for choice in answer.choices:
        number = choice.passage
        if number not in passage_texts or locate_quote(passage_texts[number], choice.quote) is None:
            continue
        chosen_by_number.setdefault(number, candidates[number - 1])
        opposing_numbers = (
            n for n, w in passage_texts.items() if locate_quote(w, choice.against) is not None
        )
        if (opposing_number := next(opposing_numbers, None)) is not None:
            chosen_by_number.setdefault(opposing_number, candidates[opposing_number - 1])
    return list(chosen_by_number.values()) or candidates

"""Putting together what a section is shown, and freezing it in a manifest."""

from collections.abc import Mapping

from inkwright.agents.context import section_sources
from inkwright.agents.context.model_session import ModelSession
from inkwright.agents.context.prompt_builder import PRECEDING_WORDS
from inkwright.agents.embedding.vector_search import VectorSearch
from inkwright.memory.domain.draft import Draft, Manifest
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.outline import Outline, Section
from inkwright.memory.errors import IndexUnusable, ModelError
from inkwright.memory.ids import SectionId
from inkwright.memory.retrieval.passages import Passage, split_draft
from inkwright.memory.retrieval.recall import RecallResult, build_entry_key, recall
from inkwright.memory.retrieval.visibility import find_visible_entries
from inkwright.memory.store.ledger import Ledger
from inkwright.memory.store.plans import Plan
from inkwright.memory.text.rolling_summary import build_rolling_summary
from inkwright.memory.text.words import tail
from inkwright.prompts.render import hash_templates

SUMMARY_SHARE = 0.35
EVIDENCE_SHARE = 0.5
"""Of the recall budget, in a work with sources."""
MAX_REBALANCE_SHARE = 0.08
"""How far, of its own budget, a section makes up for what earlier ones over- or underspent."""


async def build_manifest(
    session: ModelSession,
    ledger: Ledger,
    vector_search: VectorSearch,
    section: Section,
    visible_drafts: Mapping[SectionId, Draft],
) -> Manifest:
    """Return the manifest of ``section`` when ``visible_drafts`` are what it can know."""
    plan = session.prompts.plan
    chain_drafts = [
        visible_drafts[s] for s in plan.outline.find_chain(section.id) if s in visible_drafts
    ]
    memory_mode = session.ablation.memory
    budget = session.prompts.recall_tokens
    summary = ""
    if memory_mode in ("rolling", "full"):
        summary_budget = budget if memory_mode == "rolling" else int(budget * SUMMARY_SHARE)
        titles = {s.id: s.title for s in plan.outline.sections}
        titled_summaries = [(titles[d.section], d.summary) for d in chain_drafts]
        summary = build_rolling_summary(
            titled_summaries, summary_budget, session.prompts.tokenizer.count
        )
    summary_tokens = session.prompts.tokenizer.count(summary) if summary else 0
    evidence = await section_sources.select_evidence(
        session, vector_search, section, int(budget * EVIDENCE_SHARE)
    )
    evidence_tokens = (
        session.prompts.tokenizer.count(session.prompts.render_sources(evidence)) if evidence else 0
    )
    recall_result = RecallResult("", (), (), 0)
    if memory_mode in ("vector", "full"):
        tokens_left = max(budget - summary_tokens - evidence_tokens, 0)
        recall_result = await _recall_long_term(
            session, ledger, vector_search, section, visible_drafts, tokens_left
        )
    last_passage = ""
    if memory_mode != "none" and chain_drafts:
        last_passage = tail(chain_drafts[-1].text, PRECEDING_WORDS)
    return Manifest(
        section=section.id,
        outline_version=plan.version,
        node=section.digest,
        constraints={c.id: c.digest for c in plan.constraints_for(section.id)},
        heard={section_id: d.version for section_id, d in visible_drafts.items()},
        known_until=ledger.newest_sequence,
        shown=recall_result.entry_decisions,
        quoted=recall_result.excerpt_decisions,
        recall=recall_result.text,
        summary=summary,
        last_passage=last_passage,
        target_words=_rebalance_target_words(plan.outline, section, chain_drafts),
        budget_tokens=budget,
        recall_tokens=recall_result.tokens + summary_tokens + evidence_tokens,
        evidence=evidence,
        prompts=hash_templates(session.prompts.overrides),
    )


def find_showable_entries(
    plan: Plan, ledger: Ledger, section: Section, visible_drafts: Mapping[SectionId, Draft]
) -> list[Entry]:
    """Return the entries ``section`` may be shown: those that hold where it stands."""
    draft_versions = {section_id: d.version for section_id, d in visible_drafts.items()}
    return find_visible_entries(ledger.refresh(), plan.outline, section.id, draft_versions)


async def _recall_long_term(
    session: ModelSession,
    ledger: Ledger,
    vector_search: VectorSearch,
    section: Section,
    visible_drafts: Mapping[SectionId, Draft],
    budget: int,
) -> RecallResult:
    memory_mode, plan = session.ablation.memory, session.prompts.plan
    entries = (
        find_showable_entries(plan, ledger, section, visible_drafts)
        if memory_mode == "full"
        else []
    )
    chain_ids = plan.outline.find_chain(section.id)
    earlier_drafts = [
        d
        for section_id, d in visible_drafts.items()
        if not chain_ids or section_id != chain_ids[-1]
    ]
    passages = [p for d in earlier_drafts for p in split_draft(d)]
    passages += session.prompts.sources.requests
    instructions = session.prompts.build_section_instructions(section)
    distances = await _search_vectors(session, vector_search, instructions, entries, passages)
    if memory_mode == "vector":
        passages = [p for p in passages if p.id in distances]
    return recall(
        instructions,
        entries,
        passages,
        distances,
        budget_tokens=budget,
        count_tokens=session.prompts.tokenizer.count,
        titles={s.id: s.title for s in plan.outline.sections},
        summaries={section_id: d.summary for section_id, d in visible_drafts.items()},
        subjects=section.subjects if memory_mode == "full" else (),
        own_instructions=section.topic_text if memory_mode == "full" else "",
    )


async def _search_vectors(
    session: ModelSession,
    vector_search: VectorSearch,
    query: str,
    entries: list[Entry],
    passages: list[Passage],
) -> dict[str, float]:
    texts = {build_entry_key(e): e.line for e in entries} | {p.id: p.text for p in passages}
    try:
        return await vector_search.find_nearest(query, texts)
    except (ModelError, IndexUnusable) as fault:
        session.report_problem(f"vector search is off, exact and lexical search go on ({fault})")
        return {}


def _rebalance_target_words(outline: Outline, section: Section, chain_drafts: list[Draft]) -> int:
    """Return the section's budget, shifted a little by what its chain over- or underspent."""
    planned_words = sum(outline.section(d.section).target_words for d in chain_drafts)
    surplus_words = sum(d.words for d in chain_drafts) - planned_words
    max_shift = int(section.target_words * MAX_REBALANCE_SHARE)
    return section.target_words - min(max(surplus_words, -max_shift), max_shift)

"""Putting together what a section is shown, and freezing it in a manifest."""

from collections.abc import Mapping

from inkwright.agents.context import section_sources
from inkwright.agents.context.run_context import BEFORE_WORDS, RunContext, orders
from inkwright.memory.domain.draft import Draft, Manifest
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.outline import Section
from inkwright.memory.errors import IndexUnusable, ModelError
from inkwright.memory.retrieval.passages import Passage, of_draft
from inkwright.memory.retrieval.recall import RecallResult, entry_key, recall
from inkwright.memory.retrieval.visibility import in_sight
from inkwright.memory.text.rolling_summary import rolling
from inkwright.memory.text.words import tail
from inkwright.prompts.render import versions

SUMMARY_SHARE = 0.35
EVIDENCE_SHARE = 0.5
"""Of the recall budget, in a work with sources."""
REBALANCE = 0.08
"""How far, of its own budget, a section makes up for what earlier ones over- or underspent."""


async def recollect(desk: RunContext, section: Section, heard: Mapping[str, Draft]) -> Manifest:
    """Return the manifest of ``section`` when the drafts of ``heard`` are what it can know."""
    chain = [heard[s] for s in desk.plan.outline.chain(section.id) if s in heard]
    arm = desk.arms.memory
    budget = desk.recall_tokens
    summary = ""
    if arm in ("rolling", "full"):
        share = budget if arm == "rolling" else int(budget * SUMMARY_SHARE)
        titles = {s.id: s.title for s in desk.plan.outline.sections}
        accounts = [(titles[d.section], d.summary) for d in chain]
        summary = rolling(accounts, share, desk.tokenizer.count)
    summary_tokens = desk.tokenizer.count(summary) if summary else 0
    grounds = await section_sources.gather(desk, section, int(budget * EVIDENCE_SHARE))
    evidence_tokens = desk.tokenizer.count(section_sources.shown(desk, grounds)) if grounds else 0
    recalled = RecallResult("", (), (), 0)
    if arm in ("vector", "full"):
        left = max(budget - summary_tokens - evidence_tokens, 0)
        recalled = await _long_term(desk, section, heard, left)
    last = ""
    if arm != "none" and chain:
        last = tail(chain[-1].text, BEFORE_WORDS)
    return Manifest(
        section=section.id,
        outline_version=desk.plan.version,
        node=section.digest,
        constraints={c.id: c.digest for c in desk.plan.carried(section.id)},
        heard={sid: d.version for sid, d in heard.items()},
        known_until=desk.ledger.newest,
        shown=recalled.shown,
        quoted=recalled.quoted,
        recall=recalled.text,
        summary=summary,
        last_passage=last,
        target_words=_rebalanced(desk, section, chain),
        budget_tokens=budget,
        recall_tokens=recalled.tokens + summary_tokens + evidence_tokens,
        evidence=grounds,
        prompts=versions(desk.overrides),
    )


def visible(desk: RunContext, section: Section, heard: Mapping[str, Draft]) -> list[Entry]:
    """Return the entries ``section`` may be shown: those that hold where it stands."""
    versions = {sid: d.version for sid, d in heard.items()}
    return in_sight(desk.ledger.refresh(), desk.plan.outline, section.id, versions)


async def _long_term(
    desk: RunContext, section: Section, heard: Mapping[str, Draft], budget: int
) -> RecallResult:
    arm = desk.arms.memory
    entries = visible(desk, section, heard) if arm == "full" else []
    before = desk.plan.outline.chain(section.id)
    earlier = [d for sid, d in heard.items() if not before or sid != before[-1]]
    passages = [p for d in earlier for p in of_draft(d)]
    passages += desk.shelf.requests
    told = orders(desk, section)
    nearest = await _nearest(desk, told, entries, passages)
    if arm == "vector":
        passages = [p for p in passages if p.id in nearest]
    return recall(
        told,
        entries,
        passages,
        nearest,
        budget_tokens=budget,
        count=desk.tokenizer.count,
        titles={s.id: s.title for s in desk.plan.outline.sections},
        accounts={sid: d.summary for sid, d in heard.items()},
        subjects=section.subjects if arm == "full" else (),
        own=section.about if arm == "full" else "",
    )


async def _nearest(
    desk: RunContext, told: str, entries: list[Entry], passages: list[Passage]
) -> dict[str, float]:
    texts = {entry_key(e): e.line for e in entries} | {p.id: p.text for p in passages}
    try:
        return await desk.finder.nearest(told, texts)
    except (ModelError, IndexUnusable) as fault:
        desk.problem(f"vector search is off, exact and lexical search go on ({fault})")
        return {}


def _rebalanced(desk: RunContext, section: Section, chain: list[Draft]) -> int:
    """Return the section's budget, shifted a little by what its chain over- or underspent."""
    outline = desk.plan.outline
    planned = sum(outline.section(d.section).target_words for d in chain)
    surplus = sum(d.words for d in chain) - planned
    limit = int(section.target_words * REBALANCE)
    return section.target_words - min(max(surplus, -limit), limit)

"""Reading the piece once more for what its judge passed over, many sections in one call.

Each section is judged by one call as it is written, and a judge misses things. What it found met is
therefore read again when all is written. A finding is put to the judge again as any other is; what
stays is patched, once, and what is left is in the review. So is what settling broke: memory comes
before a requirement, and the sentence that met it may be gone.
"""

from collections.abc import Iterable, Mapping, Sequence

from inkwright.agents.context.model_session import ModelSession
from inkwright.agents.context.prompt_builder import PromptBuilder
from inkwright.agents.context.run_context import RunContext
from inkwright.agents.llm.concurrency import gather_all
from inkwright.agents.llm.schemas import Breach, Breaches
from inkwright.agents.review import judge, reviewer
from inkwright.agents.revision.section_revision import SectionFix, fix_sections
from inkwright.memory.domain.check_record import Recheck
from inkwright.memory.domain.constraint import Constraint
from inkwright.memory.domain.draft import Draft, Finding, Review
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.ids import ConstraintId, SectionId
from inkwright.memory.store import drafts
from inkwright.memory.store.plans import Plan
from inkwright.memory.store.run_state import MissedBreach
from inkwright.prompts import inputs
from inkwright.prompts.render import fence

SECTIONS_A_CALL = 12
ANSWER_TOKENS = 800
TURN = 100
STAMP = Recheck()
EXTRA_VOTES = (2,)
"""The section's own check has voted that it is met, and this reading that it is not: one more."""

MetConstraints = Mapping[SectionId, Sequence[Constraint]]
"""By section, in reading order, what a judge found met there."""


def is_needed(context: RunContext) -> bool:
    """True when a judge found something met that can be read again, or settling broke something."""
    if context.ablation.review != "full":
        return False
    current_drafts = context.load_drafts_in_order()
    return any(_find_met_constraints(context.plan, d) for d in current_drafts.values()) or bool(
        _find_broken_by_settling(current_drafts)
    )


async def find_missed_breaches(
    session: ModelSession, plan: Plan, current_drafts: Mapping[SectionId, Draft]
) -> tuple[MissedBreach, ...]:
    """Return what was found met in a section and is broken, and what settling broke there.

    Of the former by two votes of three.

    Raises:
        BudgetSpent: a limit of the run was reached.
    """
    met_constraints = {
        section_id: constraints
        for section_id, d in current_drafts.items()
        if (constraints := _find_met_constraints(plan, d))
    }
    batches = enumerate(_batch_sections(session.prompts, current_drafts, met_constraints), 1)
    breach_lists = await gather_all(
        _read_batch(session, current_drafts, met_constraints, batch, n) for n, batch in batches
    )
    findings_by_section: dict[SectionId, list[Finding]] = {}
    for breach in (b for breaches in breach_lists for b in breaches):
        if (finding := _build_finding(breach, current_drafts, met_constraints)) is not None:
            findings_by_section.setdefault(breach.section, []).append(finding)
    votes = (
        reviewer.confirm_findings(
            session,
            section_id,
            current_drafts[section_id].text,
            findings,
            {c.id: c for c in met_constraints[section_id]},
            turn=TURN,
            more_votes=EXTRA_VOTES,
        )
        for section_id, findings in findings_by_section.items()
    )
    confirmed_findings = zip(findings_by_section, await gather_all(votes), strict=True)
    missed_breaches = (
        MissedBreach(section=section_id, finding=f)
        for section_id, findings in confirmed_findings
        for f in findings
        if f.status == "broken"
    )
    return (*_find_broken_by_settling(current_drafts), *missed_breaches)


async def mend(context: RunContext, missed_breaches: Iterable[MissedBreach]) -> bool:
    """Patch each section that has something to mend, once. Returns whether any was changed.

    Where that does not help, its review says what is broken.

    Raises:
        BudgetSpent: a limit of the run was reached.
    """

    def record_breaches(draft: Draft, fix: SectionFix) -> None:
        findings_by_constraint = {f.constraint: f for f in fix.findings}
        review = draft.review or Review()
        updated_findings = tuple(
            findings_by_constraint.get(f.constraint, f) for f in review.findings
        )
        review = review.model_copy(update={"findings": updated_findings})
        drafts.store_review(context.library, context.lease, draft, review, new_stamps=(STAMP,))

    findings_by_section: dict[SectionId, list[Finding]] = {}
    for item in missed_breaches:
        findings_by_section.setdefault(item.section, []).append(item.finding)
    fixes = (
        SectionFix(
            section=section_id,
            findings=findings_by_section[section_id],
            instructions={c.id: c.full_text for c in context.plan.constraints_for(section_id)},
            purpose=Purpose.REREAD,
            failure=f"{section_id}: not revised",
            stamp=STAMP,
        )
        for section_id in findings_by_section
        if section_id in context.plan.outline.position  # else it was taken out meanwhile
    )
    return await fix_sections(context, fixes, on_failure=record_breaches)


def _find_met_constraints(plan: Plan, draft: Draft) -> list[Constraint]:
    """Return what a judge found met in a draft that may be changed."""
    if draft.review is None or draft.author == "person":
        return []
    met_ids = {f.constraint for f in draft.review.findings if f.by == "judge" and f.status == "met"}
    return [c for c in plan.constraints_for(draft.section) if c.id in met_ids]


def _find_broken_by_settling(current_drafts: Mapping[SectionId, Draft]) -> tuple[MissedBreach, ...]:
    """Return what a judge found broken in texts as settling left them: no round was spent on it."""
    return tuple(
        MissedBreach(section=draft.section, finding=f)
        for draft in current_drafts.values()
        if draft.stage == "settled" and draft.review is not None
        for f in draft.review.broken_findings
        if f.by == "judge"
    )


def _batch_sections(
    prompts: PromptBuilder,
    current_drafts: Mapping[SectionId, Draft],
    met_constraints: MetConstraints,
) -> list[list[SectionId]]:
    """Return the sections to read together, as many as a prompt has room for."""
    free_tokens = prompts.count_free_tokens(ANSWER_TOKENS)
    batches: list[list[SectionId]] = []
    tokens_left = 0
    for section_id, constraints in met_constraints.items():
        constraint_lines = "\n".join(c.full_text for c in constraints)
        size = prompts.tokenizer.count(
            f"[{section_id}]\n{current_drafts[section_id].text}\n{constraint_lines}"
        )
        if not batches or size > tokens_left or len(batches[-1]) == SECTIONS_A_CALL:
            batches.append([])
            tokens_left = free_tokens
        batches[-1].append(section_id)
        tokens_left -= size
    return batches


async def _read_batch(
    session: ModelSession,
    current_drafts: Mapping[SectionId, Draft],
    met_constraints: MetConstraints,
    batch: Sequence[SectionId],
    number: int,
) -> list[Breach]:
    """Return what one call finds broken in the sections of a batch; nothing if there is none."""
    section_ids_by_constraint: dict[ConstraintId, list[SectionId]] = {}
    constraint_texts: dict[ConstraintId, str] = {}
    for section_id in batch:
        for constraint in met_constraints[section_id]:
            constraint_texts[constraint.id] = judge.describe_for_judge(constraint)
            section_ids_by_constraint.setdefault(constraint.id, []).append(section_id)
    constraint_lines = "\n".join(
        f"- [{constraint_id}] {constraint_text}"
        f" (in {', '.join(section_ids_by_constraint[constraint_id])})"
        for constraint_id, constraint_text in constraint_texts.items()
    )
    section_texts = "\n\n".join(
        f"[{section_id}]\n{current_drafts[section_id].text}" for section_id in batch
    )
    prompt = inputs.RereadInputs(
        constraints=fence("constraints", constraint_lines),
        sections=fence(
            "sections", session.prompts.clip_to_fit(section_texts, ANSWER_TOKENS, constraint_lines)
        ),
    )
    call = session.prompts.build_call(
        "whole", "reviewer", Purpose.REREAD, prompt, ANSWER_TOKENS, attempt=number
    )
    answer = await session.ask_or_report(
        call, Breaches, f"{batch[0]} to {batch[-1]} were not read once more"
    )
    return answer.breaches if answer else []


def _build_finding(
    breach: Breach, current_drafts: Mapping[SectionId, Draft], met_constraints: MetConstraints
) -> Finding | None:
    """Return a finding, if its requirement is one of the section's and its quote is in the text."""
    constraint = next(
        (c for c in met_constraints.get(breach.section, ()) if c.id == breach.constraint), None
    )
    quote = breach.quote.strip()
    if constraint is None or quote not in current_drafts[breach.section].text:
        return None
    return Finding(
        constraint=constraint.id, status="broken", evidence=quote or constraint.text, by="judge"
    )

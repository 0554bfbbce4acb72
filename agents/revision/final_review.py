"""The whole piece, once: constraints on all of it, and what its sections disagree about."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from inkwright.agents.checks import rules
from inkwright.agents.checks.number_conflicts import find_unsupported_figures
from inkwright.agents.context.prompt_builder import PromptBuilder
from inkwright.agents.context.run_context import RunContext
from inkwright.agents.drafting import length_control
from inkwright.agents.drafting.text_faults import MAX_FAULTS_PER_WORD
from inkwright.agents.review import reviewer
from inkwright.agents.revision import length_balance, recheck, repetition_and_transitions
from inkwright.agents.revision.section_revision import SectionFix, fix_sections
from inkwright.memory.changes import contradictions, staleness
from inkwright.memory.domain.brief import Constraint
from inkwright.memory.domain.check_record import RepairAttempt
from inkwright.memory.domain.draft import Draft, Finding, Review
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.ids import SectionId
from inkwright.memory.retrieval.passages import PASSAGE_WORDS, split_into_pieces
from inkwright.memory.retrieval.visibility import of_planned
from inkwright.memory.store import drafts, ledger, run_state
from inkwright.memory.store.run_state import ManuscriptFault, MissedBreach
from inkwright.memory.text.words import tail

MAX_REPORTED_FAULTS = 10
"""Faults of the text that are reported one by one; the others are counted."""
LENGTH = "length"
"""Id of the constraint that the brief's ``words`` stands for."""


def build_whole_constraints(context: RunContext) -> tuple[Constraint, ...]:
    """Return the constraints on the finished piece, its length among them."""
    if length_control.has_only_bounds(context.plan, context.brief):
        return context.plan.whole_piece_constraints
    whole_band = length_control.compute_whole_band(
        context.plan, context.brief, length_balance.load_whole_text(context)
    )
    length_constraint = Constraint(
        id=LENGTH,
        text=f"About {context.plan.outline.target_words} words",
        kind="length",
        min_words=whole_band.low,
        max_words=whole_band.high,
    )
    return (length_constraint, *context.plan.whole_piece_constraints)


async def review_whole(context: RunContext) -> Review:
    """Return one finding for each constraint on the whole piece. Uses no quote from outside it."""
    constraints, text = build_whole_constraints(context), length_balance.load_whole_text(context)
    if context.ablation.review == "off":
        length_constraints = [c for c in constraints if c.kind == "length"]
        return Review(findings=tuple(rules.check(text, length_constraints)))
    all_by_rule = all(c.is_checked_by_rule for c in constraints)
    judge_text = (
        None
        if all_by_rule
        else _shorten_for_judge(context.prompts, context.load_drafts_in_order(), text)
    )
    return await reviewer.check(
        context.session,
        context.plan,
        "whole",
        text,
        constraints,
        judged_text=judge_text,
        is_last_reading=True,
    )


async def repair(
    context: RunContext, review: Review, faults: Sequence[ManuscriptFault] = ()
) -> bool:
    """Mend, once, what a section can mend, then its length. Returns whether anything was changed.

    A forbidden phrase is taken out where it first stands; something missing is added to the last
    section.
    """
    has_changed = await fix_sections(context, _build_fixes(context, review))
    has_changed |= await repetition_and_transitions.mend(context, faults)
    has_changed |= await recheck.mend(context, await _load_missed_breaches(context))
    return await length_balance.balance(context) or has_changed


def _build_fixes(context: RunContext, review: Review) -> Iterator[SectionFix]:
    """Yield what a section can mend of what the whole breaks, in the section where it stands."""
    constraint_texts: dict[str, str] = {
        c.id: c.full_text
        for c in build_whole_constraints(context)
        if c.kind not in ("length", "structure")
    }
    for finding in review.broken_findings:
        stamp = RepairAttempt(finding.constraint)
        current_drafts = context.load_drafts_in_order()
        stamps = drafts.load_stamps(context.library, context.work_id, current_drafts)
        is_done = any(stamp in section_stamps for section_stamps in stamps.values())
        if finding.constraint not in constraint_texts or is_done:
            continue
        target_draft = _find_target_draft(current_drafts, finding)
        if target_draft is not None and target_draft.author != "person":
            yield SectionFix(
                section=target_draft.section,
                findings=[finding],
                instructions=constraint_texts,
                purpose=Purpose.REPAIR,
                subject=finding.constraint,
                failure=f"{finding.constraint}: could not be repaired",
                stamp=stamp,
            )


async def _load_missed_breaches(context: RunContext) -> tuple[MissedBreach, ...]:
    """Return what the judge passed over; where that was found before an interruption, that."""
    stored_breaches = run_state.load_state(context.library, context.work_id).missed_breaches
    if stored_breaches is not None:
        return stored_breaches
    missed_breaches = (
        await recheck.find_missed_breaches(
            context.session, context.plan, context.load_drafts_in_order()
        )
        if recheck.is_needed(context)
        else ()
    )
    run_state.store_missed_breaches(context.library, context.lease, missed_breaches)
    return missed_breaches


def list_remaining(context: RunContext) -> list[str]:
    """Return what is left to tell the person.

    Conflicts in memory, threads that nothing pays off, sections still stale, and where their own
    sentences contradict memory.
    """
    lines = [
        *length_balance.list_out_of_band(context),
        *repetition_and_transitions.list_remaining(context),
    ]
    entries = ledger.select_active(
        of_planned(context.ledger.refresh().latest(), context.plan.outline)
    )
    for entry, other_entry in ledger.find_conflicts(entries):
        lines.append(
            f"memory has two values for {entry.subject} / {entry.attribute}: "
            f"{entry.statement} [{entry.id}] and {other_entry.statement} [{other_entry.id}]"
        )
    for section_id, reasons in staleness.find_reasons(
        context.library, context.work_id, context.ledger
    ).items():
        lines.append(f"{section_id} is stale: {reasons[0]}")
    for thread in ledger.select_open_threads(entries):
        lines.append(f"an open thread is not paid off: {thread.subject}: {thread.statement}")
    current_drafts = context.load_drafts_in_order()
    lines += _describe_text_faults(current_drafts)
    lines += _describe_unsupported_figures(context, current_drafts)
    for contradiction in contradictions.load_findings(context.library, context.work_id):
        lines.append(
            f"{contradiction.section}: your words {contradiction.evidence!r} contradict memory "
            f"[{contradiction.about}]; "
            f"`inkwright memory dismiss {context.work_id} {contradiction.number}` lets them be"
        )
    return lines


def has_too_many_text_faults(current_drafts: Collection[Draft]) -> bool:
    """True when more of what a reader would strike at once is left than people leave."""
    fault_count = sum(len(d.text_findings) for d in current_drafts)
    return fault_count > MAX_FAULTS_PER_WORD * sum(d.words for d in current_drafts)


def _describe_text_faults(current_drafts: Mapping[SectionId, Draft]) -> Iterator[str]:
    faults = [(d.section, f) for d in current_drafts.values() for f in d.text_findings]
    for section_id, fault in faults[:MAX_REPORTED_FAULTS]:
        yield f"{section_id}: {fault.why.partition(':')[0]}: {fault.evidence[:100]!r}"
    if len(faults) > MAX_REPORTED_FAULTS:
        yield f"{len(faults) - MAX_REPORTED_FAULTS} more sentences are of these kinds"


def _describe_unsupported_figures(
    context: RunContext, current_drafts: Mapping[SectionId, Draft]
) -> Iterator[str]:
    """Yield a note on precise figures that a piece without sources has from nowhere."""
    if context.prompts.sources.sources:
        return
    plan, brief = context.plan, context.brief
    supports = [
        brief.request,
        brief.sample,
        *(c.full_text for c in plan.constraints),
        *(line for s in plan.outline.sections for line in (s.title, s.purpose, *s.key_points)),
        *(e.statement for e in context.ledger.refresh().latest() if e.span is None),
    ]
    texts = {d.section: d.text for d in current_drafts.values() if d.author != "person"}
    figures = find_unsupported_figures(texts, supports)
    if figures:
        figure_list = ", ".join(f"{f.figure} ({f.section})" for f in figures[:MAX_REPORTED_FAULTS])
        more = len(figures) - MAX_REPORTED_FAULTS
        rest = f" and {more} more" if more > 0 else ""
        yield f"figures that nothing supports, since the piece has no sources: {figure_list}{rest}"


def _find_target_draft(current_drafts: Mapping[SectionId, Draft], finding: Finding) -> Draft | None:
    for draft in current_drafts.values():
        if finding.evidence and finding.evidence in draft.text:
            return draft
    return list(current_drafts.values())[-1] if current_drafts else None


def _shorten_for_judge(
    prompts: PromptBuilder, current_drafts: Mapping[SectionId, Draft], text: str
) -> str:
    """Return what a judge can read of the whole: all of it, or its sections' accounts.

    A piece too long for a prompt is shown as the archivist's account of each section, with the
    first and the last passage verbatim.
    """
    if prompts.tokenizer.count(text) <= prompts.count_free_tokens(1000):
        return text
    drafted_sections = [s for s in prompts.plan.outline.sections if s.id in current_drafts]
    summary_lines = "\n".join(
        f"{s.title}: {current_drafts[s.id].summary}" for s in drafted_sections
    )
    first_passage, last_passage = next(iter(split_into_pieces(text)), ""), tail(text, PASSAGE_WORDS)
    clipped_summaries = prompts.clip_to_fit(summary_lines, 1000, first_passage, last_passage)
    return f"{first_passage}\n\n{clipped_summaries}\n\n{last_passage}"

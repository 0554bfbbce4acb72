"""The whole piece, once: constraints on all of it, and what its sections disagree about."""

from collections.abc import Mapping, Sequence

from inkwright.agents.checks import rules
from inkwright.agents.context.run_context import RunContext
from inkwright.agents.drafting import editor, length_control
from inkwright.agents.review import reviewer
from inkwright.agents.revision import length_balance, recheck, repetition_and_transitions
from inkwright.agents.revision.recheck import MissedBreach
from inkwright.agents.revision.repetition_and_transitions import ManuscriptFault
from inkwright.memory.changes import contradictions, staleness
from inkwright.memory.domain.brief import Constraint
from inkwright.memory.domain.draft import Draft, Finding, Review
from inkwright.memory.errors import BudgetSpent, ModelError
from inkwright.memory.retrieval.passages import PASSAGE_WORDS, pieces
from inkwright.memory.retrieval.visibility import of_planned
from inkwright.memory.store import drafts, ledger, works
from inkwright.memory.text.words import tail

LENGTH = "length"
"""Id of the constraint that the brief's ``words`` stands for."""


def constraints_on_whole(desk: RunContext) -> tuple[Constraint, ...]:
    """Return the constraints on the finished piece, its length among them."""
    if length_control.bounded_only(desk):
        return desk.plan.whole
    aim = length_control.whole_band(desk, length_balance.text_of(desk))
    about = Constraint(
        id=LENGTH,
        text=f"About {desk.plan.outline.target_words} words",
        kind="length",
        min_words=aim.low,
        max_words=aim.high,
    )
    return (about, *desk.plan.whole)


async def review_whole(desk: RunContext) -> Review:
    """Return one finding for each constraint on the whole piece. Uses no quote from outside it."""
    constraints = constraints_on_whole(desk)
    if desk.arms.review == "off":
        by_length = [c for c in constraints if c.kind == "length"]
        return Review(findings=tuple(rules.check(length_balance.text_of(desk), by_length)))
    text = length_balance.text_of(desk)
    by_rule = all(c.by_rule for c in constraints)
    shown = None if by_rule else _readable(desk, text)
    return await reviewer.check(desk, "whole", text, constraints, judged_text=shown)


async def repair(desk: RunContext, review: Review, faults: Sequence[ManuscriptFault] = ()) -> bool:
    """Mend, once, what a section can mend, then its length. Returns whether anything was changed.

    A forbidden phrase is taken out where it first stands; something missing is added to the last
    section.
    """
    whole = constraints_on_whole(desk)
    told = {c.id: c.in_full for c in whole if c.kind not in ("length", "structure")}
    changed = False
    for finding in review.broken:
        if finding.constraint not in told or _stamp(finding) in _stamps(desk):
            continue
        target = _place(desk.in_order(), finding)
        if target is None or target.author == "person":
            continue
        try:
            changed |= await _repaired(desk, target, finding, told)
        except BudgetSpent:
            raise
        except ModelError as fault:
            desk.problem(f"{finding.constraint}: could not be repaired ({fault})")
    changed |= await repetition_and_transitions.mend(desk, faults)
    changed |= await recheck.mend(desk, await _passed_over(desk))
    return await length_balance.balance(desk) or changed


async def _passed_over(desk: RunContext) -> tuple[MissedBreach, ...]:
    """Return what the judge passed over; where that was found before an interruption, that."""
    pinned = works.get(desk.library, desk.work).pinned or {}
    if pinned.get("missed") is not None:
        return tuple(MissedBreach.model_validate(m) for m in pinned["missed"])
    found = await recheck.passed_over(desk) if recheck.wanted(desk) else ()
    works.pin(desk.library, desk.lease, missed=[m.model_dump(mode="json") for m in found])
    return found


def remaining(desk: RunContext) -> list[str]:
    """Return what is left to tell the person.

    Conflicts in memory, threads that nothing pays off, sections still stale, and where their own
    sentences contradict memory.
    """
    lines = [*length_balance.out_of_band(desk), *repetition_and_transitions.remaining(desk)]
    entries = ledger.holding(of_planned(desk.ledger.refresh().latest(), desk.plan.outline))
    for one, other in ledger.conflicts(entries):
        lines.append(
            f"memory has two values for {one.subject} / {one.attribute}: "
            f"{one.statement} [{one.id}] and {other.statement} [{other.id}]"
        )
    for sid, reasons in staleness.stale(desk.library, desk.work, desk.ledger).items():
        lines.append(f"{sid} is stale: {reasons[0]}")
    for thread in ledger.unpaid(entries):
        lines.append(f"an open thread is not paid off: {thread.subject}: {thread.statement}")
    for told in contradictions.listed(desk.library, desk.work):
        lines.append(
            f"{told.section}: your words {told.evidence!r} contradict memory [{told.about}]; "
            f"`inkwright memory dismiss {desk.work} {told.number}` lets them be"
        )
    return lines


async def _repaired(
    desk: RunContext, draft: Draft, finding: Finding, told: Mapping[str, str]
) -> bool:
    sid = draft.section
    text = await editor.patch(
        desk,
        sid,
        draft.text,
        [finding],
        dict(told),
        held=draft.held,
        purpose=f"repair {finding.constraint}",
    )
    if text == draft.text:
        return False
    return await length_balance.keep(desk, draft, text, checked=(_stamp(finding),))


def _stamp(finding: Finding) -> str:
    return f"repair:{finding.constraint}"


def _stamps(desk: RunContext) -> set[str]:
    """Return what every newest draft was checked against: an interrupted repair is not redone."""
    current = desk.in_order()
    return set().union(*drafts.all_stamped(desk.library, desk.work, current).values())


def _place(current: Mapping[str, Draft], finding: Finding) -> Draft | None:
    for draft in current.values():
        if finding.evidence and finding.evidence in draft.text:
            return draft
    return list(current.values())[-1] if current else None


def _readable(desk: RunContext, text: str) -> str:
    """Return what a judge can read of the whole: all of it, or its sections' accounts.

    A piece too long for a prompt is shown as the archivist's account of each section, with the
    first and the last passage verbatim.
    """
    if desk.tokenizer.count(text) <= desk.room_for(1000):
        return text
    current = desk.in_order()
    told = [s for s in desk.plan.outline.sections if s.id in current]
    accounts = "\n".join(f"{s.title}: {current[s.id].summary}" for s in told)
    first, last = next(iter(pieces(text)), ""), tail(text, PASSAGE_WORDS)
    return f"{first}\n\n{desk.clipped(accounts, 1000, first, last)}\n\n{last}"

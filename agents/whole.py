"""The whole piece, once: constraints on all of it, and what its sections disagree about."""

from collections.abc import Mapping

from inkwright.agents import archivist, editor, reviewer, rules
from inkwright.agents.desk import Desk
from inkwright.memory import drafts, findings, ledger, staleness
from inkwright.memory.brief import Constraint
from inkwright.memory.draft import Draft, Finding, Review
from inkwright.memory.entry import Entry
from inkwright.memory.errors import BudgetSpent, ModelError
from inkwright.memory.passages import PASSAGE_WORDS, pieces
from inkwright.memory.wordcount import tail

LENGTH = "length"
"""Id of the constraint that the brief's ``words`` stands for."""
WHOLE_TOLERANCE = 0.1


def constraints_on_whole(desk: Desk) -> tuple[Constraint, ...]:
    """Return the constraints on the finished piece, its length among them."""
    words = desk.plan.outline.target_words
    about = Constraint(
        id=LENGTH,
        text=f"About {words} words",
        kind="length",
        min_words=round(words * (1 - WHOLE_TOLERANCE)),
        max_words=round(words * (1 + WHOLE_TOLERANCE)),
    )
    return (about, *desk.plan.whole)


async def review_whole(desk: Desk) -> Review:
    """Return one finding for each constraint on the whole piece. Uses no quote from outside it."""
    constraints = constraints_on_whole(desk)
    if desk.arms.review == "off":
        return Review(findings=tuple(rules.check(_text(desk), constraints[:1])))
    text = _text(desk)
    by_rule = all(c.by_rule for c in constraints)
    shown = None if by_rule else _readable(desk, text)
    return await reviewer.check(desk, "whole", text, constraints, judged_text=shown)


async def repair(desk: Desk, review: Review) -> bool:
    """Mend, once, what a section can mend. Returns whether anything was changed.

    A forbidden phrase is taken out where it first stands; something missing is added to the last
    section.
    """
    whole = constraints_on_whole(desk)
    told = {c.id: c.in_full for c in whole if c.kind not in ("length", "structure")}
    changed = False
    for finding in review.broken:
        if finding.constraint not in told or _stamp(finding) in _stamps(desk):
            continue
        current = drafts.current(desk.library, desk.work)
        target = _place(desk, current, finding)
        if target is None or target.author == "person":
            continue
        try:
            changed |= await _repaired(desk, target, finding, told)
        except BudgetSpent:
            raise
        except ModelError as fault:
            desk.problem(f"{finding.constraint}: could not be repaired ({fault})")
    return changed


def remaining(desk: Desk) -> list[str]:
    """Return what is left to tell the person.

    Conflicts in memory, threads that nothing pays off, sections still stale, and where their own
    sentences contradict memory.
    """
    lines = []
    entries = ledger.entries(desk.library, desk.work)
    for one, other in ledger.conflicts(entries):
        lines.append(
            f"memory has two values for {one.subject} / {one.attribute}: "
            f"{one.statement} [{one.id}] and {other.statement} [{other.id}]"
        )
    for sid, reasons in staleness.stale(desk.library, desk.work).items():
        lines.append(f"{sid} is stale: {reasons[0]}")
    for thread in ledger.unpaid(entries):
        lines.append(f"an open thread is not paid off: {thread.subject}: {thread.statement}")
    for told in findings.listed(desk.library, desk.work):
        lines.append(
            f"{told.section}: your words {told.evidence!r} contradict memory [{told.about}]; "
            f"`inkwright memory dismiss {desk.work} {told.number}` lets them be"
        )
    return lines


async def _repaired(desk: Desk, draft: Draft, finding: Finding, told: Mapping[str, str]) -> bool:
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
    carried = desk.plan.carried(sid)
    review = Review(findings=tuple(rules.check(text, carried)))
    if review.adds_to(draft.review):
        return False
    delta: tuple[Entry, ...] = ()
    if desk.arms.memory == "full":
        desk.ledger.refresh()
        delta = await archivist.update(desk, desk.plan.outline.section(sid), draft, text)
    drafts.patch(
        desk.library,
        desk.lease,
        draft,
        text=text,
        stage="reviewed",
        review=_merged(draft.review, review),
        delta=delta,
        checked=[_stamp(finding)],
    )
    return True


def _stamp(finding: Finding) -> str:
    return f"repair:{finding.constraint}"


def _stamps(desk: Desk) -> set[str]:
    """Return what every newest draft was checked against: an interrupted repair is not redone."""
    current = drafts.current(desk.library, desk.work)
    with desk.library.read() as db:
        return {s for draft in current.values() for s in drafts.stamped(db, desk.work, draft)}


def _merged(before: Review | None, rules_now: Review) -> Review:
    """Return the old findings with those by rule renewed."""
    renewed = {f.constraint: f for f in rules_now.findings}
    old = before.findings if before else ()
    return Review(findings=tuple(renewed.get(f.constraint, f) for f in old))


def _place(desk: Desk, current: Mapping[str, Draft], finding: Finding) -> Draft | None:
    in_order = [current[s.id] for s in desk.plan.outline.sections if s.id in current]
    for draft in in_order:
        if finding.evidence and finding.evidence in draft.text:
            return draft
    return in_order[-1] if in_order else None


def _readable(desk: Desk, text: str) -> str:
    """Return what a judge can read of the whole: all of it, or its sections' accounts.

    A piece too long for a prompt is shown as the archivist's account of each section, with the
    first and the last passage verbatim.
    """
    if desk.tokenizer.count(text) <= desk.room_for(1000):
        return text
    current = drafts.current(desk.library, desk.work)
    told = [s for s in desk.plan.outline.sections if s.id in current]
    accounts = "\n".join(f"{s.title}: {current[s.id].summary}" for s in told)
    first, last = next(iter(pieces(text)), ""), tail(text, PASSAGE_WORDS)
    return f"{first}\n\n{desk.clipped(accounts, 1000, first, last)}\n\n{last}"


def _text(desk: Desk) -> str:
    current = drafts.current(desk.library, desk.work)
    return "\n\n".join(current[s.id].text for s in desk.plan.outline.sections if s.id in current)

"""Reviewer: which constraints a draft breaks, each finding with the words that show it.

Rules first, then one judge call for all that a rule cannot see; what it finds broken is put to it
again, as often as its record asks for. A judge that is unavailable, or that has shown itself no
better than chance, means *not reviewed*.
"""

from collections.abc import Mapping, Sequence

from inkwright.agents.checks import rules
from inkwright.agents.context.model_session import ModelSession
from inkwright.agents.review import citation_check, judge, judge_proof, run_controls
from inkwright.agents.review.votes import number_more_votes, vote_again
from inkwright.memory.domain import constraint_consistency
from inkwright.memory.domain.constraint import Constraint
from inkwright.memory.domain.draft import Draft, Finding, Review, ReviewedClaim
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.domain.source import Evidence
from inkwright.memory.store.plans import Plan


async def check(
    session: ModelSession,
    plan: Plan,
    step: str,
    text: str,
    constraints: Sequence[Constraint],
    *,
    turn: int = 0,
    priority: float = 0.0,
    judged_text: str | None = None,
    evidence: Sequence[Evidence] = (),
    is_last_reading: bool = False,
) -> Review:
    """Return one finding for each of ``constraints`` on ``text``.

    ``is_last_reading``: what is found met is read again at once, as often as the judge's record
    asks for; sections are read again when all is written.

    ``judged_text`` is what the judge reads when ``text`` itself is too long for a prompt;
    ``evidence`` what the writer was given to cite.
    """
    plain_constraints = [c for c in constraints if c.kind != "citations"]
    titles = constraint_consistency.list_titles(plan.outline)
    parts = constraint_consistency.list_parts(plan.outline)
    rule_findings = [
        *rules.check(text, plain_constraints, titles, parts),
        *rules.check_required_words(text, plain_constraints),
    ]
    findings = {f.constraint: f for f in rule_findings}
    judged_constraints = [c for c in plain_constraints if c.id not in findings]
    if (
        judged_constraints
        and session.ablation.review == "full"
        and await judge_proof.can_judge(session, Purpose.CHECK, step, f"{step}: not reviewed")
    ):
        judge_text = judged_text or text
        judge_findings = await run_controls.find_breaches(
            session, plan, step, judge_text, judged_constraints, turn, priority
        )
        constraints_by_id: dict[str, Constraint] = {c.id: c for c in judged_constraints}
        confirmed_findings = await confirm_findings(
            session,
            step,
            judge_text,
            judge_findings,
            constraints_by_id,
            turn=turn,
            priority=priority,
        )
        if is_last_reading:
            confirmed_findings = await _read_met_again(
                session, step, judge_text, confirmed_findings, constraints_by_id, turn
            )
        findings |= {f.constraint: f for f in confirmed_findings}
    for constraint in judged_constraints:
        findings.setdefault(
            constraint.id,
            Finding(constraint=constraint.id, status="not reviewed", by="judge"),
        )
    all_findings = [findings[c.id] for c in plain_constraints]
    reviewed_claims = list[ReviewedClaim]()
    for constraint in (c for c in constraints if c.kind == "citations"):
        citation_findings, reviewed_claims = await citation_check.check(
            session, plan, step, text, constraint, evidence, turn=turn, priority=priority
        )
        all_findings += citation_findings
    return Review(findings=tuple(all_findings), grounds=tuple(reviewed_claims))


async def review_revision(
    session: ModelSession,
    plan: Plan,
    draft: Draft,
    text: str,
    evidence: Sequence[Evidence],
    *,
    turn: int,
) -> Review:
    """Return what is found of a draft that becomes ``text``; ``evidence`` is what it may cite.

    What only a judge can say is asked anew; where none reviews, what was said before stands.
    """
    constraints = plan.constraints_for(draft.section)
    if session.ablation.review == "full" and not all(c.is_checked_by_rule for c in constraints):
        return await check(
            session, plan, draft.section, text, constraints, turn=turn, evidence=evidence
        )
    new_findings = {f.constraint: f for f in rules.check(text, constraints)}
    old_review = draft.review or Review()
    return Review(
        findings=tuple(new_findings.get(f.constraint, f) for f in old_review.findings),
        grounds=old_review.grounds,
    )


async def confirm_findings(
    session: ModelSession,
    step: str,
    text: str,
    findings: Sequence[Finding],
    constraints_by_id: Mapping[str, Constraint],
    *,
    turn: int,
    priority: float = 0.0,
    more_votes: Sequence[int] | None = None,
) -> list[Finding]:
    """Return the judge's findings after it was asked again about what it found broken.

    A judge is wrong now and then, and an edit without cause does harm. So a constraint is broken
    by the majority of as many votes as the judge's record asks for. ``more_votes`` are the numbers
    of other votes to take. A judge that is unavailable the second time changes nothing.
    """
    if more_votes is None:
        record = session.judges.records[Purpose.CHECK]
        more_votes = number_more_votes(record.votes)

    async def find_cleared(doubted_findings: Sequence[Finding], vote: int) -> dict[str, Finding]:
        new_findings = await judge.find_breaches(
            session,
            step,
            text,
            [constraints_by_id[f.constraint] for f in doubted_findings],
            Purpose.CONFIRM,
            turn,
            priority,
            sample=vote,
            doubted_findings=doubted_findings,
        )
        return {f.constraint: f for f in new_findings if f.status == "met"}

    broken_findings = [f for f in findings if f.status == "broken"]
    cleared_findings = await vote_again(
        broken_findings, lambda f: f.constraint, more_votes, find_cleared
    )
    return [cleared_findings.get(f.constraint, f) for f in findings]


async def _read_met_again(
    session: ModelSession,
    step: str,
    text: str,
    findings: Sequence[Finding],
    constraints_by_id: Mapping[str, Constraint],
    turn: int,
) -> list[Finding]:
    """Return the findings after what they call met was read again; a third vote settles a dispute.

    A judge misses things. How often it has to read is what its record says.
    """
    findings = list(findings)
    for reading in range(1, session.judges.records[Purpose.CHECK].readings):
        met_ids = [f.constraint for f in findings if f.status == "met"]
        if not met_ids:
            break
        new_findings = await judge.find_breaches(
            session,
            step,
            text,
            [constraints_by_id[c] for c in met_ids],
            Purpose.CHECK,
            turn,
            sample=10 * reading,
        )
        doubted_findings = [f for f in new_findings if f.status == "broken"]
        confirmed_findings = await confirm_findings(
            session,
            step,
            text,
            doubted_findings,
            constraints_by_id,
            turn=turn,
            more_votes=(10 * reading + 1,),
        )
        broken = {f.constraint: f for f in confirmed_findings if f.status == "broken"}
        findings = [broken.get(f.constraint, f) for f in findings]
    return findings

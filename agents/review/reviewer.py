"""Reviewer: which constraints a draft breaks, each finding with the words that show it.

Rules first, then one judge call for all that a rule cannot see; only what it finds broken is put to
it again. A quote that is not in the draft is no finding; a judge that cannot be had means *not
reviewed*.
"""

from collections.abc import Iterable, Mapping, Sequence

from inkwright.agents.checks import rules
from inkwright.agents.context.model_session import ModelSession
from inkwright.agents.llm.schemas import Contradictions, Verdict, Verdicts
from inkwright.agents.review import citation_check
from inkwright.agents.review.votes import vote_again
from inkwright.memory.changes.staleness import Change
from inkwright.memory.domain import constraint_consistency
from inkwright.memory.domain.constraint import Constraint
from inkwright.memory.domain.draft import CheckStatus, Draft, Finding, Review, ReviewedClaim
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.domain.source import Evidence
from inkwright.memory.store.plans import Plan
from inkwright.prompts import inputs
from inkwright.prompts.render import fence


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
) -> Review:
    """Return one finding for each of ``constraints`` on ``text``.

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
    if judged_constraints and session.ablation.review == "full":
        judge_text = judged_text or text
        judge_findings = await _ask_judge(
            session, step, judge_text, judged_constraints, Purpose.CHECK, turn, priority
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
    votes: Sequence[int] = (2, 3),
) -> list[Finding]:
    """Return the judge's findings after it was asked again about what it found broken.

    A judge is wrong now and then, and an edit without cause does harm. So a constraint is broken
    by two votes of at most three: where the second disagrees with the first, there is a third.
    A judge that cannot be had the second time changes nothing.
    """

    async def find_cleared(doubted_findings: Sequence[Finding], vote: int) -> dict[str, Finding]:
        new_findings = await _ask_judge(
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
        broken_findings, lambda f: f.constraint, votes, find_cleared
    )
    return [cleared_findings.get(f.constraint, f) for f in findings]


async def _ask_judge(
    session: ModelSession,
    step: str,
    text: str,
    constraints: Sequence[Constraint],
    purpose: Purpose,
    turn: int,
    priority: float,
    *,
    sample: int = 0,
    doubted_findings: Sequence[Finding] = (),
) -> list[Finding]:
    """Return what one call to the judge finds; nothing when it cannot be had."""
    constraint_lines = "\n".join(f"- [{c.id}] {describe_for_judge(c)}" for c in constraints)
    claim_lines = "\n".join(
        f'- [{f.constraint}] is said to be broken: "{f.evidence}"' for f in doubted_findings
    )
    tokens = min(120 + 110 * len(constraints), session.prompts.context_tokens // 3)
    prompt = inputs.CheckInputs(
        section=step,
        constraints=fence("constraints", constraint_lines),
        claims=fence("findings", claim_lines),
        draft=fence(
            "draft", session.prompts.clip_to_fit(text, tokens, constraint_lines, claim_lines)
        ),
    )
    call = session.prompts.build_call(
        step,
        "reviewer",
        purpose,
        prompt,
        tokens,
        attempt=turn,
        sample=sample,
        priority=priority,
    )
    answer = await session.ask_or_report(
        call,
        Verdicts,
        f"{step}: not reviewed",
        lambda a: _find_misquote((v.quote for v in a.verdicts if v.broken), text),
    )
    if answer is None:
        return []
    constraints_by_id: dict[str, Constraint] = {c.id: c for c in constraints}
    findings = (
        _build_finding(v, constraints_by_id[v.constraint], text)
        for v in answer.verdicts
        if v.constraint in constraints_by_id
    )
    return [finding for finding in findings if finding is not None]


def _build_finding(verdict: Verdict, constraint: Constraint, text: str) -> Finding | None:
    """Return the finding of a verdict; None for one whose quote is not in the text."""
    quote = verdict.quote.strip()
    if quote and quote not in text:
        if verdict.broken:
            return None
        quote = ""
    evidence = (quote or constraint.text) if verdict.broken else quote
    status: CheckStatus = "broken" if verdict.broken else "met"
    return Finding(constraint=constraint.id, status=status, evidence=evidence, by="judge")


def describe_for_judge(constraint: Constraint) -> str:
    """Return what the judge is asked about: a fact is to be contradicted by nothing."""
    if constraint.kind == "fact":
        return f"Nothing contradicts this fact: {constraint.full_text}"
    return constraint.full_text


async def find_contradictions(
    session: ModelSession,
    step: str,
    text: str,
    changes: Sequence[Change],
    *,
    sample: int = 0,
) -> list[Finding]:
    """Return where ``text`` contradicts what ``changes`` say holds now.

    Raises:
        ModelError: the judge cannot be had; nothing is known then.
    """
    change_lines = "\n".join(c.line for c in changes)
    tokens = 150 + 60 * min(len(changes), 8)
    prompt = inputs.SettleInputs(
        section=step,
        changed=fence("changed", change_lines),
        draft=fence("draft", session.prompts.clip_to_fit(text, tokens, change_lines)),
    )
    call = session.prompts.build_call(
        step, "reviewer", Purpose.SETTLE, prompt, tokens, sample=sample
    )
    answer = await session.llm.ask_structured(
        call, Contradictions, lambda a: _find_misquote((c.quote for c in a.contradictions), text)
    )
    change_ids = {c.id for c in changes}
    return [
        Finding(constraint=c.entry, status="broken", evidence=c.quote.strip(), by="judge")
        for c in answer.contradictions
        if c.entry in change_ids and c.quote.strip() and c.quote.strip() in text
    ]


def _find_misquote(quotes: Iterable[str], text: str) -> str | None:
    wrong_quotes = [q for q in quotes if q.strip() and q.strip() not in text]
    return "a quote in it is not in the text, word for word" if wrong_quotes else None

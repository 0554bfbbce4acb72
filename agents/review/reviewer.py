"""Reviewer: which constraints a draft breaks, each finding with the words that show it.

Rules first, then one judge call for all that a rule cannot see; only what it finds broken is put to
it again. A quote that is not in the draft is no finding; a judge that cannot be had means *not
reviewed*.
"""

from collections.abc import Iterable, Mapping, Sequence

from inkwright.agents.checks import rules
from inkwright.agents.context.run_context import RunContext
from inkwright.agents.llm.schemas import Contradictions, Verdict, Verdicts
from inkwright.agents.review import citation_check
from inkwright.memory.changes.staleness import Change
from inkwright.memory.domain import constraint_consistency
from inkwright.memory.domain.constraint import Constraint
from inkwright.memory.domain.draft import CheckStatus, Draft, Finding, Review, ReviewedClaim
from inkwright.memory.domain.source import Evidence
from inkwright.memory.errors import ModelError
from inkwright.memory.store import drafts
from inkwright.prompts import inputs
from inkwright.prompts.render import fence


async def check(
    desk: RunContext,
    section: str,
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
    plain = [c for c in constraints if c.kind != "citations"]
    titles = constraint_consistency.titles_of(desk.plan.outline) if desk.planned else ()
    by_rule = [*rules.check(text, plain, titles), *rules.check_words(text, plain)]
    findings = {f.constraint: f for f in by_rule}
    judged = [c for c in plain if c.id not in findings]
    if judged and desk.arms.review == "full":
        shown = judged_text or text
        found = await _judge(desk, section, shown, judged, f"check {turn}", priority)
        told = {c.id: c for c in judged}
        votes = await confirmed(desk, section, shown, found, told, turn=turn, priority=priority)
        findings |= {f.constraint: f for f in votes}
    for constraint in judged:
        findings.setdefault(
            constraint.id,
            Finding(constraint=constraint.id, status="not reviewed", by="judge"),
        )
    all_found, grounds = [findings[c.id] for c in plain], list[ReviewedClaim]()
    for constraint in (c for c in constraints if c.kind == "citations"):
        faults, grounds = await citation_check.check(
            desk, section, text, constraint, evidence, turn=turn, priority=priority
        )
        all_found += faults
    return Review(findings=tuple(all_found), grounds=tuple(grounds))


async def renewed(desk: RunContext, draft: Draft, text: str, *, turn: int) -> Review:
    """Return what is found of a draft that becomes ``text``.

    What only a judge can say is asked anew; where none reviews, what was said before stands.
    """
    carried = desk.plan.carried(draft.section)
    if desk.arms.review == "full" and not all(c.by_rule for c in carried):
        evidence = drafts.manifest(desk.library, draft.manifest).evidence
        return await check(desk, draft.section, text, carried, turn=turn, evidence=evidence)
    now = {f.constraint: f for f in rules.check(text, carried)}
    before = draft.review or Review()
    return Review(
        findings=tuple(now.get(f.constraint, f) for f in before.findings), grounds=before.grounds
    )


async def confirmed(
    desk: RunContext,
    section: str,
    text: str,
    found: Sequence[Finding],
    told: Mapping[str, Constraint],
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
    doubted = [f for f in found if f.status == "broken"]
    cleared: dict[str, Finding] = {}
    for vote in votes:
        if not doubted:
            break
        asked, purpose = [told[f.constraint] for f in doubted], f"confirm {turn}"
        again = await _judge(
            desk, section, text, asked, purpose, priority, sample=vote, doubted=doubted
        )
        cleared = {f.constraint: f for f in again if f.status == "met"}
        doubted = [f for f in doubted if f.constraint in cleared]
    return [cleared.get(f.constraint, f) for f in found]


async def _judge(
    desk: RunContext,
    section: str,
    text: str,
    judged: Sequence[Constraint],
    purpose: str,
    priority: float,
    *,
    sample: int = 0,
    doubted: Sequence[Finding] = (),
) -> list[Finding]:
    """Return what one call to the judge finds; nothing when it cannot be had."""
    listed = "\n".join(f"- [{c.id}] {asked(c)}" for c in judged)
    claims = "\n".join(f'- [{f.constraint}] is said to be broken: "{f.evidence}"' for f in doubted)
    tokens = min(120 + 110 * len(judged), desk.context_tokens // 3)
    prompt = inputs.CheckInputs(
        section=section,
        constraints=fence("constraints", listed),
        claims=fence("findings", claims),
        draft=fence("draft", desk.clipped(text, tokens, listed, claims)),
    )
    ask = desk.ask(section, "reviewer", purpose, prompt, tokens, sample=sample, priority=priority)
    try:
        answer = await desk.models.form(
            ask, Verdicts, lambda a: _misquoted((v.quote for v in a.verdicts if v.broken), text)
        )
    except ModelError as fault:
        desk.problem(f"{section}: not reviewed ({fault})")
        return []
    told = {c.id: c for c in judged}
    seen = (_seen(v, told[v.constraint], text) for v in answer.verdicts if v.constraint in told)
    return [finding for finding in seen if finding is not None]


def _seen(verdict: Verdict, constraint: Constraint, text: str) -> Finding | None:
    """Return the finding of a verdict; None for one whose quote is not in the text."""
    quote = verdict.quote.strip()
    if quote and quote not in text:
        if verdict.broken:
            return None
        quote = ""
    evidence = (quote or constraint.text) if verdict.broken else quote
    status: CheckStatus = "broken" if verdict.broken else "met"
    return Finding(constraint=constraint.id, status=status, evidence=evidence, by="judge")


def asked(constraint: Constraint) -> str:
    """Return what the judge is asked about: a fact is to be contradicted by nothing."""
    if constraint.kind == "fact":
        return f"Nothing contradicts this fact: {constraint.in_full}"
    return constraint.in_full


async def contradictions(
    desk: RunContext, section: str, text: str, changes: Sequence[Change], *, sample: int = 0
) -> list[Finding]:
    """Return where ``text`` contradicts what ``changes`` say holds now.

    Raises:
        ModelError: the judge cannot be had; nothing is known then.
    """
    listed = "\n".join(c.line for c in changes)
    tokens = 150 + 60 * min(len(changes), 8)
    prompt = inputs.SettleInputs(
        section=section,
        changed=fence("changed", listed),
        draft=fence("draft", desk.clipped(text, tokens, listed)),
    )
    ask = desk.ask(section, "reviewer", "settle", prompt, tokens, sample=sample)
    answer = await desk.models.form(
        ask, Contradictions, lambda a: _misquoted((c.quote for c in a.contradictions), text)
    )
    known = {c.id for c in changes}
    return [
        Finding(constraint=c.entry, status="broken", evidence=c.quote.strip(), by="judge")
        for c in answer.contradictions
        if c.entry in known and c.quote.strip() and c.quote.strip() in text
    ]


def _misquoted(quotes: Iterable[str], text: str) -> str | None:
    wrong = [q for q in quotes if q.strip() and q.strip() not in text]
    return "a quote in it is not in the text, word for word" if wrong else None

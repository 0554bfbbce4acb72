"""Reviewer: which constraints a draft breaks, each finding with the words that show it.

Rules first, then one judge call for all that a rule cannot see. A quote that is not in the draft
is no finding; a judge that cannot be had means *not reviewed*.
"""

from collections.abc import Iterable, Sequence

from inkwright.agents import grounding, rules
from inkwright.agents.answers import Contradictions, Verdicts
from inkwright.agents.desk import Desk
from inkwright.memory.brief import Constraint
from inkwright.memory.draft import Finding, Grounded, Review
from inkwright.memory.errors import ModelError
from inkwright.memory.source import Evidence
from inkwright.memory.staleness import Change
from inkwright.prompts import inputs
from inkwright.prompts.render import fence


async def check(
    desk: Desk,
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
    findings = {f.constraint: f for f in rules.check(text, plain)}
    judged = [c for c in plain if not c.by_rule]
    if judged and desk.arms.review == "full":
        shown = judged_text or text
        for finding in await _judge(desk, section, shown, judged, turn, priority):
            findings[finding.constraint] = finding
    for constraint in judged:
        findings.setdefault(
            constraint.id,
            Finding(constraint=constraint.id, status="not reviewed", by="judge"),
        )
    found, grounds = [findings[c.id] for c in plain], list[Grounded]()
    for constraint in (c for c in constraints if c.kind == "citations"):
        faults, grounds = await grounding.check(
            desk, section, text, constraint, evidence, turn=turn, priority=priority
        )
        found += faults
    return Review(findings=tuple(found), grounds=tuple(grounds))


async def _judge(
    desk: Desk,
    section: str,
    text: str,
    judged: Sequence[Constraint],
    turn: int,
    priority: float,
) -> list[Finding]:
    listed = "\n".join(f"- [{c.id}] {c.text}" for c in judged)
    tokens = 120 + 90 * len(judged)
    prompt = inputs.Check(
        section=section,
        constraints=fence("constraints", listed),
        draft=fence("draft", desk.clipped(text, tokens, listed)),
    )
    ask = desk.ask(section, "reviewer", f"check {turn}", prompt, tokens, priority=priority)
    try:
        answer = await desk.models.form(
            ask, Verdicts, lambda a: _misquoted((v.quote for v in a.verdicts if v.broken), text)
        )
    except ModelError as fault:
        desk.problem(f"{section}: not reviewed ({fault})")
        return []
    told = {c.id: c.text for c in judged}
    findings = []
    for verdict in answer.verdicts:
        if verdict.constraint not in told:
            continue
        quote = verdict.quote.strip()
        if verdict.broken and quote and quote not in text:
            continue
        findings.append(
            Finding(
                constraint=verdict.constraint,
                status="broken" if verdict.broken else "met",
                evidence=(quote or told[verdict.constraint]) if verdict.broken else "",
                by="judge",
            )
        )
    return findings


async def contradictions(
    desk: Desk, section: str, text: str, changes: Sequence[Change], *, sample: int = 0
) -> list[Finding]:
    """Return where ``text`` contradicts what ``changes`` say holds now.

    Raises:
        ModelError: the judge cannot be had; nothing is known then.
    """
    listed = "\n".join(c.line for c in changes)
    tokens = 150 + 60 * min(len(changes), 8)
    prompt = inputs.Settle(
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

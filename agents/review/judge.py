"""The judge's questions: one call about a text, whoever wrote it, and what of the answer counts.

A quote that is not in the text is no finding, and words of the requirement are no evidence that it
is met.
"""

from collections.abc import Iterable, Sequence

from inkwright.agents.checks.requirement_wording import is_own_wording
from inkwright.agents.context.model_session import ModelSession
from inkwright.agents.llm.schemas import Contradictions, Verdict, Verdicts
from inkwright.memory.changes.staleness import Change
from inkwright.memory.domain.constraint import Constraint
from inkwright.memory.domain.draft import CheckStatus, Finding
from inkwright.memory.domain.purpose import Purpose
from inkwright.prompts import inputs
from inkwright.prompts.render import fence


async def find_breaches(
    session: ModelSession,
    step: str,
    text: str,
    constraints: Sequence[Constraint],
    purpose: Purpose,
    turn: int = 0,
    priority: float = 0.0,
    *,
    sample: int = 0,
    doubted_findings: Sequence[Finding] = (),
    only_unusable: bool = False,
) -> list[Finding]:
    """Return what one call to the judge finds of ``constraints``; nothing when it is unavailable.

    ``only_unusable``: that is raised, and only an answer that says nothing is reported.
    """
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
        only_unusable=only_unusable,
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
    """Return the finding of a verdict; None for one whose quote says nothing.

    It is not in the text; or it is to show that a requirement is met, and is the requirement's own
    wording.
    """
    quote = verdict.quote.strip()
    if quote and quote not in text:
        if verdict.broken:
            return None
        quote = ""
    if not verdict.broken and quote and is_own_wording(quote, text, constraint):
        return None
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
        ModelError: the judge is unavailable; nothing is known then.
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

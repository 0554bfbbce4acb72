"""Grounding: does every sentence that cites rest on the passage it cites?

By rule first: the key is a source's, and each figure, name and quotation stands in the passage.
Then one judge call for what the claims mean; what it finds unsupported is put to it again. A judge
that is unavailable, or that has shown itself no better than chance, leaves a claim *not reviewed*.
"""

from collections.abc import Sequence

from inkwright.agents.context.model_session import ModelSession
from inkwright.agents.context.prompt_builder import PromptBuilder
from inkwright.agents.llm.schemas import Support
from inkwright.agents.review import judge_proof, support_judge
from inkwright.agents.review.votes import number_more_votes, vote_again
from inkwright.memory.citations import syntax
from inkwright.memory.citations.citation_evidence import ClaimEvidence, find_evidence
from inkwright.memory.domain.brief import Constraint
from inkwright.memory.domain.draft import Finding, ReviewedClaim
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.domain.source import Evidence
from inkwright.memory.ids import SectionId
from inkwright.memory.retrieval.source_index import SourceIndex
from inkwright.memory.store.plans import Plan


async def check(
    session: ModelSession,
    plan: Plan,
    step: str,
    text: str,
    constraint: Constraint,
    evidence: Sequence[Evidence],
    *,
    turn: int = 0,
    priority: float = 0.0,
) -> tuple[list[Finding], list[ReviewedClaim]]:
    """Return the findings on the citations of ``text``, and what each citing sentence rests on.

    ``evidence``: the spans that its writer was given; the whole source is looked through besides.
    """
    sources = session.prompts.sources
    claims = find_evidence(text, sources, evidence)
    faultless_claims = [g for g in claims if not g.fault]
    verdicts = await _judge_claims(session, step, faultless_claims, turn, priority)
    reviewed_claims = [_review_claim(sources, g, verdicts.get(id(g))) for g in claims]
    findings = [
        Finding(
            constraint=constraint.id,
            status="broken",
            evidence=g.claim,
            why=g.why,
            by="rule" if claim_evidence.fault else "judge",
        )
        for claim_evidence, g in zip(claims, reviewed_claims, strict=True)
        if g.status == "unsupported"
    ]
    if not claims and evidence and _has_planned_source(plan, sources, step):
        why = "it cites none of the sources planned for it"
        findings = [
            Finding(constraint=constraint.id, status="broken", evidence=constraint.text, why=why)
        ]
    if not findings:
        has_unreviewed = any(g.status == "not reviewed" for g in reviewed_claims)
        status = "not reviewed" if has_unreviewed else "met"
        findings = [Finding(constraint=constraint.id, status=status, by="judge")]
    return findings, reviewed_claims


def _has_planned_source(plan: Plan, sources: SourceIndex, step: str) -> bool:
    """True when the plan places a source there that is still in use."""
    if step not in plan.outline.position:
        return False
    return any(c.source in sources.sources for c in plan.outline.section(SectionId(step)).cites)


def format_passages(
    prompts: PromptBuilder, findings: Sequence[Finding], evidence: Sequence[Evidence]
) -> str:
    """Return the passages an editor needs to mend these findings."""
    keys = {k for f in findings for k in syntax.find_keys(f.evidence)}
    cited_evidence = [e for e in evidence if e.key in keys] or list(evidence)
    claims = find_evidence("\n".join(f.evidence for f in findings), prompts.sources, evidence)
    spans = {e.id: e for e in [*(e for g in claims for e in g.evidence), *cited_evidence]}
    return "\n".join(prompts.format_passage(e) for e in spans.values())


async def _judge_claims(
    session: ModelSession,
    step: str,
    claims: Sequence[ClaimEvidence],
    turn: int,
    priority: float,
) -> dict[int, Support]:
    """Return the judge's verdict on each claim that it gave one on.

    What it calls unsupported it is asked about again, as often as its record asks for.
    """
    problem = f"{step}: citations not reviewed"
    if (
        not claims
        or session.ablation.review != "full"
        or not await judge_proof.can_judge(session, Purpose.SUPPORT, step, problem)
    ):
        return {}
    more_votes = number_more_votes(session.judges.records[Purpose.SUPPORT].votes)

    async def find_supported(
        doubted_claims: Sequence[ClaimEvidence], vote: int
    ) -> dict[int, Support]:
        new_verdicts = await support_judge.judge_claims(
            session, step, doubted_claims, turn, priority, sample=vote
        )
        return {key: verdict for key, verdict in new_verdicts.items() if verdict.supported}

    verdicts = await support_judge.judge_claims(session, step, claims, turn, priority)
    doubted_claims = [g for g in claims if id(g) in verdicts and not verdicts[id(g)].supported]
    return verdicts | dict(await vote_again(doubted_claims, id, more_votes, find_supported))


def _contains(passage: Evidence, span: Evidence) -> bool:
    is_same_source = passage.source == span.source
    return is_same_source and passage.start <= span.start and span.end <= passage.end


def _review_claim(
    sources: SourceIndex, claim_evidence: ClaimEvidence, verdict: Support | None
) -> ReviewedClaim:
    claim, spans = claim_evidence.claim, claim_evidence.evidence
    if claim_evidence.fault:
        status, why = "unsupported", claim_evidence.fault
    elif verdict is None:
        status, why = "not reviewed", ""
    elif not verdict.supported:
        status, why = "unsupported", f"[@{claim.keys[0]}] does not say this"
    else:
        span = support_judge.find_quoted_span(sources, verdict, claim_evidence)
        assert span is not None, "a verdict without a quote that holds is none"
        status, why = "supported", ""
        is_sure = claim_evidence.is_certain
        spans = (
            span,
            *(e for e in spans if not _contains(e, span) and (is_sure or e.key != span.key)),
        )
    return ReviewedClaim.model_validate(
        {"claim": claim.text, "keys": claim.keys, "status": status, "spans": spans, "why": why}
    )

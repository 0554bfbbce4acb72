"""Grounding: does every sentence that cites rest on the passage it cites?

By rule first: the key is a source's, and each figure, name and quotation stands in the passage.
Then one judge call for what the claims mean; its quote must stand in the passage, or it says
nothing, and what it finds unsupported is put to it again. A judge that cannot be had leaves a claim
*not reviewed*.
"""

from collections.abc import Iterator, Sequence
from functools import partial

from inkwright.agents.context.model_session import ModelSession
from inkwright.agents.context.prompt_builder import PromptBuilder
from inkwright.agents.llm.schemas import Support, Supports
from inkwright.agents.review.votes import vote_again
from inkwright.memory.citations import syntax
from inkwright.memory.citations.citation_evidence import ClaimEvidence, find_evidence, locate_quote
from inkwright.memory.domain.brief import Constraint
from inkwright.memory.domain.draft import Finding, ReviewedClaim
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.domain.source import Evidence
from inkwright.memory.ids import SectionId
from inkwright.memory.retrieval.source_index import SourceIndex
from inkwright.memory.store.plans import Plan
from inkwright.prompts import inputs
from inkwright.prompts.render import fence

CLAIMS_A_CALL = 40
"""Claims that one call judges."""
EXTRA_VOTES = (2, 3)
VERDICT_TOKENS = 80
"""That the judge's word on one claim takes."""


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

    What it calls unsupported it is asked about again, so that two votes of at most three say so.
    """
    if session.ablation.review != "full":
        return {}

    async def find_supported(
        doubted_claims: Sequence[ClaimEvidence], vote: int
    ) -> dict[int, Support]:
        new_verdicts = await _ask_judge(session, step, doubted_claims, turn, priority, sample=vote)
        return {key: verdict for key, verdict in new_verdicts.items() if verdict.supported}

    verdicts = await _ask_judge(session, step, claims, turn, priority)
    doubted_claims = [g for g in claims if id(g) in verdicts and not verdicts[id(g)].supported]
    return verdicts | dict(await vote_again(doubted_claims, id, EXTRA_VOTES, find_supported))


async def _ask_judge(
    session: ModelSession,
    step: str,
    claims: Sequence[ClaimEvidence],
    turn: int,
    priority: float,
    *,
    sample: int = 0,
) -> dict[int, Support]:
    """Return one vote of the judge on each claim, of those that it gave one on."""
    verdicts_by_claim: dict[int, Support] = {}
    offset = 0
    for batch in _batch_claims(session.prompts, claims):
        numbered_claims = "\n".join(
            _format_claim(session.prompts, n, g) for n, g in enumerate(batch, 1)
        )
        tokens = VERDICT_TOKENS * (1 + len(batch))
        prompt = inputs.SupportInputs(
            section=step,
            claims=fence("claims", session.prompts.clip_to_fit(numbered_claims, tokens)),
        )
        call = session.prompts.build_call(
            step,
            "reviewer",
            Purpose.SUPPORT,
            prompt,
            tokens,
            subject=str(offset or ""),
            attempt=turn,
            sample=sample,
            priority=priority,
        )
        offset += len(batch)
        answer = await session.ask_or_report(
            call,
            Supports,
            f"{step}: citations not reviewed",
            partial(_find_misquote, session.prompts.sources, batch),
        )
        for verdict in answer.verdicts if answer else ():
            if 1 <= verdict.claim <= len(batch) and _has_valid_quote(
                session.prompts.sources, verdict, batch
            ):
                verdicts_by_claim.setdefault(id(batch[verdict.claim - 1]), verdict)
    return verdicts_by_claim


def _batch_claims(
    prompts: PromptBuilder, claims: Sequence[ClaimEvidence]
) -> Iterator[Sequence[ClaimEvidence]]:
    """Yield claims by as many as a call can judge, and its prompt can show with their passages."""
    batch: list[ClaimEvidence] = []
    used_tokens = 0
    for claim_evidence in claims:
        tokens = (
            prompts.tokenizer.count(_format_claim(prompts, CLAIMS_A_CALL, claim_evidence))
            + VERDICT_TOKENS
        )
        if batch and (
            len(batch) == CLAIMS_A_CALL
            or used_tokens + tokens > prompts.count_free_tokens(VERDICT_TOKENS)
        ):
            yield batch
            batch, used_tokens = [], 0
        batch.append(claim_evidence)
        used_tokens += tokens
    if batch:
        yield batch


def _format_claim(prompts: PromptBuilder, number: int, claim_evidence: ClaimEvidence) -> str:
    passages = "\n".join(f"    {prompts.format_passage(e)}" for e in claim_evidence.evidence)
    return f"[{number}] {claim_evidence.claim.plain_text}\n{passages}"


def _has_valid_quote(
    sources: SourceIndex, verdict: Support, batch: Sequence[ClaimEvidence]
) -> bool:
    """True when a verdict of support quotes what the passages say."""
    return (
        not verdict.supported
        or _find_quoted_span(sources, verdict, batch[verdict.claim - 1]) is not None
    )


def _find_misquote(
    sources: SourceIndex, batch: Sequence[ClaimEvidence], answer: Supports
) -> str | None:
    for verdict in answer.verdicts:
        if 1 <= verdict.claim <= len(batch) and not _has_valid_quote(sources, verdict, batch):
            return f"the quote for claim {verdict.claim} is not in its passages"
    return None


def _find_quoted_span(
    sources: SourceIndex, verdict: Support, claim_evidence: ClaimEvidence
) -> Evidence | None:
    """Return the exact words a verdict quotes, as a span; white space may differ."""
    for passage in claim_evidence.evidence:
        offsets = locate_quote(sources.get_text(passage), verdict.quote)
        if offsets is not None:
            start, end = passage.start + offsets[0], passage.start + offsets[1]
            page = sources.sources[passage.key].page_at(start)
            return passage.model_copy(update={"start": start, "end": end, "page": page})
    return None


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
        span = _find_quoted_span(sources, verdict, claim_evidence)
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

"""The judge of citations: whether the passages under a claim say it.

A verdict of support must quote words that stand in a passage, or it says nothing.
"""

from collections.abc import Iterator, Sequence
from functools import partial

from inkwright.agents.context.model_session import ModelSession
from inkwright.agents.context.prompt_builder import PromptBuilder
from inkwright.agents.llm.schemas import Support, Supports
from inkwright.memory.citations.citation_evidence import ClaimEvidence, locate_quote
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.domain.source import Evidence
from inkwright.memory.retrieval.source_index import SourceIndex
from inkwright.prompts import inputs
from inkwright.prompts.render import fence

CLAIMS_A_CALL = 40
"""Claims that one call judges."""
VERDICT_TOKENS = 80
"""That the judge's word on one claim takes."""


async def judge_claims(
    session: ModelSession,
    step: str,
    claims: Sequence[ClaimEvidence],
    turn: int,
    priority: float,
    *,
    sample: int = 0,
    only_unusable: bool = False,
) -> dict[int, Support]:
    """Return one vote of the judge on each claim, of those that it gave one on, by ``id``.

    ``only_unusable``: a judge that is unavailable is raised, and only an answer that says nothing
    is reported.
    """
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
            only_unusable=only_unusable,
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
        or find_quoted_span(sources, verdict, batch[verdict.claim - 1]) is not None
    )


def _find_misquote(
    sources: SourceIndex, batch: Sequence[ClaimEvidence], answer: Supports
) -> str | None:
    for verdict in answer.verdicts:
        if 1 <= verdict.claim <= len(batch) and not _has_valid_quote(sources, verdict, batch):
            return f"the quote for claim {verdict.claim} is not in its passages"
    return None


def find_quoted_span(
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

"""Grounding: does every sentence that cites rest on the passage it cites?

By rule first: the key is a source's, and each figure, name and quotation stands in the passage.
Then one judge call for what the claims mean; its quote must stand in the passage, or it says
nothing, and what it finds unsupported is put to it again. A judge that cannot be had leaves a claim
*not reviewed*.
"""

from collections.abc import Iterator, Sequence
from functools import partial

from inkwright.agents.context import section_sources
from inkwright.agents.context.run_context import RunContext
from inkwright.agents.llm.schemas import Support, Supports
from inkwright.memory.citations import syntax
from inkwright.memory.citations.citation_evidence import ClaimEvidence, find, grounds_of
from inkwright.memory.domain.brief import Constraint
from inkwright.memory.domain.draft import Finding, ReviewedClaim
from inkwright.memory.domain.source import Evidence
from inkwright.memory.errors import ModelError
from inkwright.prompts import inputs
from inkwright.prompts.render import fence

CLAIMS = 40
"""Claims that one call judges."""
VOTES = (2, 3)
VERDICT_TOKENS = 80
"""That the judge's word on one claim takes."""


async def check(
    desk: RunContext,
    section: str,
    text: str,
    constraint: Constraint,
    given: Sequence[Evidence],
    *,
    turn: int = 0,
    priority: float = 0.0,
) -> tuple[list[Finding], list[ReviewedClaim]]:
    """Return the findings on the citations of ``text``, and what each citing sentence rests on.

    ``given``: the spans that its writer was given; the whole source is looked through besides.
    """
    grounds = grounds_of(text, desk.shelf, given)
    sound = [g for g in grounds if not g.fault]
    verdicts = await _judged(desk, section, sound, turn, priority)
    grounded = [_grounded(desk, g, verdicts.get(id(g))) for g in grounds]
    findings = [
        Finding(
            constraint=constraint.id,
            status="broken",
            evidence=g.claim,
            why=g.why,
            by="rule" if ground.fault else "judge",
        )
        for ground, g in zip(grounds, grounded, strict=True)
        if g.status == "unsupported"
    ]
    if not grounds and given and _planned(desk, section):
        why = "it cites none of the sources planned for it"
        findings = [
            Finding(constraint=constraint.id, status="broken", evidence=constraint.text, why=why)
        ]
    if not findings:
        unsure = any(g.status == "not reviewed" for g in grounded)
        status = "not reviewed" if unsure else "met"
        findings = [Finding(constraint=constraint.id, status=status, by="judge")]
    return findings, grounded


def _planned(desk: RunContext, section: str) -> bool:
    """True when the plan places a source there that is still in use."""
    outline, known = desk.plan.outline, desk.shelf.sources
    if section not in outline.position:
        return False
    return any(c.source in known for c in outline.section(section).cites)


def material(desk: RunContext, findings: Sequence[Finding], given: Sequence[Evidence]) -> str:
    """Return the passages an editor needs to mend these findings."""
    keys = {k for f in findings for k in syntax.keys(f.evidence)}
    near = [e for e in given if e.key in keys] or list(given)
    grounds = grounds_of("\n".join(f.evidence for f in findings), desk.shelf, given)
    spans = {e.id: e for e in [*(e for g in grounds for e in g.evidence), *near]}
    return "\n".join(section_sources.line(desk, e) for e in spans.values())


async def _judged(
    desk: RunContext, section: str, grounds: Sequence[ClaimEvidence], turn: int, priority: float
) -> dict[int, Support]:
    """Return the judge's verdict on each claim that it gave one on.

    What it calls unsupported it is asked about again, so that two votes of at most three say so.
    """
    if desk.arms.review != "full":
        return {}
    found = await _asked(desk, section, grounds, turn, priority)
    doubted = [g for g in grounds if id(g) in found and not found[id(g)].supported]
    cleared: dict[int, Support] = {}
    for vote in VOTES:
        if not doubted:
            break
        again = await _asked(desk, section, doubted, turn, priority, sample=vote)
        cleared = {place: verdict for place, verdict in again.items() if verdict.supported}
        doubted = [g for g in doubted if id(g) in cleared]
    return found | cleared


async def _asked(
    desk: RunContext,
    section: str,
    grounds: Sequence[ClaimEvidence],
    turn: int,
    priority: float,
    *,
    sample: int = 0,
) -> dict[int, Support]:
    """Return one vote of the judge on each claim, of those that it gave one on."""
    found: dict[int, Support] = {}
    start = 0
    for batch in _batches(desk, grounds):
        listed = "\n".join(_numbered(desk, n, g) for n, g in enumerate(batch, 1))
        tokens = VERDICT_TOKENS * (1 + len(batch))
        prompt = inputs.SupportInputs(
            section=section, claims=fence("claims", desk.clipped(listed, tokens))
        )
        purpose = f"support {turn}" if not start else f"support {turn}.{start}"
        start += len(batch)
        ask = desk.ask(
            section, "reviewer", purpose, prompt, tokens, sample=sample, priority=priority
        )
        try:
            answer = await desk.models.form(ask, Supports, partial(_misquoted, desk, batch))
        except ModelError as fault:
            desk.problem(f"{section}: citations not reviewed ({fault})")
            continue
        for verdict in answer.verdicts:
            if 1 <= verdict.claim <= len(batch) and _holds(desk, verdict, batch):
                found.setdefault(id(batch[verdict.claim - 1]), verdict)
    return found


def _batches(
    desk: RunContext, grounds: Sequence[ClaimEvidence]
) -> Iterator[Sequence[ClaimEvidence]]:
    """Yield claims by as many as a call can judge, and its prompt can show with their passages."""
    batch: list[ClaimEvidence] = []
    used = 0
    for ground in grounds:
        tokens = desk.tokenizer.count(_numbered(desk, CLAIMS, ground)) + VERDICT_TOKENS
        if batch and (len(batch) == CLAIMS or used + tokens > desk.room_for(VERDICT_TOKENS)):
            yield batch
            batch, used = [], 0
        batch.append(ground)
        used += tokens
    if batch:
        yield batch


def _numbered(desk: RunContext, number: int, ground: ClaimEvidence) -> str:
    passages = "\n".join(f"    {section_sources.line(desk, e)}" for e in ground.evidence)
    return f"[{number}] {ground.claim.said}\n{passages}"


def _holds(desk: RunContext, verdict: Support, batch: Sequence[ClaimEvidence]) -> bool:
    """True when a verdict of support quotes what the passages say."""
    return not verdict.supported or _span(desk, verdict, batch[verdict.claim - 1]) is not None


def _misquoted(desk: RunContext, batch: Sequence[ClaimEvidence], answer: Supports) -> str | None:
    for verdict in answer.verdicts:
        if 1 <= verdict.claim <= len(batch) and not _holds(desk, verdict, batch):
            return f"the quote for claim {verdict.claim} is not in its passages"
    return None


def _span(desk: RunContext, verdict: Support, ground: ClaimEvidence) -> Evidence | None:
    """Return the exact words a verdict quotes, as a span; white space may differ."""
    for passage in ground.evidence:
        at = find(desk.shelf.text(passage), verdict.quote)
        if at is not None:
            start, end = passage.start + at[0], passage.start + at[1]
            page = desk.shelf.sources[passage.key].page_at(start)
            return passage.model_copy(update={"start": start, "end": end, "page": page})
    return None


def _has(passage: Evidence, span: Evidence) -> bool:
    same = passage.source == span.source
    return same and passage.start <= span.start and span.end <= passage.end


def _grounded(desk: RunContext, ground: ClaimEvidence, verdict: Support | None) -> ReviewedClaim:
    claim, spans = ground.claim, ground.evidence
    if ground.fault:
        status, why = "unsupported", ground.fault
    elif verdict is None:
        status, why = "not reviewed", ""
    elif not verdict.supported:
        status, why = "unsupported", f"[@{claim.keys[0]}] does not say this"
    else:
        span = _span(desk, verdict, ground)
        assert span is not None, "a verdict without a quote that holds is none"
        status, why = "supported", ""
        sure = ground.sure
        spans = (span, *(e for e in spans if not _has(e, span) and (sure or e.key != span.key)))
    return ReviewedClaim.model_validate(
        {"claim": claim.text, "keys": claim.keys, "status": status, "spans": spans, "why": why}
    )

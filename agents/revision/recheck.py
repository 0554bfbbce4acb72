"""Reading the piece once more for what its judge passed over, many sections in one call.

Each section is judged by one call as it is written, and a judge misses things. What it found met is
therefore read again when all is written. A finding is put to the judge again as any other is; what
stays is patched, once, and what is left is in the review. So is what settling broke: memory comes
before a requirement, and the sentence that met it may be gone.
"""

from collections.abc import Iterable, Mapping, Sequence

from inkwright.agents.context.run_context import RunContext
from inkwright.agents.drafting import editor
from inkwright.agents.llm.concurrency import all_of
from inkwright.agents.llm.schemas import Breach, Breaches
from inkwright.agents.review import reviewer
from inkwright.agents.revision.length_balance import keep
from inkwright.memory.base import Value
from inkwright.memory.domain.constraint import Constraint
from inkwright.memory.domain.draft import Draft, Finding, Review
from inkwright.memory.errors import BudgetSpent, ModelError
from inkwright.memory.store import draft_rows, drafts
from inkwright.prompts import inputs
from inkwright.prompts.render import fence

SECTIONS_A_CALL = 12
TOKENS = 800
TURN = 100
STAMP = "reread"
VOTES = (2,)
"""The section's own check has voted that it is met, and this reading that it is not: one more."""

Met = Mapping[str, Sequence[Constraint]]
"""By section, in reading order, what a judge found met there."""


class MissedBreach(Value):
    """What a section breaks after all."""

    section: str
    finding: Finding


def wanted(desk: RunContext) -> bool:
    """True when a judge found something met that can be read again, or settling broke something."""
    if desk.arms.review != "full":
        return False
    current = desk.in_order()
    return any(_met(desk, d) for d in current.values()) or bool(_broken_by_settling(current))


async def passed_over(desk: RunContext) -> tuple[MissedBreach, ...]:
    """Return what was found met in a section and is broken, and what settling broke there.

    Of the former by two votes of three.

    Raises:
        BudgetSpent: a limit of the run was reached.
    """
    current = desk.in_order()
    met = {sid: judged for sid, d in current.items() if (judged := _met(desk, d))}
    batches = enumerate(_batches(desk, current, met), 1)
    read = await all_of(_read(desk, current, met, batch, n) for n, batch in batches)
    found: dict[str, list[Finding]] = {}
    for breach in (b for breaches in read for b in breaches):
        if (finding := _finding(breach, current, met)) is not None:
            found.setdefault(breach.section, []).append(finding)
    votes = (
        reviewer.confirmed(
            desk, sid, current[sid].text, some, {c.id: c for c in met[sid]}, turn=TURN, votes=VOTES
        )
        for sid, some in found.items()
    )
    confirmed = zip(found, await all_of(votes), strict=True)
    missed = (
        MissedBreach(section=sid, finding=f)
        for sid, some in confirmed
        for f in some
        if f.status == "broken"
    )
    return (*_broken_by_settling(current), *missed)


async def mend(desk: RunContext, found: Iterable[MissedBreach]) -> bool:
    """Patch each section that has something to mend, once. Returns whether any was changed.

    Raises:
        BudgetSpent: a limit of the run was reached.
    """
    of_section: dict[str, list[Finding]] = {}
    for item in found:
        of_section.setdefault(item.section, []).append(item.finding)
    changed = False
    for sid, findings in of_section.items():
        draft = desk.in_order().get(sid)
        if draft is None:
            continue  # it was taken out of the outline since this was found
        with desk.library.read() as db:
            done = STAMP in draft_rows.stamped(db, desk.work, draft)
        if not done:
            changed |= await _mended(desk, draft, findings)
    return changed


async def _mended(desk: RunContext, draft: Draft, findings: Sequence[Finding]) -> bool:
    """Patch a section; where that does not help, its review says what is broken."""
    told = {c.id: c.in_full for c in desk.plan.carried(draft.section)}
    text = draft.text
    try:
        text = await editor.patch(
            desk, draft.section, draft.text, findings, told, held=draft.held, purpose=STAMP
        )
    except BudgetSpent:
        raise
    except ModelError as fault:
        desk.problem(f"{draft.section}: not revised ({fault})")
    if text != draft.text and await keep(desk, draft, text, checked=(STAMP,)):
        return True
    broken = {f.constraint: f for f in findings}
    review = draft.review or Review()
    known = tuple(broken.get(f.constraint, f) for f in review.findings)
    review = review.model_copy(update={"findings": known})
    drafts.judge(desk.library, desk.lease, draft, review, checked=(STAMP,))
    return False


def _met(desk: RunContext, draft: Draft) -> list[Constraint]:
    """Return what a judge found met in a draft that may be changed."""
    if draft.review is None or draft.author == "person":
        return []
    judged = {f.constraint for f in draft.review.findings if f.by == "judge" and f.status == "met"}
    return [c for c in desk.plan.carried(draft.section) if c.id in judged]


def _broken_by_settling(current: Mapping[str, Draft]) -> tuple[MissedBreach, ...]:
    """Return what a judge found broken in texts as settling left them: no round was spent on it."""
    return tuple(
        MissedBreach(section=draft.section, finding=f)
        for draft in current.values()
        if draft.stage == "settled" and draft.review is not None
        for f in draft.review.broken
        if f.by == "judge"
    )


def _batches(desk: RunContext, current: Mapping[str, Draft], met: Met) -> list[list[str]]:
    """Return the sections to read together, as many as a prompt has room for."""
    room = desk.room_for(TOKENS)
    batches: list[list[str]] = []
    left = 0
    for sid, constraints in met.items():
        told = "\n".join(c.in_full for c in constraints)
        size = desk.tokenizer.count(f"[{sid}]\n{current[sid].text}\n{told}")
        if not batches or size > left or len(batches[-1]) == SECTIONS_A_CALL:
            batches.append([])
            left = room
        batches[-1].append(sid)
        left -= size
    return batches


async def _read(
    desk: RunContext, current: Mapping[str, Draft], met: Met, batch: Sequence[str], number: int
) -> list[Breach]:
    """Return what one call finds broken in the sections of a batch; nothing if there is none."""
    carriers: dict[str, list[str]] = {}
    told = {}
    for sid in batch:
        for constraint in met[sid]:
            told[constraint.id] = reviewer.asked(constraint)
            carriers.setdefault(constraint.id, []).append(sid)
    listed = "\n".join(f"- [{c}] {told[c]} (in {', '.join(carriers[c])})" for c in told)
    texts = "\n\n".join(f"[{sid}]\n{current[sid].text}" for sid in batch)
    prompt = inputs.RereadInputs(
        constraints=fence("constraints", listed),
        sections=fence("sections", desk.clipped(texts, TOKENS, listed)),
    )
    ask = desk.ask("whole", "reviewer", f"reread {number}", prompt, TOKENS)
    try:
        return (await desk.models.form(ask, Breaches)).breaches
    except BudgetSpent:
        raise
    except ModelError as fault:
        desk.problem(f"{batch[0]} to {batch[-1]} were not read once more ({fault})")
        return []


def _finding(breach: Breach, current: Mapping[str, Draft], met: Met) -> Finding | None:
    """Return a finding, if its requirement is one of the section's and its quote is in the text."""
    constraint = next((c for c in met.get(breach.section, ()) if c.id == breach.constraint), None)
    quote = breach.quote.strip()
    if constraint is None or quote not in current[breach.section].text:
        return None
    return Finding(
        constraint=constraint.id, status="broken", evidence=quote or constraint.text, by="judge"
    )

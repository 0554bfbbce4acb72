"""Reading the piece once more: what its sections say twice, and how they join.

What repeats is found by rule, so that each fault has its quote; how neighbours join, by a judge.
Of two sections that say the same, the one whose topic it is keeps it, and the other is patched:
once, and what is left is reported. A sentence that only states what memory holds as a fact is no
fault: sections are to agree on it. (Conflicts in memory are for settling.)
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from inkwright.agents.context.run_context import RunContext
from inkwright.agents.drafting import editor
from inkwright.agents.llm.concurrency import all_of
from inkwright.agents.llm.schemas import Seams
from inkwright.agents.review import citation_check
from inkwright.agents.revision.length_balance import keep
from inkwright.memory.base import Value
from inkwright.memory.citations import syntax
from inkwright.memory.domain.draft import Draft, Finding
from inkwright.memory.domain.outline import Section
from inkwright.memory.domain.protected_spans import touches
from inkwright.memory.errors import BudgetSpent, ModelError
from inkwright.memory.retrieval.excerpts import SubjectFacts
from inkwright.memory.retrieval.visibility import of_planned
from inkwright.memory.store import draft_rows, drafts, ledger
from inkwright.memory.text import repetition
from inkwright.memory.text.repetition import RepeatedSentence
from inkwright.memory.text.words import sentences, tail, words
from inkwright.prompts import inputs
from inkwright.prompts.render import fence

FAULTS_A_CALL = 8
CALLS_A_SECTION = 3
"""Calls that one section's faults may take; what is over is reported."""
SEAMS_A_CALL = 12
ENDING_WORDS = 40
OPENING_WORDS = 60
TOLD = 5
"""Repeats that are reported one by one; the others are counted."""


class ManuscriptFault(Value):
    """One fault of the piece as a whole, with the section that is to be patched."""

    section: str
    quote: str
    wanted: str
    """What is to be done about it."""


async def faults(desk: RunContext, *, judged: bool) -> tuple[ManuscriptFault, ...]:
    """Return what is to be mended; ``judged``: a judge looks at the joins between sections too."""
    current = desk.in_order()
    found = [_mendable(desk, current, r) for r in _unwanted(desk, _texts(current))]
    taken = [f for f in found if f is not None]
    if judged and desk.arms.review == "full":
        taken += await _seams(desk, current)
    return tuple({(f.section, f.quote): f for f in reversed(taken)}.values())[::-1]


async def mend(desk: RunContext, found: Sequence[ManuscriptFault]) -> bool:
    """Patch the sections that have faults, each once. Returns whether any was changed.

    Raises:
        BudgetSpent: a limit of the run was reached.
    """
    if not found:
        return False
    changed, left = False, _repeats(_texts(desk.in_order()))
    for section in desk.plan.outline.sections:
        mine = [f for f in found if f.section == section.id]
        batches = [mine[n : n + FAULTS_A_CALL] for n in range(0, len(mine), FAULTS_A_CALL)]
        for number, batch in enumerate(batches[:CALLS_A_SECTION], 1):
            after = await _mended(desk, section, batch, number, left)
            if after is not None:
                changed, left = True, after
    return changed


def remaining(desk: RunContext) -> list[str]:
    """Return a line for what the piece still says twice."""
    left = _unwanted(desk, _texts(desk.in_order()))
    lines = [f"{r.section} repeats {r.of}: {r.quote[:100]!r}" for r in left[:TOLD]]
    more = len(left) - TOLD
    return [*lines, f"{more} more sentences say what others have said"] if more > 0 else lines


def measured(desk: RunContext) -> repetition.RepetitionMeasures:
    """Return how much of the piece is there twice, as it stands."""
    return repetition.measured(_texts(desk.in_order()))


async def _mended(
    desk: RunContext, section: Section, batch: Sequence[ManuscriptFault], number: int, before: int
) -> int | None:
    """Patch a section, and return the repeats that the piece has then; None: it is as it was.

    A patch that leaves more of them than the ``before`` is not taken.
    """
    draft = desk.in_order()[section.id]
    stamp = f"once more:{number}"
    with desk.library.read() as db:
        if stamp in draft_rows.stamped(db, desk.work, draft):
            return None
    there = [f for f in batch if f.quote in draft.text]
    if not there:
        return None
    named = {f"w{n}": f for n, f in enumerate(there, 1)}
    findings = [Finding(constraint=n, status="broken", evidence=f.quote) for n, f in named.items()]
    try:
        text = await editor.patch(
            desk,
            section.id,
            draft.text,
            findings,
            {n: f.wanted for n, f in named.items()},
            entries=_passages(desk, draft, findings),
            held=draft.held,
            turn=number,
            purpose="once more",
        )
    except BudgetSpent:
        raise
    except ModelError as fault:
        desk.problem(f"{section.id}: what it repeats could not be mended ({fault})")
        return None
    if text == draft.text:
        return None
    after = _repeats({**_texts(desk.in_order()), section.id: text})
    kept = after <= before and await keep(desk, draft, text, checked=(stamp,))
    return after if kept else None


def _passages(desk: RunContext, draft: Draft, findings: Sequence[Finding]) -> str:
    """Return what the sources say, where a sentence that cites one is to say something else."""
    citing = [f for f in findings if syntax.keys(f.evidence)]
    if not citing:
        return ""
    return citation_check.material(
        desk, citing, drafts.manifest(desk.library, draft.manifest).evidence
    )


def _unwanted(desk: RunContext, texts: Mapping[str, str]) -> list[RepeatedSentence]:
    """Return the repeats that are more than facts which sections agree on."""
    known = of_planned(desk.ledger.refresh().latest(), desk.plan.outline)
    facts = SubjectFacts(ledger.holding(known))
    return [
        r
        for r in repetition.repeats(texts)
        if r.kind == "opening" or r.section == r.of or not facts.stated(r.quote)
    ]


def _repeats(texts: Mapping[str, str]) -> int:
    return len(repetition.repeats(texts))


def _mendable(
    desk: RunContext, current: Mapping[str, Draft], repeat: RepeatedSentence
) -> ManuscriptFault | None:
    """Return what to do about a repeat; None where all of it is a person's."""
    outline = desk.plan.outline
    sides = [(repeat.section, repeat.quote, repeat.of), (repeat.of, repeat.there, repeat.section)]
    if repeat.section != repeat.of and repeat.kind == "sentence":
        later = _share(outline.section(repeat.section), repeat.quote)
        earlier = _share(outline.section(repeat.of), repeat.quote)
        if later > earlier:
            sides.reverse()
    for section, quote, other in sides:
        if _free(current[section], quote):
            return ManuscriptFault(
                section=section, quote=quote, wanted=_wanted(desk, repeat, other)
            )
    return None


def _wanted(desk: RunContext, repeat: RepeatedSentence, other: str) -> str:
    title = desk.plan.outline.section(other).title
    if repeat.kind == "opening":
        return f"Section {other}, {title}, begins with the same words. Begin otherwise."
    if repeat.section == repeat.of:
        return "This section has said so before. Say something else that serves its purpose."
    return (
        f"Section {other}, {title}, says so, and it is its topic. Say something else here, in about"
        " as many words, that serves the purpose of this section."
    )


def _share(section: Section, quote: str) -> float:
    """Return how much of a sentence is of the topic of a section."""
    topic = " ".join((section.title, section.owns, *section.key_points, *section.subjects))
    known = {w.casefold() for w in words(topic)}
    said = {w.casefold() for w in words(quote)}
    return len(said & known) / len(said) if said else 0.0


def _free(draft: Draft, quote: str) -> bool:
    at = draft.text.find(quote)
    return at >= 0 and not touches(draft.held, at, at + len(quote))


async def _seams(desk: RunContext, current: Mapping[str, Draft]) -> list[ManuscriptFault]:
    """Return where a section's beginning does not join the end of the one before, by a judge."""
    if desk.plan.outline.continuity == "free":
        return []
    ids = list(current)
    pairs = [(a, b) for a, b in pairwise(ids) if current[b].author != "person"]
    batches = [pairs[n : n + SEAMS_A_CALL] for n in range(0, len(pairs), SEAMS_A_CALL)]
    found = await all_of(
        _joins(desk, current, batch, number) for number, batch in enumerate(batches, 1)
    )
    return [fault for faults in found for fault in faults]


async def _joins(
    desk: RunContext, current: Mapping[str, Draft], pairs: Sequence[tuple[str, str]], number: int
) -> list[ManuscriptFault]:
    """Return what one call to the judge finds; nothing when it cannot be had."""
    heads = {b: _head(current[b].text) for _, b in pairs}
    listed = "\n\n".join(
        f"[{a}] ends: {tail(current[a].text, ENDING_WORDS)}\n[{b}] begins: {heads[b]}"
        for a, b in pairs
    )
    prompt = inputs.SeamsInputs(seams=fence("sections", desk.clipped(listed, 400)))
    ask = desk.ask("whole", "reviewer", f"seams {number}", prompt, 400)
    try:
        answer = await desk.models.form(ask, Seams)
    except BudgetSpent:
        raise
    except ModelError as fault:
        desk.problem(f"how sections join was not reviewed ({fault})")
        return []
    return [
        ManuscriptFault(section=s.section, quote=s.quote.strip(), wanted=s.fault.strip())
        for s in answer.seams
        if s.quote.strip() in heads.get(s.section, "")
        and s.quote.strip()
        and s.fault.strip()
        and _free(current[s.section], s.quote.strip())
    ]


def _head(text: str) -> str:
    """Return the first whole sentences of a text, of sixty words or so."""
    count, end = 0, 0
    for part in sentences(text):
        count += len(words(part.text))
        if end and count > OPENING_WORDS:
            break
        end = part.end
    return text[:end]


def _texts(current: Mapping[str, Draft]) -> dict[str, str]:
    return {sid: draft.text for sid, draft in current.items()}

"""Settling: sections that missed or contradict something are found by query, judged, and patched.

Parallel drafting is speculation. After it, each stale section gets one judge call on what changed:
no contradiction, and it is stamped as checked; a contradiction, and the editor patches just those
sentences. What a person wrote, or locked, is never patched: where it contradicts, that is kept as a
finding for them to settle or dismiss. A patch may make its readers stale in turn; two passes at
most, then what is left is reported.
"""

import asyncio
from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from typing import Any

from inkwright.agents.context.run_context import RunContext
from inkwright.agents.drafting import editor
from inkwright.agents.extraction import archivist
from inkwright.agents.extraction.missed_facts import look_again
from inkwright.agents.llm.concurrency import all_of
from inkwright.agents.llm.events import PhaseBegan, SectionSettled
from inkwright.agents.review import reviewer
from inkwright.memory.changes import contradictions as kept_findings
from inkwright.memory.changes import staleness
from inkwright.memory.changes.staleness import ASKED_AGAIN, Change, Stale
from inkwright.memory.citations import syntax
from inkwright.memory.domain.draft import Draft, Finding
from inkwright.memory.domain.entry_equality import same_fact
from inkwright.memory.domain.protected_spans import touches
from inkwright.memory.errors import BudgetSpent, ModelError
from inkwright.memory.retrieval.excerpts import naming, speaks_of, tells
from inkwright.memory.store import drafts, works
from inkwright.memory.text.names import names_in

PASSES = 2
CHANGES_A_CALL = 30


def enabled(desk: RunContext) -> bool:
    """True when the arms leave on what settling needs: memory, a judge and an editor."""
    return desk.arms.memory == "full" and desk.arms.review == "full"


async def settle(
    desk: RunContext, *, only: Collection[str] | None = None, drafted: bool = False
) -> None:
    """Check every stale section, or those of ``only``, and patch what contradicts.

    Where sections were ``drafted`` side by side, what they share is looked at again first.

    Does nothing where it is not ``enabled``. What a pass compares with is fixed when it begins, so
    that an interrupted pass goes on as it would have: a section patched meanwhile is news for the
    next pass, not for this one. That all is ``settled`` is noted with the plan's version, unless
    the judge or the editor could not be had: then the next run tries again.

    Raises:
        BudgetSpent: a limit of the run was reached; what is stale stays so.
    """
    if not enabled(desk):
        return
    desk.watch(PhaseBegan(desk.work, "settling"))
    pinned = works.get(desk.library, desk.work).pinned or {}
    begun = pinned.get("settling") or {"pass": 0, "basis": None}
    settled = only is None
    if drafted and begun["pass"] == 0:
        await look_again(desk)
    for number in range(max(begun["pass"], 1), PASSES + 1):
        basis = begun["basis"] if number == begun["pass"] else None
        if basis is None:
            rows = drafts.rows(desk.library, desk.work)
            basis = {sid: row.draft for sid, row in rows.items() if row.draft is not None}
            works.pin(desk.library, desk.lease, settling={"pass": number, "basis": basis})
        stale = [
            s
            for s in staleness.find(desk.library, desk.work, desk.ledger, basis, desk.plan)
            if only is None or s.section in only
        ]
        if not stale:
            break
        settled &= await _settle_each(desk, _last_seen_first(desk, stale, number), number)
    noted: dict[str, Any] = {"settled": desk.plan.version} if settled else {}
    works.pin(desk.library, desk.lease, settling=None, **noted)


def _last_seen_first(desk: RunContext, stale: Iterable[Stale], number: int) -> list[Stale]:
    """Return first what the server saw last: its text is likeliest still in the prefix cache.

    Before the first pass that is what was begun last, and after it what that pass came to last.
    """
    begun = drafts.manifests(desk.library, desk.work, desk.plan.outline)
    return sorted(stale, key=lambda s: begun[s.section].known_until, reverse=number % 2 == 1)


async def _settle_each(desk: RunContext, stale: Sequence[Stale], number: int) -> bool:
    """Settle sections in turn. False when a model could not be had for one of them.

    No more are under way than there are slots, so that the text of each stays in the prefix cache
    while it is asked about again.
    """
    current = desk.in_order()
    room = asyncio.Semaphore(desk.slots)

    async def in_turn(one: Stale) -> bool:
        async with room:
            return await _settle_one(desk, one, current[one.section], number)

    return all(await all_of(map(in_turn, stale)))


async def _settle_one(desk: RunContext, stale: Stale, draft: Draft, number: int) -> bool:
    """Check one section and patch it. False when a model could not be had for that."""
    sid = stale.section
    stamps = [c.stamp for c in stale.changes]
    changes = _near(desk, draft, stale.changes) if number > 1 else stale.changes
    try:
        findings = await _judged(desk, draft, changes, number)
    except BudgetSpent:
        raise
    except ModelError as fault:
        desk.problem(f"{sid}: not settled, the judge gave no verdict ({fault})")
        return False
    if not findings:
        drafts.stamp(desk.library, desk.lease, draft, stamps)
        desk.watch(SectionSettled(desk.work, sid, patched=False))
        return True
    theirs = [f for f in findings if is_theirs(draft, f)]
    if theirs:
        told = {c.id: c for c in stale.changes}
        said = [(told[f.constraint], f.evidence) for f in theirs]
        kept_findings.keep(desk.library, desk.lease, sid, said)
    ours = [f for f in findings if f not in theirs]
    if ours:
        return await _patch(desk, draft, stale.changes, ours, stamps, number)
    drafts.stamp(desk.library, desk.lease, draft, stamps)
    desk.watch(SectionSettled(desk.work, sid, patched=False))
    return True


def is_theirs(draft: Draft, finding: Finding) -> bool:
    """True when the words found are nowhere but in text that is the person's, or locked."""
    places, at = [], draft.text.find(finding.evidence)
    while finding.evidence and at >= 0:
        places.append((at, at + len(finding.evidence)))
        at = draft.text.find(finding.evidence, at + 1)
    return bool(places) and all(touches(draft.held, start, end) for start, end in places)


def _near(desk: RunContext, draft: Draft, changes: Sequence[Change]) -> tuple[Change, ...]:
    """Return the changes that may mean something to a draft: what it speaks of, or stated itself.

    For what settling has changed that is enough, as it is for news.
    """
    own = {e.id for e in desk.ledger.of_section(draft.section)}
    near = desk.ledger.kin(own, names_in(draft.text))
    return tuple(c for c in changes if c.entry is None or c.entry.id in near)


async def _judged(
    desk: RunContext, draft: Draft, changes: Sequence[Change], number: int
) -> list[Finding]:
    """Return where the draft contradicts ``changes``, as judge and memory see it.

    Memory suspects a contradiction where an entry of the section's own gives the same topic another
    value. What only memory suspects, and what only the judge has found, the judge is asked about
    again: the one stands when any answer finds it, the other when the second does too.
    """
    withdrawn = [c for c in changes if c.id.startswith(staleness.SOURCE)]
    changes = [c for c in changes if c not in withdrawn]
    own = {e.id for e in desk.ledger.of_section(draft.section)}
    suspected = {c.id for c in changes if _is_suspected(desk, draft, c, own)}
    found = await _asked(desk, draft, changes, number * 100)
    for turn in range(1, ASKED_AGAIN + 1):
        judged = {f.constraint for f in found}
        alone = judged - suspected if turn == 1 else set()
        doubtful = [c for c in changes if c.id in alone | (suspected - judged)]
        if not doubtful:
            break
        again = await _asked(desk, draft, doubtful, number * 100 + turn * 10)
        repeated = {f.constraint for f in again}
        found = [f for f in found if f.constraint not in alone or f.constraint in repeated]
        found += [f for f in again if f.constraint in suspected - judged]
    return [*_resting_on(draft, withdrawn), *found]


def _is_suspected(desk: RunContext, draft: Draft, change: Change, own: Set[str]) -> bool:
    """True when the draft seems to say otherwise than ``change`` does.

    An entry of the draft's ``own`` gives its topic another value; or a sentence has such a value
    that any entry gives, or has given, or speaks of the topic without its value.
    """
    told = change.entry
    if told is None or not told.attribute:
        return False
    others = [
        e
        for e in desk.ledger.on_topic(told)
        if e.story_time == told.story_time and e.supersedes != told.id and not same_fact(e, told)
    ]
    return any(e.id in own for e in others) or any(
        speaks_of(sentence, [told]) or any(tells(other, sentence) for other in others)
        for sentence in naming(draft.text, {n for e in (told, *others) for n in e.names})
        if not tells(told, sentence)
    )


async def _asked(
    desk: RunContext, draft: Draft, changes: Sequence[Change], sample: int
) -> list[Finding]:
    batches = [changes[i : i + CHANGES_A_CALL] for i in range(0, len(changes), CHANGES_A_CALL)]
    answers = await all_of(
        reviewer.contradictions(desk, draft.section, draft.text, batch, sample=sample + place)
        for place, batch in enumerate(batches)
    )
    return [finding for answer in answers for finding in answer]


def _resting_on(draft: Draft, withdrawn: Sequence[Change]) -> Iterator[Finding]:
    """Yield the sentences that cite a source which was dropped: no judge need say so."""
    for change in withdrawn:
        key = change.id.removeprefix(staleness.SOURCE)
        for claim in syntax.claims(draft.text):
            if key in claim.keys:
                yield Finding(constraint=change.id, status="broken", evidence=claim.text)


def _about(changes: Sequence[Change], findings: Sequence[Finding]) -> frozenset[str]:
    """Return every name of what was found wrong; none where some of it is no live entry."""
    wrong = {f.constraint for f in findings}
    names: frozenset[str] = frozenset()
    for change in changes:
        if change.id in wrong:
            if change.entry is None:
                return frozenset()
            names |= change.entry.names
    return names


async def _patch(
    desk: RunContext,
    draft: Draft,
    changes: Sequence[Change],
    findings: Sequence[Finding],
    stamps: Sequence[str],
    number: int,
) -> bool:
    sid = draft.section
    told = {c.id: c.line for c in changes}
    lines = "\n".join(dict.fromkeys(told[f.constraint] for f in findings))
    try:
        text = await editor.patch(
            desk,
            sid,
            draft.text,
            findings,
            told,
            entries=lines,
            about=_about(changes, findings),
            held=draft.held,
            turn=number,
            purpose="settle",
        )
    except ModelError as fault:
        desk.problem(f"{sid}: contradicts memory and could not be patched ({fault})")
        return False
    section = desk.plan.outline.section(sid)
    if text == draft.text:
        desk.problem(f"{sid}: contradicts memory, and the editor left it so")
        return True
    delta = await archivist.update(desk, section, draft, text)
    review = draft.review
    constraints = desk.plan.carried(sid)
    if constraints and desk.arms.review != "off":
        review = await reviewer.check(desk, sid, text, constraints, turn=100 + number)
        if review.adds_to(draft.review):
            desk.problem(f"{sid}: contradicts memory; the patch would break a constraint")
            return True
    drafts.patch(
        desk.library,
        desk.lease,
        draft,
        text=text,
        stage="settled",
        review=review,
        delta=delta,
        checked=stamps,
    )
    desk.watch(SectionSettled(desk.work, sid, patched=True))
    return True

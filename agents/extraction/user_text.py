"""Reader: what a person has written, read into memory before anything rests on it.

A manuscript from outside is read whole: its sections are asked about side by side, and what they
establish is taken up in reading order, since its author knew at each page what stands before it.
A text that replaces another is read as an edit of it.
"""

import asyncio
from collections.abc import Mapping, Sequence

from inkwright.agents.context.run_context import RunContext
from inkwright.agents.extraction import archivist
from inkwright.agents.llm.events import Notice
from inkwright.agents.llm.schemas import Delta
from inkwright.memory.domain.draft import Draft, EntryDecision, Manifest
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.outline import Section
from inkwright.memory.errors import BudgetSpent, ModelError
from inkwright.memory.text.names import names_in
from inkwright.memory.user_work import imported_drafts


async def read(desk: RunContext) -> None:
    """Read into memory what waits for it. What cannot be read now waits on, and is reported.

    Raises:
        ModelError: the archivist's model does not answer at all.
    """
    if desk.arms.memory not in ("rolling", "full"):
        return
    waiting = imported_drafts.unread(desk.library, desk.work)
    current = desk.in_order()
    sections = [s for s in desk.plan.outline.sections if s.id in waiting and s.id in current]
    if not sections:
        return
    many = "a section" if len(sections) == 1 else f"{len(sections)} sections"
    desk.watch(Notice(desk.work, f"reading {many} into memory"))
    new = [s for s in sections if waiting[s.id] == 0]
    answers = await asyncio.gather(*(_answer(desk, s, current[s.id].text) for s in new))
    for section, answer in zip(new, answers, strict=True):
        if answer is not None:
            _take_up(desk, section, current, answer)
    for section in sections:
        if section not in new:
            await _reread(desk, section, current[section.id], waiting[section.id])


async def _answer(desk: RunContext, section: Section, text: str) -> Delta | None:
    try:
        return await archivist.read(desk, section, text)
    except BudgetSpent:
        return None
    except ModelError as fault:
        if desk.models.down:
            raise
        desk.problem(f"{section.id}: what it establishes is not in memory yet ({fault})")
        return None


def _take_up(
    desk: RunContext, section: Section, current: Mapping[str, Draft], answer: Delta
) -> None:
    """Keep what a section establishes, and what its author knew when it was written."""
    draft = current[section.id]
    place = desk.plan.outline.position[section.id] - 1
    before = desk.plan.outline.sections[:place]
    heard = {s.id: current[s.id].version for s in before if s.id in current}
    known = desk.ledger.refresh().heard(heard)
    found = archivist.taken(desk, section, draft.text, draft.version, answer, known)
    imported_drafts.mark_read(
        desk.library,
        desk.lease,
        draft,
        delta=_taken_up(desk, found.delta),
        summary=found.summary,
        knowing=Manifest(
            section=section.id,
            outline_version=desk.plan.version,
            node=section.digest,
            constraints={c.id: c.digest for c in desk.plan.carried(section.id)},
            heard=heard,
            known_until=desk.ledger.newest,
            shown=_named(draft.text, known),
            target_words=section.target_words,
            budget_tokens=0,
        ),
    )


def _named(text: str, known: list[Entry]) -> tuple[EntryDecision, ...]:
    """Return the entries about what the text names: it rests on them."""
    names = names_in(text).among({name for e in known for name in e.names})
    return tuple(
        EntryDecision(entry=e.id, version=e.version, how="raw", reason="its text names it")
        for e in known
        if e.names & names
    )


async def _reread(desk: RunContext, section: Section, draft: Draft, seen: int) -> None:
    """Let memory follow a text from the version it knows to the newest."""
    old = desk.text_of(section.id, seen)
    before = draft.model_copy(update={"text": old, "version": draft.version - 1})
    try:
        delta = await archivist.update(desk, section, before, draft.text)
    except BudgetSpent:
        return
    imported_drafts.mark_read(desk.library, desk.lease, draft, delta=_taken_up(desk, delta))


def _taken_up(desk: RunContext, delta: Sequence[Entry]) -> Sequence[Entry]:
    """Return what goes to the ledger; as proposals, where the brief wants to be asked."""
    if desk.arms.memory != "full":
        return ()
    return archivist.as_proposals(delta) if desk.brief.proposals else delta

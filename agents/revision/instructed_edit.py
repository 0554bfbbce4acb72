"""Editing by instruction: a person asks for a change, and takes of it what they like.

A proposal is made of hunks, each of which replaces whole sentences. Nothing is changed until some
of them are accepted; text outside those stays byte for byte. What is locked is never in a hunk.
"""

import asyncio
from collections.abc import Collection, Iterator, Sequence

from inkwright.agents.checks import rules
from inkwright.agents.context.run_context import RunContext
from inkwright.agents.extraction import archivist
from inkwright.agents.llm.parsing import UnreadableAnswer, read_prose
from inkwright.agents.llm.schemas import Edit, Rewording
from inkwright.agents.review import reviewer
from inkwright.memory.base import Value
from inkwright.memory.domain.draft import Draft
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.protected_spans import spliced, touches
from inkwright.memory.errors import BadInput
from inkwright.memory.store import drafts, works
from inkwright.memory.text.words import Sentence, sentences, tail
from inkwright.prompts import inputs
from inkwright.prompts.render import fence, render

SENTENCES_A_CALL = 20
BEFORE_WORDS = 60
EDITED = 400
"""First of the numbers of checks after an edit, so that none is taken for an earlier one."""
OPERATORS = tuple(inputs.OPERATORS)

Span = tuple[int, int] | str
"""Start and end in code points, or words that stand once in the text."""


class Hunk(Value):
    """One change: a stretch of the text, and what would stand there instead."""

    number: int
    start: int
    end: int
    before: str
    after: str
    breaks: tuple[str, ...] = ()
    """Ids of the constraints that are kept now, and would not be."""


class EditorProposal(Value):
    """What an editor would change in one version of a section."""

    section: str
    version: int
    text: str
    hunks: tuple[Hunk, ...]
    notes: tuple[str, ...] = ()
    """What was left out, and why."""

    def with_hunks(self, numbers: Collection[int]) -> str:
        """Return the text with these hunks in it."""
        pieces, at = [], 0
        for hunk in self.hunks:
            if hunk.number in numbers:
                pieces += [self.text[at : hunk.start], hunk.after]
                at = hunk.end
        return "".join([*pieces, self.text[at:]])

    @property
    def harmless(self) -> tuple[int, ...]:
        """The numbers of the hunks that break no rule."""
        return tuple(h.number for h in self.hunks if not h.breaks)


async def propose(
    desk: RunContext, section: str, told: str, *, op: str | None = None, span: Span | None = None
) -> EditorProposal:
    """Return what an editor would change in ``section``, or in the sentences of ``span``.

    Raises:
        BadInput: there is no such section, operator or span, or all of it is locked.
        ModelError: the editor gave nothing usable.
    """
    draft = _draft(desk, section)
    instruction = _instruction(desk, told, op)
    parts = sentences(draft.text)
    places = _places(draft, parts, span)
    locked = [h for h in draft.held if h.why == "locked"]
    free = [n for n in places if not touches(locked, parts[n].start, parts[n].end)]
    if not free:
        raise BadInput(f"{section}: all of it is locked; `inkwright lock --off` unlocks it")
    kept = [n + 1 for n in places if n not in free]
    notes = [f"locked, and left as they are: sentences {_listed(kept)}"] if kept else []
    if op == "continue":
        free = free[-1:]
    batches = [free[i : i + SENTENCES_A_CALL] for i in range(0, len(free), SENTENCES_A_CALL)]
    answers = await asyncio.gather(
        *(_asked(desk, draft, instruction, parts, batch) for batch in batches)
    )
    carried = desk.plan.carried(section)
    edits: list[tuple[Edit, str]] = []
    for answer, batch in zip(answers, batches, strict=True):
        edits += _usable(answer, batch)
    hunks = []
    for number, (edit, new) in enumerate(_changing(draft.text, parts, edits), 1):
        start, end = parts[edit.first - 1].start, parts[edit.last - 1].end
        after = draft.text[:start] + new + draft.text[end:]
        hunks.append(
            Hunk(
                number=number,
                start=start,
                end=end,
                before=draft.text[start:end],
                after=new,
                breaks=rules.breaks(draft.text, after, carried),
            )
        )
    return EditorProposal(
        section=section,
        version=draft.version,
        text=draft.text,
        hunks=tuple(hunks),
        notes=tuple(notes),
    )


async def apply(desk: RunContext, proposal: EditorProposal, numbers: Collection[int]) -> Draft:
    """Store the section with the hunks numbered, and let memory follow; return the new version.

    It is reviewed as it then stands: what a judge said of the old text is no finding about this.
    What a person wrote stays theirs where it is not replaced. Readers of the section become stale.

    Raises:
        BadInput: there is no hunk of that number, or the section has another text by now.
    """
    known = {h.number for h in proposal.hunks}
    if wrong := sorted(set(numbers) - known):
        there = f"there are 1 to {max(known)}" if known else "there are none"
        raise BadInput(f"there is no hunk {wrong[0]}; {there}")
    draft = _draft(desk, proposal.section)
    if (draft.version, draft.text) != (proposal.version, proposal.text):
        raise BadInput(
            f"{draft.section} has changed since: this was proposed for version"
            f" {proposal.version}, and it has version {draft.version} now"
        )
    text = proposal.with_hunks(numbers)
    if text == draft.text:
        return draft
    taken = [h for h in proposal.hunks if h.number in numbers]
    delta: tuple[Entry, ...] = ()
    if desk.arms.memory == "full":
        delta = await archivist.update(desk, desk.plan.outline.section(draft.section), draft, text)
    review = await reviewer.renewed(desk, draft, text, turn=EDITED + draft.version)
    works.pin(desk.library, desk.lease, settled=None)
    return drafts.patch(
        desk.library,
        desk.lease,
        draft,
        text=text,
        stage="edited",
        held=spliced(draft.held, [(h.start, h.end, len(h.after)) for h in taken]),
        review=review,
        delta=delta,
    )


def _draft(desk: RunContext, section: str) -> Draft:
    draft = desk.in_order().get(section)
    if draft is None:
        raise BadInput(f"{desk.work}: section {section!r} has no text to edit")
    return draft


def _instruction(desk: RunContext, told: str, op: str | None) -> str:
    """Return the change asked for, on one line."""
    told = " ".join(told.split())
    if op is None:
        if not told:
            raise BadInput(f"say what is to be changed, or give an --op: {', '.join(OPERATORS)}")
        return told
    if op not in inputs.OPERATORS:
        raise BadInput(f"there is no operator {op!r}; there are {', '.join(OPERATORS)}")
    return render(inputs.OPERATORS[op](told=told), desk.overrides).strip()


def _places(draft: Draft, parts: Sequence[Sentence], span: Span | None) -> list[int]:
    """Return which sentences ``span`` touches, counted from 0."""
    if span is None:
        return list(range(len(parts)))
    if isinstance(span, str):
        times = draft.text.count(span) if span else 0
        if times != 1:
            fault = "are not there" if not times else f"stand there {times} times; give more"
            raise BadInput(f"{draft.section}: the words {span[:60]!r} {fault}")
        start = draft.text.index(span)
        span = (start, start + len(span))
    start, end = span
    if not 0 <= start < end <= len(draft.text):
        raise BadInput(f"{draft.section}: no stretch {start}:{end} in 0:{len(draft.text)}")
    found = [n for n, p in enumerate(parts) if p.start < end and start < p.end]
    if not found:
        raise BadInput(f"{draft.section}: there is no sentence in {start}:{end}")
    return found


async def _asked(
    desk: RunContext,
    draft: Draft,
    instruction: str,
    parts: Sequence[Sentence],
    batch: Sequence[int],
) -> Rewording:
    listed = "\n".join(f"[{n + 1}] {parts[n].text}" for n in batch)
    tokens = 300 + 3 * desk.tokenizer.count(listed)
    before = tail(draft.text[: parts[batch[0]].start], BEFORE_WORDS)
    prompt = inputs.InstructedInputs(
        section=draft.section,
        instruction=instruction,
        before=fence("before", before),
        sentences=fence("sentences", listed),
    )
    ask = desk.ask(
        draft.section, "editor", f"instructed {batch[0] + 1}", prompt, tokens, sample=draft.version
    )
    return await desk.models.form(ask, Rewording)


def _usable(answer: Rewording, batch: Sequence[int]) -> Iterator[tuple[Edit, str]]:
    """Yield the edits that keep to the sentences asked about, each with its text as prose."""
    allowed = {n + 1 for n in batch}
    taken: set[int] = set()
    for edit in answer.edits:
        numbers = set(range(edit.first, edit.last + 1)) if edit.last - edit.first < 999 else set()
        if not numbers or not numbers <= allowed or numbers & taken:
            continue
        try:
            yield edit, read_prose(edit.text)
        except UnreadableAnswer:
            continue
        taken |= numbers


def _changing(
    text: str, parts: Sequence[Sentence], edits: Sequence[tuple[Edit, str]]
) -> Iterator[tuple[Edit, str]]:
    """Yield the edits that change anything, in the order of the text."""
    for edit, new in sorted(edits, key=lambda pair: pair[0].first):
        if new != text[parts[edit.first - 1].start : parts[edit.last - 1].end]:
            yield edit, new


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(str(n) for n in numbers)

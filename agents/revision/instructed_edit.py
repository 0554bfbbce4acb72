"""Editing by instruction: a person asks for a change, and takes of it what they like.

A proposal is made of hunks, each of which replaces whole sentences. Nothing is changed until some
of them are accepted; text outside those stays byte for byte. What is locked is never in a hunk.
"""

import asyncio
from collections.abc import Collection, Iterator, Sequence

from inkwright.agents.checks import rules
from inkwright.agents.context.model_session import ModelSession, split_into_batches
from inkwright.agents.context.prompt_builder import PromptBuilder
from inkwright.agents.context.run_context import RunContext
from inkwright.agents.drafting.text_faults import has_talk
from inkwright.agents.llm.parsing import UnreadableAnswer, parse_prose
from inkwright.agents.llm.schemas import Edit, Rewording
from inkwright.agents.review import reviewer
from inkwright.agents.revision.section_revision import extract_changes, find_text_faults
from inkwright.memory.base import Value
from inkwright.memory.domain.draft import Draft
from inkwright.memory.domain.protected_spans import splice_spans, touches
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.errors import BadInput
from inkwright.memory.ids import SectionId
from inkwright.memory.store import drafts, run_state
from inkwright.memory.text.words import Sentence, sentences, tail
from inkwright.prompts import inputs
from inkwright.prompts.render import fence, render

SENTENCES_A_CALL = 20
PRECEDING_WORDS = 60
FIRST_EDIT_TURN = 400
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

    section: SectionId
    version: int
    text: str
    hunks: tuple[Hunk, ...]
    notes: tuple[str, ...] = ()
    """What was left out, and why, and what to look at before it is taken."""

    def with_hunks(self, numbers: Collection[int]) -> str:
        """Return the text with these hunks in it."""
        pieces, position = [], 0
        for hunk in self.hunks:
            if hunk.number in numbers:
                pieces += [self.text[position : hunk.start], hunk.after]
                position = hunk.end
        return "".join([*pieces, self.text[position:]])

    @property
    def harmless_numbers(self) -> tuple[int, ...]:
        """The numbers of the hunks that break no rule."""
        return tuple(h.number for h in self.hunks if not h.breaks)


async def propose(
    context: RunContext,
    section_id: SectionId,
    instruction_text: str,
    *,
    op: str | None = None,
    span: Span | None = None,
) -> EditorProposal:
    """Return what an editor would change in ``section_id``, or in the sentences of ``span``.

    Raises:
        BadInput: there is no such section, operator or span, or all of it is locked.
        ModelError: the editor gave nothing usable.
    """
    draft = drafts.require(context.library, context.work_id, section_id)
    instruction = _resolve_instruction(context.prompts, instruction_text, op)
    text_sentences = sentences(draft.text)
    sentence_indexes = _find_sentences(draft, text_sentences, span)
    locked_spans = [h for h in draft.held if h.why == "locked"]
    free_indexes = [
        n
        for n in sentence_indexes
        if not touches(locked_spans, text_sentences[n].start, text_sentences[n].end)
    ]
    if not free_indexes:
        raise BadInput(f"{section_id}: all of it is locked; `inkwright lock --off` unlocks it")
    locked_numbers = [n + 1 for n in sentence_indexes if n not in free_indexes]
    notes = (
        [f"locked, and left as they are: sentences {_format_numbers(locked_numbers)}"]
        if locked_numbers
        else []
    )
    if op == "continue":
        free_indexes = free_indexes[-1:]
    batches = split_into_batches(free_indexes, SENTENCES_A_CALL)
    answers = await asyncio.gather(
        *(
            _ask_editor(context.session, draft, instruction, text_sentences, batch)
            for batch in batches
        )
    )
    constraints = context.plan.constraints_for(section_id)
    edits: list[tuple[Edit, str]] = []
    for answer, batch in zip(answers, batches, strict=True):
        edits += _iter_usable_edits(answer, batch)
    hunks = []
    for number, (edit, new_text) in enumerate(
        _iter_changing_edits(draft.text, text_sentences, edits), 1
    ):
        start, end = text_sentences[edit.first - 1].start, text_sentences[edit.last - 1].end
        edited_text = draft.text[:start] + new_text + draft.text[end:]
        hunks.append(
            Hunk(
                number=number,
                start=start,
                end=end,
                before=draft.text[start:end],
                after=new_text,
                breaks=rules.find_new_breaches(draft.text, edited_text, constraints),
            )
        )
    notes += [
        f"change {h.number} may be the model's own remark: {h.after[:100]!r}"
        for h in hunks
        if has_talk(h.after) and not has_talk(h.before)
    ]
    return EditorProposal(
        section=section_id,
        version=draft.version,
        text=draft.text,
        hunks=tuple(hunks),
        notes=tuple(notes),
    )


async def apply(context: RunContext, proposal: EditorProposal, numbers: Collection[int]) -> Draft:
    """Store the section with the hunks numbered, and let memory follow; return the new version.

    It is reviewed as it then stands: what a judge said of the old text is no finding about this.
    What a person wrote stays theirs where it is not replaced. Readers of the section become stale.

    Raises:
        BadInput: there is no hunk of that number, or the section has another text by now.
    """
    hunk_numbers = {h.number for h in proposal.hunks}
    if unknown_numbers := sorted(set(numbers) - hunk_numbers):
        available_text = f"there are 1 to {max(hunk_numbers)}" if hunk_numbers else "there are none"
        raise BadInput(f"there is no hunk {unknown_numbers[0]}; {available_text}")
    draft = drafts.require(context.library, context.work_id, proposal.section)
    if (draft.version, draft.text) != (proposal.version, proposal.text):
        raise BadInput(
            f"{draft.section} has changed since: this was proposed for version"
            f" {proposal.version}, and it has version {draft.version} now"
        )
    text = proposal.with_hunks(numbers)
    if text == draft.text:
        return draft
    accepted_hunks = [h for h in proposal.hunks if h.number in numbers]
    delta = await extract_changes(context, draft, text)
    review = await reviewer.review_revision(
        context.session,
        context.plan,
        draft,
        text,
        context.load_manifest(draft).evidence,
        turn=FIRST_EDIT_TURN + draft.version,
    )
    run_state.require_settling(context.library, context.lease)
    return drafts.save_patch(
        context.library,
        context.lease,
        draft,
        text=text,
        stage="edited",
        protected_spans=splice_spans(
            draft.held, [(h.start, h.end, len(h.after)) for h in accepted_hunks]
        ),
        review=review.with_text_findings(find_text_faults(context, draft, text)),
        delta=delta,
    )


def _resolve_instruction(prompts: PromptBuilder, instruction_text: str, op: str | None) -> str:
    """Return the change asked for, on one line."""
    instruction_text = " ".join(instruction_text.split())
    if op is None:
        if not instruction_text:
            raise BadInput(f"say what is to be changed, or give an --op: {', '.join(OPERATORS)}")
        return instruction_text
    if op not in inputs.OPERATORS:
        raise BadInput(f"there is no operator {op!r}; there are {', '.join(OPERATORS)}")
    return render(inputs.OPERATORS[op](told=instruction_text), prompts.overrides).strip()


def _find_sentences(
    draft: Draft, text_sentences: Sequence[Sentence], span: Span | None
) -> list[int]:
    """Return which sentences ``span`` touches, counted from 0."""
    if span is None:
        return list(range(len(text_sentences)))
    if isinstance(span, str):
        occurrences = draft.text.count(span) if span else 0
        if occurrences != 1:
            fault = (
                "are not there"
                if not occurrences
                else f"stand there {occurrences} times; give more"
            )
            raise BadInput(f"{draft.section}: the words {span[:60]!r} {fault}")
        start = draft.text.index(span)
        span = (start, start + len(span))
    start, end = span
    if not 0 <= start < end <= len(draft.text):
        raise BadInput(f"{draft.section}: no stretch {start}:{end} in 0:{len(draft.text)}")
    indexes = [n for n, p in enumerate(text_sentences) if p.start < end and start < p.end]
    if not indexes:
        raise BadInput(f"{draft.section}: there is no sentence in {start}:{end}")
    return indexes


async def _ask_editor(
    session: ModelSession,
    draft: Draft,
    instruction: str,
    text_sentences: Sequence[Sentence],
    batch: Sequence[int],
) -> Rewording:
    numbered_sentences = "\n".join(f"[{n + 1}] {text_sentences[n].text}" for n in batch)
    tokens = 300 + 3 * session.prompts.tokenizer.count(numbered_sentences)
    preceding_text = tail(draft.text[: text_sentences[batch[0]].start], PRECEDING_WORDS)
    prompt = inputs.InstructedInputs(
        section=draft.section,
        instruction=instruction,
        before=fence("before", preceding_text),
        sentences=fence("sentences", numbered_sentences),
    )
    call = session.prompts.build_call(
        draft.section,
        "editor",
        Purpose.INSTRUCTED,
        prompt,
        tokens,
        attempt=batch[0] + 1,
        sample=draft.version,
    )
    return await session.llm.ask_structured(call, Rewording)


def _iter_usable_edits(answer: Rewording, batch: Sequence[int]) -> Iterator[tuple[Edit, str]]:
    """Yield the edits that keep to the sentences asked about, each with its text as prose."""
    allowed_numbers = {n + 1 for n in batch}
    used_numbers: set[int] = set()
    for edit in answer.edits:
        numbers = set(range(edit.first, edit.last + 1)) if edit.last - edit.first < 999 else set()
        if not numbers or not numbers <= allowed_numbers or numbers & used_numbers:
            continue
        try:
            yield edit, parse_prose(edit.text)
        except UnreadableAnswer:
            continue
        used_numbers |= numbers


def _iter_changing_edits(
    text: str, text_sentences: Sequence[Sentence], edits: Sequence[tuple[Edit, str]]
) -> Iterator[tuple[Edit, str]]:
    """Yield the edits that change anything, in the order of the text."""
    for edit, new_text in sorted(edits, key=lambda pair: pair[0].first):
        if (
            new_text
            != text[text_sentences[edit.first - 1].start : text_sentences[edit.last - 1].end]
        ):
            yield edit, new_text


def _format_numbers(numbers: Sequence[int]) -> str:
    return ", ".join(str(n) for n in numbers)

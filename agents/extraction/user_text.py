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
from inkwright.memory.ids import SectionId
from inkwright.memory.text.names import names_in
from inkwright.memory.user_work import imported_drafts


async def read_pending(context: RunContext) -> None:
    """Read into memory what waits for it. What cannot be read now waits on, and is reported.

    Raises:
        ModelError: the archivist's model does not answer at all.
    """
    if context.ablation.memory not in ("rolling", "full"):
        return
    pending_versions = imported_drafts.load_unread_sections(context.library, context.work_id)
    current_drafts = context.load_drafts_in_order()
    sections = [
        s
        for s in context.plan.outline.sections
        if s.id in pending_versions and s.id in current_drafts
    ]
    if not sections:
        return
    section_phrase = "a section" if len(sections) == 1 else f"{len(sections)} sections"
    context.emit(Notice(context.work_id, f"reading {section_phrase} into memory"))
    new_sections = [s for s in sections if pending_versions[s.id] == 0]
    answers = await asyncio.gather(
        *(_read_section(context, s, current_drafts[s.id].text) for s in new_sections)
    )
    for section, answer in zip(new_sections, answers, strict=True):
        if answer is not None:
            _store_section(context, section, current_drafts, answer)
    for section in sections:
        if section not in new_sections:
            await _update_section(
                context, section, current_drafts[section.id], pending_versions[section.id]
            )


async def _read_section(context: RunContext, section: Section, text: str) -> Delta | None:
    try:
        return await archivist.read_long_text(context.session, section, text)
    except BudgetSpent:
        return None
    except ModelError as fault:
        if context.llm.is_down:
            raise
        context.report_problem(f"{section.id}: what it establishes is not in memory yet ({fault})")
        return None


def _store_section(
    context: RunContext, section: Section, current_drafts: Mapping[SectionId, Draft], answer: Delta
) -> None:
    """Keep what a section establishes, and what its author knew when it was written."""
    draft = current_drafts[section.id]
    index = context.plan.outline.position[section.id] - 1
    earlier_sections = context.plan.outline.sections[:index]
    later_ids = {s.id for s in context.plan.outline.sections[index + 1 :]}
    visible_versions = {
        s.id: current_drafts[s.id].version for s in earlier_sections if s.id in current_drafts
    }
    known_entries = context.ledger.refresh().list_visible(visible_versions, later_ids=later_ids)
    result = archivist.build_result(
        context.memory, section, draft.text, draft.version, answer, known_entries
    )
    imported_drafts.mark_read(
        context.library,
        context.lease,
        draft,
        delta=_prepare_delta(context, result.delta),
        summary=result.summary,
        new_manifest=Manifest(
            section=section.id,
            outline_version=context.plan.version,
            node=section.digest,
            constraints={c.id: c.digest for c in context.plan.constraints_for(section.id)},
            heard=visible_versions,
            known_until=context.ledger.newest_sequence,
            shown=_find_named_entries(draft.text, known_entries),
            target_words=section.target_words,
            budget_tokens=0,
        ),
    )


def _find_named_entries(text: str, known_entries: list[Entry]) -> tuple[EntryDecision, ...]:
    """Return the entries about what the text names: it rests on them."""
    names = names_in(text).select_mentioned({name for e in known_entries for name in e.names})
    return tuple(
        EntryDecision(entry=e.id, version=e.version, how="raw", reason="its text names it")
        for e in known_entries
        if e.names & names
    )


async def _update_section(
    context: RunContext, section: Section, draft: Draft, known_version: int
) -> None:
    """Let memory follow a text from the version it knows to the newest."""
    old_text = context.load_draft_text(section.id, known_version)
    old_draft = draft.model_copy(update={"text": old_text, "version": draft.version - 1})
    try:
        delta = await archivist.update_entries(
            context.session, context.memory, section, old_draft, draft.text
        )
    except BudgetSpent:
        return
    imported_drafts.mark_read(
        context.library, context.lease, draft, delta=_prepare_delta(context, delta)
    )


def _prepare_delta(context: RunContext, delta: Sequence[Entry]) -> Sequence[Entry]:
    """Return what goes to the ledger; as proposals, where the brief wants to be asked."""
    if context.ablation.memory != "full":
        return ()
    return archivist.convert_to_proposals(delta) if context.brief.proposals else delta

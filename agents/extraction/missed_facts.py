"""A second look: what sections that could not hear each other say of the same subjects.

Settling compares what memory has of such sections, and an archivist passes facts over. So, before
it begins, the archivist is shown again those of their sentences that name a subject they share and
that no entry from there or before tells; then, twice at most, those that speak of something memory
has from elsewhere: what is passed over there, others were written against. Where every section
heard all that stands before it, there is nothing to look at.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations

from inkwright.agents.context.run_context import RunContext
from inkwright.agents.extraction import archivist
from inkwright.agents.llm.concurrency import gather_all
from inkwright.memory.domain.check_record import MissedFactsLook
from inkwright.memory.domain.draft import Draft, Manifest
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.outline import Outline
from inkwright.memory.errors import ModelError
from inkwright.memory.ids import SectionId
from inkwright.memory.retrieval.excerpts import expand_names, find_untold_sentences, speaks_of
from inkwright.memory.retrieval.visibility import of_planned
from inkwright.memory.store import drafts
from inkwright.memory.text.names import names_in

MAX_LOOKS = 3


async def collect_missed_facts(context: RunContext) -> None:
    """Add to memory what is found at a second look, each time for all sections at once.

    A person's text is left to the reader. What an interrupted run was answered is in the journal.

    Raises:
        BudgetSpent: a limit of the run was reached.
    """
    for look_number in range(1, MAX_LOOKS + 1):
        current_drafts = {
            section_id: d
            for section_id, d in context.load_drafts_in_order().items()
            if d.author == "model"
        }
        text_by_section = _find_overlooked_text(context, current_drafts, look_number)
        if not text_by_section:
            return
        deltas = await gather_all(
            _extract_missed_entries(context, current_drafts[section_id], text, look_number)
            for section_id, text in text_by_section.items()
        )
        entries_by_draft = [
            (d, delta)
            for d, delta in zip(map(current_drafts.get, text_by_section), deltas, strict=True)
            if d
        ]
        drafts.add_entries(
            context.library, context.lease, entries_by_draft, MissedFactsLook(look_number)
        )
        context.ledger.refresh()


async def _extract_missed_entries(
    context: RunContext, draft: Draft, text: str, look_number: int
) -> tuple[Entry, ...]:
    section = context.plan.outline.section(draft.section)
    try:
        return await archivist.extract_missed_entries(
            context.session, context.memory, section, draft, text, look_number
        )
    except ModelError as fault:
        context.report_problem(f"{draft.section}: it was not looked at again for facts ({fault})")
        return ()


def _find_overlooked_text(
    context: RunContext, current_drafts: Mapping[SectionId, Draft], look_number: int
) -> dict[SectionId, str]:
    """Return by section the sentences to look at."""
    planned_entries = of_planned(context.ledger.refresh().latest(), context.plan.outline)
    live_entries = [e for e in planned_entries if e.status == "live"]
    text_by_section = {}
    stamps = drafts.load_stamps(context.library, context.work_id, current_drafts)
    manifests = drafts.load_manifests(context.library, context.work_id, context.plan.outline)
    for section_id, shared_names in _find_shared_names(
        manifests, current_drafts, live_entries
    ).items():
        if MissedFactsLook(look_number) in stamps[section_id]:
            continue
        draft = current_drafts[section_id]
        related_entries = [e for e in live_entries if e.names & shared_names]
        untold_sentences = find_untold_sentences(
            draft.text,
            shared_names,
            [
                e
                for e in related_entries
                if _is_from_here_or_before(context.plan.outline, e, section_id)
            ],
        )
        if look_number > 1:
            untold_sentences = [
                sentence for sentence in untold_sentences if speaks_of(sentence, related_entries)
            ]
        if untold_sentences:
            text_by_section[section_id] = " ".join(untold_sentences)
    return text_by_section


def _is_from_here_or_before(outline: Outline, entry: Entry, section_id: SectionId) -> bool:
    """True for what memory has from ``section_id`` or before.

    From a later section, others miss it.
    """
    positions = outline.position
    return not entry.from_section or positions.get(entry.from_section, 0) <= positions[section_id]


def _find_shared_names(
    manifests: Mapping[SectionId, Manifest],
    current_drafts: Mapping[SectionId, Draft],
    live_entries: Sequence[Entry],
) -> dict[SectionId, frozenset[str]]:
    """Return by section every name of subjects that another, of which it had not heard, names too.

    That it was not heard of itself goes for both.
    """
    names = {name for e in live_entries for name in e.names}
    names_by_section = {
        section_id: expand_names(names_in(draft.text).select_mentioned(names), live_entries)
        for section_id, draft in current_drafts.items()
    }
    shared_by_section: dict[SectionId, frozenset[str]] = {}
    for pair in combinations(current_drafts, 2):
        common_names = names_by_section[pair[0]] & names_by_section[pair[1]]
        is_visible = (
            manifests[reader_id].heard.get(other_id, 0) >= current_drafts[other_id].version
            for reader_id, other_id in (pair, pair[::-1])
        )
        if common_names and not any(is_visible):
            for section_id in pair:
                shared_by_section[section_id] = (
                    shared_by_section.get(section_id, frozenset()) | common_names
                )
    return {
        section_id: shared_by_section[section_id]
        for section_id in current_drafts
        if section_id in shared_by_section
    }

"""Sight: which entries a section may be shown, and which drafts it could have heard of."""

from collections.abc import Collection, Iterable, Mapping

from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.outline import Outline
from inkwright.memory.ids import SectionId
from inkwright.memory.store.ledger import Ledger


def find_visible_entries(
    ledger: Ledger,
    outline: Outline,
    section_id: SectionId,
    visible_drafts: Mapping[SectionId, int],
    candidate_ids: Collection[str] | None = None,
) -> list[Entry]:
    """Return the entries that hold where ``section_id`` stands, when it has heard these drafts.

    What its own drafts establish is not among them, but for what the person has put right.
    ``candidate_ids``: only these ids are looked at, with what supersedes them; None: all.
    """
    position = outline.position[section_id]
    visible_ids = find_visible_ids(outline, section_id)
    later_ids = {s.id for s in outline.sections[position:]} - visible_ids
    draft_versions = {s: version for s, version in visible_drafts.items() if s in visible_ids}
    return ledger.list_visible(
        draft_versions, section_id=section_id, later_ids=later_ids, candidate_ids=candidate_ids
    )


def of_planned(entries: Iterable[Entry], outline: Outline) -> list[Entry]:
    """Return entries, less what drafts say of sections that were taken out of the outline."""
    return [e for e in entries if e.span is None or e.span.section in outline.position]


def find_visible_ids(outline: Outline, section_id: SectionId) -> set[SectionId]:
    """Return the sections before ``section_id`` in reading order, and those it depends on."""
    earlier_sections = outline.sections[: outline.position[section_id] - 1]
    return {s.id for s in earlier_sections} | outline.ancestors[section_id]

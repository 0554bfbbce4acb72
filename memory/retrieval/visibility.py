"""Sight: which entries a section may be shown, and which drafts it could have heard of."""

from collections.abc import Collection, Iterable, Mapping

from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.outline import Outline
from inkwright.memory.store.ledger import Ledger


def in_sight(
    ledger: Ledger,
    outline: Outline,
    sid: str,
    heard: Mapping[str, int],
    among: Collection[str] | None = None,
) -> list[Entry]:
    """Return the entries that hold where ``sid`` stands, when it has heard these drafts.

    What its own drafts establish is not among them, but for what the person has put right.
    ``among``: only these ids are looked at, with what supersedes them; None: all.
    """
    place = outline.position[sid]
    known = seen_from(outline, sid)
    later = {s.id for s in outline.sections[place:]} - known
    drafts = {s: version for s, version in heard.items() if s in known}
    return ledger.heard(drafts, at=sid, later=later, among=among)


def of_planned(entries: Iterable[Entry], outline: Outline) -> list[Entry]:
    """Return entries, less what drafts say of sections that were taken out of the outline."""
    return [e for e in entries if e.span is None or e.span.section in outline.position]


def seen_from(outline: Outline, sid: str) -> set[str]:
    """Return the sections before ``sid`` in reading order, and those it depends on."""
    before = outline.sections[: outline.position[sid] - 1]
    return {s.id for s in before} | outline.ancestors[sid]

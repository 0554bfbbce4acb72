"""Which entries rest on sources: those that a draft states in a sentence that cites.

Nothing of this is stored beside an entry: it follows from the draft that states it, and so does the
exact span of the source, as the review found it, or as the rule finds it where none did.
"""

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from inkwright.memory.citations import syntax
from inkwright.memory.citations.citation_evidence import grounds_of
from inkwright.memory.citations.syntax import Claim
from inkwright.memory.domain.entry import Entry, Span
from inkwright.memory.domain.source import Evidence
from inkwright.memory.retrieval.source_index import SourceIndex
from inkwright.memory.store import drafts, schema, sources
from inkwright.memory.store.library import Library


def on(library: Library, work: str, entries: Iterable[Entry]) -> dict[str, tuple[Evidence, ...]]:
    """Return the spans of sources that entries rest on, by entry id; those that rest on none are
    left out. Sources that were dropped count."""
    entries = list(entries)
    told = _claims(library, work, entries)
    cited = {key for claims in told.values() for c in claims for key in c.keys}
    kept = sources.kept(library, work, dropped=True) if cited else []
    if not (shelf := SourceIndex([k for k in kept if k.source.key in cited])).sources:
        return {}
    reviewed: dict[str, tuple[Evidence, ...]] = {}
    for section in {e.span.section for e in entries if e.span is not None and e.id in told}:
        for draft in drafts.versions(library, work, section):
            grounds = draft.review.grounds if draft.review else ()
            reviewed |= {g.claim: g.spans for g in grounds if g.spans}
    found = {}
    for entry, claims in told.items():
        spans = [e for c in claims for e in reviewed.get(c.text) or _by_rule(c, shelf)]
        if spans:
            found[entry] = tuple(dict.fromkeys(spans))
    return found


def keys(library: Library, work: str, entries: Iterable[Entry]) -> dict[str, frozenset[str]]:
    """Return the keys of the sources that entries rest on, by entry id."""
    told = _claims(library, work, entries)
    return {entry: frozenset(k for c in claims for k in c.keys) for entry, claims in told.items()}


def _claims(library: Library, work: str, entries: Iterable[Entry]) -> dict[str, list[Claim]]:
    """Return the citing sentences that state each entry."""
    placed = [(e.id, e.span) for e in entries if e.span is not None]
    texts = _texts(library, work, {(s.section, s.draft) for _, s in placed})
    told = {at: _places(text) for at, text in texts.items()}
    found = {
        eid: [c for c, start, end in told[span.section, span.draft] if _touches(span, start, end)]
        for eid, span in placed
    }
    return {eid: claims for eid, claims in found.items() if claims}


def _places(text: str) -> list[tuple[Claim, int, int]]:
    found, at = [], 0
    for claim in syntax.claims(text):
        start = text.find(claim.text, at)
        at = start + len(claim.text)
        found.append((claim, start, at))
    return found


def _touches(span: Span, start: int, end: int) -> bool:
    return span.start < end and start < span.end


def _by_rule(claim: Claim, shelf: SourceIndex) -> tuple[Evidence, ...]:
    return tuple(e for g in grounds_of(claim.text, shelf) for e in g.evidence)


def _texts(
    library: Library, work: str, wanted: Iterable[tuple[str, int]]
) -> Mapping[tuple[str, int], str]:
    """Return the texts of versions of sections that cite."""
    table = schema.drafts
    asked = set(wanted)
    with library.read() as db:
        rows = db.execute(
            select(table.c.section, table.c.version, table.c.text).where(table.c.work == work)
        )
        return {at: r.text for r in rows if (at := (r.section, r.version)) in asked}

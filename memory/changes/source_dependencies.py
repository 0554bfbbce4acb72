"""Which entries rest on sources: those that a draft states in a sentence that cites.

Nothing of this is stored beside an entry: it follows from the draft that states it, and so does the
exact span of the source, as the review found it, or as the rule finds it where none did.
"""

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from inkwright.memory.citations import syntax
from inkwright.memory.citations.citation_evidence import find_evidence
from inkwright.memory.citations.syntax import Claim
from inkwright.memory.domain.entry import Entry, Span
from inkwright.memory.domain.source import Evidence
from inkwright.memory.ids import EntryId, WorkId
from inkwright.memory.retrieval.source_index import SourceIndex
from inkwright.memory.store import drafts, schema, sources
from inkwright.memory.store.library import Library


def load_evidence(
    library: Library, work_id: WorkId, entries: Iterable[Entry]
) -> dict[EntryId, tuple[Evidence, ...]]:
    """Return the spans of sources that entries rest on, by entry id; those that rest on none are
    left out. Sources that were dropped count."""
    entries = list(entries)
    claims_by_entry = _find_claims(library, work_id, entries)
    cited_keys = {key for claims in claims_by_entry.values() for c in claims for key in c.keys}
    stored_sources = (
        sources.load_sources(library, work_id, include_dropped=True) if cited_keys else []
    )
    if not (
        source_index := SourceIndex([k for k in stored_sources if k.source.key in cited_keys])
    ).sources:
        return {}
    reviewed_spans: dict[str, tuple[Evidence, ...]] = {}
    for section_id in {
        e.span.section for e in entries if e.span is not None and e.id in claims_by_entry
    }:
        for draft in drafts.versions(library, work_id, section_id):
            reviewed_claims = draft.review.grounds if draft.review else ()
            reviewed_spans |= {g.claim: g.spans for g in reviewed_claims if g.spans}
    evidence_by_entry = {}
    for entry_id, claims in claims_by_entry.items():
        spans = [
            e
            for c in claims
            for e in reviewed_spans.get(c.text) or _find_evidence_by_rule(c, source_index)
        ]
        if spans:
            evidence_by_entry[entry_id] = tuple(dict.fromkeys(spans))
    return evidence_by_entry


def load_source_keys(
    library: Library, work_id: WorkId, entries: Iterable[Entry]
) -> dict[EntryId, frozenset[str]]:
    """Return the keys of the sources that entries rest on, by entry id."""
    claims_by_entry = _find_claims(library, work_id, entries)
    return {
        entry_id: frozenset(k for c in claims for k in c.keys)
        for entry_id, claims in claims_by_entry.items()
    }


def _find_claims(
    library: Library, work_id: WorkId, entries: Iterable[Entry]
) -> dict[EntryId, list[Claim]]:
    """Return the citing sentences that state each entry."""
    entry_spans = [(e.id, e.span) for e in entries if e.span is not None]
    texts = _load_texts(library, work_id, {(s.section, s.draft) for _, s in entry_spans})
    located_claims = {version_key: _locate_claims(text) for version_key, text in texts.items()}
    claims_by_entry = {
        entry_id: [
            c
            for c, start, end in located_claims[span.section, span.draft]
            if _overlaps(span, start, end)
        ]
        for entry_id, span in entry_spans
    }
    return {entry_id: claims for entry_id, claims in claims_by_entry.items() if claims}


def _locate_claims(text: str) -> list[tuple[Claim, int, int]]:
    located_claims, position = [], 0
    for claim in syntax.find_claims(text):
        start = text.find(claim.text, position)
        position = start + len(claim.text)
        located_claims.append((claim, start, position))
    return located_claims


def _overlaps(span: Span, start: int, end: int) -> bool:
    return span.start < end and start < span.end


def _find_evidence_by_rule(claim: Claim, source_index: SourceIndex) -> tuple[Evidence, ...]:
    return tuple(e for g in find_evidence(claim.text, source_index) for e in g.evidence)


def _load_texts(
    library: Library, work_id: WorkId, version_keys: Iterable[tuple[str, int]]
) -> Mapping[tuple[str, int], str]:
    """Return the texts of versions of sections that cite."""
    table = schema.drafts
    wanted_keys = set(version_keys)
    with library.read() as db:
        rows = db.execute(
            select(table.c.section, table.c.version, table.c.text).where(table.c.work == work_id)
        )
        return {
            version_key: r.text
            for r in rows
            if (version_key := (r.section, r.version)) in wanted_keys
        }

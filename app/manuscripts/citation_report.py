"""What a work cites, as its readers see it and as its report follows it back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from inkwright.agents.context.prompt_builder import language_is_han
from inkwright.app.files.language import detect_language
from inkwright.app.manuscripts.assemble import assemble
from inkwright.memory.base import Value
from inkwright.memory.citations import syntax
from inkwright.memory.citations.citation_evidence import find_evidence, find_uncited_sentences
from inkwright.memory.citations.references import ManuscriptCitations, format_citations
from inkwright.memory.domain.brief import Brief, Csl
from inkwright.memory.domain.draft import Draft, Manifest, ReviewedClaim
from inkwright.memory.domain.outline import Outline
from inkwright.memory.domain.source import Source
from inkwright.memory.ids import SectionId
from inkwright.memory.retrieval.source_index import SourceIndex
from inkwright.memory.store.plans import Plan
from inkwright.memory.store.sources import StoredSource


class ReportPart(Value):
    """An object of ``report.json``: its fields can be read by key too, as in the file."""

    def __getitem__(self, name: str) -> Any:
        if name not in type(self).model_fields:
            raise KeyError(name)
        return getattr(self, name)

    def __contains__(self, name: object) -> bool:
        return name in type(self).model_fields

    def keys(self) -> Iterable[str]:
        """Return the names of the fields, in the order of the file."""
        return type(self).model_fields.keys()

    def get(self, name: str, default: Any = None) -> Any:
        """Return a field by its key, or ``default`` where there is none."""
        return getattr(self, name) if name in self else default


class CitedPassage(ReportPart):
    """The exact words of a source."""

    source: str
    title: str
    page: int | None
    start: int
    end: int
    """In code points of the source's text."""
    quote: str


class CitationReport(ReportPart):
    """A sentence that cites, and what it rests on."""

    section: SectionId
    claim: str
    sources: list[str]
    status: str
    """``supported``, ``unsupported`` or ``not reviewed``."""
    why: str
    passages: list[CitedPassage]


class UncitedReport(ReportPart):
    """A sentence that gives a figure or a quotation, and rests on nothing."""

    section: SectionId
    claim: str


class SourceReport(ReportPart):
    """A source, where the plan placed it and where it is cited."""

    key: str
    title: str
    authors: list[str]
    date: str
    file: str
    planned: list[str]
    """Sections that the plan placed it on."""
    cited: list[str]
    unused: list[str]
    """Sections it was planned for that do not cite it."""
    unplanned: list[str]
    """Sections that cite it, and that it was not planned for."""


def build_citations(
    brief: Brief, drafts: Mapping[SectionId, Draft], stored_sources: Sequence[StoredSource]
) -> ManuscriptCitations:
    """Return the citations of a manuscript that has these drafts, in reading order."""
    source_by_key = {k.source.key: k.source for k in stored_sources if k.source.kind != "request"}
    text_by_id = {section_id: d.text for section_id, d in drafts.items()}
    is_han = language_is_han(brief)
    if isinstance(brief.cite, Csl) and source_by_key:
        from inkwright.app.manuscripts import citeproc

        language = brief.language or detect_language("\n\n".join(text_by_id.values())) or "en"
        return ManuscriptCitations(
            text_by_id,
            source_by_key,
            citeproc.format_citations(text_by_id, source_by_key, brief.cite, language, han=is_han),
        )
    style = "numeric" if isinstance(brief.cite, Csl) else brief.cite
    return ManuscriptCitations(
        text_by_id, source_by_key, format_citations(text_by_id, source_by_key, style, han=is_han)
    )


def render_citations(
    drafts: Mapping[SectionId, Draft], citations: ManuscriptCitations
) -> dict[SectionId, Draft]:
    """Return the drafts with their citations in the style of the manuscript."""
    rendered_texts = (
        (section_id, d, citations.get_formatted_text(section_id))
        for section_id, d in drafts.items()
    )
    return {
        section_id: d if text == d.text else d.model_copy(update={"text": text})
        for section_id, d, text in rendered_texts
    }


def build_manuscript(
    outline: Outline,
    drafts: Mapping[SectionId, Draft],
    brief: Brief,
    stored_sources: Sequence[StoredSource],
) -> str:
    """Return the manuscript as its readers see it, with the list of what it cites."""
    drafts = outline.sort_in_reading_order(drafts)
    citations = build_citations(brief, drafts, stored_sources)
    return append_references(
        assemble(outline, render_citations(drafts, citations), brief.headings),
        citations.build_endmatter(),
    )


def append_references(text: str, references: str) -> str:
    """Return a manuscript with its list of references, if it has one, at the end."""
    return f"{text.rstrip()}\n\n{references}\n" if references else text


def build_citation_reports(
    drafts: Mapping[SectionId, Draft],
    manifests: Mapping[SectionId, Manifest],
    stored_sources: Sequence[StoredSource],
) -> list[CitationReport]:
    """Return every citing sentence of drafts in reading order, with the passage it rests on.

    What was reviewed is told as reviewed. A sentence that is newer than its review is held against
    its passage by rule, and is not reviewed for its meaning.
    """
    cited_keys = {key for draft in drafts.values() for key in syntax.find_keys(draft.text)}
    source_index = SourceIndex([k for k in stored_sources if k.source.key in cited_keys])
    if not _has_sources(stored_sources):
        return []
    reports: list[CitationReport] = []
    for section_id, draft in drafts.items():
        reviewed_by_claim = {g.claim: g for g in (draft.review.grounds if draft.review else ())}
        shown_evidence = manifests[section_id].evidence if section_id in manifests else ()
        for claim_evidence in find_evidence(draft.text, source_index, shown_evidence):
            reviewed_claim = reviewed_by_claim.get(claim_evidence.claim.text) or ReviewedClaim(
                claim=claim_evidence.claim.text,
                keys=claim_evidence.claim.keys,
                status="unsupported" if claim_evidence.fault else "not reviewed",
                spans=claim_evidence.evidence,
                why=claim_evidence.fault,
            )
            reports.append(_build_citation_report(section_id, reviewed_claim, source_index))
    return reports


def find_uncited(
    drafts: Mapping[SectionId, Draft], stored_sources: Sequence[StoredSource]
) -> list[UncitedReport]:
    """Return the sentences that ought to rest on a source, and cite none."""
    if not _has_sources(stored_sources):
        return []
    return [
        UncitedReport(section=section_id, claim=sentence)
        for section_id, draft in drafts.items()
        for sentence in find_uncited_sentences(draft.text)
    ]


def _has_sources(stored_sources: Sequence[StoredSource]) -> bool:
    return any(k.source.kind != "request" for k in stored_sources)


def build_source_reports(
    plan: Plan | None, drafts: Mapping[SectionId, Draft], stored_sources: Sequence[StoredSource]
) -> list[SourceReport]:
    """Return every source with the sections it was planned for, and those that cite it."""
    planned_ids_by_key: dict[str, list[str]] = {}
    for section in plan.outline.sections if plan else ():
        for placement in section.cites:
            planned_ids_by_key.setdefault(placement.source, []).append(section.id)
    citing_ids_by_key: dict[str, list[str]] = {}
    for section_id, draft in drafts.items():
        for key in syntax.find_keys(draft.text):
            citing_ids_by_key.setdefault(key, []).append(section_id)
    return [
        _build_source_report(
            k.source,
            planned_ids_by_key.get(k.source.key, []),
            citing_ids_by_key.get(k.source.key, []),
        )
        for k in stored_sources
        if k.source.kind != "request"
    ]


def _build_source_report(
    source: Source, planned_ids: list[str], citing_ids: list[str]
) -> SourceReport:
    return SourceReport(
        key=source.key,
        title=source.title,
        authors=list(source.authors),
        date=source.date,
        file=source.name,
        planned=planned_ids,
        cited=citing_ids,
        unused=[s for s in planned_ids if s not in citing_ids],
        unplanned=[s for s in citing_ids if s not in planned_ids],
    )


def _build_citation_report(
    section_id: SectionId, reviewed_claim: ReviewedClaim, source_index: SourceIndex
) -> CitationReport:
    return CitationReport(
        section=section_id,
        claim=reviewed_claim.claim,
        sources=list(reviewed_claim.keys),
        status=reviewed_claim.status,
        why=reviewed_claim.why,
        passages=list(_yield_passages(reviewed_claim, source_index)),
    )


def _yield_passages(
    reviewed_claim: ReviewedClaim, source_index: SourceIndex
) -> Iterator[CitedPassage]:
    for span in reviewed_claim.spans:
        if span.key in source_index.sources:
            yield CitedPassage(
                source=span.key,
                title=source_index.sources[span.key].title,
                page=span.page,
                start=span.start,
                end=span.end,
                quote=source_index.get_text(span),
            )

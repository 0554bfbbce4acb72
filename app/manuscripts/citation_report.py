"""What a work cites, as its readers see it and as its report follows it back."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypedDict

from inkwright.agents.context.run_context import language_is_han
from inkwright.app.files.language import language_of
from inkwright.app.manuscripts.assemble import assemble
from inkwright.memory.citations import syntax
from inkwright.memory.citations.citation_evidence import grounds_of, sentences_without
from inkwright.memory.citations.references import ManuscriptCitations, written
from inkwright.memory.domain.brief import Brief, Csl
from inkwright.memory.domain.draft import Draft, Manifest, ReviewedClaim
from inkwright.memory.domain.outline import Outline
from inkwright.memory.domain.source import Source
from inkwright.memory.retrieval.source_index import SourceIndex
from inkwright.memory.store.plans import Plan
from inkwright.memory.store.sources import StoredSource


class CitedPassage(TypedDict):
    """The exact words of a source."""

    source: str
    title: str
    page: int | None
    start: int
    end: int
    """In code points of the source's text."""
    quote: str


class CitationReport(TypedDict):
    """A sentence that cites, and what it rests on."""

    section: str
    claim: str
    sources: list[str]
    status: str
    """``supported``, ``unsupported`` or ``not reviewed``."""
    why: str
    passages: list[CitedPassage]


class UncitedReport(TypedDict):
    """A sentence that gives a figure or a quotation, and rests on nothing."""

    section: str
    claim: str


class SourceReport(TypedDict):
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


def cited(
    brief: Brief, texts: Mapping[str, Draft], kept: Sequence[StoredSource]
) -> ManuscriptCitations:
    """Return the citations of a manuscript that has these drafts, in reading order."""
    known = {k.source.key: k.source for k in kept if k.source.kind != "request"}
    plain, han = {sid: d.text for sid, d in texts.items()}, language_is_han(brief)
    if isinstance(brief.cite, Csl) and known:
        from inkwright.app.manuscripts import citeproc

        language = brief.language or language_of("\n\n".join(plain.values())) or "en"
        return ManuscriptCitations(
            plain, known, citeproc.written(plain, known, brief.cite, language, han=han)
        )
    style = "numeric" if isinstance(brief.cite, Csl) else brief.cite
    return ManuscriptCitations(plain, known, written(plain, known, style, han=han))


def as_read(texts: Mapping[str, Draft], cited: ManuscriptCitations) -> dict[str, Draft]:
    """Return the drafts with their citations in the style of the manuscript."""
    shown = ((sid, d, cited.shown(sid)) for sid, d in texts.items())
    return {
        sid: d if text == d.text else d.model_copy(update={"text": text}) for sid, d, text in shown
    }


def manuscript(
    outline: Outline, texts: Mapping[str, Draft], brief: Brief, kept: Sequence[StoredSource]
) -> str:
    """Return the manuscript as its readers see it, with the list of what it cites."""
    texts = outline.in_order(texts)
    citing = cited(brief, texts, kept)
    return with_references(
        assemble(outline, as_read(texts, citing), brief.headings), citing.references()
    )


def with_references(text: str, references: str) -> str:
    """Return a manuscript with its list of references, if it has one, at the end."""
    return f"{text.rstrip()}\n\n{references}\n" if references else text


def followed(
    texts: Mapping[str, Draft], manifests: Mapping[str, Manifest], kept: Sequence[StoredSource]
) -> list[CitationReport]:
    """Return every citing sentence of drafts in reading order, with the passage it rests on.

    What was reviewed is told as reviewed. A sentence that is newer than its review is held against
    its passage by rule, and is not reviewed for its meaning.
    """
    mentioned = {key for draft in texts.values() for key in syntax.keys(draft.text)}
    shelf = SourceIndex([k for k in kept if k.source.key in mentioned])
    if not _has_sources(kept):
        return []
    found: list[CitationReport] = []
    for sid, draft in texts.items():
        reviewed = {g.claim: g for g in (draft.review.grounds if draft.review else ())}
        given = manifests[sid].evidence if sid in manifests else ()
        for ground in grounds_of(draft.text, shelf, given):
            known = reviewed.get(ground.claim.text) or ReviewedClaim(
                claim=ground.claim.text,
                keys=ground.claim.keys,
                status="unsupported" if ground.fault else "not reviewed",
                spans=ground.evidence,
                why=ground.fault,
            )
            found.append(_reported(sid, known, shelf))
    return found


def uncited(texts: Mapping[str, Draft], kept: Sequence[StoredSource]) -> list[UncitedReport]:
    """Return the sentences that ought to rest on a source, and cite none."""
    if not _has_sources(kept):
        return []
    return [
        UncitedReport(section=sid, claim=sentence)
        for sid, draft in texts.items()
        for sentence in sentences_without(draft.text)
    ]


def _has_sources(kept: Sequence[StoredSource]) -> bool:
    return any(k.source.kind != "request" for k in kept)


def listed(
    plan: Plan | None, texts: Mapping[str, Draft], kept: Sequence[StoredSource]
) -> list[SourceReport]:
    """Return every source with the sections it was planned for, and those that cite it."""
    planned: dict[str, list[str]] = {}
    for section in plan.outline.sections if plan else ():
        for cites in section.cites:
            planned.setdefault(cites.source, []).append(section.id)
    found: dict[str, list[str]] = {}
    for sid, draft in texts.items():
        for key in syntax.keys(draft.text):
            found.setdefault(key, []).append(sid)
    return [
        _listed(k.source, planned.get(k.source.key, []), found.get(k.source.key, []))
        for k in kept
        if k.source.kind != "request"
    ]


def _listed(source: Source, planned: list[str], cited: list[str]) -> SourceReport:
    return SourceReport(
        key=source.key,
        title=source.title,
        authors=list(source.authors),
        date=source.date,
        file=source.name,
        planned=planned,
        cited=cited,
        unused=[s for s in planned if s not in cited],
        unplanned=[s for s in cited if s not in planned],
    )


def _reported(section: str, ground: ReviewedClaim, shelf: SourceIndex) -> CitationReport:
    return CitationReport(
        section=section,
        claim=ground.claim,
        sources=list(ground.keys),
        status=ground.status,
        why=ground.why,
        passages=list(_passages(ground, shelf)),
    )


def _passages(ground: ReviewedClaim, shelf: SourceIndex) -> Iterator[CitedPassage]:
    for span in ground.spans:
        if span.key in shelf.sources:
            yield CitedPassage(
                source=span.key,
                title=shelf.sources[span.key].title,
                page=span.page,
                start=span.start,
                end=span.end,
                quote=shelf.text(span),
            )

"""What a work cites, as its readers see it and as its report follows it back."""

from collections.abc import Iterator, Mapping
from typing import TypedDict

from inkwright.agents.desk import language_is_han
from inkwright.memory import citations, drafts, sources
from inkwright.memory.draft import Draft, Grounded
from inkwright.memory.library import Library
from inkwright.memory.plans import Plan
from inkwright.memory.references import Cited
from inkwright.memory.shelf import Shelf
from inkwright.memory.works import Work


class Passage(TypedDict):
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
    passages: list[Passage]


class SourceReport(TypedDict):
    """A source, where the plan placed it and where it is cited."""

    key: str
    title: str
    authors: list[str]
    date: str
    file: str
    planned: list[str]
    cited: list[str]


def cited(library: Library, work: Work, texts: Mapping[str, Draft]) -> Cited:
    """Return the citations of a manuscript that has these drafts, in reading order."""
    known = {
        k.source.key: k.source for k in sources.kept(library, work.id) if k.source.kind != "request"
    }
    han = language_is_han(work.brief)
    return Cited((d.text for d in texts.values()), known, work.brief.cite, han=han)


def as_read(texts: Mapping[str, Draft], cited: Cited) -> dict[str, Draft]:
    """Return the drafts with their citations in the style of the manuscript."""
    shown = ((sid, d, cited.shown(d.text)) for sid, d in texts.items())
    return {
        sid: d if text == d.text else d.model_copy(update={"text": text}) for sid, d, text in shown
    }


def in_order(plan: Plan, texts: Mapping[str, Draft]) -> dict[str, Draft]:
    """Return the drafts in reading order, which is that of citations too."""
    return {s.id: texts[s.id] for s in plan.outline.sections if s.id in texts}


def followed(library: Library, work: Work, plan: Plan) -> list[CitationReport]:
    """Return every citing sentence of the newest drafts with the passage it rests on.

    What was reviewed is told as reviewed. A sentence that is newer than its review is held against
    its passage by rule, and is not reviewed for its meaning.
    """
    shelf = Shelf(sources.kept(library, work.id))
    if not shelf.sources:
        return []
    texts = in_order(plan, drafts.current(library, work.id))
    manifests = drafts.manifests(library, work.id)
    found: list[CitationReport] = []
    for sid, draft in texts.items():
        reviewed = {g.claim: g for g in (draft.review.grounds if draft.review else ())}
        given = manifests[sid].evidence if sid in manifests else ()
        for ground in citations.grounds(draft.text, shelf, given):
            known = reviewed.get(ground.claim.text) or Grounded(
                claim=ground.claim.text,
                keys=ground.claim.keys,
                status="unsupported" if ground.fault else "not reviewed",
                spans=ground.evidence,
                why=ground.fault,
            )
            found.append(_reported(sid, known, shelf))
    return found


def listed(library: Library, work: Work, plan: Plan) -> list[SourceReport]:
    """Return every source with the sections it was planned for, and those that cite it."""
    planned: dict[str, list[str]] = {}
    for section in plan.outline.sections:
        for cites in section.cites:
            planned.setdefault(cites.source, []).append(section.id)
    found: dict[str, list[str]] = {}
    for sid, draft in in_order(plan, drafts.current(library, work.id)).items():
        for key in citations.keys(draft.text):
            found.setdefault(key, []).append(sid)
    return [
        SourceReport(
            key=s.key,
            title=s.title,
            authors=list(s.authors),
            date=s.date,
            file=s.name,
            planned=planned.get(s.key, []),
            cited=found.get(s.key, []),
        )
        for s in (k.source for k in sources.kept(library, work.id))
        if s.kind != "request"
    ]


def _reported(section: str, ground: Grounded, shelf: Shelf) -> CitationReport:
    return CitationReport(
        section=section,
        claim=ground.claim,
        sources=list(ground.keys),
        status=ground.status,
        why=ground.why,
        passages=list(_passages(ground, shelf)),
    )


def _passages(ground: Grounded, shelf: Shelf) -> Iterator[Passage]:
    for span in ground.spans:
        if span.key in shelf.sources:
            yield Passage(
                source=span.key,
                title=shelf.sources[span.key].title,
                page=span.page,
                start=span.start,
                end=span.end,
                quote=shelf.text(span),
            )

"""How a work stands against what was asked of it: constraints, findings, staleness, measures."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, replace
from functools import lru_cache

from inkwright.app.manuscripts import citation_report
from inkwright.app.reports.report import ConstraintOutcome, ConstraintReport, SectionReport
from inkwright.app.reports.report_builder import (
    LENGTH_FINDING_ID,
    CheckResults,
    check_work,
    texts_by_section,
)
from inkwright.memory.changes import contradictions
from inkwright.memory.changes.contradictions import ContradictionFinding
from inkwright.memory.domain.check_record import CheckRecord, Verdict
from inkwright.memory.domain.draft import Draft
from inkwright.memory.ids import SectionId, WorkId
from inkwright.memory.store import drafts, plans, sources, works
from inkwright.memory.store.library import Library
from inkwright.memory.store.plans import Plan
from inkwright.memory.text.repeated_runs import RepeatedRuns, find_repeated_runs
from inkwright.memory.user_work import finding_decisions


class SectionOutcome(ConstraintOutcome):
    """What was found about one constraint in one section."""

    section: SectionId
    title: str
    is_quoted: bool
    """The evidence stands in the text, word for word."""


class ConstraintSummary(ConstraintReport):
    """One constraint, with what was found wherever it holds; evidence is of the whole piece."""

    places: tuple[SectionOutcome, ...]


@dataclass(frozen=True)
class OpenFinding:
    """One finding that waits for the person, or that they have answered."""

    section: SectionId
    title: str
    about: str
    """Id of the constraint, or of the memory entry, that the text breaks."""
    text: str
    """What is wrong, what is asked, or what memory says."""
    evidence: str
    is_quoted: bool
    verdict: Verdict | None
    is_protected: bool
    """The section has text that is the person's, or locked, so that no model drafts it anew."""
    number: int | None = None
    """Of a finding about memory, as ``inkwright memory findings`` counts them."""


@dataclass(frozen=True)
class ReviewSummary:
    """All of it."""

    notes: tuple[str, ...]
    """What the last run had to say."""
    constraints: tuple[ConstraintSummary, ...]
    problems: tuple[OpenFinding, ...]
    stale: dict[SectionId, tuple[str, ...]]
    sections: tuple[SectionReport, ...]
    repetition: RepeatedRuns

    def with_verdict(self, finding: OpenFinding, verdict: Verdict | None) -> "ReviewSummary":
        """Return the same with another answer to one finding."""
        findings = [replace(p, verdict=verdict) if p == finding else p for p in self.problems]
        return replace(self, problems=tuple(findings))


def review(library: Library, work_id: WorkId) -> ReviewSummary:
    """Return how a work stands; no model is called.

    Raises:
        BadInput: it is not planned yet.
    """
    plan = plans.require(library, work_id)
    work = works.get(library, work_id)
    current_drafts = drafts.current(library, work_id, plan.outline)
    manifests = drafts.load_manifests(library, work_id, plan.outline)
    text = citation_report.build_manuscript(
        plan.outline, current_drafts, work.brief, sources.load_sources(library, work_id)
    )
    check_results = check_work(library, work, plan, current_drafts, manifests, text)
    stamps_by_section = drafts.load_stamps(library, work_id, current_drafts)
    constraint_summaries = tuple(_summarize_constraints(plan, check_results, current_drafts))
    contradiction_findings = contradictions.load_findings(library, work_id, include_dismissed=True)
    open_findings = [
        *_list_broken_findings(constraint_summaries, current_drafts, stamps_by_section),
        *_list_contradictions(plan, contradiction_findings, current_drafts, stamps_by_section),
        *_list_text_findings(plan, current_drafts, stamps_by_section),
    ]
    open_findings.sort(key=lambda p: plan.outline.position.get(p.section, 0))
    return ReviewSummary(
        notes=work.problems,
        constraints=constraint_summaries,
        problems=tuple(open_findings),
        stale={s.id: tuple(s.stale) for s in check_results.sections if s.stale},
        sections=tuple(check_results.sections),
        repetition=_find_repetition(tuple(texts_by_section(current_drafts).items())),
    )


@lru_cache(maxsize=2)
def _find_repetition(section_texts: tuple[tuple[SectionId, str], ...]) -> RepeatedRuns:
    """Return what the texts repeat, looked for anew only where one of them was changed."""
    return find_repeated_runs(dict(section_texts))


def _summarize_constraints(
    plan: Plan, check_results: CheckResults, current_drafts: Mapping[SectionId, Draft]
) -> Iterator[ConstraintSummary]:
    planned_ids = {c.id for c in plan.constraints}
    for constraint_report in check_results.constraints:
        places = tuple(
            SectionOutcome(
                **dict(outcome),
                section=section.id,
                title=section.title,
                is_quoted=_is_quoted(outcome.evidence, current_drafts.get(section.id)),
            )
            for section in check_results.sections
            for outcome in section.constraints
            if outcome.id == constraint_report.id
        )
        changes: dict[str, str] = {"evidence": ""} if places else {}
        if constraint_report.id == LENGTH_FINDING_ID and LENGTH_FINDING_ID not in planned_ids:
            changes["text"] = "Length of the whole"
        yield ConstraintSummary(**dict(constraint_report) | changes, places=places)


def _list_broken_findings(
    constraint_summaries: tuple[ConstraintSummary, ...],
    current_drafts: Mapping[SectionId, Draft],
    stamps_by_section: Mapping[SectionId, Set[CheckRecord]],
) -> Iterator[OpenFinding]:
    for constraint in constraint_summaries:
        for place in constraint.places:
            if place.status != "broken" or place.section not in current_drafts:
                continue
            yield OpenFinding(
                section=place.section,
                title=place.title,
                about=constraint.id,
                text=place.why or constraint.text,
                evidence=place.evidence,
                is_quoted=place.is_quoted,
                verdict=finding_decisions.find_verdict(
                    stamps_by_section.get(place.section, set()), constraint.id, place.evidence
                ),
                is_protected=bool(current_drafts[place.section].held),
            )


def _list_contradictions(
    plan: Plan,
    contradiction_findings: list[ContradictionFinding],
    current_drafts: Mapping[SectionId, Draft],
    stamps_by_section: Mapping[SectionId, Set[CheckRecord]],
) -> Iterator[OpenFinding]:
    titles = {s.id: s.title for s in plan.outline.sections}
    for finding in contradiction_findings:
        verdict = finding_decisions.find_verdict(
            stamps_by_section.get(finding.section, set()), finding.about, finding.evidence
        )
        yield OpenFinding(
            section=finding.section,
            title=titles.get(finding.section, finding.section),
            about=finding.about,
            text=finding.line.removeprefix("- "),
            evidence=finding.evidence,
            is_quoted=True,
            verdict="dismissed" if finding.dismissed else verdict,
            is_protected=bool(current_drafts[finding.section].held),
            number=finding.number,
        )


def _list_text_findings(
    plan: Plan,
    current_drafts: Mapping[SectionId, Draft],
    stamps_by_section: Mapping[SectionId, Set[CheckRecord]],
) -> Iterator[OpenFinding]:
    titles = {s.id: s.title for s in plan.outline.sections}
    for section_id, draft in current_drafts.items():
        for finding in draft.text_findings:
            yield OpenFinding(
                section=section_id,
                title=titles[section_id],
                about=finding.constraint,
                text=finding.why,
                evidence=finding.evidence,
                is_quoted=True,
                verdict=finding_decisions.find_verdict(
                    stamps_by_section.get(section_id, set()), finding.constraint, finding.evidence
                ),
                is_protected=bool(draft.held),
            )


def _is_quoted(evidence: str, draft: Draft | None) -> bool:
    return bool(evidence) and draft is not None and evidence in draft.text

"""How a work stands against what was asked of it: constraints, findings, staleness, measures."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, replace
from functools import lru_cache

from inkwright.app.manuscripts import citation_report
from inkwright.app.reports.report import (
    LENGTH_FINDING_ID,
    CheckResults,
    ConstraintOutcome,
    ConstraintReport,
    check_work,
    texts_by_section,
)
from inkwright.memory.changes import contradictions
from inkwright.memory.changes.contradictions import ContradictionFinding
from inkwright.memory.domain.brief import Constraint
from inkwright.memory.domain.check_record import CheckRecord, Verdict
from inkwright.memory.domain.draft import Draft
from inkwright.memory.ids import ConstraintId, SectionId, WorkId
from inkwright.memory.store import drafts, plans, sources, works
from inkwright.memory.store.library import Library
from inkwright.memory.store.plans import Plan
from inkwright.memory.text.repeated_runs import RepeatedRuns, find_repeated_runs
from inkwright.memory.user_work import finding_decisions


@dataclass(frozen=True)
class SectionOutcome:
    """What was found about one constraint in one section."""

    section: SectionId
    title: str
    status: str
    """``met``, ``broken`` or ``not reviewed``."""
    evidence: str
    why: str
    """What is wrong, where the constraint's own words do not say it."""
    is_quoted: bool
    """The evidence stands in the text, word for word."""


@dataclass(frozen=True)
class ConstraintSummary:
    """One constraint, with what was found wherever it holds."""

    id: ConstraintId
    text: str
    kind: str
    placement: str
    required: bool
    status: str
    """The worst of its places'."""
    evidence: str
    """Of a constraint on the whole piece."""
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
class SectionLength:
    """How long a section is, and was to be."""

    section: SectionId
    title: str
    words: int
    target_words: int


@dataclass(frozen=True)
class ReviewSummary:
    """All of it."""

    notes: tuple[str, ...]
    """What the last run had to say."""
    constraints: tuple[ConstraintSummary, ...]
    problems: tuple[OpenFinding, ...]
    stale: dict[SectionId, tuple[str, ...]]
    lengths: tuple[SectionLength, ...]
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
    ]
    open_findings.sort(key=lambda p: plan.outline.position.get(p.section, 0))
    return ReviewSummary(
        notes=work.problems,
        constraints=constraint_summaries,
        problems=tuple(open_findings),
        stale={s["id"]: tuple(s["stale"]) for s in check_results.sections if s["stale"]},
        lengths=tuple(
            SectionLength(s["id"], s["title"], s["words"], s["target_words"])
            for s in check_results.sections
        ),
        repetition=_find_repetition(tuple(texts_by_section(current_drafts).items())),
    )


@lru_cache(maxsize=2)
def _find_repetition(section_texts: tuple[tuple[SectionId, str], ...]) -> RepeatedRuns:
    """Return what the texts repeat, looked for anew only where one of them was changed."""
    return find_repeated_runs(dict(section_texts))


def _summarize_constraints(
    plan: Plan, check_results: CheckResults, current_drafts: Mapping[SectionId, Draft]
) -> Iterator[ConstraintSummary]:
    constraint_by_id = {c.id: c for c in plan.constraints}
    outcomes = {
        (s["id"], outcome["id"]): outcome
        for s in check_results.sections
        for outcome in s["constraints"]
    }
    for constraint_report in check_results.constraints:
        constraint = constraint_by_id.get(constraint_report["id"])
        yield _summarize_constraint(plan, constraint_report, constraint, outcomes, current_drafts)


def _summarize_constraint(
    plan: Plan,
    constraint_report: ConstraintReport,
    constraint: Constraint | None,
    outcomes: Mapping[tuple[SectionId, str], ConstraintOutcome],
    current_drafts: Mapping[SectionId, Draft],
) -> ConstraintSummary:
    places = []
    for section in plan.outline.sections:
        outcome = outcomes.get((section.id, constraint_report["id"]))
        if outcome is not None:
            evidence = outcome["evidence"]
            places.append(
                SectionOutcome(
                    section=section.id,
                    title=section.title,
                    status=outcome["status"],
                    evidence=evidence,
                    why=outcome["why"],
                    is_quoted=_is_quoted(evidence, current_drafts.get(section.id)),
                )
            )
    is_length = constraint_report["id"] == LENGTH_FINDING_ID and constraint is None
    return ConstraintSummary(
        id=constraint_report["id"],
        text=constraint.text
        if constraint
        else ("Length of the whole" if is_length else constraint_report["id"]),
        kind=constraint_report["kind"],
        placement=constraint_report["placement"],
        required=constraint.required if constraint else True,
        status=constraint_report["status"],
        evidence="" if places else constraint_report["evidence"],
        places=tuple(places),
    )


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


def _is_quoted(evidence: str, draft: Draft | None) -> bool:
    return bool(evidence) and draft is not None and evidence in draft.text

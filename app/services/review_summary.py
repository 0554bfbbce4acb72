"""How a work stands against what was asked of it: constraints, findings, staleness, measures."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from inkwright.app.manuscripts import citation_report
from inkwright.app.reports.report import (
    LENGTH,
    CheckResults,
    ConstraintOutcome,
    ConstraintReport,
    checks,
    texts_by_section,
)
from inkwright.memory.changes import contradictions
from inkwright.memory.changes.contradictions import ContradictionFinding
from inkwright.memory.domain.brief import Constraint
from inkwright.memory.domain.draft import Draft
from inkwright.memory.errors import BadInput
from inkwright.memory.store import drafts, plans, sources, works
from inkwright.memory.store.library import Library
from inkwright.memory.store.plans import Plan
from inkwright.memory.text.repeated_runs import RepeatedRuns, repetition
from inkwright.memory.user_work import finding_decisions
from inkwright.memory.user_work.finding_decisions import Verdict


@dataclass(frozen=True)
class SectionOutcome:
    """What was found about one constraint in one section."""

    section: str
    title: str
    status: str
    """``met``, ``broken`` or ``not reviewed``."""
    evidence: str
    why: str
    """What is wrong, where the constraint's own words do not say it."""
    quoted: bool
    """The evidence stands in the text, word for word."""


@dataclass(frozen=True)
class ConstraintSummary:
    """One constraint, with what was found wherever it holds."""

    id: str
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

    section: str
    title: str
    about: str
    """Id of the constraint, or of the memory entry, that the text breaks."""
    text: str
    """What is wrong, what is asked, or what memory says."""
    evidence: str
    quoted: bool
    verdict: Verdict | None
    held: bool
    """The section has text that is the person's, or locked, so that no model drafts it anew."""
    number: int | None = None
    """Of a finding about memory, as ``inkwright memory findings`` counts them."""


@dataclass(frozen=True)
class SectionLength:
    """How long a section is, and was to be."""

    section: str
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
    stale: dict[str, tuple[str, ...]]
    lengths: tuple[SectionLength, ...]
    repetition: RepeatedRuns

    def answered(self, problem: OpenFinding, verdict: Verdict | None) -> "ReviewSummary":
        """Return the same with another answer to one finding."""
        problems = [replace(p, verdict=verdict) if p == problem else p for p in self.problems]
        return replace(self, problems=tuple(problems))


def review(library: Library, work_id: str) -> ReviewSummary:
    """Return how a work stands; no model is called.

    Raises:
        BadInput: it is not planned yet.
    """
    plan = plans.current(library, work_id)
    if plan is None:
        raise BadInput(f"{work_id} is not planned yet: there is nothing to review")
    work, texts = works.get(library, work_id), drafts.current(library, work_id, plan.outline)
    manifests = drafts.manifests(library, work_id, plan.outline)
    text = citation_report.manuscript(
        plan.outline, texts, work.brief, sources.kept(library, work_id)
    )
    found = checks(library, work, plan, texts, manifests, text)
    stamps = finding_decisions.verdicts(library, work_id)
    checked = tuple(_checked(plan, found, texts))
    told = contradictions.listed(library, work_id, dismissed=True)
    problems = [*_broken(checked, texts, stamps), *_contradicting(plan, told, texts, stamps)]
    problems.sort(key=lambda p: plan.outline.position.get(p.section, 0))
    return ReviewSummary(
        notes=work.problems,
        constraints=checked,
        problems=tuple(problems),
        stale={s["id"]: tuple(s["stale"]) for s in found.sections if s["stale"]},
        lengths=tuple(
            SectionLength(s["id"], s["title"], s["words"], s["target_words"])
            for s in found.sections
        ),
        repetition=_repetition(tuple(texts_by_section(texts).items())),
    )


@lru_cache(maxsize=2)
def _repetition(said: tuple[tuple[str, str], ...]) -> RepeatedRuns:
    """Return what the texts repeat, looked for anew only where one of them was changed."""
    return repetition(dict(said))


def _checked(
    plan: Plan, found: CheckResults, texts: Mapping[str, Draft]
) -> Iterator[ConstraintSummary]:
    known = {c.id: c for c in plan.constraints}
    outcomes = {
        (s["id"], outcome["id"]): outcome for s in found.sections for outcome in s["constraints"]
    }
    for told in found.constraints:
        constraint = known.get(told["id"])
        yield _one(plan, told, constraint, outcomes, texts)


def _one(
    plan: Plan,
    told: ConstraintReport,
    constraint: Constraint | None,
    outcomes: Mapping[tuple[str, str], ConstraintOutcome],
    texts: Mapping[str, Draft],
) -> ConstraintSummary:
    places = []
    for section in plan.outline.sections:
        outcome = outcomes.get((section.id, told["id"]))
        if outcome is not None:
            evidence = outcome["evidence"]
            places.append(
                SectionOutcome(
                    section=section.id,
                    title=section.title,
                    status=outcome["status"],
                    evidence=evidence,
                    why=outcome["why"],
                    quoted=_stands(evidence, texts.get(section.id)),
                )
            )
    length = told["id"] == LENGTH and constraint is None
    return ConstraintSummary(
        id=told["id"],
        text=constraint.text if constraint else ("Length of the whole" if length else told["id"]),
        kind=told["kind"],
        placement=told["placement"],
        required=constraint.required if constraint else True,
        status=told["status"],
        evidence="" if places else told["evidence"],
        places=tuple(places),
    )


def _broken(
    checked: tuple[ConstraintSummary, ...],
    texts: Mapping[str, Draft],
    stamps: Mapping[str, set[str]],
) -> Iterator[OpenFinding]:
    for constraint in checked:
        for place in constraint.places:
            if place.status != "broken" or place.section not in texts:
                continue
            yield OpenFinding(
                section=place.section,
                title=place.title,
                about=constraint.id,
                text=place.why or constraint.text,
                evidence=place.evidence,
                quoted=place.quoted,
                verdict=finding_decisions.verdict(
                    stamps.get(place.section, set()), constraint.id, place.evidence
                ),
                held=bool(texts[place.section].held),
            )


def _contradicting(
    plan: Plan,
    told: list[ContradictionFinding],
    texts: Mapping[str, Draft],
    stamps: Mapping[str, set[str]],
) -> Iterator[OpenFinding]:
    titles = {s.id: s.title for s in plan.outline.sections}
    for finding in told:
        said = finding_decisions.verdict(
            stamps.get(finding.section, set()), finding.about, finding.evidence
        )
        yield OpenFinding(
            section=finding.section,
            title=titles.get(finding.section, finding.section),
            about=finding.about,
            text=finding.line.removeprefix("- "),
            evidence=finding.evidence,
            quoted=True,
            verdict="dismissed" if finding.dismissed else said,
            held=bool(texts[finding.section].held),
            number=finding.number,
        )


def _stands(evidence: str, draft: Draft | None) -> bool:
    return bool(evidence) and draft is not None and evidence in draft.text

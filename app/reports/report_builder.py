"""From a work, as it stands in the library, to the report on it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from inkwright.agents.checks import rules
from inkwright.agents.llm.config import Ablation, CallSettings
from inkwright.agents.planning.requirements import describe_length
from inkwright.agents.requests.request_coverage import account_for
from inkwright.app.config.prices import PriceList
from inkwright.app.config.settings import Settings
from inkwright.app.config.version import VERSION
from inkwright.app.manuscripts.citation_report import (
    build_citation_reports,
    build_source_reports,
    find_uncited,
)
from inkwright.app.reports.report import (
    CallTotals,
    ConstraintOutcome,
    ConstraintReport,
    CostReport,
    JudgeReport,
    RepetitionReport,
    Report,
    RequestReport,
    RoleCalls,
    SectionReport,
    Tokens,
    VoiceReport,
)
from inkwright.memory.changes import staleness
from inkwright.memory.domain import constraint_consistency
from inkwright.memory.domain.brief import Constraint
from inkwright.memory.domain.draft import Draft, Finding, Manifest
from inkwright.memory.domain.outline import Section
from inkwright.memory.ids import ConstraintId, SectionId
from inkwright.memory.judge_record import JudgeRecord
from inkwright.memory.store import drafts, journal, plans, sources
from inkwright.memory.store.drafts import SectionRow
from inkwright.memory.store.journal import RoleUsage
from inkwright.memory.store.library import Library
from inkwright.memory.store.plans import Plan
from inkwright.memory.store.works import Work
from inkwright.memory.text import repetition
from inkwright.memory.text.addresses import without_secrets
from inkwright.memory.text.style_metrics import measure_drift, measure_style
from inkwright.memory.text.words import use_text_rule
from inkwright.prompts.render import hash_templates


class CheckResults(NamedTuple):
    """What was checked of a piece, and what was found."""

    sections: list[SectionReport]
    constraints: list[ConstraintReport]


DEFAULT_PROVIDER = "hosted_vllm/"
"""What stands before the name of a model that is set without a provider."""
LENGTH_FINDING_ID = "length"
"""Id of the finding on the whole piece's length."""


class RunFacts(NamedTuple):
    """What the run itself knows, and the library does not."""

    status: str
    seconds: float
    from_journal: int
    models: dict[str, str]
    problems: Sequence[str]


def build_report(
    library: Library,
    work: Work,
    text: str,
    run_facts: RunFacts,
    settings: dict[str, Any],
    price_list: PriceList,
    overrides: Path | None = None,
) -> Report:
    """Return the report of a planned work whose manuscript is ``text``.

    ``overrides`` is the folder of templates that replace ours, if there is one.
    """
    with use_text_rule(work.text_rule):
        return _build_report(library, work, text, run_facts, settings, price_list, overrides)


def _build_report(
    library: Library,
    work: Work,
    text: str,
    run_facts: RunFacts,
    settings: dict[str, Any],
    price_list: PriceList,
    overrides: Path | None,
) -> Report:
    plan = plans.current(library, work.id)
    assert plan is not None, "a work is reported on once it is planned"
    current_drafts = drafts.current(library, work.id, plan.outline)
    manifests = drafts.load_manifests(library, work.id, plan.outline)
    sections, constraints = check_work(library, work, plan, current_drafts, manifests, text)
    usage = journal.load_usage(library, work.id)
    stored_sources = sources.load_sources(library, work.id)
    return Report(
        work=work.id,
        status=run_facts.status,
        words=sum(s.words for s in sections),
        target_words=plan.outline.target_words,
        seconds=round(run_facts.seconds, 3),
        sections=sections,
        constraints=constraints,
        request=[
            RequestReport(
                sentence=a.text,
                outcome=a.outcome,
                constraints=list(a.constraint_ids),
                unchecked=list(a.unchecked),
            )
            for a in account_for(work.brief.request, plan.constraints)
        ],
        length_note=describe_length(work.brief, plan.outline.target_words),
        citations=build_citation_reports(current_drafts, manifests, stored_sources),
        uncited=find_uncited(current_drafts, stored_sources),
        sources=build_source_reports(plan, current_drafts, stored_sources),
        voice=_report_voice(work, current_drafts),
        repetition=RepetitionReport(
            before=work.run_state.repetition,
            after=repetition.measure_repetition(texts_by_section(current_drafts)),
        ),
        calls=_total_calls(usage, run_facts.from_journal),
        tokens=Tokens(
            prompt=sum(u.prompt for u in usage),
            cached=sum(u.cached for u in usage),
            completion=sum(u.completion for u in usage),
            thoughts=sum(u.thoughts for u in usage),
        ),
        models=_list_models(usage, run_facts.models, sections),
        settings={**settings, "arm": Ablation.model_validate(work.arms).name},
        versions={"inkwright": VERSION, "prompts": hash_templates(overrides)},
        seed=work.brief.seed,
        problems=list(run_facts.problems),
        judges={p: _report_judge(r) for p, r in work.run_state.judges.items()},
        cost=_report_cost(usage, price_list),
    )


def _report_cost(usage: Sequence[RoleUsage], price_list: PriceList) -> CostReport | None:
    costs = price_list.compute_cost_by_model(usage)
    if not price_list.counts_tokens or all(cost is None for cost in costs.values()):
        return None
    total = price_list.compute_usage_cost(usage)
    return CostReport(
        total=None if total is None else round(total, 6),
        currency=price_list.currency,
        by_model={m: None if cost is None else round(cost, 6) for m, cost in costs.items()},
    )


def _report_judge(record: JudgeRecord) -> JudgeReport:
    low_miss, high_miss = record.miss_interval
    low_alarm, high_alarm = record.alarm_interval
    return JudgeReport(
        broken=record.broken,
        missed=record.broken - record.caught,
        sound=record.sound,
        false_alarms=record.alarms,
        unanswered=record.unanswered,
        miss_interval=(round(low_miss, 3), round(high_miss, 3)),
        false_alarm_interval=(round(low_alarm, 3), round(high_alarm, 3)),
        counts=record.can_judge,
        votes=record.votes,
    )


def check_work(
    library: Library,
    work: Work,
    plan: Plan,
    current_drafts: Mapping[SectionId, Draft],
    manifests: Mapping[SectionId, Manifest],
    text: str,
) -> CheckResults:
    """Return where every section and constraint of a piece stands, whose manuscript is ``text``."""
    rows = drafts.load_section_rows(library, work.id)
    stale = {
        s.section_id: s.reasons for s in staleness.find_stale_sections(library, work.id, plan=plan)
    }
    sections = [
        _report_section(
            plan, s, rows[s.id], current_drafts.get(s.id), manifests.get(s.id), stale.get(s.id, ())
        )
        for s in plan.outline.sections
    ]
    with use_text_rule(work.text_rule):
        constraints = _report_constraints(plan, current_drafts, _load_whole_review(work), text)
    return CheckResults(sections, constraints)


def texts_by_section(texts: Mapping[SectionId, Draft]) -> dict[SectionId, str]:
    """Return the words of drafts, by section id."""
    return {section_id: draft.text for section_id, draft in texts.items()}


def _report_voice(work: Work, current_drafts: Mapping[SectionId, Draft]) -> VoiceReport:
    sample, sections = work.brief.sample, texts_by_section(current_drafts)
    sample_metrics = measure_style(sample)

    whole_text = "\n\n".join(sections.values())
    return VoiceReport(
        sample=sample_metrics,
        piece=measure_style(whole_text),
        drift=measure_drift(sample, whole_text) if sample_metrics else None,
        sections={
            section_id: measure_drift(sample, text) if sample_metrics else measure_style(text)
            for section_id, text in sections.items()
        },
    )


def select_settings(settings: Settings, call_settings: CallSettings | None) -> dict[str, Any]:
    """Return the settings worth keeping with a piece of writing. Keys and passwords stay out."""
    visible_settings: dict[str, Any] = {
        name: getattr(settings, name)
        for name in ("concurrency", "context_tokens", "timeout_s", "tries", "temperature")
    }
    if settings.prompts is not None:
        visible_settings["prompts"] = str(settings.prompts)
    if call_settings is not None:
        visible_settings["models"] = {
            role: {"model": e.model, "api_bases": [without_secrets(b) for b in e.api_bases]}
            for role, e in call_settings.endpoints.items()
        }
        if call_settings.writers:
            visible_settings["writer_models"] = [e.model for e in call_settings.writers]
    return visible_settings


def _report_section(
    plan: Plan,
    section: Section,
    row: SectionRow,
    draft: Draft | None,
    manifest: Manifest | None,
    stale: Sequence[str],
) -> SectionReport:
    section_constraints = plan.constraints_for(section.id)
    return SectionReport(
        id=section.id,
        title=section.title,
        target_words=section.target_words,
        words=draft.words if draft else 0,
        version=draft.version if draft else None,
        status="missing" if draft is None else row.state,
        rounds=draft.rounds if draft else 0,
        model=manifest.writer_model.removeprefix(DEFAULT_PROVIDER) if draft and manifest else "",
        depends_on=list(plan.outline.depends_on[section.id]),
        memory_shown=[s.entry for s in manifest.shown if s.is_shown] if manifest else [],
        stale=list(stale),
        constraints=[
            ConstraintOutcome(id=c.id, **_describe(_find_finding(plan, draft, c)))
            for c in section_constraints
        ],
    )


def _find_finding(plan: Plan, draft: Draft | None, constraint: Constraint) -> Finding:
    if draft is None:
        return Finding(constraint=constraint.id, status="broken", evidence="the section is missing")
    for finding in draft.review.findings if draft.review else ():
        if finding.constraint == constraint.id:
            return finding
    return _check_by_rule(constraint, draft.text, plan)


def _describe(finding: Finding) -> dict[str, Any]:
    return finding.model_dump(include={"status", "evidence", "why", "by"})


def _load_whole_review(work: Work) -> dict[str, Finding]:
    """Return what the last review of the whole piece found, by constraint."""
    review = work.run_state.whole_review
    return {f.constraint: f for f in review.findings} if review else {}


def _report_constraints(
    plan: Plan,
    current_drafts: Mapping[SectionId, Draft],
    whole_findings: Mapping[str, Finding],
    text: str,
) -> list[ConstraintReport]:
    constraint_reports = [
        _report_length(plan, f)
        for f in whole_findings.values()
        if f.constraint == LENGTH_FINDING_ID
    ]
    carriers = constraint_consistency.find_carriers(plan.outline, plan.constraints)
    for constraint in plan.constraints:
        if constraint.where.scope == "whole":
            finding = whole_findings.get(constraint.id) or _check_by_rule(constraint, text, plan)
        else:
            finding = _find_worst(plan, current_drafts, constraint)
        constraint_reports.append(
            ConstraintReport(
                id=constraint.id,
                kind=constraint.kind,
                placement=str(constraint.where),
                **_describe(finding),
                required=constraint.required,
                text=constraint.text,
                sections=list(carriers[constraint.id]),
            )
        )
    return constraint_reports


def _report_length(plan: Plan, finding: Finding) -> ConstraintReport:
    """Report on the target length, which a run checks without a constraint of the plan."""
    return ConstraintReport(
        id=ConstraintId(finding.constraint),
        kind="length",
        placement="whole",
        **_describe(finding),
        required=True,
        text=f"About {plan.outline.target_words} words",
        sections=[],
    )


def _check_by_rule(constraint: Constraint, text: str, plan: Plan) -> Finding:
    titles = constraint_consistency.list_titles(plan.outline)
    parts = constraint_consistency.list_parts(plan.outline)
    findings = rules.check(text, [constraint], titles, parts)
    if findings:
        return findings[0]
    return Finding(constraint=constraint.id, status="not reviewed", by="judge")


def _find_worst(
    plan: Plan, current_drafts: Mapping[SectionId, Draft], constraint: Constraint
) -> Finding:
    """Return the finding of the worst of the sections that carry it, with the section named.

    Where all meet it, that is the first that has words to show for it.
    """
    carriers = plan.outline.sections_at(constraint.where.positions(len(plan.outline.sections)))
    positions = plan.outline.position
    findings = [
        (
            s.id,
            _find_finding(
                plan, current_drafts.get(s.id), constraint.with_section_number(positions[s.id])
            ),
        )
        for s in carriers
    ]
    for status in ("broken", "not reviewed", "met"):
        matching_findings = [(section_id, f) for section_id, f in findings if f.status == status]
        for section_id, finding in matching_findings:
            if (
                status == "met"
                and not finding.evidence
                and (section_id, finding) != matching_findings[-1]
            ):
                continue
            evidence = f"{section_id}: {finding.evidence}" if finding.evidence else section_id
            shown_evidence = evidence if finding.evidence or status != "met" else ""
            return finding.model_copy(update={"evidence": shown_evidence})
    return Finding(constraint=constraint.id, status="met")


def _total_calls(usage: Sequence[RoleUsage], from_journal: int) -> CallTotals:
    by_role: dict[str, RoleCalls] = {}
    for u in usage:
        role = by_role.get(u.role, RoleCalls())
        by_role[u.role] = RoleCalls(
            calls=role.calls + u.calls,
            prompt=role.prompt + u.prompt,
            cached=role.cached + u.cached,
            completion=role.completion + u.completion,
            seconds=round(role.seconds + u.seconds, 3),
        )
    return CallTotals(total=sum(u.calls for u in usage), from_journal=from_journal, by_role=by_role)


def _list_models(
    usage: Sequence[RoleUsage], run_models: Mapping[str, str], sections: Sequence[SectionReport]
) -> dict[str, str]:
    """Return the models that answered: in this run, and before it for roles it did not need.

    Where sections have models of their own, the writer's are all those that answered as one.
    """
    models = {**{u.role: u.model for u in usage}, **run_models}
    if any(section.model for section in sections):
        models["writer"] = ", ".join(sorted({u.model for u in usage if u.role == "writer"}))
    return models

"""``report.md``: the report as a person reads it, what is not met first."""

from collections.abc import Iterable, Iterator

from inkwright.app.display.formatting import collapse_lines, escape_cell, format_duration
from inkwright.app.reports.report import ConstraintReport, Report, RequestReport
from inkwright.app.reports.report_sources import format_sources

_STATUS_ORDER = {"broken": 0, "not reviewed": 1, "met": 2}
_CHECKER_TEXTS = {"rule": "by rule", "judge": "by the judge"}
_JUDGED_TEXTS = {"check": "requirements", "support": "citations", "settle": "contradictions"}
QUOTE_CHARS = 400


def format_report(report: Report, title: str) -> str:
    """Return the report in Markdown."""
    return "\n".join(_format_lines(report, title)).rstrip() + "\n"


def format_cost(report: Report) -> str:
    """Return what the piece cost, to go on a line with its calls; nothing where it isn't known."""
    cost = report.cost
    if cost is None:
        return ""
    if cost.total is not None:
        return f", {cost.total:,.4f} {cost.currency}"
    known_costs = [amount for amount in cost.by_model.values() if amount is not None]
    return f", {sum(known_costs):,.4f} {cost.currency} and calls of no known price"


def _format_lines(report: Report, title: str) -> Iterator[str]:
    calls = report.calls
    yield f"# Report: {collapse_lines(title)}"
    yield ""
    yield f"Status: **{report.status}**. {_describe_status(report)}"
    yield ""
    yield (
        f"{report.words:,} of {report.target_words:,} words in {len(report.sections)} "
        f"sections, {format_duration(report.seconds)}, {calls.total:,} calls"
        f"{format_cost(report)}. Work: `{report.work}`."
    )
    if report.length_note:
        yield from ("", f"{collapse_lines(report.length_note)}.")
    yield from _format_constraints(report.constraints)
    yield from _format_request(report.request)
    yield from _format_sections(report)
    yield from format_sources(report)
    if report.problems:
        yield from ("", "## Problems", "")
        yield from (f"- {collapse_lines(line)}" for line in report.problems)
    yield from _format_judges(report)
    if report.models:
        yield from ("", "## Models", "")
        yield from (f"- {role}: {model}" for role, model in sorted(report.models.items()))


def _format_judges(report: Report) -> Iterator[str]:
    """Yield how far the judges are to be trusted, as their control questions show."""
    if not report.judges:
        return
    yield from ("", "## Judges", "")
    yield "Before its verdicts counted, the judge answered questions whose answers are known."
    yield ""
    yield "| judge of | missed | false alarms | its verdicts |"
    yield "| --- | --- | --- | --- |"
    for purpose, judge in report.judges.items():
        missed = _format_rate(judge.missed, judge.broken, judge.miss_interval)
        alarms = _format_rate(judge.false_alarms, judge.sound, judge.false_alarm_interval)
        votes = "one vote" if judge.votes == 1 else f"the majority of {judge.votes} votes"
        counts = f"count, by {votes}" if judge.counts else "do not count: no better than chance"
        yield f"| {_JUDGED_TEXTS.get(purpose, purpose)} | {missed} | {alarms} | {counts} |"


def _format_rate(count: int, total: int, interval: tuple[float, float]) -> str:
    low, high = interval
    return f"{count} of {total} ({low:.0%} to {high:.0%})"


def _describe_status(report: Report) -> str:
    unmet_constraints = [c for c in report.constraints if c.required and c.status != "met"]
    if report.status == "partial":
        missing_ids = [s.id for s in report.sections if s.status == "missing"]
        return f"Missing: {', '.join(missing_ids)}." if missing_ids else "It is not finished."
    if unmet_constraints:
        return f"Required and not met: {', '.join(c.id for c in unmet_constraints)}."
    return "Every required constraint is met." if report.constraints else ""


def _format_constraints(constraint_reports: Iterable[ConstraintReport]) -> Iterator[str]:
    ordered_reports = sorted(
        constraint_reports, key=lambda c: (_STATUS_ORDER[c.status], not c.required)
    )
    yield from ("", "## Constraints", "")
    if not ordered_reports:
        yield "None."
    for c in ordered_reports:
        wish_note = "" if c.required else ", only wished for"
        yield (
            f"- **{c.status}** [{c.id}] {collapse_lines(c.text)} "
            f"({c.kind}, {c.placement}, {_CHECKER_TEXTS[c.by]}{wish_note})"
        )
        reason = f" ({c.why})" if c.why else ""
        yield from (f"  > {line}" for line in _quote_lines(f"{c.evidence}{reason}"))


def _format_request(sentences: Iterable[RequestReport]) -> Iterator[str]:
    rows = [
        f"| {escape_cell(s.sentence)} | {escape_cell(_describe_outcome(s))} |" for s in sentences
    ]
    if rows:
        yield from ("", "## Request", "", "| sentence | what became of it |", "| --- | --- |")
        yield from rows


def _describe_outcome(sentence: RequestReport) -> str:
    if sentence.outcome == "constraint":
        return ", ".join(sentence.constraints)
    unchecked_text = f": {'; '.join(sentence.unchecked)}" if sentence.unchecked else ""
    return f"{sentence.outcome}{unchecked_text}"


def _format_sections(report: Report) -> Iterator[str]:
    names_models = any(s.model for s in report.sections)
    columns = [
        "section",
        "title",
        "words",
        "status",
        "not met",
        *(["model"] if names_models else []),
    ]
    yield from ("", "## Sections", "", f"| {' | '.join(columns)} |")
    yield f"|{' --- |' * len(columns)}"
    for s in report.sections:
        unmet_text = ", ".join(f"{c.id} {c.status}" for c in s.constraints if _is_open(c.status))
        words = f"{s.words:,} of {s.target_words:,}"
        status = f"{s.status}{', stale' if s.stale else ''}"
        model_cell = f" {escape_cell(s.model)} |" if names_models else ""
        row = f"| {s.id} | {escape_cell(s.title)} | {words} | {status} | {unmet_text} |"
        yield f"{row}{model_cell}"


def _is_open(status: str) -> bool:
    return status != "met"


def _quote_lines(evidence: str) -> Iterator[str]:
    shown_text = evidence if len(evidence) <= QUOTE_CHARS else f"{evidence[:QUOTE_CHARS]}…"
    return (line for line in shown_text.splitlines() if line.strip())

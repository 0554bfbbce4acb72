"""``report.md``: the report as a person reads it, what is not met first."""

from collections.abc import Iterable, Iterator

from inkwright.app.display.formatting import cell, duration, one_line
from inkwright.app.reports.report import ConstraintReport, Report
from inkwright.app.reports.report_sources import sources_text

_ORDER = {"broken": 0, "not reviewed": 1, "met": 2}
_BY = {"rule": "by rule", "judge": "by the judge"}
QUOTE_CHARS = 400


def report_text(report: Report, title: str) -> str:
    """Return the report in Markdown."""
    return "\n".join(_lines(report, title)).rstrip() + "\n"


def _lines(report: Report, title: str) -> Iterator[str]:
    calls = report["calls"]
    yield f"# Report: {one_line(title)}"
    yield ""
    yield f"Status: **{report['status']}**. {_meaning(report)}"
    yield ""
    yield (
        f"{report['words']:,} of {report['target_words']:,} words in {len(report['sections'])} "
        f"sections, {duration(report['seconds'])}, {calls['total']:,} calls. "
        f"Work: `{report['work']}`."
    )
    yield from _constraints(report["constraints"])
    yield from _sections(report)
    yield from sources_text(report)
    if report["problems"]:
        yield from ("", "## Problems", "")
        yield from (f"- {one_line(line)}" for line in report["problems"])
    if report["models"]:
        yield from ("", "## Models", "")
        yield from (f"- {role}: {model}" for role, model in sorted(report["models"].items()))


def _meaning(report: Report) -> str:
    unmet = [c for c in report["constraints"] if c["required"] and c["status"] != "met"]
    if report["status"] == "partial":
        missing = [s["id"] for s in report["sections"] if s["status"] == "missing"]
        return f"Missing: {', '.join(missing)}." if missing else "It is not finished."
    if unmet:
        return f"Required and not met: {', '.join(c['id'] for c in unmet)}."
    return "Every required constraint is met." if report["constraints"] else ""


def _constraints(found: Iterable[ConstraintReport]) -> Iterator[str]:
    ordered = sorted(found, key=lambda c: (_ORDER[c["status"]], not c["required"]))
    yield from ("", "## Constraints", "")
    if not ordered:
        yield "None."
    for c in ordered:
        wish = "" if c["required"] else ", only wished for"
        yield (
            f"- **{c['status']}** [{c['id']}] {one_line(c['text'])} "
            f"({c['kind']}, {c['placement']}, {_BY[c['by']]}{wish})"
        )
        why = f" ({c['why']})" if c["why"] else ""
        yield from (f"  > {line}" for line in _quote(f"{c['evidence']}{why}"))


def _sections(report: Report) -> Iterator[str]:
    yield from ("", "## Sections", "", "| section | title | words | status | not met |")
    yield "| --- | --- | --- | --- | --- |"
    for s in report["sections"]:
        unmet = ", ".join(
            f"{c['id']} {c['status']}" for c in s["constraints"] if _is_open(c["status"])
        )
        words = f"{s['words']:,} of {s['target_words']:,}"
        stale = ", stale" if s["stale"] else ""
        yield f"| {s['id']} | {cell(s['title'])} | {words} | {s['status']}{stale} | {unmet} |"


def _is_open(status: str) -> bool:
    return status != "met"


def _quote(evidence: str) -> Iterator[str]:
    shown = evidence if len(evidence) <= QUOTE_CHARS else f"{evidence[:QUOTE_CHARS]}…"
    return (line for line in shown.splitlines() if line.strip())

"""The part of ``report.md`` on sources: which are cited where, and what rests on nothing."""

from collections import Counter
from collections.abc import Iterator, Sequence

from inkwright.app.display.formatting import collapse_lines, escape_cell
from inkwright.app.manuscripts.citation_report import CitationReport, SourceReport, UncitedReport
from inkwright.app.reports.report import Report

MAX_LISTED = 50
"""So many sentences of a kind are listed; ``report.json`` has all."""


def format_sources(report: Report) -> Iterator[str]:
    """Yield the lines of a report on a work with sources; none on one without."""
    if not report.sources:
        return
    yield from _format_source_table(report.sources)
    yield from _format_citations(report.citations)
    yield from _format_uncited(report.uncited)


def _format_source_table(source_reports: Sequence[SourceReport]) -> Iterator[str]:
    yield from ("", "## Sources", "")
    yield "| source | title | cited in | planned, not cited in | cited, not planned in |"
    yield "| --- | --- | --- | --- | --- |"
    for s in source_reports:
        places = " | ".join(", ".join(s[where]) for where in ("cited", "unused", "unplanned"))
        yield f"| {escape_cell(s.key)} | {escape_cell(s.title)} | {places} |"


def _format_citations(citation_reports: Sequence[CitationReport]) -> Iterator[str]:
    counts = Counter(c.status for c in citation_reports)
    counts_text = ", ".join(f"{n:,} {status}" for status, n in counts.most_common()) or "none"
    yield from ("", "## Citations", "", f"Sentences that cite: {counts_text}.")
    doubtful_citations = [c for c in citation_reports if c.status != "supported"]
    if doubtful_citations:
        yield ""
    for c in doubtful_citations[:MAX_LISTED]:
        reason = f" ({c.why})" if c.why else ""
        yield f"- **{c.status}** {c.section}: {collapse_lines(c.claim + reason)}"
    yield from _format_remainder(len(doubtful_citations))


def _format_uncited(uncited_reports: Sequence[UncitedReport]) -> Iterator[str]:
    if not uncited_reports:
        return
    yield from ("", "Sentences with a figure or a quotation that rest on no source:", "")
    for c in uncited_reports[:MAX_LISTED]:
        yield f"- {c.section}: {collapse_lines(c.claim)}"
    yield from _format_remainder(len(uncited_reports))


def _format_remainder(count: int) -> Iterator[str]:
    if count > MAX_LISTED:
        yield f"- and {count - MAX_LISTED:,} more, in report.json"

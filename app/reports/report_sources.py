"""The part of ``report.md`` on sources: which are cited where, and what rests on nothing."""

from collections import Counter
from collections.abc import Iterator, Sequence

from inkwright.app.display.formatting import cell, one_line
from inkwright.app.manuscripts.citation_report import CitationReport, SourceReport, UncitedReport
from inkwright.app.reports.report import Report

SHOWN = 50
"""So many sentences of a kind are listed; ``report.json`` has all."""


def sources_text(report: Report) -> Iterator[str]:
    """Yield the lines of a report on a work with sources; none on one without."""
    if not report["sources"]:
        return
    yield from _sources(report["sources"])
    yield from _citations(report["citations"])
    yield from _uncited(report["uncited"])


def _sources(found: Sequence[SourceReport]) -> Iterator[str]:
    yield from ("", "## Sources", "")
    yield "| source | title | cited in | planned, not cited in | cited, not planned in |"
    yield "| --- | --- | --- | --- | --- |"
    for s in found:
        places = " | ".join(", ".join(s[where]) for where in ("cited", "unused", "unplanned"))
        yield f"| {cell(s['key'])} | {cell(s['title'])} | {places} |"


def _citations(found: Sequence[CitationReport]) -> Iterator[str]:
    counts = Counter(c["status"] for c in found)
    told = ", ".join(f"{n:,} {status}" for status, n in counts.most_common()) or "none"
    yield from ("", "## Citations", "", f"Sentences that cite: {told}.")
    doubtful = [c for c in found if c["status"] != "supported"]
    if doubtful:
        yield ""
    for c in doubtful[:SHOWN]:
        why = f" ({c['why']})" if c["why"] else ""
        yield f"- **{c['status']}** {c['section']}: {one_line(c['claim'] + why)}"
    yield from _more(len(doubtful))


def _uncited(found: Sequence[UncitedReport]) -> Iterator[str]:
    if not found:
        return
    yield from ("", "Sentences with a figure or a quotation that rest on no source:", "")
    for c in found[:SHOWN]:
        yield f"- {c['section']}: {one_line(c['claim'])}"
    yield from _more(len(found))


def _more(count: int) -> Iterator[str]:
    if count > SHOWN:
        yield f"- and {count - SHOWN:,} more, in report.json"

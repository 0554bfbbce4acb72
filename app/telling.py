"""What commands print when they are done."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inkwright.app.wording import duration
from inkwright.memory.outline import Section
from inkwright.memory.plans import Plan

if TYPE_CHECKING:
    from inkwright.app.engine import Manuscript

PROBLEMS_SHOWN = 12


def manuscript_lines(manuscript: "Manuscript") -> Iterator[str]:
    """Say how the piece came out, which models wrote it, and where it is."""
    report = manuscript.report
    calls = report["calls"]
    reused = f" ({calls['from_journal']} from the journal)" if calls["from_journal"] else ""
    yield (
        f"{manuscript.status}: {manuscript.words:,} of {report['target_words']:,} words in "
        f"{len(report['sections'])} sections, {duration(report['seconds'])}, "
        f"{calls['total']} calls{reused}"
    )
    problems = report["problems"]
    for problem in problems[:PROBLEMS_SHOWN]:
        yield f"  - {problem}"
    if len(problems) > PROBLEMS_SHOWN:
        yield f"  - and {len(problems) - PROBLEMS_SHOWN} more in report.json"
    if models := sorted(set(report["models"].values())):
        yield f"models: {', '.join(models)}"
    yield f"work: {manuscript.work}"
    if manuscript.path is not None:
        yield f"manuscript: {manuscript.path}"


def plan_lines(plan: Plan) -> Iterator[str]:
    """Show the outline, with the constraints that each section carries."""
    outline = plan.outline
    yield f"{outline.title}: {len(outline.sections)} sections, {outline.target_words:,} words"
    headings = {h.id: h for h in outline.headings}
    opened: tuple[str, ...] = ()
    for number, section in enumerate(outline.sections, 1):
        for place, hid in enumerate(section.within):
            if section.within[: place + 1] != opened[: place + 1]:
                yield f"{'  ' * headings[hid].level}{headings[hid].title}"
        opened = section.within
        yield from _section_lines(plan, number, section)
    if plan.whole:
        yield "The whole piece:"
        for constraint in plan.whole:
            yield f"  [{constraint.id}] {constraint.text}"


def _section_lines(plan: Plan, number: int, section: Section) -> Iterator[str]:
    indent = "  " * (len(section.within) + 1)
    yield f"{indent}{number}. {section.title} ({section.id}, {section.target_words:,} words)"
    if section.purpose:
        yield f"{indent}   {section.purpose}"
    for constraint in plan.carried(section.id):
        yield f"{indent}   [{constraint.id}] {constraint.text}"

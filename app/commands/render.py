"""What commands print when they are done."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import typer

from inkwright.app.display.formatting import display_width, duration, padded, shortened
from inkwright.app.services import engine
from inkwright.app.services.run_options import RunOptions
from inkwright.memory.domain import constraint_consistency
from inkwright.memory.domain.constraint import Constraint
from inkwright.memory.domain.outline import Section
from inkwright.memory.store.plans import Plan

if TYPE_CHECKING:
    from inkwright.app.services.replan import ReplanResult
    from inkwright.app.services.run_result import Manuscript

PROBLEMS_SHOWN = 12
REQUIREMENT_CHARS = 70
LISTED = 12
"""A range of more sections is shown by its ends."""


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
    yield from coverage_lines(plan)


def coverage_lines(plan: Plan) -> Iterator[str]:
    """Show which section carries which constraint: a table with a line for each constraint."""
    if not plan.constraints:
        return
    carriers = constraint_consistency.carriers(plan.outline, plan.constraints)
    rows = [("constraint", "kind", "checked", "carried by", "requirement")]
    rows += [
        (
            c.id if c.required else f"{c.id} (wish)",
            c.kind,
            "by rule" if c.by_rule else "by judge",
            _carried_by(c, carriers[c.id], len(plan.outline.sections)),
            shortened(c.text, REQUIREMENT_CHARS),
        )
        for c in plan.constraints
    ]
    widths = [max(display_width(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    yield ""
    for row in rows:
        cells = [padded(cell, width) for cell, width in zip(row, widths, strict=False)]
        yield "  ".join([*cells, row[-1]])


def replanned_lines(replanned: "ReplanResult") -> Iterator[str]:
    """Say what a new outline changed."""
    yield ""
    yield from replanned.moved or ("no constraint moved to another section",)
    if replanned.gone:
        yield f"no longer in the outline: {', '.join(replanned.gone)}; their texts are kept"
    if replanned.back:
        yield f"back in the outline with the text they had: {', '.join(replanned.back)}"
    if replanned.stale:
        yield f"to be checked again: {', '.join(replanned.stale)}"


def _carried_by(constraint: Constraint, ids: Sequence[str], total: int) -> str:
    """Return the sections that carry it, every one by its id unless that says less than a word."""
    if constraint.where.scope == "whole":
        return "the whole piece"
    if len(ids) == total:
        return f"all {total} sections"
    if constraint.where.scope == "others":
        return str(constraint.where)
    if constraint.where.scope == "range" and len(ids) > LISTED:
        return f"{ids[0]} to {ids[-1]} ({len(ids)} sections)"
    return ", ".join(ids)


def _section_lines(plan: Plan, number: int, section: Section) -> Iterator[str]:
    indent = "  " * (len(section.within) + 1)
    yield f"{indent}{number}. {section.title} ({section.id}, {section.target_words:,} words)"
    if section.purpose:
        yield f"{indent}   {section.purpose}"
    for constraint in plan.carried(section.id):
        if constraint.where.scope != "others":
            yield f"{indent}   [{constraint.id}] {constraint.text}"


def tell_stale(work: str, job: RunOptions) -> None:
    """Print which sections of a work are stale now."""
    stale = engine.stale(work, job.settings)
    for section, reasons in stale.items():
        typer.echo(f"  {section} is stale: {reasons[0]}")
    if stale:
        typer.echo(f"`inkwright settle {work}` checks them")

"""What commands print when they are done."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import typer
from rich.cells import cell_len

from inkwright.app.display.formatting import format_duration, pad, shorten
from inkwright.app.reports.report_markdown import format_cost
from inkwright.memory.domain import constraint_consistency
from inkwright.memory.domain.constraint import Constraint
from inkwright.memory.domain.outline import Section
from inkwright.memory.store.plans import Plan

if TYPE_CHECKING:
    from inkwright.app.services.engine import PlannedWork
    from inkwright.app.services.replan import ReplanResult
    from inkwright.app.services.run_result import Manuscript

MAX_PROBLEMS = 12
REQUIREMENT_CHARS = 70
REQUEST_CHARS = 100
MAX_LISTED_SECTIONS = 12
"""A range of more sections is shown by its ends."""


def render_manuscript(manuscript: "Manuscript") -> Iterator[str]:
    """Say how the piece came out, which models wrote it, and where it is."""
    report = manuscript.report
    calls = report.calls
    journal_note = f" ({calls.from_journal} from the journal)" if calls.from_journal else ""
    yield (
        f"{manuscript.status}: {manuscript.words:,} of {report.target_words:,} words in "
        f"{len(report.sections)} sections, {format_duration(report.seconds)}, "
        f"{calls.total} calls{journal_note}{format_cost(report)}"
    )
    problems = report.problems
    for problem in problems[:MAX_PROBLEMS]:
        yield f"  - {problem}"
    if len(problems) > MAX_PROBLEMS:
        yield f"  - and {len(problems) - MAX_PROBLEMS} more in report.json"
    if models := sorted(set(report.models.values())):
        yield f"models: {', '.join(models)}"
    yield f"work: {manuscript.work}"
    if manuscript.path is not None:
        yield f"manuscript: {manuscript.path}"


def render_plan(plan: Plan) -> Iterator[str]:
    """Show the outline, with the constraints that each section carries."""
    outline = plan.outline
    yield f"{outline.title}: {len(outline.sections)} sections, {outline.target_words:,} words"
    headings = {h.id: h for h in outline.headings}
    open_heading_ids: tuple[str, ...] = ()
    for number, section in enumerate(outline.sections, 1):
        for depth, heading_id in enumerate(section.within):
            if section.within[: depth + 1] != open_heading_ids[: depth + 1]:
                yield f"{'  ' * headings[heading_id].level}{headings[heading_id].title}"
        open_heading_ids = section.within
        yield from _render_section(plan, number, section)
    yield from render_coverage(plan)


def render_coverage(plan: Plan) -> Iterator[str]:
    """Show which section carries which constraint: a table with a line for each constraint."""
    if not plan.constraints:
        return
    carriers = constraint_consistency.find_carriers(plan.outline, plan.constraints)
    rows = [("constraint", "kind", "checked", "carried by", "requirement")]
    rows += [
        (
            c.id if c.required else f"{c.id} (wish)",
            c.kind,
            "by rule" if c.is_checked_by_rule else "by judge",
            _describe_carriers(c, carriers[c.id], len(plan.outline.sections)),
            shorten(c.text, REQUIREMENT_CHARS),
        )
        for c in plan.constraints
    ]
    widths = [max(cell_len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    yield ""
    for row in rows:
        cells = [pad(cell, width) for cell, width in zip(row, widths, strict=False)]
        yield "  ".join([*cells, row[-1]])


def render_request(planned_work: "PlannedWork") -> Iterator[str]:
    """Show the request sentence by sentence, with what became of each, and how long it is."""
    from inkwright.agents.requests.request_coverage import describe_outcome

    yield ""
    if planned_work.length_note:
        yield planned_work.length_note
    if planned_work.request:
        yield "request, sentence by sentence:"
    for account in planned_work.request:
        yield f"  {describe_outcome(account)}: {shorten(account.text, REQUEST_CHARS)}"


def render_replan(replan_result: "ReplanResult") -> Iterator[str]:
    """Say what a new outline changed."""
    yield ""
    yield from replan_result.moved_constraints or ("no constraint moved to another section",)
    if replan_result.removed_section_ids:
        removed_text = ", ".join(replan_result.removed_section_ids)
        yield f"no longer in the outline: {removed_text}; their texts are kept"
    if replan_result.back:
        yield f"back in the outline with the text they had: {', '.join(replan_result.back)}"
    if replan_result.stale_section_ids:
        yield f"to be checked again: {', '.join(replan_result.stale_section_ids)}"


def _describe_carriers(
    constraint: Constraint, section_ids: Sequence[str], section_count: int
) -> str:
    """Return the sections that carry it, every one by its id unless that says less than a word."""
    if constraint.where.scope == "whole":
        return "the whole piece"
    if len(section_ids) == section_count:
        return f"all {section_count} sections"
    if constraint.where.scope == "others":
        return str(constraint.where)
    if constraint.where.scope == "range" and len(section_ids) > MAX_LISTED_SECTIONS:
        return f"{section_ids[0]} to {section_ids[-1]} ({len(section_ids)} sections)"
    return ", ".join(section_ids)


def _render_section(plan: Plan, number: int, section: Section) -> Iterator[str]:
    indent = "  " * (len(section.within) + 1)
    yield f"{indent}{number}. {section.title} ({section.id}, {section.target_words:,} words)"
    if section.purpose:
        yield f"{indent}   {section.purpose}"
    for constraint in plan.constraints_for(section.id):
        if constraint.where.scope != "others":
            yield f"{indent}   [{constraint.id}] {constraint.text}"


def print_plan(planned_work: "PlannedWork") -> None:
    """Print the plan of a work, what became of its request, and its id."""
    for line in (*render_plan(planned_work.plan), *render_request(planned_work)):
        typer.echo(line)
    typer.echo(f"\nwork: {planned_work.work}")

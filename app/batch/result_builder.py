"""From a work, as it stands in the library, to its line in the output."""

from inkwright.app.batch.input import BatchLine
from inkwright.app.batch.results import (
    Calls,
    OutlinedSection,
    Result,
    SectionCounts,
    Status,
)
from inkwright.app.reports.report import Tokens
from inkwright.app.services import run_result
from inkwright.app.services.run_options import RunOptions
from inkwright.app.services.run_result import Manuscript
from inkwright.memory.ids import WorkId
from inkwright.memory.store import journal, plans
from inkwright.memory.store.library import Library


def build_result(line: BatchLine, manuscript: Manuscript, *, stop_reason: str = "") -> Result:
    """Return the line of a work that has text; ``stop_reason``: the limit that ended it early."""
    report = manuscript.report
    return Result(
        id=line.id,
        digest=line.digest,
        line=line.number,
        status=manuscript.status,
        error=stop_reason or None,
        work=manuscript.work,
        title=manuscript.title,
        text=manuscript.text,
        words=manuscript.words,
        target_words=report.target_words,
        sections=SectionCounts(
            done=sum(s.status == "accepted" for s in report.sections),
            of=len(report.sections),
        ),
        problems=tuple(report.problems),
        calls=Calls(
            total=report.calls.total,
            by_role={role: c.calls for role, c in report.calls.by_role.items()},
        ),
        tokens=report.tokens,
        models=report.models,
        seconds=report.seconds,
        unfinished=bool(stop_reason),
        input=line.input_fields,
    )


def build_current_result(
    library: Library, line: BatchLine, work_id: WorkId, run_options: RunOptions
) -> Result:
    """Return the line of a work that ended in an earlier run."""
    return build_result(
        line, run_result.build_current_manuscript(library, work_id, run_options, None)
    )


def build_textless_result(
    library: Library,
    line: BatchLine,
    status: Status,
    *,
    work_id: WorkId | None = None,
    error: str | None = None,
    unfinished: bool = False,
) -> Result:
    """Return the line of what has no text: a bad line, a work that failed, or its outline."""
    result = Result(
        id=line.id,
        digest=line.digest,
        line=line.number,
        status=status,
        error=error,
        work=work_id,
        unfinished=unfinished,
        input=line.input_fields,
    )
    if work_id is None:
        return result
    usage = journal.load_usage(library, work_id)
    result = result.model_copy(
        update={
            "calls": Calls(
                total=sum(u.calls for u in usage), by_role={u.role: u.calls for u in usage}
            ),
            "tokens": Tokens(
                prompt=sum(u.prompt for u in usage),
                cached=sum(u.cached for u in usage),
                completion=sum(u.completion for u in usage),
            ),
            "models": {u.role: u.model for u in usage},
        }
    )
    if (plan := plans.current(library, work_id)) is None:
        return result
    outline = plan.outline
    titles = {h.id: h.title for h in outline.headings}
    return result.model_copy(
        update={
            "title": outline.title,
            "target_words": outline.target_words,
            "sections": SectionCounts(of=len(outline.sections)),
            "outline": tuple(
                OutlinedSection(
                    id=s.id,
                    title=s.title,
                    within=tuple(titles[h] for h in s.within),
                    purpose=s.purpose,
                    words=s.target_words,
                    constraints=tuple(c.text for c in plan.constraints_for(s.id)),
                )
                for s in outline.sections
            ),
        }
    )

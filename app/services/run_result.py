"""What a work has come to: its text, the report on it, and its files."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from inkwright.agents.llm.config import CallSettings
from inkwright.agents.llm.events import Notice
from inkwright.app.files import output_folder
from inkwright.app.manuscripts import citation_report
from inkwright.app.reports.memory_json import memory_file
from inkwright.app.reports.report import Report, RunFacts, report, settings_shown
from inkwright.app.reports.report_markdown import report_text
from inkwright.app.services.run_options import RunOptions
from inkwright.memory.store import drafts, plans, sources, works
from inkwright.memory.store.library import Library

if TYPE_CHECKING:
    from inkwright.agents.orchestration.run import RunResult

Status = Literal["complete", "flagged", "partial"]


@dataclass(frozen=True)
class Manuscript:
    """A finished piece, and what is known about it."""

    work: str
    """Id of the work in the library."""
    title: str
    text: str
    """Markdown, with headings as the brief asked for."""
    status: Status
    words: int
    report: Report = field(repr=False)
    path: Path | None = None
    """Where ``manuscript.md`` was written; None when no folder was given."""


def as_it_stands(
    library: Library, work_id: str, job: RunOptions, folder: Path | None
) -> Manuscript:
    """Return a planned work as it is now, without a run."""
    work = works.get(library, work_id)
    ran = RunFacts(
        status=work.status if work.status in ("complete", "flagged") else "partial",
        seconds=0.0,
        from_journal=0,
        models={},
        problems=work.problems,
    )
    return _manuscript(library, work_id, ran, job, None, folder)


def ended(
    library: Library,
    work: str,
    result: "RunResult",
    job: RunOptions,
    calling: CallSettings,
    folder: Path | None,
) -> Manuscript:
    """Return a work after a run to its end, with its files in ``folder``."""
    assert result.status != "planned", "only a run to the end has a manuscript"
    ran = RunFacts(
        status=result.status,
        seconds=result.seconds,
        from_journal=result.from_journal,
        models=dict(result.models),
        problems=result.problems,
    )
    return _manuscript(library, work, ran, job, calling, folder)


def _manuscript(
    library: Library,
    work_id: str,
    ran: RunFacts,
    job: RunOptions,
    calling: CallSettings | None,
    folder: Path | None,
) -> Manuscript:
    work, plan = works.get(library, work_id), plans.current(library, work_id)
    assert plan is not None, "only a planned work has a manuscript"
    texts = drafts.current(library, work_id, plan.outline)
    kept = sources.kept(library, work_id)
    text = citation_report.manuscript(plan.outline, texts, work.brief, kept)
    shown = settings_shown(job.settings, calling)
    reported = report(library, work, text, ran, shown, job.settings.prompts)
    path = None
    if folder is not None:
        files = {
            "manuscript.md": text,
            "report.json": json.dumps(reported, ensure_ascii=False, indent=2) + "\n",
            "report.md": report_text(reported, plan.outline.title),
            "memory.json": memory_file(library, work_id, plan.outline.title),
        }
        written = output_folder.write(library, work_id, folder, files)
        for name, at in written.items():
            if at.name != name:
                notice = f"{folder / name} was changed since; this one is {at.name} beside it"
                job.watch(Notice(work_id, notice))
        path = written["manuscript.md"]
    return Manuscript(
        work=work_id,
        title=plan.outline.title,
        text=text,
        status=cast(Status, ran["status"]),
        words=reported["words"],
        report=reported,
        path=path,
    )

"""What a work has come to: its text, the report on it, and its files."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from inkwright.agents.llm.config import CallSettings
from inkwright.agents.llm.events import Notice
from inkwright.app.config.endpoints import build_price_list
from inkwright.app.files import output_folder
from inkwright.app.manuscripts import citation_report
from inkwright.app.reports.memory_json import format_memory_file
from inkwright.app.reports.report import Report
from inkwright.app.reports.report_builder import RunFacts, build_report, select_settings
from inkwright.app.reports.report_markdown import format_report
from inkwright.app.services.run_options import RunOptions
from inkwright.memory.ids import WorkId
from inkwright.memory.store import drafts, plans, sources, works
from inkwright.memory.store.library import Library

if TYPE_CHECKING:
    from inkwright.agents.orchestration.run import RunResult

Status = Literal["complete", "flagged", "partial"]


@dataclass(frozen=True)
class Manuscript:
    """A finished piece, and what is known about it."""

    work: WorkId
    """Id of the work in the library."""
    title: str
    text: str
    """Markdown, with headings as the brief asked for."""
    status: Status
    words: int
    report: Report = field(repr=False)
    path: Path | None = None
    """Where ``manuscript.md`` was written; None when no folder was given."""


def build_current_manuscript(
    library: Library, work_id: WorkId, run_options: RunOptions, folder: Path | None
) -> Manuscript:
    """Return a planned work as it is now, without a run."""
    work = works.get(library, work_id)
    run_facts = RunFacts(
        status=work.status if work.status in ("complete", "flagged") else "partial",
        seconds=0.0,
        from_journal=0,
        models={},
        problems=work.problems,
    )
    return _build_manuscript(library, work_id, run_facts, run_options, None, folder)


def build_run_manuscript(
    library: Library,
    work_id: WorkId,
    result: "RunResult",
    run_options: RunOptions,
    call_settings: CallSettings,
    folder: Path | None,
) -> Manuscript:
    """Return a work after a run to its end, with its files in ``folder``."""
    assert result.status != "planned", "only a run to the end has a manuscript"
    run_facts = RunFacts(
        status=result.status,
        seconds=result.seconds,
        from_journal=result.from_journal,
        models=dict(result.models),
        problems=result.problems,
    )
    return _build_manuscript(library, work_id, run_facts, run_options, call_settings, folder)


def _build_manuscript(
    library: Library,
    work_id: WorkId,
    run_facts: RunFacts,
    run_options: RunOptions,
    call_settings: CallSettings | None,
    folder: Path | None,
) -> Manuscript:
    work, plan = works.get(library, work_id), plans.current(library, work_id)
    assert plan is not None, "only a planned work has a manuscript"
    current_drafts = drafts.current(library, work_id, plan.outline)
    stored_sources = sources.load_sources(library, work_id)
    text = citation_report.build_manuscript(
        plan.outline, current_drafts, work.brief, stored_sources
    )
    report_settings = select_settings(run_options.settings, call_settings)
    run_report = build_report(
        library,
        work,
        text,
        run_facts,
        report_settings,
        build_price_list(run_options.settings),
        run_options.settings.prompts,
    )
    path = None
    if folder is not None:
        files = {
            "manuscript.md": text,
            "report.json": run_report.as_json(),
            "report.md": format_report(run_report, plan.outline.title),
            "memory.json": format_memory_file(library, work_id, plan.outline.title),
        }
        path_by_name = output_folder.write_files(library, work_id, folder, files)
        for name, written_path in path_by_name.items():
            if written_path.name != name:
                notice = (
                    f"{folder / name} was changed since; this one is {written_path.name} beside it"
                )
                run_options.watch(Notice(work_id, notice))
        path = path_by_name["manuscript.md"]
    return Manuscript(
        work=work_id,
        title=plan.outline.title,
        text=text,
        status=cast(Status, run_facts.status),
        words=run_report.words,
        report=run_report,
        path=path,
    )

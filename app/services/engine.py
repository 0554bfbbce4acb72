"""The one place where a run is put together: library, models, limits, and where the result goes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from inkwright.agents.llm.config import Ablation
from inkwright.app.config import endpoints
from inkwright.app.config.prices import check_prices
from inkwright.app.config.settings import Settings
from inkwright.app.files import output_folder
from inkwright.app.services.library_status import work_in_place_of_brief
from inkwright.app.services.purge import purge_work
from inkwright.app.services.run_options import RunOptions
from inkwright.app.services.run_recorder import RunRecorder, record_run
from inkwright.app.services.run_result import (
    Manuscript,
    build_current_manuscript,
    build_run_manuscript,
)
from inkwright.memory.changes import contradictions, staleness
from inkwright.memory.cleanup import storable
from inkwright.memory.domain.brief import Brief
from inkwright.memory.domain.draft import Draft
from inkwright.memory.errors import BadInput
from inkwright.memory.ids import SectionId, WorkId
from inkwright.memory.store import plans, works
from inkwright.memory.store.ledger import Ledger
from inkwright.memory.store.library import Library
from inkwright.memory.store.plans import Plan
from inkwright.memory.store.works import Work
from inkwright.memory.user_work import finding_decisions

if TYPE_CHECKING:
    from inkwright.agents.orchestration.run import RunInputs, RunResult
    from inkwright.agents.requests.request_coverage import SentenceAccount
    from inkwright.agents.revision.instructed_edit import EditorProposal, Span
    from inkwright.app.export.formats import Exported, ExportOptions, RenderedFile
    from inkwright.app.manuscripts.import_file import Imported, ImportOptions
    from inkwright.app.manuscripts.sync import Synced
    from inkwright.app.services.draft_provenance import DraftProvenance
    from inkwright.app.services.review_summary import OpenFinding, ReviewSummary
    from inkwright.memory.domain.check_record import Verdict
    from inkwright.memory.store.run_status import RunAction


@dataclass(frozen=True)
class PlannedWork:
    """A work that has its outline, and waits to be written."""

    work: WorkId
    plan: Plan
    request: "tuple[SentenceAccount, ...]" = ()
    """What became of every sentence of the request."""
    length_note: str = ""
    """How the length was read."""


@contextmanager
def open_library(settings: Settings) -> Iterator[Library]:
    """Yield the library that the settings name.

    Raises:
        LibraryUnusable: it cannot be opened.
    """
    library = Library.open(settings.home, settings.library_address, settings.index_url)
    try:
        yield library
    finally:
        library.close()


def begin_work(
    brief: Brief,
    settings: Settings,
    ablation: Ablation,
    *,
    fresh: bool = False,
    to_write: bool = True,
) -> Work:
    """Return the work of this brief, seed and arms: the one there is, or a new one.

    Raises:
        BadInput: no model is set and it is ``to_write`` now, or the library cannot be used.
    """
    if to_write:
        endpoints.resolve_models(settings)
    with open_library(settings) as library:
        return works.begin(library, brief, ablation.model_dump(), fresh=fresh)


def work_meant(
    brief_argument: str, settings: Settings, ablation: Ablation, load_brief: Callable[[], Brief]
) -> WorkId | None:
    """Return the work that ``given`` names by its id, or by its beginning; None: it is a brief.

    A request that a work was begun with already is that brief, whatever it is the beginning of;
    ``read`` reads it.

    Raises:
        BadInput: it begins the ids of several works, or has the form of an id that none has.
    """
    work = work_in_place_of_brief(settings.home, settings.library_address, brief_argument)
    if work is None or work == brief_argument:
        return work
    with open_library(settings) as library:
        return None if works.is_begun(library, load_brief(), ablation.model_dump()) else work


async def plan(work_id: WorkId, run_options: RunOptions) -> PlannedWork:
    """Bring a work to its outline, and stop.

    Raises:
        InkwrightError: as ``agents.orchestration.run.run``.
    """
    with open_library(run_options.settings) as library:
        async with _open_run(library, work_id, "plan", run_options) as (run_inputs, recorder):
            from inkwright.agents.orchestration import run

            await run.run(work_id, run_inputs, until="planned")
            recorder.outcome = "planned"
        return _load_planned_work(library, work_id)


async def write(work_id: WorkId, run_options: RunOptions, *, out: Path | None = None) -> Manuscript:
    """Write a work to its end, going on from wherever it stands.

    Raises:
        InkwrightError: as ``agents.orchestration.run.run``; what was done until then is kept.
    """
    with open_library(run_options.settings) as library:
        works.approve(library, work_id)

    async def act(run_inputs: "RunInputs") -> "RunResult":
        from inkwright.agents.orchestration import run

        return await run.run(work_id, run_inputs)

    return await _run_to_manuscript("write", work_id, run_options, out, act)


async def settle(
    work_id: WorkId,
    run_options: RunOptions,
    *,
    only: Collection[str] | None = None,
    out: Path | None = None,
) -> Manuscript:
    """Check and patch the stale sections of a work, or those of ``only``."""

    async def act(run_inputs: "RunInputs") -> "RunResult":
        from inkwright.agents.orchestration import run

        return await run.settle(work_id, run_inputs, only=only)

    return await _run_to_manuscript("settle", work_id, run_options, out, act)


async def redraft(
    work_id: WorkId,
    section_ids: Sequence[SectionId],
    run_options: RunOptions,
    *,
    note: str = "",
    out: Path | None = None,
) -> Manuscript:
    """Write these sections of a work anew, and settle what rests on them."""

    async def act(run_inputs: "RunInputs") -> "RunResult":
        from inkwright.agents.orchestration import run

        return await run.redraft(work_id, run_inputs, section_ids, note=storable(note))

    return await _run_to_manuscript("redraft", work_id, run_options, out, act)


async def candidates(
    work_id: WorkId,
    section_id: SectionId,
    run_options: RunOptions,
    *,
    note: str = "",
    count: int = 3,
) -> list[Draft]:
    """Draft a section several times over, for a person to choose from; its text stays.

    Raises:
        BadInput: the section has no text, or has words of a person's.
    """
    with open_library(run_options.settings) as library:
        async with _open_run(library, work_id, "candidates", run_options) as (run_inputs, _):
            from inkwright.agents.orchestration import run

            return await run.draft_candidates(
                work_id,
                replace(run_inputs, watch_text=False),
                section_id,
                note=storable(note),
                count=count,
            )


async def choose(
    work_id: WorkId, section_id: SectionId, version: int, run_options: RunOptions
) -> Draft:
    """Make a candidate the section's text; what rests on it becomes stale.

    Raises:
        BadInput: the section has no such candidate.
    """
    with open_library(run_options.settings) as library:
        async with _open_run(library, work_id, "choose", run_options) as (run_inputs, _):
            from inkwright.agents.orchestration import run

            return await run.choose(work_id, run_inputs, section_id, version)


def purge(work_id: WorkId, settings: Settings | None = None) -> bool:
    """Remove every trace of a work from library, journal and vector index.

    False when another process reads the library: its log keeps bytes until that has ended.

    Raises:
        WorkNotFound: there is none of this id.
        WorkBusy: it is being written.
    """
    with open_library(settings or Settings.load()) as library:
        return purge_work(library, work_id)


def duplicate(work_id: WorkId, settings: Settings | None = None) -> str:
    """Return the id of a copy of a work, with all that was made of it.

    Raises:
        WorkNotFound: there is none of this id.
        WorkBusy: it is being written.
    """
    from inkwright.memory.transfer import copy_work

    with open_library(settings or Settings.load()) as library:
        return copy_work.duplicate_work(library, work_id).id


def import_file(
    file: Path, import_options: "ImportOptions", run_options: RunOptions, *, out: Path | None = None
) -> tuple["Imported", Manuscript | None]:
    """Make a work of a manuscript from outside, or of an archive; no model is called.

    An archive of a work that is not planned yet has no manuscript.

    Raises:
        BadInput: the file cannot be read as one; nothing is stored.
    """
    from inkwright.app.export.archive_import import import_archive, is_archive
    from inkwright.app.manuscripts.import_file import ImportOptions, import_manuscript

    if is_archive(file) and import_options != ImportOptions():
        raise BadInput(f"{file}: an archive brings its own title, language and continuity")
    folder = output_folder.prepare_folder(out) if out else None
    with open_library(run_options.settings) as library:
        if is_archive(file):
            imported = import_archive(library, file)
        else:
            imported = import_manuscript(library, file, import_options)
        if plans.current(library, imported.work) is None:
            return imported, None
        return imported, build_current_manuscript(library, imported.work, run_options, folder)


def sync(folder: Path, run_options: RunOptions, *, take_titles: bool = False) -> "Synced":
    """Take edits to an exported manuscript back as the person's; no model is called.

    Raises:
        BadInput: they cannot be taken back; nothing is stored.
    """
    from inkwright.app.manuscripts.sync import sync_manuscript

    with open_library(run_options.settings) as library:
        return sync_manuscript(library, folder, take_titles=take_titles)


def render_file(
    work_id: WorkId, options: "ExportOptions", settings: Settings | None = None
) -> "RenderedFile":
    """Return a work as a file, as it stands, and write it nowhere; no model is called.

    Raises:
        BadInput: there is nothing to export, or it cannot be made of what is given.
        ExportFailed: the file could not be made.
    """
    from inkwright.app.export.export import render_file

    with open_library(settings or Settings.load()) as library:
        return render_file(library, work_id, options)


def export(
    work_id: WorkId,
    options: "ExportOptions",
    settings: Settings | None = None,
    *,
    out: Path | None = None,
) -> "Exported":
    """Write a work to a file, as it stands; no model is called.

    Raises:
        BadInput: there is nothing to export, or it cannot be made of what is given.
        ExportFailed: the file could not be made; nothing was written.
    """
    from inkwright.app.export.export import export_file as exported

    with open_library(settings or Settings.load()) as library:
        return exported(library, work_id, options, out)


async def remember(work_id: WorkId, run_options: RunOptions) -> "RunResult":
    """Read into memory what a person has written in a work and no model has read."""
    with open_library(run_options.settings) as library:
        async with _open_run(library, work_id, "remember", run_options) as (run_inputs, _):
            from inkwright.agents.orchestration import run

            return await run.remember(work_id, run_inputs)


async def propose(
    work_id: WorkId,
    section_id: SectionId,
    instruction_text: str,
    run_options: RunOptions,
    *,
    op: str | None = None,
    span: "Span | None" = None,
) -> "EditorProposal":
    """Return what an editor would change in a section on a person's word; change nothing.

    Raises:
        BadInput: there is no such section, operator or span, or all of it is locked.
    """
    with open_library(run_options.settings) as library:
        async with _open_run(library, work_id, "edit", run_options) as (run_inputs, _):
            from inkwright.agents.orchestration import run

            words = storable(instruction_text)
            return await run.propose(work_id, run_inputs, section_id, words, op=op, span=span)


async def apply(
    work_id: WorkId, proposal: "EditorProposal", numbers: Collection[int], run_options: RunOptions
) -> Draft:
    """Store a section with these hunks of a proposal; what rests on it becomes stale.

    Raises:
        BadInput: a number names no hunk, or the section has another text by now.
    """
    with open_library(run_options.settings) as library:
        async with _open_run(library, work_id, "edit", run_options) as (run_inputs, _):
            from inkwright.agents.orchestration import run

            return await run.apply(work_id, run_inputs, proposal, numbers)


def inspect(
    work_id: WorkId,
    step: str,
    version: int | None = None,
    settings: Settings | None = None,
    ledger: Ledger | None = None,
) -> "DraftProvenance":
    """Return what a draft was written from, and what was said to models on the way.

    ``step`` is a section's id, ``plan`` or ``whole``; ``version`` None: the newest. ``ledger`` is
    the work's memory, where it is read already.

    Raises:
        BadInput: there is no such section, or version.
    """
    from inkwright.app.services.draft_provenance import inspect as inspected

    active_settings = settings or Settings.load()
    with open_library(active_settings) as library:
        return inspected(library, work_id, step, version, active_settings, ledger)


def review(work_id: WorkId, settings: Settings | None = None) -> "ReviewSummary":
    """Return how a work stands against what was asked of it; no model is called.

    Raises:
        BadInput: it is not planned yet.
    """
    from inkwright.app.services.review_summary import review as reviewed

    with open_library(settings or Settings.load()) as library:
        return reviewed(library, work_id)


def decide(
    work_id: WorkId,
    finding: "OpenFinding",
    verdict: "Verdict | None",
    settings: Settings | None = None,
) -> None:
    """Record what the person says of a finding; None: nothing again.

    Raises:
        WorkBusy: the work is being written.
    """
    with open_library(settings or Settings.load()) as library:
        with works.hold_lease(library, work_id) as lease:
            finding_decisions.store_verdict(
                library, lease, finding.section, finding.about, finding.evidence, verdict
            )
        if finding.number is not None:
            contradictions.dismiss(library, work_id, finding.number, undo=verdict != "dismissed")


def find_stale_sections(
    work_id: WorkId, settings: Settings | None = None
) -> dict[SectionId, tuple[str, ...]]:
    """Return the reasons of every stale section of a work, by section id."""
    with open_library(settings or Settings.load()) as library:
        return staleness.find_reasons(library, work_id)


async def _run_to_manuscript(
    action: "RunAction",
    work_id: WorkId,
    run_options: RunOptions,
    out: Path | None,
    act: Callable[["RunInputs"], Awaitable["RunResult"]],
) -> Manuscript:
    folder = output_folder.prepare_folder(out) if out else None
    with open_library(run_options.settings) as library:
        async with _open_run(library, work_id, action, run_options) as (run_inputs, recorder):
            result = await act(run_inputs)
            recorder.outcome = result.status
        return build_run_manuscript(
            library, work_id, result, run_options, run_inputs.calling, folder
        )


@asynccontextmanager
async def _open_run(
    library: Library, work_id: WorkId, action: "RunAction", run_options: RunOptions
) -> AsyncIterator[tuple["RunInputs", RunRecorder]]:
    """Yield what a run of ``agents.orchestration.run`` is given, with models to call.

    The library is told how the run goes from before that module is imported, which takes seconds;
    within the block it is.
    """
    async with record_run(library, work_id, action, run_options) as recorder:
        await asyncio.to_thread(_import_run_module)
        recorder.check()
        from inkwright.agents.orchestration.run import RunInputs

        with endpoints.serve_models(run_options.settings) as call_settings:
            recorded_options = recorder.run_options
            limits = check_prices(call_settings, recorded_options.settings, recorded_options.limits)
            run_inputs = RunInputs(
                library=library,
                calling=call_settings,
                limits=limits,
                watch=recorded_options.watch,
                watch_text=recorded_options.watch_text,
                lease=recorded_options.lease,
            )
            yield run_inputs, recorder


def _import_run_module() -> None:
    """Import what calls models: done in a thread, so that the loop goes on meanwhile."""
    import inkwright.agents.orchestration.run  # noqa: F401


def _load_planned_work(library: Library, work_id: WorkId) -> PlannedWork:
    plan = plans.current(library, work_id)
    assert plan is not None, "a run until `planned` leaves a plan"
    return describe_planned_work(library, work_id, plan)


def describe_planned_work(library: Library, work_id: WorkId, plan: Plan) -> PlannedWork:
    """Return a planned work with what became of its request."""
    from inkwright.agents.planning.requirements import describe_length
    from inkwright.agents.requests.request_coverage import account_for

    brief = works.get(library, work_id).brief
    return PlannedWork(
        work_id,
        plan,
        account_for(brief.request, plan.constraints),
        describe_length(brief, plan.outline.target_words),
    )

"""The one place where a run is put together: library, models, limits, and where the result goes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkwright.agents.llm.config import Ablation, CallSettings
from inkwright.app.config import endpoints
from inkwright.app.config.settings import Settings
from inkwright.app.files import output_folder
from inkwright.app.services.library_status import work_in_place_of_brief
from inkwright.app.services.purge import purge_work
from inkwright.app.services.run_options import RunOptions
from inkwright.app.services.run_recorder import RunRecorder, recorded
from inkwright.app.services.run_result import Manuscript, as_it_stands, ended
from inkwright.memory.changes import contradictions, staleness
from inkwright.memory.cleanup import storable
from inkwright.memory.domain.brief import Brief
from inkwright.memory.domain.draft import Draft
from inkwright.memory.errors import BadInput
from inkwright.memory.store import plans, works
from inkwright.memory.store.ledger import Ledger
from inkwright.memory.store.library import Library
from inkwright.memory.store.plans import Plan
from inkwright.memory.store.works import Work
from inkwright.memory.user_work import finding_decisions

if TYPE_CHECKING:
    from inkwright.agents.orchestration.run import RunResult
    from inkwright.agents.revision.instructed_edit import EditorProposal, Span
    from inkwright.app.export.result import Exported, Made, Wanted
    from inkwright.app.manuscripts.import_file import Imported, ImportOptions
    from inkwright.app.manuscripts.sync import Synced
    from inkwright.app.services.draft_provenance import DraftProvenance
    from inkwright.app.services.review_summary import OpenFinding, ReviewSummary
    from inkwright.memory.store.run_status import Action
    from inkwright.memory.user_work.finding_decisions import Verdict


@dataclass(frozen=True)
class PlannedWork:
    """A work that has its outline, and waits to be written."""

    work: str
    plan: Plan


@contextmanager
def opened(settings: Settings) -> Iterator[Library]:
    """Yield the library that the settings name.

    Raises:
        LibraryUnusable: it cannot be opened.
    """
    library = Library.open(settings.home, settings.library_address, settings.index_url)
    try:
        yield library
    finally:
        library.close()


def begin(
    brief: Brief, settings: Settings, arms: Ablation, *, fresh: bool = False, to_write: bool = True
) -> Work:
    """Return the work of this brief, seed and arms: the one there is, or a new one.

    Raises:
        BadInput: no model is set and it is ``to_write`` now, or the library cannot be used.
    """
    if to_write:
        endpoints.named(settings)
    with opened(settings) as library:
        return works.begin(library, brief, arms.model_dump(), fresh=fresh)


def work_meant(
    given: str, settings: Settings, arms: Ablation, read: Callable[[], Brief]
) -> str | None:
    """Return the work that ``given`` names by its id, or by its beginning; None: it is a brief.

    A request that a work was begun with already is that brief, whatever it is the beginning of;
    ``read`` reads it.

    Raises:
        BadInput: it begins the ids of several works, or has the form of an id that none has.
    """
    work = work_in_place_of_brief(settings.home, settings.library_address, given)
    if work is None or work == given:
        return work
    with opened(settings) as library:
        return None if works.is_begun(library, read(), arms.model_dump()) else work


async def plan(work: str, job: RunOptions) -> PlannedWork:
    """Bring a work to its outline, and stop.

    Raises:
        InkwrightError: as ``agents.orchestration.run.run``.
    """
    with opened(job.settings) as library:
        async with _at_work(library, work, "plan", job) as (run, recorder, keywords):
            await run.run(work, until="planned", **keywords)
            recorder.outcome = "planned"
        return _planned(library, work)


async def write(work: str, job: RunOptions, *, out: Path | None = None) -> Manuscript:
    """Write a work to its end, going on from wherever it stands.

    Raises:
        InkwrightError: as ``agents.orchestration.run.run``; what was done until then is kept.
    """
    with opened(job.settings) as library:
        works.approve(library, work)
    return await _after(
        "write", work, job, out, lambda run, means: run.run(work, until="complete", **means)
    )


async def settle(
    work: str, job: RunOptions, *, only: Collection[str] | None = None, out: Path | None = None
) -> Manuscript:
    """Check and patch the stale sections of a work, or those of ``only``."""
    return await _after(
        "settle", work, job, out, lambda run, means: run.settle(work, only=only, **means)
    )


async def redraft(
    work: str, sections: Sequence[str], job: RunOptions, *, note: str = "", out: Path | None = None
) -> Manuscript:
    """Write these sections of a work anew, and settle what rests on them."""
    return await _after(
        "redraft",
        work,
        job,
        out,
        lambda run, means: run.redraft(work, sections, note=storable(note), **means),
    )


async def candidates(
    work: str, section: str, job: RunOptions, *, note: str = "", count: int = 3
) -> list[Draft]:
    """Draft a section several times over, for a person to choose from; its text stays.

    Raises:
        BadInput: the section has no text, or has words of a person's.
    """
    with opened(job.settings) as library:
        async with _at_work(library, work, "candidates", job) as (run, _, keywords):
            unwatched_text = keywords | {"watch_text": False}
            found: list[Draft] = await run.candidates_for(
                work, section, note=storable(note), count=count, **unwatched_text
            )
        return found


async def choose(work: str, section: str, version: int, job: RunOptions) -> Draft:
    """Make a candidate the section's text; what rests on it becomes stale.

    Raises:
        BadInput: the section has no such candidate.
    """
    with opened(job.settings) as library:
        async with _at_work(library, work, "choose", job) as (run, _, keywords):
            draft: Draft = await run.choose(work, section, version, **keywords)
        return draft


def purge(work: str, settings: Settings | None = None) -> bool:
    """Remove every trace of a work from library, journal and vector index.

    False when another process reads the library: its log keeps bytes until that has ended.

    Raises:
        WorkNotFound: there is none of this id.
        WorkBusy: it is being written.
    """
    with opened(settings or Settings.load()) as library:
        return purge_work(library, work)


def duplicate(work: str, settings: Settings | None = None) -> str:
    """Return the id of a copy of a work, with all that was made of it.

    Raises:
        WorkNotFound: there is none of this id.
        WorkBusy: it is being written.
    """
    from inkwright.memory.transfer import copy_work

    with opened(settings or Settings.load()) as library:
        return copy_work.duplicate(library, work).id


def import_file(
    file: Path, chosen: "ImportOptions", job: RunOptions, *, out: Path | None = None
) -> tuple["Imported", Manuscript | None]:
    """Make a work of a manuscript from outside, or of an archive; no model is called.

    An archive of a work that is not planned yet has no manuscript.

    Raises:
        BadInput: the file cannot be read as one; nothing is stored.
    """
    from inkwright.app.export.archive_import import bring_back, is_archive
    from inkwright.app.manuscripts.import_file import ImportOptions, import_manuscript

    if is_archive(file) and chosen != ImportOptions():
        raise BadInput(f"{file}: an archive brings its own title, language and continuity")
    folder = output_folder.prepare(out) if out else None
    with opened(job.settings) as library:
        if is_archive(file):
            imported = bring_back(library, file)
        else:
            imported = import_manuscript(library, file, chosen)
        if plans.current(library, imported.work) is None:
            return imported, None
        return imported, as_it_stands(library, imported.work, job, folder)


def sync(folder: Path, job: RunOptions, *, take_titles: bool = False) -> "Synced":
    """Take edits to an exported manuscript back as the person's; no model is called.

    Raises:
        BadInput: they cannot be taken back; nothing is stored.
    """
    from inkwright.app.manuscripts.sync import sync_manuscript

    with opened(job.settings) as library:
        return sync_manuscript(library, folder, take_titles=take_titles)


def made(work: str, wanted: "Wanted", settings: Settings | None = None) -> "Made":
    """Return a work as a file, as it stands, and write it nowhere; no model is called.

    Raises:
        BadInput: there is nothing to export, or it cannot be made of what is given.
        ExportFailed: the file could not be made.
    """
    from inkwright.app.export.export import make

    with opened(settings or Settings.load()) as library:
        return make(library, work, wanted)


def export(
    work: str, wanted: "Wanted", settings: Settings | None = None, *, out: Path | None = None
) -> "Exported":
    """Write a work to a file, as it stands; no model is called.

    Raises:
        BadInput: there is nothing to export, or it cannot be made of what is given.
        ExportFailed: the file could not be made; nothing was written.
    """
    from inkwright.app.export.export import export as exported

    with opened(settings or Settings.load()) as library:
        return exported(library, work, wanted, out)


async def remember(work: str, job: RunOptions) -> "RunResult":
    """Read into memory what a person has written in a work and no model has read."""
    with opened(job.settings) as library:
        async with _at_work(library, work, "remember", job) as (run, _, keywords):
            result: RunResult = await run.remember(work, **keywords)
        return result


async def propose(
    work: str,
    section: str,
    told: str,
    job: RunOptions,
    *,
    op: str | None = None,
    span: "Span | None" = None,
) -> "EditorProposal":
    """Return what an editor would change in a section on a person's word; change nothing.

    Raises:
        BadInput: there is no such section, operator or span, or all of it is locked.
    """
    with opened(job.settings) as library:
        async with _at_work(library, work, "edit", job) as (run, _, keywords):
            words = storable(told)
            found: EditorProposal = await run.propose(
                work, section, words, op=op, span=span, **keywords
            )
        return found


async def apply(
    work: str, proposal: "EditorProposal", numbers: Collection[int], job: RunOptions
) -> Draft:
    """Store a section with these hunks of a proposal; what rests on it becomes stale.

    Raises:
        BadInput: a number names no hunk, or the section has another text by now.
    """
    with opened(job.settings) as library:
        async with _at_work(library, work, "edit", job) as (run, _, keywords):
            draft: Draft = await run.apply(work, proposal, numbers, **keywords)
        return draft


def inspect(
    work: str,
    step: str,
    version: int | None = None,
    settings: Settings | None = None,
    book: Ledger | None = None,
) -> "DraftProvenance":
    """Return what a draft was written from, and what was said to models on the way.

    ``step`` is a section's id, ``plan`` or ``whole``; ``version`` None: the newest. ``book`` is the
    work's memory, where it is read already.

    Raises:
        BadInput: there is no such section, or version.
    """
    from inkwright.app.services.draft_provenance import inspect as inspected

    now = settings or Settings.load()
    with opened(now) as library:
        return inspected(library, work, step, version, now, book)


def review(work: str, settings: Settings | None = None) -> "ReviewSummary":
    """Return how a work stands against what was asked of it; no model is called.

    Raises:
        BadInput: it is not planned yet.
    """
    from inkwright.app.services.review_summary import review as reviewed

    with opened(settings or Settings.load()) as library:
        return reviewed(library, work)


def decide(
    work: str, problem: "OpenFinding", verdict: "Verdict | None", settings: Settings | None = None
) -> None:
    """Record what the person says of a finding; None: nothing again.

    Raises:
        WorkBusy: the work is being written.
    """
    with opened(settings or Settings.load()) as library:
        with works.leased(library, work) as lease:
            finding_decisions.decide(
                library, lease, problem.section, problem.about, problem.evidence, verdict
            )
        if problem.number is not None:
            contradictions.dismiss(library, work, problem.number, undo=verdict != "dismissed")


def stale(work: str, settings: Settings | None = None) -> dict[str, tuple[str, ...]]:
    """Return the reasons of every stale section of a work, by section id."""
    with opened(settings or Settings.load()) as library:
        return staleness.stale(library, work)


async def _after(
    action: "Action",
    work: str,
    job: RunOptions,
    out: Path | None,
    act: Callable[[Any, dict[str, Any]], Awaitable["RunResult"]],
) -> Manuscript:
    folder = output_folder.prepare(out) if out else None
    with opened(job.settings) as library:
        async with _at_work(library, work, action, job) as (run, recorder, keywords):
            result = await act(run, keywords)
            recorder.outcome = result.status
        return ended(library, work, result, job, keywords["calling"], folder)


@asynccontextmanager
async def _at_work(
    library: Library, work: str, action: "Action", job: RunOptions
) -> AsyncIterator[tuple[Any, RunRecorder, dict[str, Any]]]:
    """Yield ``agents.orchestration.run`` and what a run is given, with models to call.

    The library is told how the run goes from before the imports on, which take seconds.
    """
    async with recorded(library, work, action, job) as recorder:
        run = await _run_module()
        recorder.check()
        with endpoints.serving(job.settings) as calling:
            yield run, recorder, _keywords(library, calling, recorder.job)


async def _run_module() -> Any:
    """Import what calls models, in a thread: it takes seconds, and the loop goes on meanwhile."""

    def load() -> Any:
        from inkwright.agents.orchestration import run

        return run

    return await asyncio.to_thread(load)


def _keywords(library: Library, calling: CallSettings, job: RunOptions) -> dict[str, Any]:
    return {
        "library": library,
        "calling": calling,
        "limits": job.limits,
        "watch": job.watch,
        "watch_text": job.watch_text,
        "lease": job.lease,
    }


def _planned(library: Library, work: str) -> PlannedWork:
    plan = plans.current(library, work)
    assert plan is not None, "a run until `planned` leaves a plan"
    return PlannedWork(work, plan)

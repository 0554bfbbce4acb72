"""The one place where a run is put together: library, models, limits, and where the result goes."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from inkwright.agents.config import Arms, Calling, Limits
from inkwright.agents.events import Notice, Watch, unwatched
from inkwright.app import endpoints, output
from inkwright.app.assemble import assemble
from inkwright.app.memory_file import memory_file
from inkwright.app.purging import purge_work
from inkwright.app.report import Ran, Report, report, settings_shown
from inkwright.app.settings import Settings
from inkwright.memory import drafts, plans, staleness, works
from inkwright.memory.brief import Brief
from inkwright.memory.library import Library
from inkwright.memory.plans import Plan
from inkwright.memory.works import Work

if TYPE_CHECKING:
    from inkwright.agents.run import RunResult
    from inkwright.app.importing import Chosen, Imported
    from inkwright.app.syncing import Synced

UNLIMITED = Limits()
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


@dataclass(frozen=True)
class PlannedWork:
    """A work that has its outline, and waits to be written."""

    work: str
    plan: Plan


@dataclass(frozen=True)
class Job:
    """How a run is to be done."""

    settings: Settings
    limits: Limits = UNLIMITED
    watch: Watch = unwatched
    watch_text: bool = False
    """True: the watcher is sent text as it is written."""


@contextmanager
def opened(settings: Settings) -> Iterator[Library]:
    """Yield the library that the settings name.

    Raises:
        LibraryUnusable: it cannot be opened.
    """
    url = settings.library_url.get_secret_value() if settings.library_url else None
    library = Library.open(settings.home, url)
    try:
        yield library
    finally:
        library.close()


def begin(brief: Brief, settings: Settings, arms: Arms, *, fresh: bool = False) -> Work:
    """Return the work of this brief, seed and arms: the one there is, or a new one.

    Raises:
        BadInput: no model is set, or the library cannot be used.
    """
    endpoints.named(settings)
    with opened(settings) as library:
        return works.begin(library, brief, arms.model_dump(), fresh=fresh)


async def plan(work: str, job: Job) -> PlannedWork:
    """Bring a work to its outline, and stop.

    Raises:
        InkwrightError: as ``agents.run.run``.
    """
    run = await _run_module()
    with opened(job.settings) as library, endpoints.serving(job.settings) as calling:
        await run.run(work, until="planned", **_keywords(library, calling, job))
        return _planned(library, work)


async def write(work: str, job: Job, *, out: Path | None = None) -> Manuscript:
    """Write a work to its end, going on from wherever it stands.

    Raises:
        InkwrightError: as ``agents.run.run``; what was done until then is kept.
    """
    run = await _run_module()
    with opened(job.settings) as library:
        works.approve(library, work)
    return await _after(
        work, job, out, lambda **keywords: run.run(work, until="complete", **keywords)
    )


async def settle(
    work: str, job: Job, *, only: Collection[str] | None = None, out: Path | None = None
) -> Manuscript:
    """Check and patch the stale sections of a work, or those of ``only``."""
    run = await _run_module()
    return await _after(work, job, out, lambda **keywords: run.settle(work, only=only, **keywords))


async def redraft(
    work: str, sections: Sequence[str], job: Job, *, note: str = "", out: Path | None = None
) -> Manuscript:
    """Write these sections of a work anew, and settle what rests on them."""
    run = await _run_module()
    return await _after(
        work, job, out, lambda **keywords: run.redraft(work, sections, note=note, **keywords)
    )


def purge(work: str, settings: Settings | None = None) -> bool:
    """Remove every trace of a work from library, journal and vector index.

    False when another process reads the library: its log keeps bytes until that has ended.

    Raises:
        WorkNotFound: there is none of this id.
        WorkBusy: it is being written.
    """
    with opened(settings or Settings.load()) as library:
        return purge_work(library, work)


def import_file(
    file: Path, chosen: "Chosen", job: Job, *, out: Path | None = None
) -> tuple["Imported", Manuscript]:
    """Make a work of a manuscript from outside; no model is called.

    Raises:
        BadInput: the file cannot be read as a manuscript; nothing is stored.
    """
    from inkwright.app.importing import import_manuscript

    folder = output.prepare(out) if out else None
    with opened(job.settings) as library:
        imported = import_manuscript(library, file, chosen)
        return imported, as_it_stands(library, imported.work, job, folder)


def sync(folder: Path, job: Job, *, take_titles: bool = False) -> "Synced":
    """Take edits to an exported manuscript back as the person's; no model is called.

    Raises:
        BadInput: they cannot be taken back; nothing is stored.
    """
    from inkwright.app.syncing import sync_manuscript

    with opened(job.settings) as library:
        return sync_manuscript(library, folder, take_titles=take_titles)


async def remember(work: str, job: Job) -> "RunResult":
    """Read into memory what a person has written in a work and no model has read."""
    run = await _run_module()
    with opened(job.settings) as library, endpoints.serving(job.settings) as calling:
        result: RunResult = await run.remember(work, **_keywords(library, calling, job))
        return result


def as_it_stands(library: Library, work_id: str, job: Job, folder: Path | None) -> Manuscript:
    """Return a planned work as it is now, without a run."""
    work = works.get(library, work_id)
    ran = Ran(
        status=work.status if work.status in ("complete", "flagged") else "partial",
        seconds=0.0,
        from_journal=0,
        models={},
        problems=work.problems,
    )
    return _manuscript(library, work_id, ran, job, None, folder)


def stale(work: str, settings: Settings | None = None) -> dict[str, tuple[str, ...]]:
    """Return the reasons of every stale section of a work, by section id."""
    with opened(settings or Settings.load()) as library:
        return staleness.stale(library, work)


async def _after(
    work: str, job: Job, out: Path | None, act: Callable[..., Awaitable["RunResult"]]
) -> Manuscript:
    folder = output.prepare(out) if out else None
    with opened(job.settings) as library, endpoints.serving(job.settings) as calling:
        result = await act(**_keywords(library, calling, job))
        assert result.status != "planned", "only a run to the end has a manuscript"
        ran = Ran(
            status=result.status,
            seconds=result.seconds,
            from_journal=result.from_journal,
            models=dict(result.models),
            problems=result.problems,
        )
        return _manuscript(library, work, ran, job, calling, folder)


async def _run_module() -> Any:
    """Import what calls models, in a thread: it takes seconds, and the loop goes on meanwhile."""

    def load() -> Any:
        from inkwright.agents import run

        return run

    return await asyncio.to_thread(load)


def _keywords(library: Library, calling: Calling, job: Job) -> dict[str, Any]:
    return {
        "library": library,
        "calling": calling,
        "limits": job.limits,
        "watch": job.watch,
        "watch_text": job.watch_text,
    }


def _planned(library: Library, work: str) -> PlannedWork:
    plan = plans.current(library, work)
    assert plan is not None, "a run until `planned` leaves a plan"
    return PlannedWork(work, plan)


def _manuscript(
    library: Library,
    work_id: str,
    ran: Ran,
    job: Job,
    calling: Calling | None,
    folder: Path | None,
) -> Manuscript:
    work, plan = works.get(library, work_id), _planned(library, work_id).plan
    text = assemble(plan.outline, drafts.current(library, work_id), work.brief.headings)
    shown = settings_shown(job.settings, calling)
    reported = report(library, work, text, ran, shown, job.settings.prompts)
    path = None
    if folder is not None:
        files = {
            "manuscript.md": text,
            "report.json": json.dumps(reported, ensure_ascii=False, indent=2) + "\n",
            "memory.json": memory_file(library, work_id, plan.outline.title),
        }
        written = output.write(library, work_id, folder, files)
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

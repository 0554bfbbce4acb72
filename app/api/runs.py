"""The Python API: what ``import inkwright`` offers, blocking, async, and as a stream of events."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, TypedDict, TypeVar, Unpack

from inkwright.agents.llm.config import Ablation, Limits
from inkwright.agents.llm.events import Event, Finished, Watch, ignore_event
from inkwright.app.api.edit_proposal import EditProposal, Operation
from inkwright.app.briefs.loader import check_brief, read_brief
from inkwright.app.config import endpoints
from inkwright.app.config.settings import Settings
from inkwright.app.export.archive_import import is_archive
from inkwright.app.export.formats import Exported, ExportOptions, Format, Paper
from inkwright.app.manuscripts.import_file import Imported, ImportOptions
from inkwright.app.manuscripts.sync import Synced
from inkwright.app.services import engine
from inkwright.app.services.engine import PlannedWork
from inkwright.app.services.library_status import (
    WorkSummary,
    find_work_id,
    load_work_summaries,
    match_work_id,
)
from inkwright.app.services.run_options import RunOptions
from inkwright.app.services.run_result import Manuscript
from inkwright.memory.domain.brief import Brief, Continuity
from inkwright.memory.domain.draft import Draft
from inkwright.memory.errors import BadInput
from inkwright.memory.ids import SectionId, WorkId

T = TypeVar("T")


class RunLimits(TypedDict, total=False):
    """What everything that calls a model can be given."""

    settings: Settings
    """None given: environment, then ``inkwright.toml``, then defaults."""
    max_calls: int
    max_tokens: int
    max_minutes: float
    max_cost: float
    """Money, in the settings' ``currency``; a run stops before it is spent."""
    watch: Watch
    """Called with every event, in the thread of the run; it must return quickly."""


class RunKeywords(RunLimits, total=False):
    """What a run can be given beside its brief."""

    fresh: bool
    """Begin again, beside what is there."""
    plan: Literal["none", "given", "full"]
    memory: Literal["none", "last", "rolling", "vector", "full"]
    review: Literal["off", "rules", "full"]


class ExportKeywords(TypedDict, total=False):
    """What an export can be given; ``ExportOptions`` says what each means."""

    sections: Sequence[str]
    title: str
    author: str
    language: str
    fiction: bool
    contents: bool
    title_page: bool
    reference: Path | str
    paper: Paper
    fonts: Path | str
    journal: bool


def write(
    brief: Brief | str | Path, *, out: Path | str | None = None, **options: Unpack[RunKeywords]
) -> Manuscript:
    """Write a piece and return it; with ``out``, leave it there as files too.

    ``brief`` is a ``Brief``, a sentence, or the path of a brief file. The same brief, seed and
    arms are the same work: what an earlier run wrote is not written again. Works inside a running
    event loop (Jupyter), where the run gets a thread of its own.

    >>> import inkwright
    >>> piece = inkwright.write("Two short diary entries of a lighthouse keeper.")
    >>> piece.status in ("complete", "flagged")
    True
    >>> piece.text.startswith("# ")
    True

    Raises:
        BadInput: brief, settings or library cannot be used.
        ModelUnreachable: no model answers; what was written is kept, writing again goes on.
        BudgetSpent: a limit was reached; writing again with a higher one goes on.
    """
    return run_blocking(lambda: awrite(brief, out=out, **options))


async def awrite(
    brief: Brief | str | Path, *, out: Path | str | None = None, **options: Unpack[RunKeywords]
) -> Manuscript:
    """As ``write``, for a program with an event loop of its own.

    >>> import asyncio, inkwright
    >>> brief = inkwright.Brief(request="Two short diary entries of a lighthouse keeper.")
    >>> asyncio.run(inkwright.awrite(brief)).words > 0
    True
    """
    work_id, run_options = _begin_work(brief, options)
    return await engine.write(work_id, run_options, out=Path(out) if out is not None else None)


class Run:
    """A run to be followed: iterate over its events, then take its manuscript."""

    def __init__(self, start: Callable[[Watch], Coroutine[Any, Any, Manuscript]]) -> None:
        self._start = start
        self._manuscript: Manuscript | None = None

    @property
    def manuscript(self) -> Manuscript:
        """The finished piece, from the moment ``Finished`` was seen.

        Raises:
            RuntimeError: the run has not ended yet.
        """
        if self._manuscript is None:
            raise RuntimeError("the run has not ended: iterate over its events first")
        return self._manuscript

    async def __aiter__(self) -> AsyncIterator[Event]:
        events: asyncio.Queue[Event | None] = asyncio.Queue()
        task = asyncio.ensure_future(self._start(events.put_nowait))
        task.add_done_callback(lambda _: events.put_nowait(None))
        finished_event: Event | None = None
        try:
            while (event := await events.get()) is not None:
                if isinstance(event, Finished):
                    finished_event = event
                else:
                    yield event
            self._manuscript = manuscript = task.result()
            yield finished_event or Finished(
                manuscript.work, manuscript.status, tuple(manuscript.report.problems)
            )
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait([task])


def stream(
    brief: Brief | str | Path, *, out: Path | str | None = None, **options: Unpack[RunKeywords]
) -> Run:
    """Write a piece and follow it: the last event is ``Finished``, and then it is there.

    >>> import asyncio, inkwright
    >>> async def follow():
    ...     run = inkwright.stream("Two short diary entries of a lighthouse keeper.")
    ...     events = [event async for event in run]
    ...     return type(events[-1]).__name__, run.manuscript.words > 0
    >>> asyncio.run(follow())
    ('Finished', True)

    Leaving the loop early stops the run; writing the same brief again goes on from there.
    """
    user_watch = options.get("watch", ignore_event)

    def start(watch: Watch) -> Coroutine[Any, Any, Manuscript]:
        def notify_both(event: Event) -> None:
            watch(event)
            user_watch(event)

        options["watch"] = notify_both
        work_id, run_options = _begin_work(brief, options)
        folder = Path(out) if out is not None else None
        return engine.write(work_id, replace(run_options, watch_text=True), out=folder)

    return Run(start)


def plan(brief: Brief | str | Path, **options: Unpack[RunKeywords]) -> PlannedWork:
    """Plan a piece and stop before anything is drafted.

    >>> import inkwright
    >>> planned = inkwright.plan("Two short diary entries of a lighthouse keeper.")
    >>> len(planned.plan.outline.sections) > 0
    True
    >>> inkwright.resume(planned.work).work == planned.work
    True
    """

    async def make_plan() -> PlannedWork:
        return await engine.plan(*_begin_work(brief, options))

    return run_blocking(make_plan)


def resume(
    work: str, *, out: Path | str | None = None, **options: Unpack[RunKeywords]
) -> Manuscript:
    """Go on with a work by its id, or enough of its beginning.

    Raises:
        WorkNotFound: there is none of this id.
    """
    work_id, run_options = _find_work(work, options)
    folder = Path(out) if out is not None else None
    return run_blocking(lambda: engine.write(work_id, run_options, out=folder))


def import_file(
    file: Path | str,
    *,
    title: str | None = None,
    language: str | None = None,
    continuity: Continuity | None = None,
    depth: int = 6,
    out: Path | str | None = None,
    **options: Unpack[RunLimits],
) -> Imported:
    """Make a work of a ``.md``, ``.txt`` or ``.docx`` manuscript: its sections stay yours.

    A ``.zip`` that ``export`` made as an archive comes back as the work it was.

    Headings become the outline; a heading with nothing under it is a section that ``resume``
    writes. Where a model is set the text is read into memory; else the next run does that. The
    same text again is the same work.

    >>> import inkwright, pathlib
    >>> _ = pathlib.Path("book.md").write_text("# The Lamp\\n\\nMara keeps it.\\n")
    >>> found = inkwright.import_file("book.md", out="lamp")
    >>> pathlib.Path("lamp/manuscript.md").read_text() == pathlib.Path("book.md").read_text()
    True

    Raises:
        BadInput: the file cannot be read as a manuscript; nothing is stored.
        ModelUnreachable: no model answers; the work is there, ``resume`` reads it into memory.
    """
    run_options = _build_run_options(options)
    if endpoints.has_any_model(run_options.settings):
        endpoints.resolve_models(run_options.settings)
    import_options = ImportOptions(title, language, continuity, depth)
    folder = Path(out) if out is not None else None
    imported, _ = engine.import_file(Path(file), import_options, run_options, out=folder)
    if not is_archive(Path(file)):
        _remember(imported.work, run_options)
    return imported


def export(
    work: str,
    *,
    format: Format = "md",
    out: Path | str | None = None,
    settings: Settings | None = None,
    **options: Unpack[ExportKeywords],
) -> Exported:
    """Write a work, or some of its sections, to a file: as it stands, no model is called.

    ``out`` is the file, or a folder for it; none: the current folder, and the work's title. A file
    there that a person has changed is left alone. ``format="archive"`` is the whole work, as
    ``import_file`` brings it back.

    >>> import inkwright, pathlib
    >>> _ = pathlib.Path("book.md").write_text("# The Lamp\\n\\nMara keeps it.\\n")
    >>> found = inkwright.import_file("book.md")
    >>> inkwright.export(found.work, format="docx", out="lamp.docx").path.name
    'lamp.docx'

    Raises:
        BadInput: there is nothing to export, or it cannot be made of what is given.
        ExportFailed: the file could not be made; nothing was written.
    """
    active_settings = settings or Settings.load()
    work_id = _resolve_work_id(active_settings, work)
    option_values: dict[str, Any] = {**options, "sections": tuple(options.get("sections", ()))}
    for name in ("reference", "fonts"):
        if option_values.get(name) is not None:
            option_values[name] = Path(option_values[name])
    folder = Path(out) if out is not None else None
    return engine.export(
        work_id, ExportOptions(format=format, **option_values), active_settings, out=folder
    )


def sync(folder: Path | str, *, titles: bool = False, **options: Unpack[RunLimits]) -> Synced:
    """Take back what was changed in ``folder/manuscript.md`` since it was exported.

    Exactly the sections with other words get a new version, which is yours. ``titles``: a heading
    with other words is a new title; otherwise it is refused, like one that is missing or moved.

    >>> import inkwright, pathlib
    >>> _ = pathlib.Path("book.md").write_text("# The Lamp\\n\\nMara keeps it.\\n")
    >>> found = inkwright.import_file("book.md", out="lamp")
    >>> _ = pathlib.Path("lamp/manuscript.md").write_text("# The Lamp\\n\\nOrla keeps it.\\n")
    >>> inkwright.sync("lamp").changed
    ('s1',)

    Raises:
        CannotSync: its headings, or the library, have changed otherwise; nothing is stored.
        BadInput: it is no output folder of a work in this library.
    """
    run_options = _build_run_options(options)
    synced = engine.sync(Path(folder), run_options, take_titles=titles)
    if synced.changed:
        _remember(synced.work, run_options)
    return synced


def edit(
    work: str,
    section: str,
    told: str = "",
    *,
    op: Operation | None = None,
    span: tuple[int, int] | str | None = None,
    **options: Unpack[RunLimits],
) -> EditProposal:
    """Let an editor propose a change to a section; accept of it what you like.

    ``told`` says the change in plain words; ``op`` is a ready-made one, to which ``told`` may add.
    ``span`` keeps it to the sentences that these words, or this stretch in code points, touch.
    Nothing is changed until ``accept``. Locked text is never changed.

    >>> import inkwright
    >>> piece = inkwright.write("Two short diary entries of a lighthouse keeper.")
    >>> found = inkwright.edit(piece.work, "s1", "make it plainer")
    >>> draft = found.accept([h.number for h in found.hunks][:1])
    >>> draft.text == found.proposal.with_hunks([1])
    True

    Raises:
        BadInput: there is no such section, operator or span, or all of it is locked.
        ModelUnreachable: no model answers.
    """
    work_id, run_options = _find_work(work, options)
    endpoints.resolve_models(run_options.settings)
    proposal = run_blocking(
        lambda: engine.propose(work_id, SectionId(section), told, run_options, op=op, span=span)
    )
    return EditProposal(
        work_id,
        proposal,
        lambda numbers: run_blocking(lambda: engine.apply(work_id, proposal, numbers, run_options)),
    )


def candidates(
    work: str, section: str, *, note: str = "", count: int = 3, **options: Unpack[RunLimits]
) -> list[Draft]:
    """Draft a section several times over and return the drafts; its text stays as it is.

    ``note`` says what they should do otherwise. ``choose`` makes one the section's text; the others
    stay among its versions.

    >>> import inkwright
    >>> piece = inkwright.write("Two short diary entries of a lighthouse keeper.")
    >>> found = inkwright.candidates(piece.work, "s1", note="More salt.", count=2)
    >>> inkwright.choose(piece.work, "s1", found[-1].version).text == found[-1].text
    True

    Raises:
        BadInput: the section has no text yet, or has words of a person's.
        ModelUnreachable: no model answers.
    """
    work_id, run_options = _find_work(work, options)
    endpoints.resolve_models(run_options.settings)
    return run_blocking(
        lambda: engine.candidates(work_id, SectionId(section), run_options, note=note, count=count)
    )


def choose(work: str, section: str, version: int, **options: Unpack[RunLimits]) -> Draft:
    """Make a candidate the section's text, and let memory follow; what rests on it becomes stale.

    Raises:
        BadInput: the section has no candidate of this version.
        ModelUnreachable: no model answers.
    """
    work_id, run_options = _find_work(work, options)
    endpoints.resolve_models(run_options.settings)
    return run_blocking(lambda: engine.choose(work_id, SectionId(section), version, run_options))


def status(work: str | None = None, *, settings: Settings | None = None) -> list[WorkSummary]:
    """Return where every work in the library stands, or only ``work``, the last changed first.

    >>> import inkwright
    >>> piece = inkwright.write("Two short diary entries of a lighthouse keeper.")
    >>> inkwright.status(piece.work)[0].words == piece.words
    True
    """
    active_settings = settings or Settings.load()
    summaries = load_work_summaries(active_settings.home, active_settings.library_address)
    if work is None:
        return summaries
    work_id = match_work_id((s.work for s in summaries), work)
    return [s for s in summaries if s.work == work_id]


def purge(work: str, *, settings: Settings | None = None) -> bool:
    """Remove every trace of a work for good: library, journal, vector index, temporary files.

    What was written to output folders is yours and stays. Nothing is asked beforehand. False: all
    is removed, but another process reads the library, whose log keeps bytes until that one ends.

    Raises:
        WorkNotFound: there is none of this name.
        WorkBusy: it is being written.

    >>> import inkwright
    >>> piece = inkwright.write("Two short diary entries of a lighthouse keeper.")
    >>> inkwright.purge(piece.work)
    True
    """
    settings = settings or Settings.load()
    work_id = _resolve_work_id(settings, work)
    return engine.purge(work_id, settings)


def _begin_work(brief: Brief | str | Path, options: RunKeywords) -> tuple[WorkId, RunOptions]:
    run_options = _build_run_options(options)
    ablation = build_ablation(options)
    if isinstance(brief, Brief):
        check_brief(brief)
    else:
        brief_argument = str(brief)
        if work := engine.work_meant(
            brief_argument, run_options.settings, ablation, lambda: read_brief(brief_argument)
        ):
            raise BadInput(
                f"{brief_argument!r} is read as the work {work}: "
                f"inkwright.resume({work!r}) goes on with it;"
                f" for a new piece give inkwright.Brief(request={brief_argument!r})"
            )
        brief = read_brief(brief_argument)
    return engine.begin_work(
        brief, run_options.settings, ablation, fresh=options.get("fresh", False)
    ).id, run_options


def _find_work(work: str, options: RunLimits) -> tuple[WorkId, RunOptions]:
    run_options = _build_run_options(options)
    return _resolve_work_id(run_options.settings, work), run_options


def _remember(work_id: WorkId, run_options: RunOptions) -> None:
    """Read what a person wrote into memory, where a model is set."""
    if endpoints.has_any_model(run_options.settings):
        run_blocking(lambda: engine.remember(work_id, run_options))


def _build_run_options(options: RunLimits) -> RunOptions:
    return RunOptions(
        settings=options.get("settings") or Settings.load(),
        limits=build_limits(options),
        watch=options.get("watch", ignore_event),
    )


def build_limits(options: RunLimits) -> Limits:
    """Return what a run may spend."""
    return Limits(
        max_calls=options.get("max_calls"),
        max_tokens=options.get("max_tokens"),
        max_minutes=options.get("max_minutes"),
        max_cost=options.get("max_cost"),
    )


def build_ablation(options: RunKeywords) -> Ablation:
    """Return which parts are on."""
    return Ablation(
        plan=options.get("plan", "full"),
        memory=options.get("memory", "full"),
        review=options.get("review", "full"),
    )


def _resolve_work_id(settings: Settings, work_id_prefix: str) -> WorkId:
    return find_work_id(settings.home, settings.library_address, work_id_prefix)


def run_blocking(make_coroutine: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Return what a coroutine returns, in a thread of its own where this one has a running loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(make_coroutine())
    with ThreadPoolExecutor(1, thread_name_prefix="inkwright") as thread:
        return thread.submit(lambda: asyncio.run(make_coroutine())).result()

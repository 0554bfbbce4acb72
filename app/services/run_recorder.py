"""Recording a run in the library while it goes on, and doing what a person asks of it there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from inkwright.agents.llm.events import Event, PhaseBegan, SectionBegan, SectionReached, TextGrew
from inkwright.app.display.formatting import collapse_lines
from inkwright.app.display.progress import RunProgress
from inkwright.app.services.run_options import RunOptions
from inkwright.memory.errors import InkwrightError, LibraryUnusable, Paused, Stopped
from inkwright.memory.ids import SectionId, WorkId
from inkwright.memory.store import run_status, works
from inkwright.memory.store.library import Lease, Library
from inkwright.memory.store.run_status import ProgressRecord, RunAction, SectionMark

RECORD_EVERY_S = 1.0
MAX_NOTICES = 20


class RunRecorder:
    """Watches a run and puts it on record.

    It does so every ``RECORD_EVERY_S`` seconds and when a phase begins. What a person asks of the
    run is looked up before every call, so that none is sent after it.
    """

    def __init__(self, library: Library, lease: Lease, run_options: RunOptions) -> None:
        self._library, self.lease, self._caller_options = library, lease, run_options
        self._progress = RunProgress()
        self._texts: dict[SectionId, str] = {}
        self._grown_sections: set[SectionId] = set()
        self._finished_sections: set[SectionId] = set()
        self._task = asyncio.current_task()
        self._woken = asyncio.Event()
        self._has_stopped = False
        self._is_watched = False
        self.outcome = "ended"
        self.is_stopped = False

    @property
    def run_options(self) -> RunOptions:
        """The job as given, watched by this recorder too."""
        paused = {"paused": lambda: self.wish() is not None}
        return replace(
            self._caller_options,
            watch=self,
            watch_text=lambda: self._is_watched or self._caller_options.watch_text is True,
            limits=self._caller_options.limits.model_copy(update=paused),
            lease=self.lease,
        )

    def __call__(self, event: Event) -> None:
        self._progress.handle_event(event)
        match event:
            case PhaseBegan():
                self._woken.set()
            case SectionBegan():
                self._texts[event.section] = ""
            case TextGrew():
                self._texts[event.section] = self._texts.get(event.section, "") + event.text
                self._grown_sections.add(event.section)
            case SectionReached():
                self._texts.pop(event.section, None)
                self._grown_sections.discard(event.section)
                self._finished_sections.add(event.section)
        if self._caller_options.watch_text is True or not isinstance(event, TextGrew):
            self._caller_options.watch(event)

    async def record_regularly(self) -> None:
        """Put on record what is new, until ``stop_recording``.

        It is not ended by cancelling it: ``wait_for`` can lose a cancellation that comes as it is
        woken, and the next record would open the library anew.
        """
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), RECORD_EVERY_S)
            if self._has_stopped:
                return
            self._woken.clear()
            with suppress(InkwrightError):  # what prevents it, the run's next commit will say
                self._record_progress()

    def stop_recording(self) -> None:
        """Let ``record_regularly`` end at once, without another record."""
        self._has_stopped = True
        self._woken.set()

    def end(self, outcome: str) -> None:
        """Record how the run ended."""
        with suppress(LibraryUnusable):  # the run has said so already
            run_status.update_status(self._library, self.lease, self._build_status(), {}, ())
            run_status.end_run(self._library, self.lease, outcome)

    def check(self) -> None:
        """Raise what a person asks of the run.

        Raises:
            Paused: no more calls are to be sent.
            Stopped: the run is to end at once.
        """
        if (wish := self.wish()) is not None:
            raise wish

    def wish(self) -> Paused | Stopped | None:
        """Return what a person asks of the run; after a stop, the next beat comes at once."""
        requested_action = run_status.asked(self._library, self.lease.work_id)
        if requested_action == "stop":
            self._woken.set()
            return Stopped("stopped")
        return Paused("paused") if requested_action == "pause" else None

    def _record_progress(self) -> None:
        texts = {section_id: self._texts[section_id] for section_id in self._grown_sections}
        finished_sections = tuple(self._finished_sections)
        stored_status = run_status.update_status(
            self._library, self.lease, self._build_status(), texts, finished_sections
        )
        self._grown_sections.clear()
        self._finished_sections.difference_update(finished_sections)
        if stored_status is None:
            return
        self._is_watched = stored_status.is_watched
        if stored_status.asked == "stop" and self._task is not None and not self.is_stopped:
            self.is_stopped = True
            self._task.cancel()

    def _build_status(self) -> ProgressRecord:
        progress = self._progress
        return ProgressRecord(
            phase=progress.phase,
            seconds=round(progress.seconds, 1),
            calls=progress.calls,
            from_journal=progress.from_journal,
            tokens_per_s=round(progress.tokens_per_s, 1),
            eta_s=None if progress.eta_s is None else round(progress.eta_s),
            notices=tuple(progress.notices[-MAX_NOTICES:]),
            sections={
                section.id: SectionMark(section.state, section.round, section.words)
                for section in progress.sections.values()
                if section.state != "planned"
            },
        )


@asynccontextmanager
async def record_run(
    library: Library, work_id: WorkId, action: RunAction, run_options: RunOptions
) -> AsyncIterator[RunRecorder]:
    """Hold the work's lease and keep a run on record in the library while the block lasts.

    Raises:
        WorkBusy: the work is being written.
        Paused: a person wanted no call before any was sent.
        Stopped: a person asked for its end.
    """
    lease = run_options.lease or run_status.start(library, work_id, action)
    recorder = RunRecorder(library, lease, run_options)
    beat_task = asyncio.create_task(recorder.record_regularly())
    try:
        recorder.check()
        yield recorder
        recorder.end(recorder.outcome)
    except asyncio.CancelledError:
        recorder.end("stopped" if recorder.is_stopped else "interrupted")
        task = asyncio.current_task()
        if recorder.is_stopped and task is not None:
            task.uncancel()
            raise Stopped("stopped") from None
        raise
    except Paused as paused:
        wish = recorder.wish() or paused
        recorder.end(str(wish))
        raise wish from None
    except InkwrightError as fault:
        recorder.end(collapse_lines(str(fault)))
        raise
    except Exception as fault:
        recorder.end(f"ended by a fault of Inkwright: {type(fault).__name__}: {fault}")
        raise
    finally:
        recorder.stop_recording()
        try:
            await beat_task
        finally:
            works.release(library, lease)

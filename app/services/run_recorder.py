"""Recording a run in the library while it goes on, and doing what a person asks of it there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

from inkwright.agents.llm.events import Event, PhaseBegan, SectionBegan, SectionReached, TextGrew
from inkwright.app.display.progress import RunProgress
from inkwright.app.services.run_options import RunOptions
from inkwright.memory.errors import InkwrightError, LibraryUnusable, Paused, Stopped
from inkwright.memory.store import run_status, works
from inkwright.memory.store.library import Lease, Library
from inkwright.memory.store.run_status import Action

EVERY_S = 1.0
NOTICES_KEPT = 20


class RunRecorder:
    """Watches a run and puts it on record, every ``EVERY_S`` seconds and when a phase begins.

    What a person asks of the run is looked up before every call, so that none is sent after it.
    """

    def __init__(self, library: Library, lease: Lease, job: RunOptions) -> None:
        self._library, self.lease, self._given = library, lease, job
        self._progress = RunProgress()
        self._texts: dict[str, str] = {}
        self._grown: set[str] = set()
        self._landed: set[str] = set()
        self._task = asyncio.current_task()
        self._woken = asyncio.Event()
        self._looked_upon = False
        self.outcome = "ended"
        self.stopped = False

    @property
    def job(self) -> RunOptions:
        """The job as given, watched by this recorder too."""
        paused = {"paused": lambda: self.wish() is not None}
        return replace(
            self._given,
            watch=self,
            watch_text=lambda: self._looked_upon or self._given.watch_text is True,
            limits=self._given.limits.model_copy(update=paused),
            lease=self.lease,
        )

    def __call__(self, event: Event) -> None:
        self._progress.see(event)
        match event:
            case PhaseBegan():
                self._woken.set()
            case SectionBegan():
                self._texts[event.section] = ""
            case TextGrew():
                self._texts[event.section] = self._texts.get(event.section, "") + event.text
                self._grown.add(event.section)
            case SectionReached():
                self._texts.pop(event.section, None)
                self._grown.discard(event.section)
                self._landed.add(event.section)
        if self._given.watch_text is True or not isinstance(event, TextGrew):
            self._given.watch(event)

    async def beat(self) -> None:
        """Put on record what is new, for as long as the run lives."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), EVERY_S)
            self._woken.clear()
            with suppress(InkwrightError):  # what prevents it, the run's next commit will say
                self._put()

    def end(self, said: str) -> None:
        """Record how the run ended."""
        with suppress(LibraryUnusable):  # the run has said so already
            run_status.tell(self._library, self.lease, self._told(), {}, ())
            run_status.end(self._library, self.lease, said)

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
        asked = run_status.asked(self._library, self.lease.work)
        if asked == "stop":
            self._woken.set()
            return Stopped("stopped")
        return Paused("paused") if asked == "pause" else None

    def _put(self) -> None:
        texts = {sid: self._texts[sid] for sid in self._grown}
        landed = tuple(self._landed)
        telling = run_status.tell(self._library, self.lease, self._told(), texts, landed)
        self._grown.clear()
        self._landed.difference_update(landed)
        if telling is None:
            return
        self._looked_upon = telling.looked_upon
        if telling.asked == "stop" and self._task is not None and not self.stopped:
            self.stopped = True
            self._task.cancel()

    def _told(self) -> dict[str, Any]:
        shown = self._progress
        return {
            "phase": shown.phase,
            "seconds": round(shown.seconds, 1),
            "calls": shown.calls,
            "from_journal": shown.from_journal,
            "tokens_per_s": round(shown.tokens_per_s, 1),
            "eta_s": None if shown.eta_s is None else round(shown.eta_s),
            "notices": shown.notices[-NOTICES_KEPT:],
            "sections": {
                line.id: [line.state, line.round, line.words]
                for line in shown.lines.values()
                if line.state != "planned"
            },
        }


@asynccontextmanager
async def recorded(
    library: Library, work: str, action: Action, job: RunOptions
) -> AsyncIterator[RunRecorder]:
    """Hold the work's lease and keep a run on record in the library while the block lasts.

    Raises:
        WorkBusy: the work is being written.
        Paused: a person wanted no call before any was sent.
        Stopped: a person asked for its end.
    """
    lease = job.lease or run_status.start(library, work, action)
    recorder = RunRecorder(library, lease, job)
    beat = asyncio.create_task(recorder.beat())
    try:
        recorder.check()
        yield recorder
        recorder.end(recorder.outcome)
    except asyncio.CancelledError:
        recorder.end("stopped" if recorder.stopped else "interrupted")
        task = asyncio.current_task()
        if recorder.stopped and task is not None:
            task.uncancel()
            raise Stopped("stopped") from None
        raise
    except Paused as paused:
        wish = recorder.wish() or paused
        recorder.end(str(wish))
        raise wish from None
    except InkwrightError as fault:
        recorder.end(" ".join(str(fault).split()))
        raise
    except Exception as fault:
        recorder.end(f"ended by a fault of Inkwright: {type(fault).__name__}: {fault}")
        raise
    finally:
        beat.cancel()
        works.release(library, lease)

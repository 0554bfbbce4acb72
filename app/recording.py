"""Recording a run in the library while it goes on, and doing what a person asks of it there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

from inkwright.agents.events import Event, SectionBegan, SectionReached, TextGrew
from inkwright.app.job import Job
from inkwright.app.progress import Progress
from inkwright.memory import live
from inkwright.memory.errors import InkwrightError, LibraryUnusable, Stopped, WorkBusy
from inkwright.memory.library import Library
from inkwright.memory.live import Action

EVERY_S = 1.0
NOTICES_KEPT = 20


class Recorder:
    """Watches a run and puts it on record, at most once in ``EVERY_S`` seconds."""

    def __init__(self, library: Library, work: str, action: Action, job: Job) -> None:
        self._library, self._work, self._action, self._given = library, work, action, job
        self._progress = Progress()
        self._texts: dict[str, str] = {}
        self._grown: set[str] = set()
        self._landed: set[str] = set()
        self._task = asyncio.current_task()
        self._begun = False
        self._looked_upon = False
        self._paused = False
        self.outcome = "ended"
        self.stopped = False

    @property
    def job(self) -> Job:
        """The job as given, watched by this recorder too."""
        return replace(
            self._given,
            watch=self,
            watch_text=lambda: self._looked_upon or self._given.watch_text is True,
            limits=self._given.limits.model_copy(update={"paused": lambda: self._paused}),
        )

    def __call__(self, event: Event) -> None:
        if not self._begun:
            self._begin()
        self._progress.see(event)
        match event:
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
            await asyncio.sleep(EVERY_S)
            with suppress(InkwrightError):  # what prevents it, the run's next commit will say
                self._put()

    def end(self, said: str) -> None:
        """Record how the run ended."""
        with suppress(LibraryUnusable):  # the run has said so already
            if not self._begun:
                self._begin()
            live.tell(self._library, self._work, self._told(), {}, ())
            live.end(self._library, self._work, said)

    def _begin(self) -> None:
        live.begin(self._library, self._work, self._action, self._told())
        self._begun = True

    def _put(self) -> None:
        if not self._begun:
            return
        texts = {sid: self._texts[sid] for sid in self._grown}
        landed = tuple(self._landed)
        telling = live.tell(self._library, self._work, self._told(), texts, landed)
        self._grown.clear()
        self._landed.difference_update(landed)
        if telling is None:
            return
        self._looked_upon = telling.looked_upon
        self._paused = telling.asked == "pause"
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
    library: Library, work: str, action: Action, job: Job
) -> AsyncIterator[Recorder]:
    """Keep a run on record in the library while the block lasts.

    Raises:
        Stopped: a person asked for its end.
    """
    recorder = Recorder(library, work, action, job)
    beat = asyncio.create_task(recorder.beat())
    try:
        yield recorder
        recorder.end(recorder.outcome)
    except asyncio.CancelledError:
        recorder.end("stopped" if recorder.stopped else "interrupted")
        task = asyncio.current_task()
        if recorder.stopped and task is not None:
            task.uncancel()
            raise Stopped(f"stopped; `inkwright resume {work}` goes on") from None
        raise
    except WorkBusy:
        raise
    except InkwrightError as fault:
        recorder.end(" ".join(str(fault).split()))
        raise
    except Exception as fault:
        recorder.end(f"ended by a fault of Inkwright: {type(fault).__name__}: {fault}")
        raise
    finally:
        beat.cancel()

"""Watching a run from outside, whoever started it: where it stands, its pace, its cost.

Everything is read from the library, with a few short queries.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

from inkwright.app.config.endpoints import build_price_list
from inkwright.app.config.settings import Settings
from inkwright.app.services import engine
from inkwright.app.services.library_status import SectionSummary, load_section_summaries
from inkwright.memory.ids import WorkId
from inkwright.memory.store import journal, run_status, works
from inkwright.memory.store.library import now
from inkwright.memory.store.run_status import ProgressRecord, SectionMark, StopRequest

RunActivity = Literal["idle", "starting", "running", "pausing", "stopping", "cut off"]


@dataclass(frozen=True)
class MonitoredWork:
    """A work and its newest run, as they stand."""

    status: str
    approved: bool
    activity: RunActivity
    rows: tuple[SectionSummary, ...]
    progress: ProgressRecord = field(default_factory=ProgressRecord)
    end_message: str | None = None
    """How the newest run ended."""
    calls: int = 0
    tokens: int = 0
    money: float | None = None
    problems: tuple[str, ...] = ()

    @property
    def words(self) -> int:
        return sum(row.words for row in self.rows)

    @property
    def target_words(self) -> int:
        return sum(row.target_words for row in self.rows)

    @property
    def done(self) -> int:
        return sum(row.state == "accepted" for row in self.rows)

    @property
    def is_under_way(self) -> bool:
        return self.activity not in ("idle", "cut off")


def load_monitored_work(work_id: WorkId, settings: Settings) -> MonitoredWork:
    """Return how a work and its newest run stand.

    Raises:
        WorkNotFound: there is none of this id.
    """
    with engine.open_library(settings) as library:
        stored_work = works.get(library, work_id)
        newest_run = run_status.load_status(library, work_id)
        usage = journal.load_usage(library, work_id)
    progress = newest_run.told if newest_run else ProgressRecord()
    prompt, completion = sum(u.prompt for u in usage), sum(u.completion for u in usage)
    activity = _find_activity(newest_run)
    return MonitoredWork(
        status=stored_work.status,
        approved=stored_work.approved,
        activity=activity,
        rows=tuple(
            _add_progress(s, progress if activity not in ("idle", "cut off") else ProgressRecord())
            for s in load_section_summaries(settings.home, work_id, settings.library_address)
        ),
        progress=progress,
        end_message=newest_run.ended if newest_run else None,
        calls=sum(u.calls for u in usage),
        tokens=prompt + completion,
        money=build_price_list(settings).compute_usage_cost(usage),
        problems=stored_work.problems,
    )


@dataclass(frozen=True)
class ActiveRun:
    """A run that goes on."""

    action: run_status.RunAction
    seconds: float
    """Since it began."""
    going: RunActivity


def find_active_run(work_id: WorkId, settings: Settings) -> ActiveRun | None:
    """Return the run of a work that goes on just now, in short; None: there is none."""
    with engine.open_library(settings) as library:
        newest_run = run_status.load_status(library, work_id)
    going = _find_activity(newest_run)
    if newest_run is None or going in ("idle", "cut off"):
        return None
    return ActiveRun(newest_run.action, now() - newest_run.began_at, going)


def request_stop(work_id: WorkId, request: StopRequest, settings: Settings) -> None:
    """Ask the run of a work to pause (send no more calls) or to stop at once.

    Both keep what was answered; a pause also waits for the answers under way.
    """
    with engine.open_library(settings) as library:
        run_status.request_stop(library, work_id, request)


def load_live_texts(work_id: WorkId, settings: Settings) -> dict[str, str]:
    """Return the text being written just now, by section, and ask that it be streamed."""
    with engine.open_library(settings) as library:
        run_status.record_look(library, work_id)
        return run_status.load_live_texts(library, work_id)


def _find_activity(newest_run: run_status.RunStatus | None) -> RunActivity:
    if newest_run is None or newest_run.ended is not None:
        return "idle"
    if not newest_run.held:
        return "cut off"
    if newest_run.asked is not None:
        return "pausing" if newest_run.asked == "pause" else "stopping"
    return "starting" if newest_run.told.phase == "starting" else "running"


def _add_progress(section: SectionSummary, progress: ProgressRecord) -> SectionSummary:
    """Return a section with the state, words and round that its run tells of."""
    mark = progress.sections.get(section.section, SectionMark("", 0, 0))
    shown_state = section.state
    if section.failure:
        shown_state = "failed"
    elif mark.state in ("drafting", "revising", "settled") and shown_state != "accepted":
        shown_state = mark.state
    shown_words = mark.words if shown_state == "drafting" and mark.words else section.words
    return replace(section, state=shown_state, words=shown_words, round=mark.round)

"""How far a batch is: lines done, flagged and failed, words, tokens a second, time left."""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, get_args

from inkwright.agents.llm.events import CallAnswered, Event, Notice, Planned, SectionReached
from inkwright.app.batch.events import BatchBegan, NoResultReason, WorkBegan, WorkEnded
from inkwright.app.batch.results import Status
from inkwright.app.display.formatting import format_clock, shorten
from inkwright.app.display.terminal import InPlaceDisplay

if TYPE_CHECKING:
    from rich.console import RenderableType

FRAMES_PER_S = 4
MIN_SECONDS_FOR_ETA = 2.0
"""Before this long, the time left is anybody's guess."""


@dataclass
class BatchProgress:
    """What a batch has told so far."""

    clock: Callable[[], float] = time.monotonic
    lines: int = 0
    done_before: int = 0
    """Done before this run."""
    count_by_outcome: Counter[str] = field(default_factory=Counter)
    """Lines by their status, or by why they were left for another run."""
    done_share_by_work: dict[str, float] = field(default_factory=dict)
    """Work to the share of its sections that is done."""
    words: int = 0
    completion_tokens: int = 0
    calls: int = 0
    last_ended: str = ""
    _sections: dict[str, int] = field(default_factory=dict)
    _started_at: float = 0.0
    _calling_since: float | None = None
    """When the first work began: before it, libraries were imported."""

    def __post_init__(self) -> None:
        self._started_at = self.clock()

    def handle_event(self, event: Event) -> None:
        """Take in one event, of the batch or of one of its works."""
        match event:
            case BatchBegan():
                self.lines, self.done_before = event.lines, event.done_before
            case WorkBegan():
                self._calling_since = self._calling_since or self.clock()
                self.done_share_by_work[event.work] = 0.0
            case Planned():
                accepted_count = sum(s.state == "accepted" for s in event.sections)
                self._sections[event.work] = max(len(event.sections), 1)
                self.done_share_by_work[event.work] = accepted_count / self._sections[event.work]
            case SectionReached() if event.state == "accepted":
                self.done_share_by_work[event.work] = self.done_share_by_work.get(
                    event.work, 0.0
                ) + 1 / (self._sections.get(event.work, 1))
            case CallAnswered() if not event.from_journal:
                self.calls += 1
                self.completion_tokens += event.completion_tokens
            case WorkEnded():
                self.count_by_outcome[event.status] += 1
                self.words += event.words
                self.done_share_by_work.pop(event.work, None)
                self._sections.pop(event.work, None)
                self.last_ended = f"{event.id} {event.status}"
            case _:
                pass

    @property
    def done(self) -> int:
        """Lines that have their result, earlier runs included."""
        return self.done_before + sum(self.count_by_outcome[status] for status in get_args(Status))

    @property
    def seconds(self) -> float:
        return self.clock() - self._started_at

    @property
    def tokens_per_s(self) -> float:
        return (
            self.completion_tokens / self._seconds_since_first_call
            if self._seconds_since_first_call
            else 0.0
        )

    @property
    def _seconds_since_first_call(self) -> float:
        return self.clock() - self._calling_since if self._calling_since else 0.0

    @property
    def eta_s(self) -> float | None:
        """Seconds left at this run's pace; None: too early to say."""
        done_lines = self.count_by_outcome.total() + sum(
            min(share, 1.0) for share in self.done_share_by_work.values()
        )
        lines_left = self.lines - self.done_before - done_lines
        if self._seconds_since_first_call < MIN_SECONDS_FOR_ETA or done_lines <= 0:
            return None
        return max(lines_left, 0.0) * self._seconds_since_first_call / done_lines

    def format_line(self) -> str:
        """Say it in one line."""
        counts = ", ".join(
            f"{self.count_by_outcome[status]} {status}"
            for status in (*get_args(Status), *get_args(NoResultReason))
            if self.count_by_outcome[status]
        )
        eta = f", {format_clock(self.eta_s)} left" if self.eta_s is not None else ""
        return (
            f"{self.done:,} of {self.lines:,} done ({counts or 'none in this run'}), "
            f"{len(self.done_share_by_work)} under way, {self.words:,} words, "
            f"{self.tokens_per_s:,.0f} tok/s{eta}"
        )


class BatchPlainDisplay(AbstractContextManager["BatchPlainDisplay"]):
    """One line for each that ends, for logs and pipes."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say, self.progress = say, BatchProgress()

    def __exit__(self, *_: object) -> None:
        return None

    def __call__(self, event: Event) -> None:
        self.progress.handle_event(event)
        if isinstance(event, BatchBegan):
            self._say(f"{event.lines:,} lines, {event.done_before:,} of them done already")
        elif isinstance(event, WorkEnded):
            reason_note = f": {shorten(event.reason, 100)}" if event.reason else ""
            self._say(
                f"[{format_clock(self.progress.seconds)}] {event.id}: {event.status}{reason_note}"
            )
            self._say(f"[{format_clock(self.progress.seconds)}] {self.progress.format_line()}")
        elif isinstance(event, Notice):
            self._say(f"[{format_clock(self.progress.seconds)}] {event.work}: note: {event.text}")


class BatchLiveDisplay(InPlaceDisplay):
    """A bar that stays in place on a terminal."""

    def __init__(self) -> None:
        self.progress = BatchProgress()
        super().__init__(FRAMES_PER_S)

    def __call__(self, event: Event) -> None:
        self.progress.handle_event(event)

    def _render(self) -> "RenderableType":
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.text import Text

        progress = self.progress
        bar = ProgressBar(total=max(progress.lines, 1), completed=progress.done)
        return Group(bar, Text(progress.format_line()), Text(progress.last_ended, style="dim"))


def make_display(say: Callable[[str], None], *, live: bool) -> BatchPlainDisplay | BatchLiveDisplay:
    """Return the display for this output."""
    return BatchLiveDisplay() if live else BatchPlainDisplay(say)

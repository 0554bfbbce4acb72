"""How far a batch is: lines done, flagged and failed, words, tokens a second, time left."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, get_args

from inkwright.agents.llm.events import CallAnswered, Event, Notice, Planned, SectionReached
from inkwright.app.batch.events import BatchBegan, NoResultReason, WorkBegan, WorkEnded
from inkwright.app.batch.results import Status
from inkwright.app.display.formatting import format_clock, shorten

if TYPE_CHECKING:
    from rich.console import RenderableType

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

    def describe_event(self, event: Event) -> Iterator[str]:
        """Yield the lines that a log has of an event: of works that end, above all."""
        time_note = f"[{format_clock(self.seconds)}]"
        match event:
            case BatchBegan():
                yield f"{event.lines:,} lines, {event.done_before:,} of them done already"
            case WorkEnded():
                reason_note = f": {shorten(event.reason, 100)}" if event.reason else ""
                yield f"{time_note} {event.id}: {event.status}{reason_note}"
                yield f"{time_note} {self.format_line()}"
            case Notice():
                yield f"{time_note} {event.work}: note: {event.text}"

    def draw(self, height: int) -> "RenderableType":
        """Return a bar with the line below it."""
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.text import Text

        bar = ProgressBar(total=max(self.lines, 1), completed=self.done)
        return Group(bar, Text(self.format_line()), Text(self.last_ended, style="dim"))

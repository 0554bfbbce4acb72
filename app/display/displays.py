"""Displays of what goes on: a picture that stays in place on a terminal, lines anywhere else."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from inkwright.agents.llm.events import (
    Event,
    Finished,
    Notice,
    PhaseBegan,
    Planned,
    SectionBegan,
    SectionFailed,
    SectionReached,
    SectionRevised,
    SectionSettled,
)
from inkwright.app.display.formatting import format_clock, shorten
from inkwright.app.display.progress import RunProgress
from inkwright.memory.ids import SectionId

if TYPE_CHECKING:
    from rich.console import RenderableType

FRAMES_PER_S = 5


class Progress(Protocol):
    """How far something has come, and what is to be seen of it."""

    def handle_event(self, event: Event) -> None:
        """Take in one event."""

    def describe_event(self, event: Event) -> Iterator[str]:
        """Yield the lines that a log has of an event that was taken in."""

    def draw(self, height: int) -> "RenderableType":
        """Return the picture, for a terminal of ``height`` lines."""


class PlainDisplay(AbstractContextManager["PlainDisplay"]):
    """Lines for logs and pipes."""

    def __init__(self, progress: Progress, say: Callable[[str], None]) -> None:
        self._progress, self._say = progress, say

    def __exit__(self, *_: object) -> None:
        return None

    def __call__(self, event: Event) -> None:
        self._progress.handle_event(event)
        for line in self._progress.describe_event(event):
            self._say(line)


class LiveDisplay(AbstractContextManager["LiveDisplay"]):
    """A picture that stays in place on a terminal, drawn again several times a second."""

    def __init__(self, progress: Progress) -> None:
        from rich.console import Console
        from rich.live import Live

        self._progress, console = progress, Console()
        self._live = Live(
            get_renderable=lambda: progress.draw(console.height),
            console=console,
            refresh_per_second=FRAMES_PER_S,
        )

    def __enter__(self) -> "LiveDisplay":
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def __call__(self, event: Event) -> None:
        self._progress.handle_event(event)


def make_display(
    progress: Progress, say: Callable[[str], None], *, live: bool
) -> PlainDisplay | LiveDisplay:
    """Return the display for this output."""
    return LiveDisplay(progress) if live else PlainDisplay(progress, say)


class RunDisplay(RunProgress):
    """One run: a table of its sections, or a line for each event worth telling."""

    def draw(self, height: int) -> "RenderableType":
        """Return the table, for a terminal of ``height`` lines."""
        from inkwright.app.display.table import draw_table

        return draw_table(self, height)

    def describe_event(self, event: Event) -> Iterator[str]:
        """Yield the line that a log has of an event."""
        if text := self._describe(event):
            yield f"[{format_clock(self.seconds)}] {text}"

    def _describe(self, event: Event) -> str | None:
        lines = self.sections
        line = lines.get(getattr(event, "section", SectionId("")))
        name = f"{line.id} {shorten(line.title, 50)}" if line else ""
        match event:
            case PhaseBegan():
                return str(event.phase)
            case Planned():
                total = sum(s.target_words for s in event.sections)
                return f"planned: {event.title}, {len(lines)} sections, {total:,} words"
            case SectionBegan():
                return f"{name}: begun"
            case SectionReached():
                target = line.target_words if line else 0
                return f"{name}: {event.state}, {event.words:,} of {target:,} words{self._pace()}"
            case SectionRevised():
                return f"{name}: round {event.round} mends {', '.join(event.broken)}"
            case SectionSettled():
                return f"{name}: {'patched' if event.patched else 'checked, unchanged'}"
            case SectionFailed():
                return f"{name}: failed: {event.reason}"
            case Notice():
                return f"note: {event.text}"
            case Finished():
                return str(event.status)
        return None

    def _pace(self) -> str:
        eta = f", {format_clock(self.eta_s)} left" if self.eta_s else ""
        return f" ({self.calls} calls, {self.tokens_per_s:.0f} tok/s{eta})"

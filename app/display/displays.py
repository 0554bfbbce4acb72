"""Displays of one run: a live table on a terminal, plain lines anywhere else."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

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
from inkwright.app.display.terminal import InPlaceDisplay
from inkwright.memory.ids import SectionId

if TYPE_CHECKING:
    from rich.console import RenderableType

FRAMES_PER_S = 6


class PlainDisplay(AbstractContextManager["PlainDisplay"]):
    """One line an event worth telling, for logs and pipes."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say, self._progress = say, RunProgress()

    def __exit__(self, *_: object) -> None:
        return None

    def __call__(self, event: Event) -> None:
        self._progress.handle_event(event)
        if text := self._told(event):
            self._say(f"[{format_clock(self._progress.seconds)}] {text}")

    def _told(self, event: Event) -> str | None:
        lines = self._progress.sections
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
        progress = self._progress
        eta = f", {format_clock(progress.eta_s)} left" if progress.eta_s else ""
        return f" ({progress.calls} calls, {progress.tokens_per_s:.0f} tok/s{eta})"


class LiveDisplay(InPlaceDisplay):
    """A table of sections that stays in place on a terminal."""

    def __init__(self) -> None:
        self._progress = RunProgress()
        super().__init__(FRAMES_PER_S)

    def __call__(self, event: Event) -> None:
        self._progress.handle_event(event)

    def _render(self) -> "RenderableType":
        from inkwright.app.display.table import draw_table

        return draw_table(self._progress, height=self._console.height)


def make_display(say: Callable[[str], None], *, live: bool) -> PlainDisplay | LiveDisplay:
    """Return the display for this output."""
    return LiveDisplay() if live else PlainDisplay(say)

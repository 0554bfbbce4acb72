"""The live table: sections side by side, as many as the terminal has room for."""

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from inkwright.app.display.formatting import clock
from inkwright.app.display.progress import DONE, RunProgress, SectionProgress

STYLES = {
    "planned": "dim",
    "started": "cyan",
    "drafting": "bold cyan",
    "drafted": "blue",
    "revising": "yellow",
    "accepted": "green",
    "settled": "green",
    "failed": "bold red",
}
FRAME_LINES = 6
"""Lines of the display that are not sections."""


def draw(progress: RunProgress, height: int) -> RenderableType:
    """Return the display for a terminal of ``height`` lines."""
    room = max(height - FRAME_LINES - min(len(progress.notices), 2), 3)
    lines = list(progress.lines.values())
    first = _first_shown(lines, room)
    table = Table(box=None, padding=(0, 1), expand=True)
    table.add_column("section", ratio=3, no_wrap=True, overflow="ellipsis")
    table.add_column("state", width=9)
    table.add_column("", ratio=2)
    table.add_column("words", justify="right", width=15)
    table.add_column("round", justify="right", width=5)
    for line in lines[first : first + room]:
        table.add_row(*_row(line))
    parts: list[RenderableType] = [Text(_headline(progress), style="bold", no_wrap=True)]
    if lines:
        parts.append(table)
    if len(lines) > room:
        parts.append(Text(_counts(lines), style="dim"))
    parts.extend(
        Text(f"note: {n}", style="yellow", no_wrap=True, overflow="ellipsis")
        for n in progress.notices[-2:]
    )
    return Group(*parts)


def _row(line: SectionProgress) -> tuple[RenderableType, ...]:
    total = max(line.target_words, 1)
    return (
        Text(f"{line.id} {line.title}", overflow="ellipsis", no_wrap=True),
        Text(line.state, style=STYLES.get(line.state, "")),
        ProgressBar(total=total, completed=min(line.words, total)),
        Text(f"{line.words:,}/{line.target_words:,}"),
        Text(str(line.round or "")),
    )


def _headline(progress: RunProgress) -> str:
    pace = f"{progress.calls} calls, {progress.tokens_per_s:.0f} tok/s"
    if progress.from_journal:
        pace += f", {progress.from_journal} from the journal"
    eta = f", {clock(progress.eta_s)} left" if progress.eta_s else ""
    title = f"{progress.title}: " if progress.title else ""
    return f"{title}{progress.phase}, {clock(progress.seconds)}{eta} ({pace})"


def _first_shown(lines: list[SectionProgress], room: int) -> int:
    """Scroll so that the first unfinished section stands near the top."""
    if len(lines) <= room:
        return 0
    at = next((n for n, line in enumerate(lines) if line.state not in DONE), len(lines))
    return max(min(at - 1, len(lines) - room), 0)


def _counts(lines: list[SectionProgress]) -> str:
    states: dict[str, int] = {}
    for line in lines:
        states[line.state] = states.get(line.state, 0) + 1
    told = ", ".join(f"{n} {state}" for state, n in sorted(states.items()))
    return f"of {len(lines)} sections: {told}"

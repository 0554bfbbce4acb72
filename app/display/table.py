"""The live table: sections side by side, as many as the terminal has room for."""

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from inkwright.app.display.formatting import format_clock
from inkwright.app.display.progress import DONE_STATES, RunProgress, SectionProgress

STATE_STYLES = {
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


def draw_table(progress: RunProgress, height: int) -> RenderableType:
    """Return the display for a terminal of ``height`` lines."""
    visible_rows = max(height - FRAME_LINES - min(len(progress.notices), 2), 3)
    sections = list(progress.sections.values())
    first_index = _find_first_visible(sections, visible_rows)
    table = Table(box=None, padding=(0, 1), expand=True)
    table.add_column("section", ratio=3, no_wrap=True, overflow="ellipsis")
    table.add_column("state", width=9)
    table.add_column("", ratio=2)
    table.add_column("words", justify="right", width=15)
    table.add_column("round", justify="right", width=5)
    for section in sections[first_index : first_index + visible_rows]:
        table.add_row(*_build_row(section))
    parts: list[RenderableType] = [Text(_format_headline(progress), style="bold", no_wrap=True)]
    if sections:
        parts.append(table)
    if len(sections) > visible_rows:
        parts.append(Text(_format_counts(sections), style="dim"))
    parts.extend(
        Text(f"note: {n}", style="yellow", no_wrap=True, overflow="ellipsis")
        for n in progress.notices[-2:]
    )
    return Group(*parts)


def _build_row(section: SectionProgress) -> tuple[RenderableType, ...]:
    total = max(section.target_words, 1)
    return (
        Text(f"{section.id} {section.title}", overflow="ellipsis", no_wrap=True),
        Text(section.state, style=STATE_STYLES.get(section.state, "")),
        ProgressBar(total=total, completed=min(section.words, total)),
        Text(f"{section.words:,}/{section.target_words:,}"),
        Text(str(section.round or "")),
    )


def _format_headline(progress: RunProgress) -> str:
    pace = f"{progress.calls} calls, {progress.tokens_per_s:.0f} tok/s"
    if progress.from_journal:
        pace += f", {progress.from_journal} from the journal"
    eta = f", {format_clock(progress.eta_s)} left" if progress.eta_s else ""
    title = f"{progress.title}: " if progress.title else ""
    return f"{title}{progress.phase}, {format_clock(progress.seconds)}{eta} ({pace})"


def _find_first_visible(sections: list[SectionProgress], visible_rows: int) -> int:
    """Scroll so that the first unfinished section stands near the top."""
    if len(sections) <= visible_rows:
        return 0
    unfinished_index = next(
        (n for n, section in enumerate(sections) if section.state not in DONE_STATES), len(sections)
    )
    return max(min(unfinished_index - 1, len(sections) - visible_rows), 0)


def _format_counts(sections: list[SectionProgress]) -> str:
    count_by_state: dict[str, int] = {}
    for section in sections:
        count_by_state[section.state] = count_by_state.get(section.state, 0) + 1
    counts_text = ", ".join(f"{n} {state}" for state, n in sorted(count_by_state.items()))
    return f"of {len(sections)} sections: {counts_text}"

"""Write: the run of a work as it goes on, whoever started it."""

from typing import Any

import streamlit as st

from inkwright.app.display.formatting import format_clock, format_count, format_duration
from inkwright.app.services import background, run_monitor
from inkwright.app.services.run_monitor import MonitoredWork
from inkwright.app.ui import cache, errors, navigation
from inkwright.app.ui.html import escape_markdown, render_prose
from inkwright.memory.ids import WorkId

REFRESH_INTERVAL_S = 1.0
PHASE_LABELS = {
    "starting": "Starting",
    "planning": "Planning",
    "approval": "Waiting for the outline to be approved",
    "drafting": "Drafting",
    "settling": "Settling what changed meanwhile",
    "reviewing": "Reviewing the whole",
    "assembling": "Putting it together",
}
RUN_STATE_LABELS = {
    "starting": "Starting",
    "pausing": "Pausing: answers under way come in first",
    "stopping": "Stopping",
    "cut off": "The last run was cut off; what it wrote is kept",
}
STAGE_LABELS = {
    "planned": "waiting",
    "started": "started",
    "drafting": "writing",
    "drafted": "drafted",
    "revising": "revising",
    "accepted": "done",
    "settled": "settled",
    "failed": "failed",
}


def page() -> None:
    """Draw the page; while a run goes on it draws itself anew every second."""
    work_id = navigation.require_work_id()
    st.title("Write", anchor=False)
    is_running = run_monitor.load_monitored_work(work_id, navigation.load_settings()).is_under_way
    st.fragment(_draw_live, run_every=REFRESH_INTERVAL_S if is_running else None)(
        work_id, is_running
    )


@errors.show_errors
def _draw_live(work_id: WorkId, was_running: bool) -> None:
    monitored_work = run_monitor.load_monitored_work(work_id, navigation.load_settings())
    if monitored_work.is_under_way != was_running:
        st.rerun()
    _draw_controls(work_id, monitored_work)
    _draw_progress(monitored_work)
    if not monitored_work.rows:
        _draw_unplanned_note(monitored_work)
        return
    _draw_table(work_id, monitored_work)


def _draw_controls(work_id: WorkId, monitored_work: MonitoredWork) -> None:
    """Draw what starts a run, and what ends one: each has its own place, at all times."""
    if not monitored_work.is_under_way and not navigation.has_model():
        st.info(
            "No model is set, so nothing can be written here. Everything else works: reading, "
            "typing, the outline, search and export. Set INKWRIGHT_API_BASE and INKWRIGHT_MODEL "
            "and start the studio again."
        )
        return
    starts = [] if monitored_work.is_under_way else _starts(work_id, monitored_work)
    if not monitored_work.is_under_way and not starts:
        return
    start, pause_column, stop_column = st.columns([5, 1, 1], vertical_alignment="top")
    with start.container(horizontal=True):
        if monitored_work.is_under_way:
            st.button("Running", icon=":material/hourglass_top:", disabled=True)
        for what, label, icon, primary in starts:
            _draw_run_button(work_id, what, label, icon, primary=primary)
    _end(work_id, monitored_work, pause_column, stop_column)


def _end(work: WorkId, monitored_work: MonitoredWork, pause: Any, stop: Any) -> None:
    going = monitored_work.is_under_way
    if pause.button(
        "Pause",
        icon=":material/pause:",
        disabled=not going or monitored_work.activity in ("pausing", "stopping"),
        width="stretch",
        help="Answers under way come in and are kept; no more is asked.",
    ):
        run_monitor.request_stop(work, "pause", navigation.load_settings())
        st.rerun(scope="fragment")
    if stop.button(
        "Stop",
        icon=":material/stop:",
        disabled=not going or monitored_work.activity == "stopping",
        width="stretch",
        help="At once. What is written is kept.",
    ):
        run_monitor.request_stop(work, "stop", navigation.load_settings())
        st.rerun(scope="fragment")


def _starts(
    work: WorkId, monitored_work: MonitoredWork
) -> list[tuple[background.BackgroundAction, str, str, bool]]:
    """Return what can be started: the run, its label and icon, and whether it is the next thing."""
    if not monitored_work.rows:
        return [
            ("plan", "Plan", ":material/account_tree:", True),
            ("write", "Plan and write", ":material/play_arrow:", False),
        ]
    if monitored_work.done < len(monitored_work.rows):
        word = "Go on writing" if any(row.words for row in monitored_work.rows) else "Write"
        return [("write", word, ":material/play_arrow:", True)]
    if stale := cache.load_stale_reasons(work):
        return [
            ("settle", f"Settle {format_count(len(stale), 'section')}", ":material/balance:", True)
        ]
    if monitored_work.status != "complete":
        return [("write", "Review again", ":material/refresh:", False)]
    return []


def _draw_run_button(
    work_id: WorkId, action: background.BackgroundAction, label: str, icon: str, *, primary: bool
) -> None:
    """Draw the button that starts a run; its label names where the calls go."""
    if st.button(
        f"{label} with {navigation.describe_endpoint()}",
        type="primary" if primary else "secondary",
        icon=icon,
        key=f"run {action}",
    ):
        background.start(work_id, action, navigation.load_settings())
        st.rerun()


def _draw_progress(monitored_work: MonitoredWork) -> None:
    progress = monitored_work.progress
    if monitored_work.rows:
        done_share = (
            min(monitored_work.words / monitored_work.target_words, 1.0)
            if monitored_work.target_words
            else 0.0
        )
        words_text = f"{monitored_work.words:,} of {monitored_work.target_words:,} words"
        sections_text = f"{monitored_work.done} of {len(monitored_work.rows)} sections done"
        st.progress(done_share, text=f"{words_text} · {sections_text}")
    if monitored_work.is_under_way:
        phase = RUN_STATE_LABELS.get(monitored_work.activity) or PHASE_LABELS.get(
            progress.phase, "Running"
        )
        facts = [
            f"**{phase}**",
            f"{format_clock(progress.seconds)} so far",
            f"about {format_duration(progress.eta_s)} left" if progress.eta_s else "",
            f"{progress.tokens_per_s:,.0f} tokens/s",
        ]
    else:
        facts = [
            RUN_STATE_LABELS[monitored_work.activity]
            if monitored_work.activity == "cut off"
            else ""
        ]
        if monitored_work.end_message and monitored_work.end_message not in (
            "complete",
            "flagged",
            "partial",
            "planned",
            "ended",
        ):
            facts.append(f"Last run: {escape_markdown(monitored_work.end_message, 400)}")
    facts.append(
        f"{monitored_work.calls:,} calls, {monitored_work.tokens:,} tokens"
        if monitored_work.calls
        else ""
    )
    if monitored_work.money is not None and monitored_work.calls:
        facts.append(f"{monitored_work.money:,.2f} {navigation.load_settings().currency}")
    st.markdown(" · ".join(fact for fact in facts if fact))
    notices = progress.notices if monitored_work.is_under_way else monitored_work.problems
    if notices:
        with st.expander(f"{len(notices)} note{'s' if len(notices) != 1 else ''}"):
            for notice in notices:
                st.markdown(f"- {escape_markdown(notice, 400)}")


def _draw_unplanned_note(monitored_work: MonitoredWork) -> None:
    if monitored_work.is_under_way:
        st.caption("The outline is being made. Its sections appear here.")
    elif navigation.has_model():
        st.caption(
            "There is no outline yet. Planning makes one, which you can change before "
            "anything is written."
        )


def _draw_table(work_id: WorkId, monitored_work: MonitoredWork) -> None:
    rows = [
        {
            "Section": row.title,
            "Stage": STAGE_LABELS.get(row.state, row.state),
            "Words": min(row.words / row.target_words, 1.0) if row.target_words else 0.0,
            "Count": f"{row.words:,} / {row.target_words:,}",
            "Round": row.round or None,
        }
        for row in monitored_work.rows
    ]
    table_column, text_column = st.columns([3, 2], gap="large")
    with table_column:
        table_event = st.dataframe(
            rows,
            key=f"sections {work_id}",
            hide_index=True,
            height=min(38 + 35 * len(rows), 560),
            on_select="rerun",
            selection_mode="single-row",
            column_config={
                "Section": st.column_config.TextColumn(width=190),
                "Stage": st.column_config.TextColumn(width=70),
                "Count": st.column_config.TextColumn(width=90),
                "Words": st.column_config.ProgressColumn(format="percent", width=80),
                "Round": st.column_config.NumberColumn(width=55),
            },
        )
    selected_rows = table_event["selection"]["rows"]
    with text_column:
        row_number = selected_rows[0] if selected_rows else _find_active_row(monitored_work)
        if row_number is not None and row_number < len(monitored_work.rows):
            _draw_text(work_id, monitored_work, row_number)


def _find_active_row(monitored_work: MonitoredWork) -> int | None:
    """Return the first section that is being written, or the last with text."""
    for row_number, row in enumerate(monitored_work.rows):
        if row.state in ("drafting", "started", "revising") and monitored_work.is_under_way:
            return row_number
    written_rows = [n for n, row in enumerate(monitored_work.rows) if row.words]
    return written_rows[-1] if written_rows else None


def _draw_text(work_id: WorkId, monitored_work: MonitoredWork, row_number: int) -> None:
    row = monitored_work.rows[row_number]
    st.markdown(f"**{escape_markdown(row.title)}**")
    if row.failure:
        st.warning(escape_markdown(row.failure, 400))
    growing_texts = (
        run_monitor.load_live_texts(work_id, navigation.load_settings())
        if monitored_work.is_under_way
        else {}
    )
    with st.container(height=480, border=True):
        if row.section in growing_texts:
            st.html(render_prose(growing_texts[row.section] + " ▍"))
        elif (draft := cache.load_drafts(work_id).get(row.section)) is not None:
            st.html(render_prose(draft.text))
        else:
            st.caption("Nothing is written here yet.")

"""Write: the run of a work as it goes on, whoever started it."""

from typing import Any

import streamlit as st

from inkwright.app.display.formatting import clock, duration, many
from inkwright.app.services import background, run_monitor
from inkwright.app.services.run_monitor import MonitoredWork
from inkwright.app.ui import cache, errors, navigation
from inkwright.app.ui.html import plain, prose

EVERY_S = 1.0
PHASES = {
    "starting": "Starting",
    "planning": "Planning",
    "approval": "Waiting for the outline to be approved",
    "drafting": "Drafting",
    "settling": "Settling what changed meanwhile",
    "reviewing": "Reviewing the whole",
    "assembling": "Putting it together",
}
GOING = {
    "starting": "Starting",
    "pausing": "Pausing: answers under way come in first",
    "stopping": "Stopping",
    "cut off": "The last run was cut off; what it wrote is kept",
}
STAGES = {
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
    work = navigation.work()
    st.title("Write", anchor=False)
    going = run_monitor.watch(work, navigation.settings()).under_way
    st.fragment(_live, run_every=EVERY_S if going else None)(work, going)


@errors.safely
def _live(work: str, was_going: bool) -> None:
    seen = run_monitor.watch(work, navigation.settings())
    if seen.under_way != was_going:
        st.rerun()
    _controls(work, seen)
    _progress(seen)
    if not seen.rows:
        _unplanned(seen)
        return
    _table(work, seen)


def _controls(work: str, seen: MonitoredWork) -> None:
    """Draw what starts a run, and what ends one: each has its own place, at all times."""
    if not seen.under_way and not navigation.has_model():
        st.info(
            "No model is set, so nothing can be written here. Everything else works: reading, "
            "typing, the outline, search and export. Set INKWRIGHT_API_BASE and INKWRIGHT_MODEL "
            "and start the studio again."
        )
        return
    starts = [] if seen.under_way else _starts(work, seen)
    if not seen.under_way and not starts:
        return
    start, pause, stop = st.columns([5, 1, 1], vertical_alignment="top")
    with start.container(horizontal=True):
        if seen.under_way:
            st.button("Running", icon=":material/hourglass_top:", disabled=True)
        for what, label, icon, primary in starts:
            _run(work, what, label, icon, primary=primary)
    _end(work, seen, pause, stop)


def _end(work: str, seen: MonitoredWork, pause: Any, stop: Any) -> None:
    going = seen.under_way
    if pause.button(
        "Pause",
        icon=":material/pause:",
        disabled=not going or seen.going in ("pausing", "stopping"),
        width="stretch",
        help="Answers under way come in and are kept; no more is asked.",
    ):
        run_monitor.ask(work, "pause", navigation.settings())
        st.rerun(scope="fragment")
    if stop.button(
        "Stop",
        icon=":material/stop:",
        disabled=not going or seen.going == "stopping",
        width="stretch",
        help="At once. What is written is kept.",
    ):
        run_monitor.ask(work, "stop", navigation.settings())
        st.rerun(scope="fragment")


def _starts(work: str, seen: MonitoredWork) -> list[tuple[background.What, str, str, bool]]:
    """Return what can be started: the run, its label and icon, and whether it is the next thing."""
    if not seen.rows:
        return [
            ("plan", "Plan", ":material/account_tree:", True),
            ("write", "Plan and write", ":material/play_arrow:", False),
        ]
    if seen.done < len(seen.rows):
        word = "Go on writing" if any(row.words for row in seen.rows) else "Write"
        return [("write", word, ":material/play_arrow:", True)]
    if stale := cache.stale(work):
        return [("settle", f"Settle {many(len(stale), 'section')}", ":material/balance:", True)]
    if seen.status != "complete":
        return [("write", "Review again", ":material/refresh:", False)]
    return []


def _run(work: str, what: background.What, label: str, icon: str, *, primary: bool) -> None:
    """Draw the button that starts a run; its label names where the calls go."""
    if st.button(
        f"{label} with {navigation.endpoint()}",
        type="primary" if primary else "secondary",
        icon=icon,
        key=f"run {what}",
    ):
        background.start(work, what, navigation.settings())
        st.rerun()


def _progress(seen: MonitoredWork) -> None:
    told: dict[str, Any] = seen.told
    if seen.rows:
        share = min(seen.words / seen.target_words, 1.0) if seen.target_words else 0.0
        words = f"{seen.words:,} of {seen.target_words:,} words"
        st.progress(share, text=f"{words} · {seen.done} of {len(seen.rows)} sections done")
    if seen.under_way:
        phase = GOING.get(seen.going) or PHASES.get(told.get("phase", ""), "Running")
        left = told.get("eta_s")
        facts = [
            f"**{phase}**",
            f"{clock(told.get('seconds', 0))} so far",
            f"about {duration(left)} left" if left else "",
            f"{told.get('tokens_per_s', 0):,.0f} tokens/s",
        ]
    else:
        facts = [GOING[seen.going] if seen.going == "cut off" else ""]
        if seen.ended and seen.ended not in ("complete", "flagged", "partial", "planned", "ended"):
            facts.append(f"Last run: {plain(seen.ended, 400)}")
    facts.append(f"{seen.calls:,} calls, {seen.tokens:,} tokens" if seen.calls else "")
    if seen.money is not None and seen.calls:
        facts.append(f"{seen.money:,.2f} {navigation.settings().currency}")
    st.markdown(" · ".join(fact for fact in facts if fact))
    notices = [*told.get("notices", ())] if seen.under_way else [*seen.problems]
    if notices:
        with st.expander(f"{len(notices)} note{'s' if len(notices) != 1 else ''}"):
            for notice in notices:
                st.markdown(f"- {plain(notice, 400)}")


def _unplanned(seen: MonitoredWork) -> None:
    if seen.under_way:
        st.caption("The outline is being made. Its sections appear here.")
    elif navigation.has_model():
        st.caption(
            "There is no outline yet. Planning makes one, which you can change before "
            "anything is written."
        )


def _table(work: str, seen: MonitoredWork) -> None:
    rows = [
        {
            "Section": row.title,
            "Stage": STAGES.get(row.stage, row.stage),
            "Words": min(row.words / row.target_words, 1.0) if row.target_words else 0.0,
            "Count": f"{row.words:,} / {row.target_words:,}",
            "Round": row.round or None,
        }
        for row in seen.rows
    ]
    table, text = st.columns([3, 2], gap="large")
    with table:
        picked = st.dataframe(
            rows,
            key=f"sections {work}",
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
    chosen = picked["selection"]["rows"]
    with text:
        number = chosen[0] if chosen else _writing_now(seen)
        if number is not None and number < len(seen.rows):
            _text(work, seen, number)


def _writing_now(seen: MonitoredWork) -> int | None:
    """Return the first section that is being written, or the last with text."""
    for number, row in enumerate(seen.rows):
        if row.stage in ("drafting", "started", "revising") and seen.under_way:
            return number
    written = [n for n, row in enumerate(seen.rows) if row.words]
    return written[-1] if written else None


def _text(work: str, seen: MonitoredWork, number: int) -> None:
    row = seen.rows[number]
    st.markdown(f"**{plain(row.title)}**")
    if row.failure:
        st.warning(plain(row.failure, 400))
    growing = run_monitor.growing(work, navigation.settings()) if seen.under_way else {}
    with st.container(height=480, border=True):
        if row.section in growing:
            st.html(prose(growing[row.section] + " ▍"))
        elif (draft := cache.texts(work).get(row.section)) is not None:
            st.html(prose(draft.text))
        else:
            st.caption("Nothing is written here yet.")

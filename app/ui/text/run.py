"""A run that goes on while a section is read: how far it is, and the page anew when it ends."""

import streamlit as st

from inkwright.app.display.formatting import format_clock
from inkwright.app.services import run_monitor
from inkwright.app.ui import errors, navigation
from inkwright.app.ui.html import escape_markdown
from inkwright.memory.ids import WorkId

REFRESH_INTERVAL_S = 1.0
ACTION_TEXTS = {
    "candidates": "Candidates are being drafted",
    "choose": "The one you chose is being read into memory",
}


def draw(work_id: WorkId) -> bool:
    """Draw a line on the run that goes on, if one does; return whether one does.

    At its end the page draws itself anew.
    """
    busy = run_monitor.find_active_run(work_id, navigation.load_settings()) is not None
    with st.container():
        if busy:
            st.fragment(_draw_live, run_every=REFRESH_INTERVAL_S)(work_id)
        elif fault := st.session_state.pop(f"run ended {work_id}", None):
            st.error(escape_markdown(fault, 400), icon=":material/error:")
    return busy


@errors.show_errors
def _draw_live(work_id: WorkId) -> None:
    active_run = run_monitor.find_active_run(work_id, navigation.load_settings())
    if active_run is None:
        end_status = run_monitor.load_monitored_work(
            work_id, navigation.load_settings()
        ).end_message
        if end_status and end_status not in ("complete", "flagged", "partial", "planned", "ended"):
            st.session_state[f"run ended {work_id}"] = end_status
        st.rerun()
    stopping = active_run.going == "stopping"
    action_text = (
        "Stopping"
        if stopping
        else ACTION_TEXTS.get(active_run.action, "This work is being written")
    )
    line_column, link_column, stop_column = st.columns([5, 1.4, 1], vertical_alignment="center")
    line_column.info(
        f"{action_text}: {format_clock(active_run.seconds)} so far.",
        icon=":material/hourglass_top:",
    )
    with link_column:
        navigation.draw_link("write", "See the run", work_id=work_id)
    if stop_column.button("Stop", icon=":material/stop:", width="stretch", disabled=stopping):
        run_monitor.request_stop(work_id, "stop", navigation.load_settings())
        st.rerun(scope="fragment")

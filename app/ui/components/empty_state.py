"""A page of a work that has no outline yet: what to do, or that it is on its way."""

import streamlit as st

from inkwright.app.services import run_monitor
from inkwright.app.ui import cache, errors, navigation
from inkwright.memory.ids import WorkId

REFRESH_INTERVAL_S = 1.0


def draw(work_id: WorkId, advice: str) -> None:
    """Say that there is no outline yet, and draw the page anew as soon as there is one."""
    is_running = run_monitor.find_active_run(work_id, navigation.load_settings()) is not None
    st.fragment(_wait_for_outline, run_every=REFRESH_INTERVAL_S if is_running else None)(
        work_id, advice
    )


@errors.show_errors
def _wait_for_outline(work_id: WorkId, advice: str) -> None:
    if cache.load_plan(work_id) is not None:
        st.rerun()
    if run_monitor.find_active_run(work_id, navigation.load_settings()) is not None:
        st.info("The outline is being made. It appears here.", icon=":material/hourglass_top:")
        navigation.draw_link("write", "See the run", work_id=work_id)
        return
    st.info(f"There is no outline yet. {advice}")
    navigation.draw_link("write", "Go to Write", work_id=work_id)

"""A page of a work that has no outline yet: what to do, or that it is on its way."""

import streamlit as st

from inkwright.app.services import run_monitor
from inkwright.app.ui import cache, errors, navigation

EVERY_S = 1.0


def draw(work: str, says: str) -> None:
    """Say that there is no outline yet, and draw the page anew as soon as there is one."""
    going = run_monitor.doing(work, navigation.settings()) is not None
    st.fragment(_wait, run_every=EVERY_S if going else None)(work, says)


@errors.safely
def _wait(work: str, says: str) -> None:
    if cache.plan(work) is not None:
        st.rerun()
    if run_monitor.doing(work, navigation.settings()) is not None:
        st.info("The outline is being made. It appears here.", icon=":material/hourglass_top:")
        navigation.link("write", "See the run", work=work)
        return
    st.info(f"There is no outline yet. {says}")
    navigation.link("write", "Go to Write", work=work)

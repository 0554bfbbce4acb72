"""A run that goes on while a section is read: how far it is, and the page anew when it ends."""

import streamlit as st

from inkwright.app.display.formatting import clock
from inkwright.app.services import run_monitor
from inkwright.app.ui import errors, navigation
from inkwright.app.ui.html import plain

EVERY_S = 1.0
DOING = {
    "candidates": "Candidates are being drafted",
    "choose": "The one you chose is being read into memory",
}


def draw(work: str) -> bool:
    """Draw a line on the run that goes on, if one does; return whether one does.

    At its end the page draws itself anew.
    """
    busy = run_monitor.doing(work, navigation.settings()) is not None
    with st.container():
        if busy:
            st.fragment(_live, run_every=EVERY_S)(work)
        elif fault := st.session_state.pop(f"run ended {work}", None):
            st.error(plain(fault, 400), icon=":material/error:")
    return busy


@errors.safely
def _live(work: str) -> None:
    doing = run_monitor.doing(work, navigation.settings())
    if doing is None:
        ended = run_monitor.watch(work, navigation.settings()).ended
        if ended and ended not in ("complete", "flagged", "partial", "planned", "ended"):
            st.session_state[f"run ended {work}"] = ended
        st.rerun()
    stopping = doing.going == "stopping"
    said = "Stopping" if stopping else DOING.get(doing.action, "This work is being written")
    line, link, stop = st.columns([5, 1.4, 1], vertical_alignment="center")
    line.info(f"{said}: {clock(doing.seconds)} so far.", icon=":material/hourglass_top:")
    with link:
        navigation.link("write", "See the run", work=work)
    if stop.button("Stop", icon=":material/stop:", width="stretch", disabled=stopping):
        run_monitor.ask(work, "stop", navigation.settings())
        st.rerun(scope="fragment")

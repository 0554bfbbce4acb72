"""A run that goes on while a section is read: how far it is, and the page anew when it ends."""

import streamlit as st

from inkwright.app import watching
from inkwright.app.ui import errors, place
from inkwright.app.ui.shown import plain
from inkwright.app.wording import clock

EVERY_S = 1.0
DOING = {
    "candidates": "Candidates are being drafted",
    "choose": "The one you chose is being read into memory",
}


def draw(work: str) -> bool:
    """Draw a line on the run that goes on, if one does; return whether one does.

    At its end the page draws itself anew.
    """
    busy = watching.doing(work, place.settings()) is not None
    with st.container():
        if busy:
            st.fragment(_live, run_every=EVERY_S)(work)
        elif fault := st.session_state.pop(f"run ended {work}", None):
            st.error(plain(fault, 400), icon=":material/error:")
    return busy


@errors.safely
def _live(work: str) -> None:
    doing = watching.doing(work, place.settings())
    if doing is None:
        ended = watching.watch(work, place.settings()).ended
        if ended and ended not in ("complete", "flagged", "partial", "planned", "ended"):
            st.session_state[f"run ended {work}"] = ended
        st.rerun()
    stopping = doing.going == "stopping"
    said = "Stopping" if stopping else DOING.get(doing.action, "This work is being written")
    line, link, stop = st.columns([5, 1.4, 1], vertical_alignment="center")
    line.info(f"{said}: {clock(doing.seconds)} so far.", icon=":material/hourglass_top:")
    with link:
        place.link("write", "See the run", work=work)
    if stop.button("Stop", icon=":material/stop:", width="stretch", disabled=stopping):
        watching.ask(work, "stop", place.settings())
        st.rerun(scope="fragment")

"""The frame around every page: the sidebar, with the work that is open."""

from pathlib import Path

import streamlit as st

from inkwright.app.ui import cache, errors, navigation, page_list
from inkwright.app.ui.field_component import component
from inkwright.app.ui.html import plain
from inkwright.memory.errors import WorkNotFound

ICON = Path(__file__).with_name("field") / "icon.svg"
STATES = {
    "new": "not planned",
    "planned": "planned",
    "drafting": "being written",
    "partial": "unfinished",
    "flagged": "needs a look",
    "complete": "complete",
}

_STYLE = """<style>
.stMainBlockContainer { padding-top: 3rem; padding-bottom: 4rem; max-width: 78rem; }
.stMainBlockContainer h1 { font-size: 2.1rem; padding: 0 0 .4rem; }
@media (max-width: 48rem) {
  .stMainBlockContainer { padding-top: 4.5rem; }
  .stMainBlockContainer button kbd { display: none; }
}
[data-testid="stSidebarHeader"] { height: 2.5rem; }
[data-testid="stSidebarUserContent"] hr { margin: .6rem 0; }
[data-testid="stButton"] button p { white-space: normal; }
dl.told { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.4rem; }
dl.told { margin: 0; padding: 0; }
dl.told dt { opacity: .65; }
dl.told dt, dl.told dd { margin: 0; }
dl.told dd { overflow-wrap: anywhere; white-space: pre-wrap; }
</style>"""


def show() -> None:
    """Draw the frame, and the page that the address names in it."""
    st.set_page_config(page_title="Inkwright", page_icon=str(ICON), layout="wide")
    current = st.navigation(page_list.every(), position="hidden")
    with st.sidebar:
        _sidebar()
    st.html(_STYLE)
    component("presses", "presses")(key="presses")
    current.run()


@errors.safely
def _sidebar() -> None:
    try:
        work = navigation.chosen()
    except WorkNotFound:
        work = None
    navigation.link("works", "Works", icon=page_list.ALL[0].icon)
    if work is None:
        navigation.link("brief", "New work", icon=":material/add:")
    else:
        _work(work)
    st.space("small")
    st.caption(f"Model: {navigation.endpoint()}")
    for note in navigation.untrusted():
        st.caption(plain(note, 600))


def _work(work: str) -> None:
    found = cache.work(work)
    st.divider()
    st.markdown(f"**{plain(found.title, 60)}**")
    st.caption(STATES.get(found.status, found.status))
    for page in page_list.ALL[1:]:
        navigation.link(page.name, page.title, work=work, icon=page.icon)

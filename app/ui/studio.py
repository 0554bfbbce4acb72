"""The frame around every page: the sidebar, with the work that is open."""

from pathlib import Path

import streamlit as st

from inkwright.app.ui import cache, errors, navigation, page_list
from inkwright.app.ui.field_component import load_component
from inkwright.app.ui.html import STATUS_LABELS, escape_markdown
from inkwright.memory.errors import WorkNotFound
from inkwright.memory.ids import WorkId

ICON = Path(__file__).with_name("field") / "icon.svg"

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


def draw_studio() -> None:
    """Draw the frame, and the page that the address names in it."""
    st.set_page_config(page_title="Inkwright", page_icon=str(ICON), layout="wide")
    current_page = st.navigation(page_list.build_pages(), position="hidden")
    with st.sidebar:
        _draw_sidebar()
    st.html(_STYLE)
    load_component("presses", "presses")(key="presses")
    current_page.run()


@errors.show_errors
def _draw_sidebar() -> None:
    try:
        work_id = navigation.get_chosen_work_id()
    except WorkNotFound:
        work_id = None
    navigation.draw_link("works", "Works", icon=page_list.PAGES[0].icon)
    if work_id is None:
        navigation.draw_link("brief", "New work", icon=":material/add:")
    else:
        _draw_work(work_id)
    st.space("small")
    st.caption(f"Model: {navigation.describe_endpoint()}")
    for note in navigation.untrusted():
        st.caption(escape_markdown(note, 600))


def _draw_work(work_id: WorkId) -> None:
    work = cache.load_work(work_id)
    st.divider()
    st.markdown(f"**{escape_markdown(work.title, 60)}**")
    st.caption(STATUS_LABELS.get(work.status, work.status))
    for page in page_list.PAGES[1:]:
        navigation.draw_link(page.name, page.title, work_id=work_id, icon=page.icon)

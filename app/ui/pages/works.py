"""Works: everything in the library, and how a new piece comes into it."""

import tempfile
from datetime import datetime
from pathlib import Path

import streamlit as st

from inkwright.app.manuscripts.import_file import KINDS, ImportOptions
from inkwright.app.services import engine
from inkwright.app.services.library_status import WorkSummary, standings
from inkwright.app.services.run_options import RunOptions
from inkwright.app.ui import errors, navigation
from inkwright.app.ui.html import plain
from inkwright.app.ui.studio import STATES
from inkwright.memory.store.library import now

SHOWN = 20
COLOURS = {"complete": "green", "flagged": "orange", "partial": "orange", "drafting": "blue"}


def page() -> None:
    """Draw the page."""
    settings = navigation.settings()
    found = standings(settings.home, settings.library_address)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.title("Works", anchor=False)
        begin = st.button("New work", type="primary", icon=":material/add:", shortcut="n")
        bring = st.button("Import", icon=":material/upload_file:")
    if begin:
        navigation.go("brief")
    if bring:
        _import()
    if not found:
        _empty()
        return
    removing = st.session_state.pop("works remove", None)
    for standing in found:
        if standing.work == removing:
            _purge(standing)
    wanted = _wanted(found)
    shown = st.session_state.get("works_shown", SHOWN)
    for standing in wanted[:shown]:
        _one(standing)
    if len(wanted) > shown and st.button(f"Show more ({len(wanted)} in all)"):
        st.session_state["works_shown"] = shown + SHOWN
        st.rerun()


def _empty() -> None:
    with st.container(border=True):
        st.markdown("**The library is empty.**")
        st.markdown(
            "Begin with a request of a sentence or a page: *New work* takes it from there, or "
            "offers ready-made briefs. *Import* brings a manuscript you have begun elsewhere; "
            "its text stays yours."
        )


def _wanted(found: list[WorkSummary]) -> list[WorkSummary]:
    if len(found) <= SHOWN:
        return found
    words = st.text_input("Find", placeholder="Find a title", label_visibility="collapsed")
    return [s for s in found if (words or "").casefold() in s.title.casefold()]


def _one(standing: WorkSummary) -> None:
    with st.container(border=True):
        about, state, more = st.columns([7, 2.4, 0.7], vertical_alignment="center")
        with about:
            navigation.link(
                "text" if standing.words else "write",
                f"**{plain(standing.title)}**",
                work=standing.work,
            )
            st.caption(_line(standing))
        with state:
            colour = COLOURS.get(standing.status, "gray")
            st.badge(STATES.get(standing.status, standing.status), color=colour)  # type: ignore[arg-type]
            st.caption(f"changed {ago(now() - standing.changed_at)}")
        with more:
            _more(standing)


def _more(standing: WorkSummary) -> None:
    key = f"more {standing.work}"
    opened = st.popover(
        "",
        icon=":material/more_horiz:",
        help="Duplicate or remove",
        key=key,
        on_change="rerun",
    )
    if not opened.open:
        return
    for label, icon, act in (
        ("Duplicate", "content_copy", errors.pressed(_duplicate)),
        ("Remove…", "delete", _ask_to_remove),
    ):
        opened.button(
            label,
            icon=f":material/{icon}:",
            key=f"{label} {standing.work}",
            width="stretch",
            on_click=act,
            args=(standing.work, key),
        )


def _duplicate(work: str, menu: str) -> None:
    st.session_state[menu] = False
    engine.duplicate(work, navigation.settings())


def _ask_to_remove(work: str, menu: str) -> None:
    st.session_state[menu] = False
    st.session_state["works remove"] = work


def _line(standing: WorkSummary) -> str:
    words = f"{standing.words:,} words"
    if standing.target_words:
        words = f"{standing.words:,} of {standing.target_words:,} words"
    if not standing.of:
        return words
    return f"{words} · {standing.done} of {standing.of} sections"


def ago(seconds: float) -> str:
    """Return how long ago something was, as one says it."""
    if seconds < 60:
        return "just now"
    for unit, length in (("minute", 60), ("hour", 3600), ("day", 86_400)):
        count = int(seconds / length)
        if count < {"minute": 60, "hour": 24, "day": 14}[unit]:
            return f"{count} {unit}{'s' if count != 1 else ''} ago"
    then = datetime.fromtimestamp(now() - seconds).astimezone()
    return f"on {then:%d %B %Y}"


@st.dialog("Import a manuscript")
def _import() -> None:
    _import_form()


@errors.safely
def _import_form() -> None:
    st.markdown(
        "Headings become the outline; the text stays yours. An archive (.zip) comes back as the "
        "work it was. No model is asked."
    )
    kinds = [kind.removeprefix(".") for kind in (*KINDS, ".zip")]
    file = st.file_uploader("File", type=kinds)
    title = st.text_input("Title", placeholder="as in the file")
    language = st.text_input("Language", placeholder="found from the text; such as en or zh")
    if st.button("Import", type="primary", disabled=file is None, key="import it"):
        assert file is not None
        with tempfile.TemporaryDirectory(prefix="inkwright-") as folder:
            copy = Path(folder) / Path(file.name).name
            copy.write_bytes(file.getvalue())
            chosen = ImportOptions(title=title or None, language=language or None)
            imported, _ = engine.import_file(copy, chosen, RunOptions(navigation.settings()))
        for notice in imported.notices:
            st.toast(plain(notice, 300))
        navigation.go("text", imported.work)


@st.dialog("Remove this work?")
def _purge(standing: WorkSummary) -> None:
    _purge_form(standing)


@errors.safely
def _purge_form(standing: WorkSummary) -> None:
    st.markdown(
        f"**{plain(standing.title)}**, {standing.words:,} words, with its outline, memory, "
        "versions and journal. Nothing of it stays in the library, and it cannot be brought back. "
        "Files you have exported stay."
    )
    if st.button("Remove for good", type="primary", icon=":material/delete_forever:"):
        engine.purge(standing.work, navigation.settings())
        st.rerun()

"""Works: everything in the library, and how a new piece comes into it."""

import tempfile
from datetime import datetime
from pathlib import Path

import streamlit as st

from inkwright.app.manuscripts.import_file import FILE_SUFFIXES, ImportOptions
from inkwright.app.services import engine
from inkwright.app.services.library_status import WorkSummary, load_work_summaries
from inkwright.app.services.run_options import RunOptions
from inkwright.app.ui import errors, navigation
from inkwright.app.ui.components import more
from inkwright.app.ui.html import STATUS_LABELS, escape_markdown
from inkwright.memory.ids import WorkId
from inkwright.memory.store.library import now

PAGE_SIZE = 20
STATUS_COLOURS = {"complete": "green", "flagged": "orange", "partial": "orange", "drafting": "blue"}


def page() -> None:
    """Draw the page."""
    settings = navigation.load_settings()
    summaries = load_work_summaries(settings.home, settings.library_address)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.title("Works", anchor=False)
        begin_clicked = st.button("New work", type="primary", icon=":material/add:", shortcut="n")
        import_clicked = st.button("Import", icon=":material/upload_file:")
    if begin_clicked:
        navigation.go("brief")
    if import_clicked:
        _open_import_dialog()
    if not summaries:
        _draw_empty_library()
        return
    removing_id = st.session_state.pop("works remove", None)
    for summary in summaries:
        if summary.work == removing_id:
            _open_purge_dialog(summary)
    matching_summaries = _filter_summaries(summaries)
    for summary in more.select_shown("works_shown", matching_summaries, PAGE_SIZE):
        _draw_work(summary)
    more.draw_button("works_shown", len(matching_summaries), PAGE_SIZE)


def _draw_empty_library() -> None:
    with st.container(border=True):
        st.markdown("**The library is empty.**")
        st.markdown(
            "Begin with a request of a sentence or a page: *New work* takes it from there, or "
            "offers ready-made briefs. *Import* brings a manuscript you have begun elsewhere; "
            "its text stays yours."
        )


def _filter_summaries(summaries: list[WorkSummary]) -> list[WorkSummary]:
    if len(summaries) <= PAGE_SIZE:
        return summaries
    search_words = st.text_input("Find", placeholder="Find a title", label_visibility="collapsed")
    return [s for s in summaries if (search_words or "").casefold() in s.title.casefold()]


def _draw_work(summary: WorkSummary) -> None:
    with st.container(border=True):
        about_column, state_column, menu_column = st.columns(
            [7, 2.4, 0.7], vertical_alignment="center"
        )
        with about_column:
            navigation.draw_link(
                "text" if summary.words else "write",
                f"**{escape_markdown(summary.title)}**",
                work_id=summary.work,
            )
            st.caption(_describe_length(summary))
        with state_column:
            colour = STATUS_COLOURS.get(summary.status, "gray")
            st.badge(STATUS_LABELS.get(summary.status, summary.status), color=colour)  # type: ignore[arg-type]
            st.caption(f"changed {format_age(now() - summary.changed_at)}")
        with menu_column:
            _draw_menu(summary)


def _draw_menu(summary: WorkSummary) -> None:
    menu_key = f"more {summary.work}"
    popover = st.popover(
        "",
        icon=":material/more_horiz:",
        help="Duplicate or remove",
        key=menu_key,
        on_change="rerun",
    )
    if not popover.open:
        return
    for label, icon, callback in (
        ("Duplicate", "content_copy", errors.show_errors_in_callback(_duplicate)),
        ("Remove…", "delete", _ask_to_remove),
    ):
        popover.button(
            label,
            icon=f":material/{icon}:",
            key=f"{label} {summary.work}",
            width="stretch",
            on_click=callback,
            args=(summary.work, menu_key),
        )


def _duplicate(work_id: WorkId, menu_key: str) -> None:
    st.session_state[menu_key] = False
    engine.duplicate(work_id, navigation.load_settings())


def _ask_to_remove(work_id: WorkId, menu_key: str) -> None:
    st.session_state[menu_key] = False
    st.session_state["works remove"] = work_id


def _describe_length(summary: WorkSummary) -> str:
    words_text = f"{summary.words:,} words"
    if summary.target_words:
        words_text = f"{summary.words:,} of {summary.target_words:,} words"
    if not summary.of:
        return words_text
    return f"{words_text} · {summary.done} of {summary.of} sections"


def format_age(seconds: float) -> str:
    """Return how long ago something was, as one says it."""
    if seconds < 60:
        return "just now"
    for unit, unit_seconds in (("minute", 60), ("hour", 3600), ("day", 86_400)):
        count = int(seconds / unit_seconds)
        if count < {"minute": 60, "hour": 24, "day": 14}[unit]:
            return f"{count} {unit}{'s' if count != 1 else ''} ago"
    moment = datetime.fromtimestamp(now() - seconds).astimezone()
    return f"on {moment:%d %B %Y}"


@st.dialog("Import a manuscript")
def _open_import_dialog() -> None:
    _draw_import_form()


@errors.show_errors
def _draw_import_form() -> None:
    st.markdown(
        "Headings become the outline; the text stays yours. An archive (.zip) comes back as the "
        "work it was. No model is asked."
    )
    file_types = [kind.removeprefix(".") for kind in (*FILE_SUFFIXES, ".zip")]
    file = st.file_uploader("File", type=file_types)
    title = st.text_input("Title", placeholder="as in the file")
    language = st.text_input("Language", placeholder="found from the text; such as en or zh")
    if st.button("Import", type="primary", disabled=file is None, key="import it"):
        assert file is not None
        with tempfile.TemporaryDirectory(prefix="inkwright-") as folder:
            local_file = Path(folder) / Path(file.name).name
            local_file.write_bytes(file.getvalue())
            options = ImportOptions(title=title or None, language=language or None)
            import_result, _ = engine.import_file(
                local_file, options, RunOptions(navigation.load_settings())
            )
        for notice in import_result.notices:
            st.toast(escape_markdown(notice, 300))
        navigation.go("text", import_result.work)


@st.dialog("Remove this work?")
def _open_purge_dialog(summary: WorkSummary) -> None:
    _draw_purge_form(summary)


@errors.show_errors
def _draw_purge_form(summary: WorkSummary) -> None:
    st.markdown(
        f"**{escape_markdown(summary.title)}**, {summary.words:,} words, with its outline, memory, "
        "versions and journal. Nothing of it stays in the library, and it cannot be brought back. "
        "Files you have exported stay."
    )
    if st.button("Remove for good", type="primary", icon=":material/delete_forever:"):
        engine.purge(summary.work, navigation.load_settings())
        st.rerun()

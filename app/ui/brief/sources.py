"""Sources on the Brief page: handed in, read at once, and shown as they were read."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import streamlit as st

from inkwright.app.api.sources import Sources
from inkwright.app.briefs import draft_store
from inkwright.app.documents.loader import LoadedSources
from inkwright.app.documents.process import SUFFIXES
from inkwright.app.documents.uploads import add_uploads, open_as_files
from inkwright.app.ui import errors, navigation, visits
from inkwright.app.ui.html import escape_markdown, render_prose
from inkwright.memory.domain.source import Source
from inkwright.memory.ids import WorkId
from inkwright.memory.text.words import count_words

T = TypeVar("T")
SHOWN_CHARS = 1200
"""So many characters of a source are shown."""
FILE_TYPES = [suffix.removeprefix(".") for suffix in SUFFIXES]
_STATE_KEY = "brief sources"
_LEFT_OUT = "brief sources left out"
"""In the state of a visit: sources that were left out, by where they stand in the list."""


def get_sources() -> LoadedSources:
    """Return the sources of the brief that is being filled in."""
    if _STATE_KEY not in st.session_state:
        st.session_state[_STATE_KEY] = draft_store.load_sources(navigation.load_settings())
    loaded_sources: LoadedSources = st.session_state[_STATE_KEY]
    return loaded_sources


def replace(sources: LoadedSources) -> None:
    """Put other sources in the place of those that were handed in."""
    visits.get_visit_state(_LEFT_OUT).clear()
    _save_sources(sources)


@errors.show_errors
def draw() -> None:
    """Draw where sources are handed in, and what was read of them."""
    st.caption(
        "What the piece is written from. Sentences that rest on a source cite it, and each "
        "citation is checked against the source's own words. Read here; nothing is sent."
    )
    upload_round = st.session_state.setdefault("brief sources turn", 0)
    uploads = st.file_uploader(
        "Documents",
        type=FILE_TYPES,
        accept_multiple_files=True,
        key=f"brief sources given {upload_round}",
    )
    if uploads:
        with st.spinner("Reading…"):
            _save_sources(
                add_uploads(get_sources(), ((file.name, file.getvalue()) for file in uploads))
            )
        st.session_state["brief sources turn"] = upload_round + 1
        st.rerun()
    loaded_sources, left_out = get_sources(), visits.get_visit_state(_LEFT_OUT)
    listed_sources = _listed(loaded_sources.sources, left_out)
    for number, source in enumerate(listed_sources):
        if _draw_source(source, f"brief source {number}", out=number in left_out):
            if left_out.pop(number, None) is None:
                left_out[number] = source
            active_sources = tuple(s for n, s in enumerate(listed_sources) if n not in left_out)
            _save_sources(LoadedSources(sources=active_sources, unread=loaded_sources.unread))
            st.rerun()
    if loaded_sources.unread:
        _show_unread(loaded_sources.unread)
        if st.button("Clear these notes", type="tertiary"):
            _save_sources(LoadedSources(sources=loaded_sources.sources))
            st.rerun()


def _listed(active_sources: Sequence[T], left_out: Mapping[int, T]) -> list[T]:
    """Return what is in use, and what was left out where it stood."""
    listed_sources = list(active_sources)
    for number, source in sorted(left_out.items()):
        listed_sources.insert(number, source)
    return listed_sources


def draw_work_sources(work_id: WorkId) -> None:
    """Draw the sources that a work has, and where more are added."""
    sources = Sources(work_id, settings=navigation.load_settings())
    report_by_key = {source_report.key: source_report for source_report in sources.standing()}
    st.subheader("Sources", anchor=False)
    left_out = visits.get_visit_state(f"sources left out {work_id}")
    if not report_by_key and not left_out:
        st.caption("It has none.")
    for number, stored_source in enumerate(_listed(sources.all(), left_out)):
        key, out = stored_source.source.key, number in left_out
        citation_note = report_by_key[key]["cited"] if key in report_by_key else ()
        citation_text = f"cited in {', '.join(citation_note)}" if citation_note else "not cited yet"
        if _draw_source(
            stored_source.source, f"source {key}", "" if out else citation_text, out=out
        ):
            if out:
                sources.take_up(key)
                del left_out[number]
            else:
                sources.drop(key)
                left_out[number] = stored_source
            st.rerun()
    _show_unread(st.session_state.get(f"sources unread {work_id}", ()))
    with st.popover("Add sources", icon=":material/add:"):
        _draw_upload(work_id, sources)


@errors.show_errors
def _draw_upload(work_id: WorkId, sources: Sources) -> None:
    upload_round = st.session_state.setdefault("sources turn", 0)
    uploads = st.file_uploader(
        "Documents",
        type=FILE_TYPES,
        accept_multiple_files=True,
        key=f"sources given {upload_round}",
    )
    if not uploads:
        return
    with st.spinner("Reading…"), open_as_files((f.name, f.getvalue()) for f in uploads) as files:
        _, unread_lines = sources.add(*files)
    st.session_state["sources turn"] = upload_round + 1
    st.session_state[f"sources unread {work_id}"] = unread_lines
    st.rerun()


def _draw_source(source: Source, key: str, extra_note: str = "", *, out: bool) -> bool:
    """Draw one source as it was read; return whether it is to be left out, or brought back."""
    details = [*source.authors, source.date, source.name, _describe_size(source), extra_note]
    with st.expander(escape_markdown(source.title or source.name or "Untitled", 100)):
        st.caption(escape_markdown(" · ".join(part for part in details if part), 400))
        if source.text:
            is_cut = len(source.text) > SHOWN_CHARS
            st.html(render_prose(source.text[:SHOWN_CHARS] + ("…" if is_cut else "")))
        with st.container(horizontal=True, vertical_alignment="center"):
            drop = st.button(
                "Leave it out", key=f"drop {key}", icon=":material/delete:", disabled=out
            )
            if not out:
                return drop
            st.caption("It is left out.", width="content")
            return st.button("Bring it back", key=f"take up {key}", icon=":material/undo:")


def _describe_size(source: Source) -> str:
    if source.kind == "reference":
        return "a reference, without its text"
    pages = f", {len(source.pages)} pages" if source.pages else ""
    return f"{count_words(source.text):,} words{pages}"


def _show_unread(lines: Sequence[str]) -> None:
    for line in lines:
        st.warning(escape_markdown(line[0].upper() + line[1:], 400), icon=":material/warning:")


def _save_sources(loaded_sources: LoadedSources) -> None:
    st.session_state[_STATE_KEY] = loaded_sources
    draft_store.save_sources(navigation.load_settings(), loaded_sources)

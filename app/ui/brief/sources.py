"""Sources on the Brief page: handed in, read at once, and shown as they were read."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import streamlit as st

from inkwright.app.api.sources import Sources
from inkwright.app.briefs import draft_store
from inkwright.app.documents.loader import LoadedSources
from inkwright.app.documents.process import SUFFIXES
from inkwright.app.documents.uploads import as_files, with_uploads
from inkwright.app.ui import errors, navigation, visits
from inkwright.app.ui.html import plain, prose
from inkwright.memory.domain.source import Source
from inkwright.memory.text.words import count_words

T = TypeVar("T")
OPENING = 1200
"""So many characters of a source are shown."""
KINDS = [suffix.removeprefix(".") for suffix in SUFFIXES]
_KEPT = "brief sources"
_LEFT_OUT = "brief sources left out"
"""In the state of a visit: sources that were left out, by where they stand in the list."""


def kept() -> LoadedSources:
    """Return the sources of the brief that is being filled in."""
    if _KEPT not in st.session_state:
        st.session_state[_KEPT] = draft_store.load_sources(navigation.settings())
    found: LoadedSources = st.session_state[_KEPT]
    return found


def replace(sources: LoadedSources) -> None:
    """Put other sources in the place of those that were handed in."""
    visits.of_visit(_LEFT_OUT).clear()
    _keep(sources)


@errors.safely
def draw() -> None:
    """Draw where sources are handed in, and what was read of them."""
    st.caption(
        "What the piece is written from. Sentences that rest on a source cite it, and each "
        "citation is checked against the source's own words. Read here; nothing is sent."
    )
    turn = st.session_state.setdefault("brief sources turn", 0)
    given = st.file_uploader(
        "Documents", type=KINDS, accept_multiple_files=True, key=f"brief sources given {turn}"
    )
    if given:
        with st.spinner("Reading…"):
            _keep(with_uploads(kept(), ((file.name, file.getvalue()) for file in given)))
        st.session_state["brief sources turn"] = turn + 1
        st.rerun()
    found, left_out = kept(), visits.of_visit(_LEFT_OUT)
    listed = _listed(found.sources, left_out)
    for number, source in enumerate(listed):
        if _one(source, f"brief source {number}", out=number in left_out):
            if left_out.pop(number, None) is None:
                left_out[number] = source
            used = tuple(s for n, s in enumerate(listed) if n not in left_out)
            _keep(LoadedSources(sources=used, unread=found.unread))
            st.rerun()
    if found.unread:
        _unread(found.unread)
        if st.button("Clear these notes", type="tertiary"):
            _keep(LoadedSources(sources=found.sources))
            st.rerun()


def _listed(used: Sequence[T], left_out: Mapping[int, T]) -> list[T]:
    """Return what is in use, and what was left out where it stood."""
    listed = list(used)
    for number, one in sorted(left_out.items()):
        listed.insert(number, one)
    return listed


def of_a_work(work: str) -> None:
    """Draw the sources that a work has, and where more are added."""
    sources = Sources(work, settings=navigation.settings())
    reported = {told["key"]: told for told in sources.standing()}
    st.subheader("Sources", anchor=False)
    left_out = visits.of_visit(f"sources left out {work}")
    if not reported and not left_out:
        st.caption("It has none.")
    for number, one in enumerate(_listed(sources.all(), left_out)):
        key, out = one.source.key, number in left_out
        cited = reported[key]["cited"] if key in reported else ()
        said = f"cited in {', '.join(cited)}" if cited else "not cited yet"
        if _one(one.source, f"source {key}", "" if out else said, out=out):
            if out:
                sources.take_up(key)
                del left_out[number]
            else:
                sources.drop(key)
                left_out[number] = one
            st.rerun()
    _unread(st.session_state.get(f"sources unread {work}", ()))
    with st.popover("Add sources", icon=":material/add:"):
        _add(work, sources)


@errors.safely
def _add(work: str, sources: Sources) -> None:
    turn = st.session_state.setdefault("sources turn", 0)
    given = st.file_uploader(
        "Documents", type=KINDS, accept_multiple_files=True, key=f"sources given {turn}"
    )
    if not given:
        return
    with st.spinner("Reading…"), as_files((f.name, f.getvalue()) for f in given) as files:
        _, unread = sources.add(*files)
    st.session_state["sources turn"] = turn + 1
    st.session_state[f"sources unread {work}"] = unread
    st.rerun()


def _one(source: Source, key: str, more: str = "", *, out: bool) -> bool:
    """Draw one source as it was read; return whether it is to be left out, or brought back."""
    about = [*source.authors, source.date, source.name, _size(source), more]
    with st.expander(plain(source.title or source.name or "Untitled", 100)):
        st.caption(plain(" · ".join(part for part in about if part), 400))
        if source.text:
            cut = len(source.text) > OPENING
            st.html(prose(source.text[:OPENING] + ("…" if cut else "")))
        with st.container(horizontal=True, vertical_alignment="center"):
            drop = st.button(
                "Leave it out", key=f"drop {key}", icon=":material/delete:", disabled=out
            )
            if not out:
                return drop
            st.caption("It is left out.", width="content")
            return st.button("Bring it back", key=f"take up {key}", icon=":material/undo:")


def _size(source: Source) -> str:
    if source.kind == "reference":
        return "a reference, without its text"
    pages = f", {len(source.pages)} pages" if source.pages else ""
    return f"{count_words(source.text):,} words{pages}"


def _unread(lines: Sequence[str]) -> None:
    for line in lines:
        st.warning(plain(line[0].upper() + line[1:], 400), icon=":material/warning:")


def _keep(found: LoadedSources) -> None:
    st.session_state[_KEPT] = found
    draft_store.save_sources(navigation.settings(), found)

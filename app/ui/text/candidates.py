"""New drafts of a section: one in its place, or candidates side by side to choose from."""

import streamlit as st

from inkwright.app.api.section import SectionText
from inkwright.app.services import background
from inkwright.app.ui import navigation
from inkwright.app.ui.html import difference, plain, prose
from inkwright.memory.domain.draft import Draft
from inkwright.memory.text.word_diff import differences

CANDIDATES = 3


def draw(text: SectionText, draft: Draft, waiting: list[Draft], *, busy: bool) -> None:
    """Draw the candidates that wait for a choice, and what can be asked for."""
    if busy:
        st.caption("A run of this work goes on; it is told at the top of the page.")
    if draft.held:
        st.caption(
            "There are words of yours here, or locked ones, which a new draft would lose. Settling "
            "mends the rest of the section; restore an earlier version to draft it anew."
        )
    elif not navigation.has_model():
        st.caption("No model is set.")
    else:
        _ask(text, busy=busy)
    if waiting:  # below what asked for them: they push no other button under the pointer
        _compare(text, draft, waiting, busy=busy)


def _ask(text: SectionText, *, busy: bool) -> None:
    note = st.text_input(
        "What a new draft should do otherwise",
        key=f"note {text.work}/{text.section}",
        persist_state="session",
        placeholder="More salt. Less weather.",
    )
    with st.container(horizontal=True):
        three = st.button(
            f"Draft {CANDIDATES} candidates with {navigation.endpoint()}",
            icon=":material/view_column:",
            disabled=busy,
            help="The text stays as it is until you choose one of them.",
        )
        one = st.button(
            f"Redraft with {navigation.endpoint()}",
            icon=":material/refresh:",
            disabled=busy,
            help="Takes the place of the text; what rests on it is settled.",
        )
    work, now, sections, told = text.work, navigation.settings(), [text.section], note or ""
    if three:
        background.start(work, "candidates", now, sections=sections, note=told, count=CANDIDATES)
        st.rerun()
    if one:
        background.start(work, "redraft", now, sections=sections, note=told)
        navigation.go("write", text.work)


def _compare(text: SectionText, draft: Draft, waiting: list[Draft], *, busy: bool) -> None:
    changes = st.toggle("Show them as changes of the text", key=f"changes {text.section}")
    for column, candidate in zip(st.columns(len(waiting)), waiting, strict=True):
        with column:
            st.markdown(f"**Candidate {waiting.index(candidate) + 1}**")
            st.caption(_said(candidate))
            with st.container(height=420, border=True):
                if changes:
                    st.html(difference(differences(draft.text, candidate.text)))
                else:
                    st.html(prose(candidate.text))
            if navigation.has_model() and st.button(
                f"Choose it: {navigation.endpoint()} reads it into memory",
                key=f"choose {text.section} {candidate.version}",
                disabled=busy,
                width="stretch",
            ):
                background.start(
                    text.work,
                    "choose",
                    navigation.settings(),
                    sections=[text.section],
                    version=candidate.version,
                )
                st.rerun()
    if not navigation.has_model():
        st.caption("No model is set. “Versions” restores one of them as text of yours.")


def _said(candidate: Draft) -> str:
    broken = candidate.review.broken if candidate.review else ()
    kept = "keeps every constraint"
    if broken:
        kept = f"breaks {plain(', '.join(dict.fromkeys(f.constraint for f in broken)))}"
    return f"Version {candidate.version}, {candidate.words:,} words, {kept}"

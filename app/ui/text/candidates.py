"""New drafts of a section: one in its place, or candidates side by side to choose from."""

import streamlit as st

from inkwright.app.api.section import SectionText
from inkwright.app.services import background
from inkwright.app.ui import navigation
from inkwright.app.ui.html import escape_markdown, render_diff, render_prose
from inkwright.memory.domain.draft import Draft
from inkwright.memory.text.word_diff import diff_words

CANDIDATE_COUNT = 3


def draw(text: SectionText, draft: Draft, candidates: list[Draft], *, busy: bool) -> None:
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
        _draw_request_form(text, busy=busy)
    if candidates:  # below what asked for them: they push no other button under the pointer
        _draw_candidates(text, draft, candidates, busy=busy)


def _draw_request_form(text: SectionText, *, busy: bool) -> None:
    note = st.text_input(
        "What a new draft should do otherwise",
        key=f"note {text.work}/{text.section}",
        persist_state="session",
        placeholder="More salt. Less weather.",
    )
    with st.container(horizontal=True):
        candidates_clicked = st.button(
            f"Draft {CANDIDATE_COUNT} candidates with {navigation.describe_endpoint()}",
            icon=":material/view_column:",
            disabled=busy,
            help="The text stays as it is until you choose one of them.",
        )
        redraft_clicked = st.button(
            f"Redraft with {navigation.describe_endpoint()}",
            icon=":material/refresh:",
            disabled=busy,
            help="Takes the place of the text; what rests on it is settled.",
        )
    work_id = text.work
    settings = navigation.load_settings()
    section_ids = [text.section]
    note_text = note or ""
    if candidates_clicked:
        background.start(
            work_id,
            "candidates",
            settings,
            sections=section_ids,
            note=note_text,
            count=CANDIDATE_COUNT,
        )
        st.rerun()
    if redraft_clicked:
        background.start(work_id, "redraft", settings, sections=section_ids, note=note_text)
        navigation.go("write", text.work)


def _draw_candidates(
    text: SectionText, draft: Draft, candidates: list[Draft], *, busy: bool
) -> None:
    shows_changes = st.toggle("Show them as changes of the text", key=f"changes {text.section}")
    for column, candidate in zip(st.columns(len(candidates)), candidates, strict=True):
        with column:
            st.markdown(f"**Candidate {candidates.index(candidate) + 1}**")
            st.caption(_describe_candidate(candidate))
            with st.container(height=420, border=True):
                if shows_changes:
                    st.html(render_diff(diff_words(draft.text, candidate.text)))
                else:
                    st.html(render_prose(candidate.text))
            if navigation.has_model() and st.button(
                f"Choose it: {navigation.describe_endpoint()} reads it into memory",
                key=f"choose {text.section} {candidate.version}",
                disabled=busy,
                width="stretch",
            ):
                background.start(
                    text.work,
                    "choose",
                    navigation.load_settings(),
                    sections=[text.section],
                    version=candidate.version,
                )
                st.rerun()
    if not navigation.has_model():
        st.caption("No model is set. “Versions” restores one of them as text of yours.")


def _describe_candidate(candidate: Draft) -> str:
    broken_findings = candidate.review.broken_findings if candidate.review else ()
    review_text = "keeps every constraint"
    if broken_findings:
        broken_ids = ", ".join(dict.fromkeys(f.constraint for f in broken_findings))
        review_text = f"breaks {escape_markdown(broken_ids)}"
    return f"Version {candidate.version}, {candidate.words:,} words, {review_text}"

"""Citations on the Review page: each sentence that cites, beside the exact words it rests on."""

import streamlit as st

from inkwright.app.manuscripts.citation_report import CitationReport, CitedPassage, UncitedReport
from inkwright.app.services.review_summary import ReviewSummary
from inkwright.app.ui import cache, navigation
from inkwright.app.ui.components import more
from inkwright.app.ui.html import escape_markdown, render_prose
from inkwright.memory.ids import SectionId, WorkId

PAGE_SIZE = 15
STATUS_MARKS = {
    "supported": ":green[:material/check_circle: supported]",
    "unsupported": ":red[:material/cancel: unsupported]",
    "not reviewed": ":gray[:material/help: not reviewed]",
}
STATUS_ORDER = ("unsupported", "not reviewed", "supported")


def draw(work_id: WorkId, _: ReviewSummary) -> None:
    """Draw what the piece cites, the doubtful first, and what in it rests on nothing."""
    evidence = cache.load_citation_evidence(work_id)
    if not evidence.citations and not evidence.uncited:
        st.caption("Nothing in the piece cites a source.")
        return
    if evidence.uncited:
        with st.expander(
            f"Figures and quotations that rest on no source ({len(evidence.uncited)})"
        ):
            for number, sentence in enumerate(
                more.select_shown("review uncited", evidence.uncited, PAGE_SIZE)
            ):
                _draw_uncited(work_id, sentence, f"uncited {number}")
            more.draw_button("review uncited", len(evidence.uncited), PAGE_SIZE)
    sorted_citations = sorted(evidence.citations, key=lambda c: STATUS_ORDER.index(c.status))
    for number, citation in enumerate(
        more.select_shown("review cited", sorted_citations, PAGE_SIZE)
    ):
        _draw_citation(work_id, citation, f"cited {number}")
    more.draw_button("review cited", len(sorted_citations), PAGE_SIZE)


def _draw_citation(work_id: WorkId, citation: CitationReport, key: str) -> None:
    with st.expander(f"{STATUS_MARKS[citation.status]}  {escape_markdown(citation.claim, 160)}"):
        st.html(render_prose(citation.claim))
        if citation.why:
            st.caption(escape_markdown(citation.why, 400))
        for passage in citation.passages:
            st.caption(escape_markdown(_describe_source(passage), 300))
            st.html(render_prose(passage.quote))
        if not citation.passages:
            st.caption("It rests on nothing in the sources.")
        _draw_go_button(work_id, citation.section, citation.claim, key)


def _draw_uncited(work_id: WorkId, sentence: UncitedReport, key: str) -> None:
    text_column, button_column = st.columns([5, 1.4], vertical_alignment="center")
    with text_column:
        st.html(render_prose(sentence.claim))
    with button_column:
        _draw_go_button(work_id, sentence.section, sentence.claim, key)


def _draw_go_button(work_id: WorkId, section_id: SectionId, words: str, key: str) -> None:
    if st.button("Go to the sentence", key=f"go {key}"):
        navigation.go("text", work_id, section=section_id, **navigation.build_find_params(words))


def _describe_source(passage: CitedPassage) -> str:
    page_text = f", page {passage.page}" if passage.page else ""
    return f"@{passage.source}: {passage.title}{page_text}"

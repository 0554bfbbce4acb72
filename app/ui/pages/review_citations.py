"""Citations on the Review page: each sentence that cites, beside the exact words it rests on."""

import streamlit as st

from inkwright.app.manuscripts.citation_report import CitationReport, CitedPassage, UncitedReport
from inkwright.app.services.review_summary import ReviewSummary
from inkwright.app.ui import cache, navigation
from inkwright.app.ui.html import plain, prose

SHOWN = 15
MARKS = {
    "supported": ":green[:material/check_circle: supported]",
    "unsupported": ":red[:material/cancel: unsupported]",
    "not reviewed": ":gray[:material/help: not reviewed]",
}
WORST_FIRST = ("unsupported", "not reviewed", "supported")


def draw(work: str, _: ReviewSummary) -> None:
    """Draw what the piece cites, the doubtful first, and what in it rests on nothing."""
    found = cache.grounds(work)
    if not found.citations and not found.uncited:
        st.caption("Nothing in the piece cites a source.")
        return
    if found.uncited:
        with st.expander(f"Figures and quotations that rest on no source ({len(found.uncited)})"):
            for number, sentence in enumerate(found.uncited[: _limit("uncited")]):
                _uncited(work, sentence, f"uncited {number}")
            _more("uncited", len(found.uncited))
    ordered = sorted(found.citations, key=lambda c: WORST_FIRST.index(c["status"]))
    for number, citation in enumerate(ordered[: _limit("cited")]):
        _citation(work, citation, f"cited {number}")
    _more("cited", len(ordered))


def _citation(work: str, citation: CitationReport, key: str) -> None:
    with st.expander(f"{MARKS[citation['status']]}  {plain(citation['claim'], 160)}"):
        st.html(prose(citation["claim"]))
        if citation["why"]:
            st.caption(plain(citation["why"], 400))
        for passage in citation["passages"]:
            st.caption(plain(_from(passage), 300))
            st.html(prose(passage["quote"]))
        if not citation["passages"]:
            st.caption("It rests on nothing in the sources.")
        _go(work, citation["section"], citation["claim"], key)


def _uncited(work: str, sentence: UncitedReport, key: str) -> None:
    text, button = st.columns([5, 1.4], vertical_alignment="center")
    with text:
        st.html(prose(sentence["claim"]))
    with button:
        _go(work, sentence["section"], sentence["claim"], key)


def _go(work: str, section: str, words: str, key: str) -> None:
    if st.button("Go to the sentence", key=f"go {key}"):
        navigation.go("text", work, section=section, **navigation.finding(words))


def _from(passage: CitedPassage) -> str:
    page = f", page {passage['page']}" if passage["page"] else ""
    return f"@{passage['source']}: {passage['title']}{page}"


def _limit(kind: str) -> int:
    return int(st.session_state.get(f"review {kind}", SHOWN))


def _more(kind: str, count: int) -> None:
    if count > _limit(kind) and st.button(f"Show more ({count} in all)", key=f"more {kind}"):
        st.session_state[f"review {kind}"] = _limit(kind) + SHOWN
        st.rerun()

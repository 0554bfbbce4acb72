"""What can be done with a section beside typing: versions, new drafts, locks, who wrote what."""

import csv
import io
from html import escape

import streamlit as st

from inkwright.app.api.section import SectionText
from inkwright.app.ui import cache, errors, navigation, visits
from inkwright.app.ui.html import PROSE_STYLE, escape_markdown, render_diff
from inkwright.app.ui.text import candidates as text_candidates
from inkwright.memory.domain.draft import Draft, compute_word_share, select_user_spans
from inkwright.memory.ids import SectionId, WorkId
from inkwright.memory.text.word_diff import DiffSpan, apply_hunks, diff_words, group_hunks
from inkwright.memory.user_work import candidates

MAX_SHOWN_HUNKS = 30
STAGE_LABELS = {"person": "by you", "edited": "edited as you asked", "candidate": "a candidate"}


def draw(work_id: WorkId, section_id: SectionId, *, busy: bool) -> None:
    """Draw the tools of a section that has text; ``busy``: a run goes on."""
    text = SectionText(work_id, section_id, settings=navigation.load_settings())
    draft_versions = text.versions()
    waiting_candidates = candidates.select_open_candidates(draft_versions)
    new_drafts_label = (
        f"New drafts ({len(waiting_candidates)})" if waiting_candidates else "New drafts"
    )
    tab_names = ["Versions", new_drafts_label, "Locks", "Who wrote what"]
    versions_tab, redraft_tab, locks_tab, authors_tab = st.tabs(
        tab_names, default=new_drafts_label if waiting_candidates else None
    )
    with versions_tab:
        errors.show_errors(_draw_versions)(text, draft_versions)
    with redraft_tab:
        errors.show_errors(text_candidates.draw)(
            text, draft_versions[-1], waiting_candidates, busy=busy
        )
    with locks_tab:
        errors.show_errors(_draw_locks)(text, draft_versions[-1])
    with authors_tab:
        errors.show_errors(_draw_authors)(work_id, draft_versions[-1])


def _draw_versions(text: SectionText, draft_versions: list[Draft]) -> None:
    if len(draft_versions) == 1:
        st.caption(f"There is one version, {_describe_version(draft_versions[0])}.")
        return
    label_by_version = {d.version: _describe_version(d) for d in reversed(draft_versions[:-1])}
    select_column, button_column = st.columns([5, 1.6], vertical_alignment="bottom")
    version: int = select_column.selectbox(
        "What became of",
        list(label_by_version),
        format_func=label_by_version.__getitem__,
        key=f"before {text.section}",
    )
    if button_column.button("Restore it", icon=":material/history:", width="stretch"):
        text.restore(version)
        st.rerun()
    spans = _compute_diff(text.version(version).text, draft_versions[-1].text)
    change_hunks = group_hunks(spans)
    if not change_hunks:
        st.caption(f"Version {draft_versions[-1].version} has the same words.")
        return
    st.html(render_diff(spans))
    with st.expander(
        f"Choose among {len(change_hunks)} change{'s' if len(change_hunks) != 1 else ''}"
    ):
        _draw_hunk_choice(text, version, spans, change_hunks)


def _draw_hunk_choice(
    text: SectionText, version: int, spans: list[DiffSpan], change_hunks: list[list[DiffSpan]]
) -> None:
    accepted_numbers = set(range(MAX_SHOWN_HUNKS, len(change_hunks)))
    for number, hunk in enumerate(change_hunks[:MAX_SHOWN_HUNKS]):
        tick_column, diff_column = st.columns([0.5, 12])
        key = f"hunk {text.section} {version} {number}"
        if tick_column.checkbox("Keep", value=True, key=key, label_visibility="collapsed"):
            accepted_numbers.add(number)
        diff_column.html(render_diff(hunk))
    if len(change_hunks) > MAX_SHOWN_HUNKS:
        st.caption(
            f"The {len(change_hunks) - MAX_SHOWN_HUNKS} changes after these stay as they are."
        )
    if st.button(
        "Keep only the ticked changes", disabled=len(accepted_numbers) == len(change_hunks)
    ):
        text.edit(apply_hunks(spans, accepted_numbers))
        st.rerun()


def _draw_locks(text: SectionText, draft: Draft) -> None:
    st.caption("No model changes locked words, nor any that you wrote.")
    words = st.text_input(
        "Words to lock, exactly as they stand",
        key=f"lock {text.work}/{text.section}",
        persist_state="session",
    )
    with st.container(horizontal=True):
        if st.button("Lock them", disabled=not words, icon=":material/lock:"):
            text.lock(words)
            st.rerun()
        if st.button("Lock the whole section"):
            text.lock()
            st.rerun()
    unlocked: dict[int, str] = visits.get_visit_state(f"unlocked {text.work}/{text.section}")
    locked_text = {h.start: draft.text[h.start : h.end] for h in draft.held if h.why == "locked"}
    unlocked_text = {
        at: words for at, words in unlocked.items() if draft.text.startswith(words, at)
    }
    for start, words in sorted({**unlocked_text, **locked_text}.items()):
        text_column, button_column, on = st.columns([7, 1.3, 1.3], vertical_alignment="center")
        text_column.markdown(escape_markdown(words, 240))
        key = f"{text.section} {start}"
        free = start not in locked_text
        if button_column.button("Unlock", key=f"unlock {key}", width="stretch", disabled=free):
            text.unlock(words, start=start)
            unlocked[start] = words
            st.rerun()
        if free and on.button("Lock again", key=f"lock {key}", width="stretch"):
            text.lock(words, start=start)
            st.rerun()


def _draw_authors(work_id: WorkId, draft: Draft) -> None:
    word_share = compute_word_share(draft, cache.load_work(work_id).text_rule)
    total_words = max(word_share.person + word_share.model, 1)
    st.markdown(
        f"**{word_share.person / total_words:.0%}** yours ({word_share.person:,} words), "
        f"**{word_share.model / total_words:.0%}** a model's ({word_share.model:,} words)"
    )
    st.html(_mark_person_spans(draft))
    st.download_button(
        "Shares of all sections (CSV)",
        _build_csv(work_id),
        file_name=f"{work_id}-authorship.csv",
        mime="text/csv",
        icon=":material/download:",
    )


def _mark_person_spans(draft: Draft) -> str:
    html_parts, position = [], 0
    for person_span in select_user_spans(draft.held):
        html_parts.append(escape(draft.text[position : person_span.start]))
        span_html = escape(draft.text[person_span.start : person_span.end])
        html_parts.append(f'<mark style="{_PERSON_STYLE}">{span_html}</mark>')
        position = person_span.end
    html_parts.append(escape(draft.text[position:]))
    return f'<div style="{PROSE_STYLE}">{"".join(html_parts)}</div>'


def _build_csv(work_id: WorkId) -> str:
    plan, draft_by_id = cache.load_plan(work_id), cache.load_drafts(work_id)
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["section", "title", "version", "words", "person", "model"])
    for section in plan.outline.sections if plan else ():
        if (draft := draft_by_id.get(section.id)) is not None:
            word_share = compute_word_share(draft, cache.load_work(work_id).text_rule)
            writer.writerow(
                [
                    section.id,
                    section.title,
                    draft.version,
                    draft.words,
                    word_share.person,
                    word_share.model,
                ]
            )
    return buffer.getvalue()


@st.cache_data(show_spinner=False, max_entries=64)
def _compute_diff(old_text: str, new_text: str) -> list[DiffSpan]:
    return diff_words(old_text, new_text)


def _describe_version(draft: Draft) -> str:
    stage_label = STAGE_LABELS.get(draft.stage, draft.stage)
    return f"version {draft.version}: {stage_label}, {draft.words:,} words"


_PERSON_STYLE = "background:rgba(47,93,138,.16);color:inherit"

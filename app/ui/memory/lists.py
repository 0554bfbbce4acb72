"""What memory holds beside its entries: summaries, and what waits for a person's word."""

import streamlit as st

from inkwright.app.api.memory import Memory
from inkwright.app.ui import cache, navigation, visits
from inkwright.app.ui.html import escape_markdown, render_prose
from inkwright.app.ui.memory import edit
from inkwright.app.ui.memory.names import describe_entries, describe_origin, load_titles
from inkwright.memory.changes import entry_edits
from inkwright.memory.changes.contradictions import ContradictionFinding
from inkwright.memory.domain.entry import Entry
from inkwright.memory.ids import WorkId

MAX_SHOWN = 60
LET_BE = "memory let be"
"""In the state of a visit: numbers of the findings that were let be in it."""


def draw_summaries(work_id: WorkId, memory: Memory) -> None:
    """Draw the rolling summary of every chain."""
    summary_by_id, title_by_id = cache.load_summaries(work_id, memory), load_titles(work_id)
    if not any(summary_by_id.values()):
        st.caption("No section has been summed up yet.")
    for section_id, summary in summary_by_id.items():
        if summary:
            st.markdown(f"**Up to {escape_markdown(title_by_id.get(section_id, section_id))}**")
            st.html(render_prose(summary))


def draw_conflicts(work_id: WorkId, pairs: list[tuple[Entry, Entry]]) -> None:
    """Draw the entries that give one attribute two values."""
    if not pairs:
        st.caption("No two entries give one attribute two values.")
    for first_entry, second_entry in pairs[:MAX_SHOWN]:
        with st.container(border=True):
            st.markdown(
                f"**{escape_markdown(first_entry.subject)}**,"
                f" {escape_markdown(first_entry.attribute)}"
            )
            for kept_entry, dropped_entry in (
                (first_entry, second_entry),
                (second_entry, first_entry),
            ):
                text_column, button_column = st.columns([8, 1.6], vertical_alignment="center")
                statement_text = escape_markdown(kept_entry.statement, 300)
                origin_text = escape_markdown(describe_origin(work_id, kept_entry))
                text_column.markdown(f"{statement_text}  ({origin_text})")
                if button_column.button(
                    "This one holds",
                    key=f"hold {kept_entry.id} {dropped_entry.id}",
                    width="stretch",
                ):
                    edit.propose(
                        work_id,
                        f"retract {describe_entries(work_id, [dropped_entry.id])}",
                        entry_edits.build_retraction([dropped_entry.id]),
                    )


def draw_threads(work_id: WorkId, threads: list[Entry]) -> None:
    """Draw the threads that are open."""
    if not threads:
        st.caption("No thread is open.")
    for thread in threads[:MAX_SHOWN]:
        text_column, button_column = st.columns([8, 1.6], vertical_alignment="center")
        text_column.markdown(
            f"**{escape_markdown(thread.subject)}** {escape_markdown(thread.statement, 300)}"
        )
        if button_column.button("Paid off", key=f"paid {thread.id}", width="stretch"):
            edit.propose(
                work_id,
                f"take {describe_entries(work_id, [thread.id])} as paid off",
                entry_edits.build_retraction([thread.id]),
            )


def draw_proposals(work_id: WorkId, proposals: list[Entry]) -> None:
    """Draw what waits to be let into memory."""
    if not proposals:
        st.caption("Nothing waits for your word.")
    for entry in proposals[:MAX_SHOWN]:
        text_column, accept_column, decline_column = st.columns(
            [7, 1.2, 1.2], vertical_alignment="center"
        )
        change_text = "no longer holds" if entry.status == "doubted" else "is new"
        text_column.markdown(
            f"**{escape_markdown(entry.subject)}** {escape_markdown(entry.statement, 300)}"
            f" ({change_text})"
        )
        if accept_column.button("Accept", key=f"yes {entry.id}", width="stretch"):
            edit.propose(
                work_id,
                f"accept {describe_entries(work_id, [entry.id])}",
                entry_edits.build_acceptance([entry.id]),
            )
        if decline_column.button("Decline", key=f"no {entry.id}", width="stretch"):
            edit.propose(
                work_id,
                f"decline {describe_entries(work_id, [entry.id])}",
                entry_edits.build_rejection([entry.id]),
            )


def draw_contradictions(
    work_id: WorkId, memory: Memory, findings: list[ContradictionFinding]
) -> None:
    """Draw the person's sentences that memory contradicts; one that is let be stays there."""
    let_be = visits.get_visit_state(LET_BE)
    if not findings:
        st.caption("No sentence of yours is known to contradict memory.")
    for finding in findings[:MAX_SHOWN]:
        with st.container(border=True):
            st.html(render_prose(f"“{finding.evidence}”"))
            st.caption(f"Memory says: {escape_markdown(finding.line.removeprefix('- '), 300)}")
            with st.container(horizontal=True, vertical_alignment="center"):
                navigation.draw_link(
                    "text",
                    "Go to the sentence",
                    work_id=work_id,
                    section=finding.section,
                    **navigation.build_find_params(finding.evidence),
                )
                _let_be(memory, finding.number, let_be)


def _let_be(memory: Memory, number: int, let_be: dict[int, bool]) -> None:
    is_dismissed = number in let_be
    if st.button("Let it be", key=f"dismiss {number}", disabled=is_dismissed):
        memory.dismiss(number)
        let_be[number] = True
        st.rerun()
    if not is_dismissed:
        return
    st.caption("It may stay as it is.", width="content")
    if st.button("Take back", key=f"dismiss not {number}", icon=":material/undo:"):
        memory.dismiss(number, undo=True)
        del let_be[number]
        st.rerun()

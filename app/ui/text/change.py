"""Changing a section by instruction: an editor proposes, and the person takes what they like."""

from typing import Literal

import streamlit as st

from inkwright.app.api import runs
from inkwright.app.api.edit_proposal import EditProposal, Operation
from inkwright.app.api.section import SectionText
from inkwright.app.ui import errors, navigation
from inkwright.app.ui.components import undo
from inkwright.app.ui.components.text_field import SelectedText
from inkwright.app.ui.html import escape_markdown, render_diff, render_prose
from inkwright.memory.ids import SectionId, WorkId
from inkwright.memory.text.word_diff import diff_words

OPERATION_LABELS: dict[Operation | Literal["say"], str] = {
    "say": "as I say",
    "grammar": "mend the grammar",
    "simplify": "simplify",
    "tighten": "tighten",
    "expand": "expand",
    "formality": "change the register",
    "neutral": "make it neutral",
    "paraphrase": "say it otherwise",
    "continue": "go on from here",
}
MAX_SHOWN_CHARS = 300


def store_selection(name: str, selected_text: SelectedText | None) -> None:
    """Keep what is selected in the field ``name``."""
    st.session_state[f"selected {name}"] = selected_text


def prefill_instruction(work_id: WorkId, section_id: SectionId, instruction: str) -> None:
    """Have this asked for when the section is drawn next."""
    st.session_state[f"told {work_id}/{section_id}"] = instruction
    st.session_state[f"change open {work_id}/{section_id}"] = True


def draw(text: SectionText, name: str, *, busy: bool) -> None:
    """Draw what can be asked for, or the changes that are proposed."""
    autosaved_text = text.typed()
    if not autosaved_text.newest or busy or not navigation.has_model():
        return
    is_open = bool(st.session_state.get(f"change open {name}"))
    with st.expander("Have an editor change it", icon=":material/edit_note:", expanded=is_open):
        if autosaved_text.pending:
            st.caption("Make what you typed a version first: an editor works on versions.")
        else:
            errors.show_errors(_draw_request_form)(text, name, autosaved_text.text)
    # Below what asked for them: they push no other button under the pointer.
    edit_proposal: EditProposal | None = st.session_state.get(f"proposed {name}")
    if edit_proposal is not None:
        _draw_proposal(edit_proposal, name, autosaved_text.newest)
    discarded_proposal = undo.button(f"proposed {name}", "Bring back the proposed changes")
    if discarded_proposal is not None:
        _propose(name, discarded_proposal)
        st.rerun()


def _propose(name: str, edit_proposal: EditProposal) -> None:
    """Let these changes wait for the person's word; those that did are put aside."""
    if (old_proposal := st.session_state.get(f"proposed {name}")) is not None:
        undo.put(f"proposed {name}", old_proposal)
    st.session_state[f"proposed {name}"] = edit_proposal


def _draw_request_form(text: SectionText, name: str, words: str) -> None:
    selected_text: SelectedText | None = st.session_state.get(f"selected {name}")
    if (
        selected_text is not None
        and words[selected_text.start : selected_text.end] != selected_text.words
    ):
        selected_text = None
    if selected_text is None:
        st.caption("In the whole section. Select words above to keep it to their sentences.")
    else:
        st.caption("In the sentences of these words:")
        shown_words = selected_text.words[:MAX_SHOWN_CHARS] + (
            "…" if len(selected_text.words) > MAX_SHOWN_CHARS else ""
        )
        st.html(render_prose(shown_words))
    operation_column, instruction_column = st.columns([1.3, 3.4], vertical_alignment="bottom")
    operation_choice = operation_column.selectbox(
        "Change", list(OPERATION_LABELS), format_func=OPERATION_LABELS.__getitem__, key=f"op {name}"
    )
    operation = None if operation_choice == "say" else operation_choice
    instruction = instruction_column.text_input(
        "In your words",
        key=f"told {name}",
        persist_state="session",
        placeholder="Make it plainer." if operation is None else "More, if you like",
    )
    with st.container(horizontal=True):
        propose_clicked = st.button(
            f"Propose changes with {navigation.describe_endpoint()}",
            disabled=operation is None and not (instruction or "").strip(),
            icon=":material/rate_review:",
            key=f"propose {name}",
        )
        if selected_text is not None and st.button("Lock these words", icon=":material/lock:"):
            text.lock(selected_text.words)
            st.rerun()
    if propose_clicked:
        span = (selected_text.start, selected_text.end) if selected_text else None
        with st.spinner("The editor is at it…"):
            edit_proposal = runs.edit(
                text.work,
                text.section,
                instruction or "",
                op=operation,
                span=span,
                settings=navigation.load_settings(),
            )
        _propose(name, edit_proposal)
        st.rerun(scope="fragment")


def _draw_proposal(edit_proposal: EditProposal, name: str, newest: int) -> None:
    """Draw the changes that are proposed; those that were taken stay where they are."""
    taken_as = st.session_state.get(f"taken {name}") == (edit_proposal.proposal.version, newest)
    if edit_proposal.proposal.version != newest and not taken_as:
        st.caption("The text has changed since changes of it were proposed: ask for them again.")
        return
    with st.container(border=True):
        if not edit_proposal.hunks:
            st.markdown("**The editor would change nothing.**")
        for note in edit_proposal.proposal.notes:
            st.caption(escape_markdown(note, 300))
        ticked = [
            hunk.number
            for hunk in edit_proposal.hunks
            if _draw_hunk(edit_proposal, hunk.number, name, is_taken=taken_as)
        ]
        with st.container(horizontal=True, vertical_alignment="center"):
            accept_clicked = bool(edit_proposal.hunks) and st.button(
                f"Take {len(ticked)} of {len(edit_proposal.hunks)}"
                f" with {navigation.describe_endpoint()}",
                type="primary",
                disabled=taken_as or not ticked,
                help="Stored as a version; what it says is read into memory.",
            )
            if taken_as:
                st.caption(f"Taken: version {newest}.", width="content")
            else:
                st.button("Leave the text as it is", type="tertiary", on_click=_leave, args=(name,))
        if (
            not accept_clicked
            or (version := errors.show_errors(_accept_changes)(edit_proposal, ticked)) is None
        ):
            return  # what went wrong stands there, and the proposal with it
    st.session_state[f"taken {name}"] = edit_proposal.proposal.version, version
    st.rerun()


def _leave(name: str) -> None:
    undo.put(f"proposed {name}", st.session_state.pop(f"proposed {name}"))


def _draw_hunk(edit_proposal: EditProposal, number: int, name: str, *, is_taken: bool) -> bool:
    """Draw one change; return whether it is to be taken."""
    hunk = edit_proposal.hunks[number - 1]
    tick_column, diff_column = st.columns([0.5, 12])
    with diff_column:
        st.html(render_diff(diff_words(hunk.before, hunk.after)))
        if hunk.breaks:
            st.caption(f":orange[Would break {escape_markdown(', '.join(hunk.breaks))}]")
    return tick_column.checkbox(
        f"Take change {number}",
        value=not hunk.breaks,
        key=f"take {name} {edit_proposal.proposal.version} {number}",
        disabled=is_taken,
        label_visibility="collapsed",
    )


def _accept_changes(edit_proposal: EditProposal, ticked: list[int]) -> int:
    with st.spinner("Taking them, and reading them into memory…"):
        return edit_proposal.accept(ticked).version

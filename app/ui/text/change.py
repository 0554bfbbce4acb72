"""Changing a section by instruction: an editor proposes, and the person takes what they like."""

from typing import Literal

import streamlit as st

from inkwright.app.api import runs
from inkwright.app.api.edit_proposal import EditProposal, Operation
from inkwright.app.api.section import SectionText
from inkwright.app.ui import errors, navigation
from inkwright.app.ui.components import undo
from inkwright.app.ui.components.text_field import SelectedText
from inkwright.app.ui.html import difference, plain, prose
from inkwright.memory.text.word_diff import differences

OPERATIONS: dict[Operation | Literal["say"], str] = {
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
WORDS_SHOWN = 300


def select(name: str, found: SelectedText | None) -> None:
    """Keep what is selected in the field ``name``."""
    st.session_state[f"selected {name}"] = found


def ask_for(work: str, section: str, told: str) -> None:
    """Have this asked for when the section is drawn next."""
    st.session_state[f"told {work}/{section}"] = told
    st.session_state[f"change open {work}/{section}"] = True


def draw(text: SectionText, name: str, *, busy: bool) -> None:
    """Draw what can be asked for, or the changes that are proposed."""
    typed = text.typed()
    if not typed.newest or busy or not navigation.has_model():
        return
    is_open = bool(st.session_state.get(f"change open {name}"))
    with st.expander("Have an editor change it", icon=":material/edit_note:", expanded=is_open):
        if typed.pending:
            st.caption("Make what you typed a version first: an editor works on versions.")
        else:
            errors.safely(_ask)(text, name, typed.text)
    # Below what asked for them: they push no other button under the pointer.
    proposed: EditProposal | None = st.session_state.get(f"proposed {name}")
    if proposed is not None:
        _proposed(proposed, name, typed.newest)
    dropped = undo.button(f"proposed {name}", "Bring back the proposed changes")
    if dropped is not None:
        _propose(name, dropped)
        st.rerun()


def _propose(name: str, found: EditProposal) -> None:
    """Let these changes wait for the person's word; those that did are put aside."""
    if (before := st.session_state.get(f"proposed {name}")) is not None:
        undo.put(f"proposed {name}", before)
    st.session_state[f"proposed {name}"] = found


def _ask(text: SectionText, name: str, words: str) -> None:
    selected: SelectedText | None = st.session_state.get(f"selected {name}")
    if selected is not None and words[selected.start : selected.end] != selected.words:
        selected = None
    if selected is None:
        st.caption("In the whole section. Select words above to keep it to their sentences.")
    else:
        st.caption("In the sentences of these words:")
        shown = selected.words[:WORDS_SHOWN] + ("…" if len(selected.words) > WORDS_SHOWN else "")
        st.html(prose(shown))
    what, how = st.columns([1.3, 3.4], vertical_alignment="bottom")
    how_to = what.selectbox(
        "Change", list(OPERATIONS), format_func=OPERATIONS.__getitem__, key=f"op {name}"
    )
    op = None if how_to == "say" else how_to
    told = how.text_input(
        "In your words",
        key=f"told {name}",
        persist_state="session",
        placeholder="Make it plainer." if op is None else "More, if you like",
    )
    with st.container(horizontal=True):
        asked = st.button(
            f"Propose changes with {navigation.endpoint()}",
            disabled=op is None and not (told or "").strip(),
            icon=":material/rate_review:",
            key=f"propose {name}",
        )
        if selected is not None and st.button("Lock these words", icon=":material/lock:"):
            text.lock(selected.words)
            st.rerun()
    if asked:
        span = (selected.start, selected.end) if selected else None
        with st.spinner("The editor is at it…"):
            found = runs.edit(
                text.work,
                text.section,
                told or "",
                op=op,
                span=span,
                settings=navigation.settings(),
            )
        _propose(name, found)
        st.rerun(scope="fragment")


def _proposed(found: EditProposal, name: str, newest: int) -> None:
    """Draw the changes that are proposed; those that were taken stay where they are."""
    taken_as = st.session_state.get(f"taken {name}") == (found.proposal.version, newest)
    if found.proposal.version != newest and not taken_as:
        st.caption("The text has changed since changes of it were proposed: ask for them again.")
        return
    with st.container(border=True):
        if not found.hunks:
            st.markdown("**The editor would change nothing.**")
        for note in found.proposal.notes:
            st.caption(plain(note, 300))
        ticked = [
            hunk.number for hunk in found.hunks if _hunk(found, hunk.number, name, done=taken_as)
        ]
        with st.container(horizontal=True, vertical_alignment="center"):
            take = bool(found.hunks) and st.button(
                f"Take {len(ticked)} of {len(found.hunks)} with {navigation.endpoint()}",
                type="primary",
                disabled=taken_as or not ticked,
                help="Stored as a version; what it says is read into memory.",
            )
            if taken_as:
                st.caption(f"Taken: version {newest}.", width="content")
            else:
                st.button("Leave the text as it is", type="tertiary", on_click=_leave, args=(name,))
        if not take or (version := errors.safely(_take)(found, ticked)) is None:
            return  # what went wrong stands there, and the proposal with it
    st.session_state[f"taken {name}"] = found.proposal.version, version
    st.rerun()


def _leave(name: str) -> None:
    undo.put(f"proposed {name}", st.session_state.pop(f"proposed {name}"))


def _hunk(found: EditProposal, number: int, name: str, *, done: bool) -> bool:
    """Draw one change; return whether it is to be taken."""
    hunk = found.hunks[number - 1]
    tick, words = st.columns([0.5, 12])
    with words:
        st.html(difference(differences(hunk.before, hunk.after)))
        if hunk.breaks:
            st.caption(f":orange[Would break {plain(', '.join(hunk.breaks))}]")
    return tick.checkbox(
        f"Take change {number}",
        value=not hunk.breaks,
        key=f"take {name} {found.proposal.version} {number}",
        disabled=done,
        label_visibility="collapsed",
    )


def _take(found: EditProposal, ticked: list[int]) -> int:
    with st.spinner("Taking them, and reading them into memory…"):
        return found.accept(ticked).version

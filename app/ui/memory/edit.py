"""An edit of memory that waits for a word: which sections it reaches, and at what cost."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from inkwright.app.api.memory import Memory
from inkwright.app.display.formatting import duration, many
from inkwright.app.services import background
from inkwright.app.ui import cache, errors, navigation
from inkwright.app.ui.html import plain
from inkwright.memory.changes.edit_impact import EditImpact, SectionCheck
from inkwright.memory.changes.entry_edits import Edit
from inkwright.memory.domain.brief import Remembered

CHECKS_SHOWN = 30


def propose(work: str, said: str, edit: Edit) -> None:
    """Let ``edit`` wait for the person's word; ``said`` is what it does, after "To"."""
    st.session_state[f"edit {work}"] = said, edit
    st.rerun()


def pending(work: str) -> bool:
    """True when an edit waits."""
    return f"edit {work}" in st.session_state


def given(**fields: Any) -> Remembered:
    """Return an entry as a person gives it."""
    return Remembered.model_validate(
        {k: v.strip() if isinstance(v, str) else v for k, v in fields.items() if v}
    )


def draw(work: str, memory: Memory) -> None:
    """Ask about the edit that waits, over the page: what it would reach, and what is to be done."""

    def leave() -> None:
        st.session_state.pop(f"edit {work}", None)

    ask = errors.safely(_ask)
    st.dialog("Change memory", width="medium", on_dismiss=leave)(ask)(work, memory)


def _ask(work: str, memory: Memory) -> None:
    if not pending(work):
        st.rerun()
    said, edit = st.session_state[f"edit {work}"]
    seen = memory.preview(edit)
    st.markdown(f"**To {plain(said, 200)}**")
    if not seen.added:
        st.caption("Memory says so already.")
    _count("Will be checked", seen.certain)
    _count("May follow", seen.possible)
    _act(work, memory, edit, seen)
    _list("Certain:", seen.certain)
    _list("Possible:", seen.possible)


def _count(name: str, checks: Sequence[SectionCheck]) -> None:
    if not checks:
        st.markdown(f"{name}: no section")
        return
    tokens = sum(c.tokens for c in checks)
    known = [c.seconds for c in checks if c.seconds is not None]
    time = f", about {duration(sum(known))}" if known else ""
    st.markdown(f"{name}: **{many(len(checks), 'section')}**, about {tokens:,} tokens{time}")


def _list(name: str, checks: Sequence[SectionCheck]) -> None:
    if not checks:
        return
    st.caption(name)
    shown = (
        f"- **{plain(c.title, 60)}**: {plain('; '.join(c.reasons), 240)}"
        for c in checks[:CHECKS_SHOWN]
    )
    st.markdown("\n".join(shown))
    if len(checks) > CHECKS_SHOWN:
        st.caption(f"and {len(checks) - CHECKS_SHOWN} more")


def _act(work: str, memory: Memory, edit: Edit, seen: EditImpact) -> None:
    held = {sid for sid, draft in cache.texts(work).items() if draft.held}
    free = [c.section for c in seen.certain if c.section not in held]
    then: str | None = None
    # On the right: what leads here, and what lies under it on the page, stands on the left.
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Leave memory as it is", type="tertiary"):
            st.session_state.pop(f"edit {work}")
            st.rerun()
        if navigation.has_model() and seen.added and seen.certain:
            if free and st.button(f"Apply and redraft {len(free)} with {navigation.endpoint()}"):
                then = "redraft"
            if st.button(f"Apply and settle with {navigation.endpoint()}"):
                then = "settle"
        if st.button("Apply", type="primary", disabled=not seen.added):
            then = "apply"
    if len(free) < len(seen.certain):
        st.caption("Sections with words of yours are never redrafted; settling tells you of them.")
    if then is None:
        return
    memory.apply(edit)
    st.session_state.pop(f"edit {work}")
    if then == "settle":
        background.start(work, "settle", navigation.settings(), sections=sorted(seen.sections))
        navigation.go("write", work)
    if then == "redraft":
        background.start(work, "redraft", navigation.settings(), sections=free)
        navigation.go("write", work)
    st.toast("Memory is changed.")
    st.rerun()

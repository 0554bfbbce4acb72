"""A change of the outline that waits for a word: what goes out of date by it, and what moves."""

from collections.abc import Callable

import streamlit as st

from inkwright.app.api.outline import OutlineImpact, WorkOutline
from inkwright.app.display.formatting import many
from inkwright.app.ui import errors, navigation
from inkwright.app.ui.html import plain
from inkwright.memory.changes.outline_edits import Change

SHOWN = 30


def propose(work: str, said: str, change: Change) -> None:
    """Let ``change`` wait for the person's word; ``said`` is what it does, after "To"."""
    st.session_state[_key(work)] = said, change


def pending(work: str) -> bool:
    """True when a change waits."""
    return _key(work) in st.session_state


def draw(work: str, fill: Callable[[], None] | None) -> None:
    """Ask about the change that waits, if one does, over the page.

    ``fill`` draws the fields of a change that is still to be said; None: there is none.
    """
    if not pending(work) and fill is None:
        return

    def leave() -> None:
        st.session_state.pop(_key(work), None)

    ask = errors.safely(_ask)
    st.dialog("Change the outline", width="medium", on_dismiss=leave)(ask)(work, fill)


def _ask(work: str, fill: Callable[[], None] | None) -> None:
    if not pending(work):
        if fill is None:
            st.rerun()
        fill()
        return
    said, change = st.session_state[_key(work)]
    structure = WorkOutline(work, settings=navigation.settings())
    st.markdown(f"**To {plain(said, 200)}**")
    seen = errors.safely(structure.preview)(change)
    if seen is not None:
        _count(seen)
    # On the right: what leads here, and what lies under it on the page, stands on the left.
    with st.container(horizontal=True, horizontal_alignment="right"):
        leave = st.button("Leave it as it is", type="tertiary")
        make = st.button(
            "Change the outline", type="primary", shortcut="ctrl+enter", disabled=seen is None
        )
    if seen is not None:
        _list(seen)
    if make:
        structure.apply(change)
    if make or leave:
        st.session_state.pop(_key(work))
        st.rerun()


def _count(seen: OutlineImpact) -> None:
    if seen.stale:
        st.markdown(f"Out of date then: **{len(seen.stale)}** more")
    else:
        st.markdown("No section that is written goes out of date.")
    if seen.unwritten:
        st.markdown(f"To be written then: {many(len(seen.unwritten), 'section')}")


def _list(seen: OutlineImpact) -> None:
    titles = {s.id: s.title for s in seen.plan.outline.sections}
    lines = (
        f"- **{plain(titles[sid], 60)}**: {plain('; '.join(reasons), 240)}"
        for sid, reasons in list(seen.stale.items())[:SHOWN]
    )
    st.markdown("\n".join(lines))
    _rest(len(seen.stale))
    for placing in seen.placings[:SHOWN]:
        now = ", ".join(placing.after) or "no section: it falls away"
        st.markdown(
            f"- Constraint “{plain(placing.text, 80)}” moves from "
            f"{plain(', '.join(placing.before), 160)} to {plain(now, 160)}"
        )
    _rest(len(seen.placings))


def _rest(count: int) -> None:
    if count > SHOWN:
        st.caption(f"and {count - SHOWN} more")


def _key(work: str) -> str:
    return f"replan {work}"

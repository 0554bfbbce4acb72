"""A change of the outline that waits for a word: what goes out of date by it, and what moves."""

from collections.abc import Callable

import streamlit as st

from inkwright.app.api.outline import OutlineImpact, WorkOutline
from inkwright.app.display.formatting import format_count
from inkwright.app.ui import errors, navigation
from inkwright.app.ui.html import escape_markdown
from inkwright.memory.changes.outline_edits import OutlineEdit
from inkwright.memory.ids import WorkId

MAX_SHOWN = 30


def propose(work_id: WorkId, description: str, change: OutlineEdit) -> None:
    """Let ``change`` wait for the person's word; ``description`` is what it does, after "To"."""
    st.session_state[_build_state_key(work_id)] = description, change


def is_pending(work_id: WorkId) -> bool:
    """True when a change waits."""
    return _build_state_key(work_id) in st.session_state


def draw(work_id: WorkId, draw_form: Callable[[], None] | None) -> None:
    """Ask about the change that waits, if one does, over the page.

    ``draw_form`` draws the fields of a change that is still to be said; None: there is none.
    """
    if not is_pending(work_id) and draw_form is None:
        return

    def cancel() -> None:
        st.session_state.pop(_build_state_key(work_id), None)

    draw_dialog = errors.show_errors(_draw_dialog)
    st.dialog("Change the outline", width="medium", on_dismiss=cancel)(draw_dialog)(
        work_id, draw_form
    )


def _draw_dialog(work_id: WorkId, draw_form: Callable[[], None] | None) -> None:
    if not is_pending(work_id):
        if draw_form is None:
            st.rerun()
        draw_form()
        return
    description, change = st.session_state[_build_state_key(work_id)]
    work_outline = WorkOutline(work_id, settings=navigation.load_settings())
    st.markdown(f"**To {escape_markdown(description, 200)}**")
    is_previewed = errors.show_errors(work_outline.preview)(change)
    if is_previewed is not None:
        _count(is_previewed)
    # On the right: what leads here, and what lies under it on the page, stands on the left.
    with st.container(horizontal=True, horizontal_alignment="right"):
        cancel_clicked = st.button("Leave it as it is", type="tertiary")
        apply_clicked = st.button(
            "Change the outline",
            type="primary",
            shortcut="ctrl+enter",
            disabled=is_previewed is None,
        )
    if is_previewed is not None:
        _list(is_previewed)
    if apply_clicked:
        work_outline.apply(change)
    if apply_clicked or cancel_clicked:
        st.session_state.pop(_build_state_key(work_id))
        st.rerun()


def _count(impact: OutlineImpact) -> None:
    if impact.stale:
        st.markdown(f"Out of date then: **{len(impact.stale)}** more")
    else:
        st.markdown("No section that is written goes out of date.")
    if impact.unwritten:
        st.markdown(f"To be written then: {format_count(len(impact.unwritten), 'section')}")


def _list(impact: OutlineImpact) -> None:
    titles = {s.id: s.title for s in impact.plan.outline.sections}
    lines = (
        f"- **{escape_markdown(titles[section_id], 60)}**: "
        f"{escape_markdown('; '.join(reasons), 240)}"
        for section_id, reasons in list(impact.stale.items())[:MAX_SHOWN]
    )
    st.markdown("\n".join(lines))
    _show_remaining_count(len(impact.stale))
    for placing in impact.moved_constraints[:MAX_SHOWN]:
        now = ", ".join(placing.titles_after) or "no section: it falls away"
        st.markdown(
            f"- Constraint “{escape_markdown(placing.text, 80)}” moves from "
            f"{escape_markdown(', '.join(placing.titles_before), 160)} to "
            f"{escape_markdown(now, 160)}"
        )
    _show_remaining_count(len(impact.moved_constraints))


def _show_remaining_count(count: int) -> None:
    if count > MAX_SHOWN:
        st.caption(f"and {count - MAX_SHOWN} more")


def _build_state_key(work_id: WorkId) -> str:
    return f"replan {work_id}"

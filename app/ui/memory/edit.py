"""An edit of memory that waits for a word: which sections it reaches, and at what cost."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from inkwright.app.api.memory import Memory
from inkwright.app.display.formatting import format_count, format_duration
from inkwright.app.services import background
from inkwright.app.ui import cache, errors, navigation
from inkwright.app.ui.html import escape_markdown
from inkwright.memory.changes.edit_impact import EditImpact, SectionCheck
from inkwright.memory.changes.entry_edits import EntryEdit
from inkwright.memory.domain.brief import Remembered
from inkwright.memory.ids import WorkId

CHECKS_SHOWN = 30


def propose(work_id: WorkId, description: str, edit: EntryEdit) -> None:
    """Let ``edit`` wait for the person's word; ``description`` is what it does, after "To"."""
    st.session_state[f"edit {work_id}"] = description, edit
    st.rerun()


def is_pending(work_id: WorkId) -> bool:
    """True when an edit waits."""
    return f"edit {work_id}" in st.session_state


def build_remembered(**fields: Any) -> Remembered:
    """Return an entry as a person gives it."""
    return Remembered.model_validate(
        {k: v.strip() if isinstance(v, str) else v for k, v in fields.items() if v}
    )


def draw(work_id: WorkId, memory: Memory) -> None:
    """Ask about the edit that waits, over the page: what it would reach, and what is to be done."""

    def leave() -> None:
        st.session_state.pop(f"edit {work_id}", None)

    ask = errors.show_errors(_ask)
    st.dialog("Change memory", width="medium", on_dismiss=leave)(ask)(work_id, memory)


def _ask(work: WorkId, memory: Memory) -> None:
    if not is_pending(work):
        st.rerun()
    edit_description, edit = st.session_state[f"edit {work}"]
    impact = memory.preview(edit)
    st.markdown(f"**To {escape_markdown(edit_description, 200)}**")
    if not impact.new_entries:
        st.caption("Memory says so already.")
    _count("Will be checked", impact.certain)
    _count("May follow", impact.possible)
    _draw_actions(work, memory, edit, impact)
    _list("Certain:", impact.certain)
    _list("Possible:", impact.possible)


def _count(name: str, checks: Sequence[SectionCheck]) -> None:
    if not checks:
        st.markdown(f"{name}: no section")
        return
    tokens = sum(c.tokens for c in checks)
    durations = [c.seconds for c in checks if c.seconds is not None]
    time = f", about {format_duration(sum(durations))}" if durations else ""
    st.markdown(
        f"{name}: **{format_count(len(checks), 'section')}**, about {tokens:,} tokens{time}"
    )


def _list(name: str, checks: Sequence[SectionCheck]) -> None:
    if not checks:
        return
    st.caption(name)
    lines = (
        f"- **{escape_markdown(c.title, 60)}**: {escape_markdown('; '.join(c.reasons), 240)}"
        for c in checks[:CHECKS_SHOWN]
    )
    st.markdown("\n".join(lines))
    if len(checks) > CHECKS_SHOWN:
        st.caption(f"and {len(checks) - CHECKS_SHOWN} more")


def _draw_actions(work_id: WorkId, memory: Memory, edit: EntryEdit, impact: EditImpact) -> None:
    protected_ids = {
        section_id for section_id, draft in cache.load_drafts(work_id).items() if draft.held
    }
    redraftable_ids = [c.section for c in impact.certain if c.section not in protected_ids]
    action: str | None = None
    # On the right: what leads here, and what lies under it on the page, stands on the left.
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Leave memory as it is", type="tertiary"):
            st.session_state.pop(f"edit {work_id}")
            st.rerun()
        if navigation.has_model() and impact.new_entries and impact.certain:
            if redraftable_ids and st.button(
                f"Apply and redraft {len(redraftable_ids)} with {navigation.describe_endpoint()}"
            ):
                action = "redraft"
            if st.button(f"Apply and settle with {navigation.describe_endpoint()}"):
                action = "settle"
        if st.button("Apply", type="primary", disabled=not impact.new_entries):
            action = "apply"
    if len(redraftable_ids) < len(impact.certain):
        st.caption("Sections with words of yours are never redrafted; settling tells you of them.")
    if action is None:
        return
    memory.apply(edit)
    st.session_state.pop(f"edit {work_id}")
    if action == "settle":
        background.start(
            work_id, "settle", navigation.load_settings(), sections=sorted(impact.sections)
        )
        navigation.go("write", work_id)
    if action == "redraft":
        background.start(work_id, "redraft", navigation.load_settings(), sections=redraftable_ids)
        navigation.go("write", work_id)
    st.toast("Memory is changed.")
    st.rerun()

"""Text: one section to read and to type in, with its versions and who wrote what."""

import streamlit as st

from inkwright.app.api.section import SectionText
from inkwright.app.ui import cache, errors, navigation
from inkwright.app.ui.components import empty_state, undo
from inkwright.app.ui.components.text_field import FieldEdit, FieldState, draw_field
from inkwright.app.ui.html import escape_markdown, render_diff
from inkwright.app.ui.text import change, run, tools
from inkwright.memory.ids import SectionId, WorkId
from inkwright.memory.store.plans import Plan
from inkwright.memory.text.word_diff import diff_words
from inkwright.memory.user_work.autosave import AutosavedText, EditedElsewhere


def page() -> None:
    """Draw the section that the address names, or the first."""
    work_id = navigation.require_work_id()
    plan = cache.load_plan(work_id)
    if plan is None:
        st.title("Text", anchor=False)
        empty_state.draw(work_id, "So there is no text either. Plan the work first.")
        return
    section_id = _select_section(work_id, plan)
    st.title(escape_markdown(plan.outline.section(section_id).title), anchor=False)
    _warn_if_stale(work_id, section_id)
    busy = run.draw(work_id)
    st.fragment(_draw_editor)(work_id, section_id, busy)
    if section_id in cache.load_drafts(work_id):
        tools.draw(work_id, section_id, busy=busy)


def _select_section(work_id: WorkId, plan: Plan) -> SectionId:
    sections = plan.outline.sections
    draft_by_id, autosaved_ids = cache.load_drafts(work_id), cache.list_autosaved_sections(work_id)
    position_by_id = plan.outline.position
    section_param = st.query_params.get("section", "")
    index = position_by_id.get(SectionId(section_param), 1) - 1

    def format_section(section_id: SectionId) -> str:
        section = plan.outline.section(section_id)
        state = "" if section_id in draft_by_id else "  (no text yet)"
        autosave_mark = "  •" if section_id in autosaved_ids else ""
        return f"{position_by_id[section_id]}. {section.title}{state}{autosave_mark}"

    with st.container(horizontal=True, vertical_alignment="center", wrap=False, gap="small"):
        previous_clicked = st.button(
            "Previous",
            icon=":material/chevron_left:",
            disabled=index == 0,
            key="section before",
            shortcut="alt+arrowleft",
        )
        select_container = st.container(width="stretch")
        next_clicked = st.button(
            "Next",
            icon=":material/chevron_right:",
            icon_position="right",
            disabled=index == len(sections) - 1,
            key="section after",
            shortcut="alt+arrowright",
        )
    if previous_clicked or next_clicked:
        index += 1 if next_clicked else -1
        st.session_state["section chosen"] = sections[index].id
    if st.session_state.get("section chosen") not in position_by_id or (
        section_param and st.session_state.get("section of") != (work_id, section_param)
    ):
        st.session_state["section chosen"] = sections[index].id
    chosen_id: SectionId = select_container.selectbox(
        "Section",
        [s.id for s in sections],
        key="section chosen",
        format_func=format_section,
        label_visibility="collapsed",
    )
    st.session_state["section of"] = work_id, chosen_id
    if chosen_id != section_param:
        st.query_params.pop("find", None)
    st.query_params["section"] = chosen_id
    return chosen_id


def _warn_if_stale(work_id: WorkId, section_id: SectionId) -> None:
    if reasons := cache.load_stale_reasons(work_id).get(section_id):
        reasons_text = "; ".join(escape_markdown(reason, 200) for reason in reasons[:3])
        st.warning(
            f"This section may be out of date: {reasons_text}", icon=":material/sync_problem:"
        )


@errors.show_errors
def _draw_editor(work_id: WorkId, section_id: SectionId, busy: bool) -> None:
    text = SectionText(work_id, section_id, settings=navigation.load_settings())
    name = f"{work_id}/{section_id}"
    conflict_key = f"collided {name}"

    def save_edit(edit: FieldEdit) -> None:
        try:
            text.type(edit.text, base=edit.base, revision=edit.revision)
        except EditedElsewhere as fault:
            st.session_state[conflict_key] = fault.own_text, edit.base, edit.revision

    def load_state() -> FieldState:
        reset_number = st.session_state.get(f"order {name}", 0)
        if conflict_key in st.session_state:
            own_text, base, revision = st.session_state[conflict_key]
            return FieldState(own_text, base, revision, "Not kept: choose below.", reset_number)
        autosaved_text = text.typed()
        status_text = (
            "Kept as you type." if autosaved_text.pending else f"Version {autosaved_text.newest}."
        )
        return FieldState(
            autosaved_text.text,
            autosaved_text.base,
            autosaved_text.revision,
            status_text,
            reset_number,
        )

    search_words = st.query_params.get("find", "")
    draw_field(
        name,
        load_state,
        save_edit,
        description="The section's text",
        height=420,
        placeholder="Type here, or let the section be written.",
        search_text=search_words,
        on_select=lambda selection: change.store_selection(name, selection),
    )
    if search_words and search_words not in load_state().text:
        st.caption("The words you came for are not in this section any more.")
    if conflict_key in st.session_state:
        _draw_conflict(text, name)
    else:
        _draw_autosave_actions(text, name)
        change.draw(text, name, busy=busy)


def _reset_field(name: str) -> None:
    """Let the field show what the library says, whatever stands in it."""
    st.session_state[f"order {name}"] = st.session_state.get(f"order {name}", 0) + 1


def _draw_conflict(text: SectionText, name: str) -> None:
    own_text, base, _ = st.session_state[f"collided {name}"]
    other_text = text.typed()
    with st.container(border=True):
        st.markdown(
            "**Another window has typed into this section too.** Both texts are here; "
            "struck out is what only the other one has, underlined what only this one has."
        )
        st.html(render_diff(diff_words(other_text.text, own_text)))
        with st.container(horizontal=True):
            keep_clicked = st.button("Keep what stands here", type="primary")
            take_clicked = st.button("Take the other window's")
    if keep_clicked:
        undo.put(name, (other_text.text, other_text.base))
        text.type(own_text, base=other_text.base, revision=other_text.revision)
    if take_clicked:
        undo.put(name, (own_text, base))
    if keep_clicked or take_clicked:
        del st.session_state[f"collided {name}"]
        _reset_field(name)
        st.rerun(scope="fragment")


def _discard(text: SectionText, name: str) -> None:
    """Return to the newest version; what was typed is put aside."""
    autosaved_text = text.typed()
    undo.put(name, (autosaved_text.text, autosaved_text.base))
    text.discard()
    _reset_field(name)
    st.rerun()


def _bring_back(text: SectionText, name: str, discarded_edit: tuple[str, int]) -> None:
    """Let what was put aside stand as typed; what stands there now is put aside."""
    words, base = discarded_edit
    autosaved_text = text.typed()
    if autosaved_text.pending:
        undo.put(name, (autosaved_text.text, autosaved_text.base))
    text.type(words, base=base, revision=autosaved_text.revision)
    _reset_field(name)
    st.rerun()


def _draw_autosave_actions(text: SectionText, name: str) -> None:
    autosaved_text = text.typed()
    if autosaved_text.pending and autosaved_text.is_overtaken:
        _draw_overtaken(text, autosaved_text, name)
        return
    make, discard, back = st.columns([1.3, 1.3, 3])
    if autosaved_text.pending:
        if make.button(
            f"Make it version {autosaved_text.newest + 1}",
            type="primary",
            shortcut="ctrl+enter",
            icon=":material/check:",
        ):
            text.keep()
            st.rerun()
        if discard.button("Discard what I typed", type="tertiary"):
            _discard(text, name)
        st.caption("Your words are safe already. A version is what export and memory go by.")
    with back:
        discarded_edit = undo.button(name, "Bring back what I typed")
    if discarded_edit is not None:
        _bring_back(text, name, discarded_edit)


def _draw_overtaken(text: SectionText, autosaved_text: AutosavedText, name: str) -> None:
    newest_draft = text.version(autosaved_text.newest)
    author_text = {"person": "you", "mixed": "you and a model"}.get(newest_draft.author, "a model")
    with st.container(border=True):
        st.markdown(
            f"**Version {autosaved_text.newest} came in while you were typing on version "
            f"{autosaved_text.base}.** It is by {author_text}. Struck out is what only that "
            "version has, underlined what only yours has."
        )
        st.html(render_diff(diff_words(newest_draft.text, autosaved_text.text)))
        with st.container(horizontal=True):
            if st.button("Make mine the newest version", type="primary"):
                text.keep(over_newer=True)
                st.rerun()
            if st.button(f"Take version {autosaved_text.newest}"):
                _discard(text, name)

"""Text: one section to read and to type in, with its versions and who wrote what."""

import streamlit as st

from inkwright.app.api.section import SectionText
from inkwright.app.ui import cache, errors, navigation
from inkwright.app.ui.components import empty_state, undo
from inkwright.app.ui.components.text_field import FieldEdit, FieldState, field
from inkwright.app.ui.html import difference, plain
from inkwright.app.ui.text import change, run, tools
from inkwright.memory.store.plans import Plan
from inkwright.memory.text.word_diff import differences
from inkwright.memory.user_work.autosave import AutosavedText, EditedElsewhere


def page() -> None:
    """Draw the section that the address names, or the first."""
    work = navigation.work()
    plan = cache.plan(work)
    if plan is None:
        st.title("Text", anchor=False)
        empty_state.draw(work, "So there is no text either. Plan the work first.")
        return
    section = _choose(work, plan)
    st.title(plain(plan.outline.section(section).title), anchor=False)
    _stale(work, section)
    busy = run.draw(work)
    st.fragment(_editor)(work, section, busy)
    if section in cache.texts(work):
        tools.draw(work, section, busy=busy)


def _choose(work: str, plan: Plan) -> str:
    sections = plan.outline.sections
    texts, waiting = cache.texts(work), cache.typing(work)
    place_of = plan.outline.position
    given = st.query_params.get("section", "")
    at = place_of.get(given, 1) - 1

    def said(sid: str) -> str:
        section = plan.outline.section(sid)
        state = "" if sid in texts else "  (no text yet)"
        return f"{place_of[sid]}. {section.title}{state}{'  •' if sid in waiting else ''}"

    with st.container(horizontal=True, vertical_alignment="center", wrap=False, gap="small"):
        back = st.button(
            "Previous",
            icon=":material/chevron_left:",
            disabled=at == 0,
            key="section before",
            shortcut="alt+arrowleft",
        )
        pick = st.container(width="stretch")
        on = st.button(
            "Next",
            icon=":material/chevron_right:",
            icon_position="right",
            disabled=at == len(sections) - 1,
            key="section after",
            shortcut="alt+arrowright",
        )
    if back or on:
        at += 1 if on else -1
        st.session_state["section chosen"] = sections[at].id
    if st.session_state.get("section chosen") not in place_of or (
        given and st.session_state.get("section of") != (work, given)
    ):
        st.session_state["section chosen"] = sections[at].id
    chosen: str = pick.selectbox(
        "Section",
        [s.id for s in sections],
        key="section chosen",
        format_func=said,
        label_visibility="collapsed",
    )
    st.session_state["section of"] = work, chosen
    if chosen != given:
        st.query_params.pop("find", None)
    st.query_params["section"] = chosen
    return chosen


def _stale(work: str, section: str) -> None:
    if reasons := cache.stale(work).get(section):
        told = "; ".join(plain(reason, 200) for reason in reasons[:3])
        st.warning(f"This section may be out of date: {told}", icon=":material/sync_problem:")


@errors.safely
def _editor(work: str, section: str, busy: bool) -> None:
    text = SectionText(work, section, settings=navigation.settings())
    name = f"{work}/{section}"
    collided = f"collided {name}"

    def keep(change: FieldEdit) -> None:
        try:
            text.type(change.text, base=change.base, revision=change.revision)
        except EditedElsewhere as fault:
            st.session_state[collided] = fault.mine, change.base, change.revision

    def standing() -> FieldState:
        order = st.session_state.get(f"order {name}", 0)
        if collided in st.session_state:
            mine, base, revision = st.session_state[collided]
            return FieldState(mine, base, revision, "Not kept: choose below.", order)
        found = text.typed()
        says = "Kept as you type." if found.pending else f"Version {found.newest}."
        return FieldState(found.text, found.base, found.revision, says, order)

    words = st.query_params.get("find", "")
    field(
        name,
        standing,
        keep,
        about="The section's text",
        height=420,
        placeholder="Type here, or let the section be written.",
        find=words,
        select=lambda found: change.select(name, found),
    )
    if words and words not in standing().text:
        st.caption("The words you came for are not in this section any more.")
    if collided in st.session_state:
        _two_windows(text, name)
    else:
        _versions_of_typing(text, name)
        change.draw(text, name, busy=busy)


def _put_over(name: str) -> None:
    """Let the field show what the library says, whatever stands in it."""
    st.session_state[f"order {name}"] = st.session_state.get(f"order {name}", 0) + 1


def _two_windows(text: SectionText, name: str) -> None:
    mine, base, _ = st.session_state[f"collided {name}"]
    theirs = text.typed()
    with st.container(border=True):
        st.markdown(
            "**Another window has typed into this section too.** Both texts are here; "
            "struck out is what only the other one has, underlined what only this one has."
        )
        st.html(difference(differences(theirs.text, mine)))
        with st.container(horizontal=True):
            use_mine = st.button("Keep what stands here", type="primary")
            use_theirs = st.button("Take the other window's")
    if use_mine:
        undo.put(name, (theirs.text, theirs.base))
        text.type(mine, base=theirs.base, revision=theirs.revision)
    if use_theirs:
        undo.put(name, (mine, base))
    if use_mine or use_theirs:
        del st.session_state[f"collided {name}"]
        _put_over(name)
        st.rerun(scope="fragment")


def _discard(text: SectionText, name: str) -> None:
    """Return to the newest version; what was typed is put aside."""
    typed = text.typed()
    undo.put(name, (typed.text, typed.base))
    text.discard()
    _put_over(name)
    st.rerun()


def _bring_back(text: SectionText, name: str, dropped: tuple[str, int]) -> None:
    """Let what was put aside stand as typed; what stands there now is put aside."""
    words, base = dropped
    typed = text.typed()
    if typed.pending:
        undo.put(name, (typed.text, typed.base))
    text.type(words, base=base, revision=typed.revision)
    _put_over(name)
    st.rerun()


def _versions_of_typing(text: SectionText, name: str) -> None:
    typed = text.typed()
    if typed.pending and typed.overtaken:
        _overtaken(text, typed, name)
        return
    make, discard, back = st.columns([1.3, 1.3, 3])
    if typed.pending:
        if make.button(
            f"Make it version {typed.newest + 1}",
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
        dropped = undo.button(name, "Bring back what I typed")
    if dropped is not None:
        _bring_back(text, name, dropped)


def _overtaken(text: SectionText, typed: AutosavedText, name: str) -> None:
    newest = text.version(typed.newest)
    by = {"person": "you", "mixed": "you and a model"}.get(newest.author, "a model")
    with st.container(border=True):
        st.markdown(
            f"**Version {typed.newest} came in while you were typing on version {typed.base}.** "
            f"It is by {by}. Struck out is what only that version has, underlined what only "
            "yours has."
        )
        st.html(difference(differences(newest.text, typed.text)))
        with st.container(horizontal=True):
            if st.button("Make mine the newest version", type="primary"):
                text.keep(over_newer=True)
                st.rerun()
            if st.button(f"Take version {typed.newest}"):
                _discard(text, name)

"""What can be done with a section of the outline, and what is planned for it."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from inkwright.app.ui import outline_change, place
from inkwright.app.ui.shown import plain
from inkwright.memory import replanning
from inkwright.memory.outline import Outline, Section
from inkwright.memory.replanning import Change

EVERY_FIELD = "outline every field"
"""In the state of a visit: the person edits more than what most do."""


def choose(work: str, section: str) -> None:
    """Let ``section`` be the one that is changed."""
    st.session_state[f"outline chosen {work}"] = section


def chosen(work: str, outline: Outline) -> str | None:
    """Return the id of the section that is changed; None: none is chosen."""
    found = st.session_state.get(f"outline chosen {work}")
    return found if found in outline.position else None


def draw(work: str, outline: Outline) -> None:
    """Draw the section that is chosen, and what is asked about a change."""
    sid = chosen(work, outline)
    section = outline.section(sid) if sid else None
    fill: Callable[[], None] | None = None
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if section is None:
            st.caption("Choose a section to change it, or drag it to another place.")
        else:
            _moves(work, outline, section)
            if st.button("Split", icon=":material/call_split:"):
                fill = partial(_split, work, section)
        if st.button("Add a section", icon=":material/add:"):
            fill = partial(_add, work, section)
        if section is not None:
            place.link("text", "Read it", work=work, section=section.id)
    if section is not None:
        _form(work, outline, section)
    outline_change.draw(work, fill)


def _moves(work: str, outline: Outline, section: Section) -> None:
    first, last = section == outline.sections[0], section == outline.sections[-1]
    sid, title = section.id, f"“{section.title}”"

    def act(label: str, icon: str, said: str, change: Change, **more: Any) -> None:
        st.button(
            label,
            icon=f":material/{icon}:",
            on_click=outline_change.propose,
            args=(work, said, change),
            **more,
        )

    up, down = replanning.moving(sid, -1), replanning.moving(sid, 1)
    keys = {"shortcut": "alt+arrowup", "disabled": first}
    act("Move up", "arrow_upward", f"move {title} up", up, **keys)
    keys = {"shortcut": "alt+arrowdown", "disabled": last}
    act("Move down", "arrow_downward", f"move {title} down", down, **keys)
    said = f"join {title} and the next"
    act("Join with the next", "merge", said, replanning.joining(sid), disabled=last)
    gone = replanning.removing(sid)
    act("Take out", "delete", f"take {title} out", gone, disabled=first and last)


def _split(work: str, section: Section) -> None:
    st.markdown(f"**Split “{plain(section.title, 80)}”.** The second part takes half of it.")
    second = st.text_input("Title of the second part", key=f"split {section.id}")
    if st.button("See what it would do", type="primary", disabled=not second, key="split it"):
        change = replanning.splitting(section.id, str(second))
        _propose(work, f"split “{section.title}”", change)


def _add(work: str, after: Section | None) -> None:
    where = f"after “{plain(after.title, 80)}”" if after else "at the beginning"
    st.markdown(f"**Add a section {where}**")
    title = st.text_input("Title", key="add title")
    purpose = st.text_input("Purpose", key="add purpose")
    words = st.number_input("Words", min_value=1, value=400, step=50, key="add words")
    if st.button("See what it would do", type="primary", disabled=not title, key="add section"):
        change = replanning.adding(
            str(title),
            after=after.id if after else None,
            target_words=int(words),
            purpose=str(purpose or ""),
        )
        _propose(work, f"add “{title}”", change)


def _propose(work: str, said: str, change: Change) -> None:
    outline_change.propose(work, said, change)
    st.rerun(scope="fragment")


def _form(work: str, outline: Outline, section: Section) -> None:
    sid = section.id
    every = st.session_state.get(EVERY_FIELD, False)
    with st.form(f"section {sid}", border=True):
        title, words = st.columns([5, 1.2])
        fields: dict[str, Any] = {
            "title": title.text_input("Title", section.title, key=f"title {sid}"),
            "target_words": words.number_input(
                "Words", min_value=1, value=section.target_words, key=f"words {sid}"
            ),
            "purpose": st.text_area("Purpose", section.purpose, height=70, key=f"purpose {sid}"),
        }
        points = st.text_area(
            "Key points, one on each line",
            "\n".join(section.key_points),
            height=110,
            key=f"points {sid}",
        )
        fields["key_points"] = tuple(p.strip() for p in points.splitlines() if p.strip())
        if every:
            fields |= _limits(outline, section)
        asked = st.form_submit_button("See what it would do")
    st.toggle("Edit also what it covers, its subjects and what it builds on", key=EVERY_FIELD)
    if not every:
        _told(outline, section)
    if asked:
        _edited(work, section, fields)


def _limits(outline: Outline, section: Section) -> dict[str, Any]:
    """Draw what sets a section off from the others, and return what stands there."""
    sid = section.id
    others = {s.id: s.title for s in outline.sections if s.id != sid}
    owns, leaves = st.columns(2)
    alone = owns.text_input("It alone covers", section.owns, key=f"owns {sid}")
    elsewhere = leaves.text_input("Others cover", section.leaves_out, key=f"leaves {sid}")
    subjects = st.text_input(
        "Subjects, with commas", ", ".join(section.subjects), key=f"subjects {sid}"
    )
    after = st.multiselect(
        "Builds on, besides what it waits for anyway",
        list(others),
        list(section.after),
        format_func=others.__getitem__,
        key=f"after {sid}",
    )
    return {
        "owns": alone,
        "leaves_out": elsewhere,
        "subjects": tuple(p.strip() for p in subjects.split(",") if p.strip()),
        "after": tuple(after),
    }


def _told(outline: Outline, section: Section) -> None:
    """Say what sets a section off from the others, where anything does."""
    told = {
        "It alone covers": section.owns,
        "Others cover": section.leaves_out,
        "Subjects": ", ".join(section.subjects),
        "Builds on": ", ".join(outline.section(sid).title for sid in section.after),
    }
    if lines := [f"{label}: {plain(words, 400)}" for label, words in told.items() if words]:
        st.caption("  \n".join(lines))


def _edited(work: str, section: Section, fields: dict[str, Any]) -> None:
    changed = {name: value for name, value in fields.items() if value != getattr(section, name)}
    if not changed:
        st.caption("It says so already.")
        return
    change = replanning.editing(section.id, **changed)
    outline_change.propose(work, f"change “{section.title}”", change)

"""What can be done with a section of the outline, and what is planned for it."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import streamlit as st

from inkwright.app.ui import navigation
from inkwright.app.ui.components import undo
from inkwright.app.ui.html import plain
from inkwright.app.ui.outline import change as outline_change
from inkwright.memory.changes import outline_edits
from inkwright.memory.changes.outline_edits import Change
from inkwright.memory.domain.outline import Outline, Section
from inkwright.memory.store.plans import Plan

Typed = dict[str, Any]
"""Fields of a section that a person typed over."""

Kept = Callable[[str], dict[str, Any]]
"""What a field's widget is given so that what is typed in it is kept."""
PARTS: dict[str, Callable[[Any], tuple[str, ...]]] = {
    "key_points": lambda given: _parts(given.splitlines()),
    "subjects": lambda given: _parts(given.split(",")),
    "after": tuple,
}
"""How fields that hold several things are read from what is typed."""
EVERY_FIELD = "outline every field"
"""In the state of a visit: the person edits more than what most do."""


def choose(work: str, section: str) -> None:
    """Let ``section`` be the one that is changed."""
    st.session_state[f"outline chosen {work}"] = section


def chosen(work: str, outline: Outline) -> str | None:
    """Return the id of the section that is changed; None: none is chosen."""
    found = st.session_state.get(f"outline chosen {work}")
    return found if found in outline.position else None


def draw(work: str, plan: Plan) -> None:
    """Draw the section that is chosen, and what is asked about a change."""
    outline = plan.outline
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
            navigation.link("text", "Read it", work=work, section=section.id)
    if section is not None:
        _form(work, plan, section)
    _unmade(work, outline, section)
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

    up, down = outline_edits.moving(sid, -1), outline_edits.moving(sid, 1)
    keys = {"shortcut": "alt+arrowup", "disabled": first}
    act("Move up", "arrow_upward", f"move {title} up", up, **keys)
    keys = {"shortcut": "alt+arrowdown", "disabled": last}
    act("Move down", "arrow_downward", f"move {title} down", down, **keys)
    said = f"join {title} and the next"
    act("Join with the next", "merge", said, outline_edits.joining(sid), disabled=last)
    gone = outline_edits.removing(sid)
    act("Take out", "delete", f"take {title} out", gone, disabled=first and last)


def _split(work: str, section: Section) -> None:
    st.markdown(f"**Split “{plain(section.title, 80)}”.** The second part takes half of it.")
    second = st.text_input(
        "Title of the second part", key=f"split {section.id}", persist_state="session"
    )
    if st.button("See what it would do", type="primary", disabled=not second, key="split it"):
        change = outline_edits.splitting(section.id, str(second))
        _propose(work, f"split “{section.title}”", change)


def _add(work: str, after: Section | None) -> None:
    where = f"after “{plain(after.title, 80)}”" if after else "at the beginning"
    st.markdown(f"**Add a section {where}**")
    title = st.text_input("Title", key="add title", persist_state="session")
    purpose = st.text_input("Purpose", key="add purpose", persist_state="session")
    words = st.number_input(
        "Words", min_value=1, value=400, step=50, key="add words", persist_state="session"
    )
    if st.button("See what it would do", type="primary", disabled=not title, key="add section"):
        change = outline_edits.adding(
            str(title),
            after=after.id if after else None,
            target_words=int(words),
            purpose=str(purpose or ""),
        )
        _propose(work, f"add “{title}”", change)


def _propose(work: str, said: str, change: Change) -> None:
    outline_change.propose(work, said, change)
    st.rerun(scope="fragment")


def _form(work: str, plan: Plan, section: Section) -> None:
    """Draw what is planned for a section; what is typed stays, whichever section is chosen."""
    typed: Typed = _typed(work).get(section.id, {})
    name = f"{work} {plan.version} {st.session_state.get(_turn(work), 0)} {section.id}"
    every = st.session_state.get(EVERY_FIELD, False)

    def kept(field: str) -> dict[str, Any]:
        key = f"{field} {name}"
        return {"key": key, "on_change": _type, "args": (work, section.id, field, key)}

    with st.container(border=True):
        fields = _fields(section, typed, kept)
        if every:
            fields |= _limits(plan.outline, section, typed, kept)
        typed = _changed(section, {**typed, **fields})
        _typed(work).pop(section.id, None)
        if typed:
            _typed(work)[section.id] = typed
        see, discard, back = st.columns([1.6, 1.6, 3])
        asked = see.button("See what it would do")
        if typed and discard.button("Discard what I typed", type="tertiary"):
            undo.put(f"outline {work} {section.id}", typed)
            _retype(work, section.id, {})
        with back:
            dropped = undo.button(f"outline {work} {section.id}", "Bring back what I typed")
        if dropped is not None:
            _retype(work, section.id, {**dropped, **typed})
    st.toggle("Edit also what it covers, its subjects and what it builds on", key=EVERY_FIELD)
    if not every:
        _told(plan.outline, section)
    if asked and typed:
        outline_change.propose(
            work, f"change “{section.title}”", outline_edits.editing(section.id, **typed)
        )
    elif asked:
        st.caption("It says so already.")


def _typed(work: str) -> dict[str, Typed]:
    """Return what was typed over the plan and is not made yet, by section."""
    typed: dict[str, Typed] = st.session_state.setdefault(f"outline typed {work}", {})
    return typed


def _type(work: str, section: str, field: str, key: str) -> None:
    """Keep what was typed, even if the press that ended the typing chose another section."""
    value = st.session_state[key]
    read = PARTS.get(field)
    _typed(work).setdefault(section, {})[field] = read(value) if read else value


def _changed(section: Section, typed: Typed) -> Typed:
    """Return the fields that are typed otherwise than they are planned."""
    return {field: value for field, value in typed.items() if value != getattr(section, field)}


def _turn(work: str) -> str:
    return f"outline turn {work}"


def _retype(work: str, section: str, typed: Typed) -> None:
    """Let the fields begin afresh, with ``typed`` in them."""
    _typed(work)[section] = typed
    st.session_state[_turn(work)] = st.session_state.get(_turn(work), 0) + 1
    st.rerun()


def _unmade(work: str, outline: Outline, section: Section | None) -> None:
    """Say which other sections have something typed over them."""
    others = [outline.section(sid) for sid in _typed(work) if sid in outline.position]
    titles = [s.title for s in others if s != section and _changed(s, _typed(work)[s.id])]
    if titles:
        st.caption(f"Typed, and not made yet: {plain(', '.join(titles), 400)}")


def _parts(given: Iterable[str]) -> tuple[str, ...]:
    return tuple(part.strip() for part in given if part.strip())


def _fields(section: Section, typed: Typed, kept: Kept) -> Typed:
    """Draw the fields that every section has, and return what stands in them."""
    now = {**section.model_dump(), **typed}
    title, words = st.columns([5, 1.2])
    fields: Typed = {
        "title": title.text_input("Title", now["title"], **kept("title")),
        "target_words": words.number_input(
            "Words", min_value=1, value=now["target_words"], **kept("target_words")
        ),
        "purpose": st.text_area("Purpose", now["purpose"], height=70, **kept("purpose")),
    }
    points = st.text_area(
        "Key points, one on each line",
        "\n".join(now["key_points"]),
        height=110,
        **kept("key_points"),
    )
    fields["key_points"] = PARTS["key_points"](points)
    return fields


def _limits(outline: Outline, section: Section, typed: Typed, kept: Kept) -> Typed:
    """Draw what sets a section off from the others, and return what stands there."""
    now = {**section.model_dump(), **typed}
    others = {s.id: s.title for s in outline.sections if s.id != section.id}
    owns, leaves = st.columns(2)
    alone = owns.text_input("It alone covers", now["owns"], **kept("owns"))
    elsewhere = leaves.text_input("Others cover", now["leaves_out"], **kept("leaves_out"))
    subjects = st.text_input(
        "Subjects, with commas", ", ".join(now["subjects"]), **kept("subjects")
    )
    after = st.multiselect(
        "Builds on, besides what it waits for anyway",
        list(others),
        [sid for sid in now["after"] if sid in others],
        format_func=others.__getitem__,
        **kept("after"),
    )
    return {
        "owns": alone,
        "leaves_out": elsewhere,
        "subjects": PARTS["subjects"](subjects),
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

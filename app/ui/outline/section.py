"""What can be done with a section of the outline, and what is planned for it."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import streamlit as st

from inkwright.app.ui import navigation
from inkwright.app.ui.components import undo
from inkwright.app.ui.html import escape_markdown
from inkwright.app.ui.outline import change as outline_change
from inkwright.memory.changes import outline_edits
from inkwright.memory.changes.outline_edits import OutlineEdit
from inkwright.memory.domain.outline import Outline, Section
from inkwright.memory.ids import SectionId, WorkId
from inkwright.memory.store.plans import Plan

Typed = dict[str, Any]
"""Fields of a section that a person typed over."""

Kept = Callable[[str], dict[str, Any]]
"""What a field's widget is given so that what is typed in it is kept."""
PARTS: dict[str, Callable[[Any], tuple[str, ...]]] = {
    "key_points": lambda text: _parts(text.splitlines()),
    "subjects": lambda text: _parts(text.split(",")),
    "after": tuple,
}
"""How fields that hold several things are read from what is typed."""
ALL_FIELDS_KEY = "outline every field"
"""In the state of a visit: the person edits more than what most do."""


def choose(work_id: WorkId, section_id: SectionId) -> None:
    """Let ``section_id`` be the one that is changed."""
    st.session_state[f"outline chosen {work_id}"] = section_id


def get_chosen_id(work_id: WorkId, outline: Outline) -> SectionId | None:
    """Return the id of the section that is changed; None: none is chosen."""
    section_id = st.session_state.get(f"outline chosen {work_id}")
    return section_id if section_id in outline.position else None


def draw(work_id: WorkId, plan: Plan) -> None:
    """Draw the section that is chosen, and what is asked about a change."""
    outline = plan.outline
    section_id = get_chosen_id(work_id, outline)
    section = outline.section(section_id) if section_id else None
    draw_form: Callable[[], None] | None = None
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if section is None:
            st.caption("Choose a section to change it, or drag it to another place.")
        else:
            _draw_moves(work_id, outline, section)
            if st.button("Split", icon=":material/call_split:"):
                draw_form = partial(_draw_split_form, work_id, section)
        if st.button("Add a section", icon=":material/add:"):
            draw_form = partial(_draw_add_form, work_id, section)
        if section is not None:
            navigation.draw_link("text", "Read it", work_id=work_id, section=section.id)
    if section is not None:
        _draw_form(work_id, plan, section)
    _unmade(work_id, outline, section)
    outline_change.draw(work_id, draw_form)


def _draw_moves(work_id: WorkId, outline: Outline, section: Section) -> None:
    is_first, is_last = section == outline.sections[0], section == outline.sections[-1]
    section_id, title = section.id, f"“{section.title}”"

    def draw_button(
        label: str, icon: str, description: str, change: OutlineEdit, **button_options: Any
    ) -> None:
        st.button(
            label,
            icon=f":material/{icon}:",
            on_click=outline_change.propose,
            args=(work_id, description, change),
            **button_options,
        )

    move_up = outline_edits.build_move(section_id, -1)
    move_down = outline_edits.build_move(section_id, 1)
    options = {"shortcut": "alt+arrowup", "disabled": is_first}
    draw_button("Move up", "arrow_upward", f"move {title} up", move_up, **options)
    options = {"shortcut": "alt+arrowdown", "disabled": is_last}
    draw_button("Move down", "arrow_downward", f"move {title} down", move_down, **options)
    description = f"join {title} and the next"
    draw_button(
        "Join with the next",
        "merge",
        description,
        outline_edits.build_join(section_id),
        disabled=is_last,
    )
    removal = outline_edits.build_removal(section_id)
    draw_button("Take out", "delete", f"take {title} out", removal, disabled=is_first and is_last)


def _draw_split_form(work_id: WorkId, section: Section) -> None:
    st.markdown(
        f"**Split “{escape_markdown(section.title, 80)}”.** The second part takes half of it."
    )
    second_title = st.text_input(
        "Title of the second part", key=f"split {section.id}", persist_state="session"
    )
    if st.button("See what it would do", type="primary", disabled=not second_title, key="split it"):
        change = outline_edits.build_split(section.id, str(second_title))
        _propose_change(work_id, f"split “{section.title}”", change)


def _draw_add_form(work_id: WorkId, previous_section: Section | None) -> None:
    position_text = (
        f"after “{escape_markdown(previous_section.title, 80)}”"
        if previous_section
        else "at the beginning"
    )
    st.markdown(f"**Add a section {position_text}**")
    title = st.text_input("Title", key="add title", persist_state="session")
    purpose = st.text_input("Purpose", key="add purpose", persist_state="session")
    words = st.number_input(
        "Words", min_value=1, value=400, step=50, key="add words", persist_state="session"
    )
    if st.button("See what it would do", type="primary", disabled=not title, key="add section"):
        change = outline_edits.build_insertion(
            str(title),
            after_id=previous_section.id if previous_section else None,
            target_words=int(words),
            purpose=str(purpose or ""),
        )
        _propose_change(work_id, f"add “{title}”", change)


def _propose_change(work_id: WorkId, description: str, change: OutlineEdit) -> None:
    outline_change.propose(work_id, description, change)
    st.rerun(scope="fragment")


def _draw_form(work_id: WorkId, plan: Plan, section: Section) -> None:
    """Draw what is planned for a section; what is typed stays, whichever section is chosen."""
    typed_fields: Typed = _typed(work_id).get(section.id, {})
    name = f"{work_id} {plan.version} {st.session_state.get(_turn(work_id), 0)} {section.id}"
    shows_all_fields = st.session_state.get(ALL_FIELDS_KEY, False)

    def kept(field: str) -> dict[str, Any]:
        key = f"{field} {name}"
        return {"key": key, "on_change": _type, "args": (work_id, section.id, field, key)}

    with st.container(border=True):
        fields = _fields(section, typed_fields, kept)
        if shows_all_fields:
            fields |= _draw_limit_fields(plan.outline, section, typed_fields, kept)
        typed_fields = _changed(section, {**typed_fields, **fields})
        _typed(work_id).pop(section.id, None)
        if typed_fields:
            _typed(work_id)[section.id] = typed_fields
        see, discard, back = st.columns([1.6, 1.6, 3])
        is_submitted = see.button("See what it would do")
        if typed_fields and discard.button("Discard what I typed", type="tertiary"):
            undo.put(f"outline {work_id} {section.id}", typed_fields)
            _retype(work_id, section.id, {})
        with back:
            discarded_fields = undo.button(
                f"outline {work_id} {section.id}", "Bring back what I typed"
            )
        if discarded_fields is not None:
            _retype(work_id, section.id, {**discarded_fields, **typed_fields})
    st.toggle("Edit also what it covers, its subjects and what it builds on", key=ALL_FIELDS_KEY)
    if not shows_all_fields:
        _show_limits(plan.outline, section)
    if is_submitted and typed_fields:
        outline_change.propose(
            work_id,
            f"change “{section.title}”",
            outline_edits.build_section_edit(section.id, **typed_fields),
        )
    elif is_submitted:
        st.caption("It says so already.")


def _typed(work: WorkId) -> dict[SectionId, Typed]:
    """Return what was typed over the plan and is not made yet, by section."""
    typed_by_section: dict[SectionId, Typed] = st.session_state.setdefault(
        f"outline typed {work}", {}
    )
    return typed_by_section


def _type(work: WorkId, section: SectionId, field: str, key: str) -> None:
    """Keep what was typed, even if the press that ended the typing chose another section."""
    value = st.session_state[key]
    parse_value = PARTS.get(field)
    _typed(work).setdefault(section, {})[field] = parse_value(value) if parse_value else value


def _changed(section: Section, typed_fields: Typed) -> Typed:
    """Return the fields that are typed otherwise than they are planned."""
    return {
        field: value for field, value in typed_fields.items() if value != getattr(section, field)
    }


def _turn(work: WorkId) -> str:
    return f"outline turn {work}"


def _retype(work: WorkId, section: SectionId, typed_fields: Typed) -> None:
    """Let the fields begin afresh, with ``typed`` in them."""
    _typed(work)[section] = typed_fields
    st.session_state[_turn(work)] = st.session_state.get(_turn(work), 0) + 1
    st.rerun()


def _unmade(work: WorkId, outline: Outline, section: Section | None) -> None:
    """Say which other sections have something typed over them."""
    others = [
        outline.section(section_id) for section_id in _typed(work) if section_id in outline.position
    ]
    titles = [s.title for s in others if s != section and _changed(s, _typed(work)[s.id])]
    if titles:
        st.caption(f"Typed, and not made yet: {escape_markdown(', '.join(titles), 400)}")


def _parts(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(part.strip() for part in texts if part.strip())


def _fields(section: Section, typed_fields: Typed, build_widget_options: Kept) -> Typed:
    """Draw the fields that every section has, and return what stands in them."""
    now = {**section.model_dump(), **typed_fields}
    title, words = st.columns([5, 1.2])
    fields: Typed = {
        "title": title.text_input("Title", now["title"], **build_widget_options("title")),
        "target_words": words.number_input(
            "Words", min_value=1, value=now["target_words"], **build_widget_options("target_words")
        ),
        "purpose": st.text_area(
            "Purpose", now["purpose"], height=70, **build_widget_options("purpose")
        ),
    }
    points = st.text_area(
        "Key points, one on each line",
        "\n".join(now["key_points"]),
        height=110,
        **build_widget_options("key_points"),
    )
    fields["key_points"] = PARTS["key_points"](points)
    return fields


def _draw_limit_fields(
    outline: Outline, section: Section, typed_fields: Typed, build_widget_options: Kept
) -> Typed:
    """Draw what sets a section off from the others, and return what stands there."""
    now = {**section.model_dump(), **typed_fields}
    title_by_id = {s.id: s.title for s in outline.sections if s.id != section.id}
    owns_column, leaves_out_column = st.columns(2)
    owns_text = owns_column.text_input(
        "It alone covers", now["owns"], **build_widget_options("owns")
    )
    leaves_out_text = leaves_out_column.text_input(
        "Others cover", now["leaves_out"], **build_widget_options("leaves_out")
    )
    subjects_text = st.text_input(
        "Subjects, with commas", ", ".join(now["subjects"]), **build_widget_options("subjects")
    )
    after_ids = st.multiselect(
        "Builds on, besides what it waits for anyway",
        list(title_by_id),
        [section_id for section_id in now["after"] if section_id in title_by_id],
        format_func=title_by_id.__getitem__,
        **build_widget_options("after"),
    )
    return {
        "owns": owns_text,
        "leaves_out": leaves_out_text,
        "subjects": PARTS["subjects"](subjects_text),
        "after": tuple(after_ids),
    }


def _show_limits(outline: Outline, section: Section) -> None:
    """Say what sets a section off from the others, where anything does."""
    limit_texts = {
        "It alone covers": section.owns,
        "Others cover": section.leaves_out,
        "Subjects": ", ".join(section.subjects),
        "Builds on": ", ".join(outline.section(section_id).title for section_id in section.after),
    }
    if lines := [
        f"{label}: {escape_markdown(words, 400)}" for label, words in limit_texts.items() if words
    ]:
        st.caption("  \n".join(lines))

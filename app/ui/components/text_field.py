"""A text field that hands over its words as they are typed."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from inkwright.app.ui.field_component import load_component


@dataclass(frozen=True)
class FieldEdit:
    """Words as they stand in a field, and what they were typed on."""

    text: str
    base: int
    revision: int


@dataclass(frozen=True)
class SelectedText:
    """Words that are selected in a field, and where they stand, in code points."""

    words: str
    start: int
    end: int


@dataclass(frozen=True)
class FieldState:
    """What a field is to show."""

    text: str
    base: int = 0
    revision: int = 0
    status_text: str = ""
    """A few words on how the text is kept."""
    reset_number: int = 0
    """Another number puts ``text`` over whatever stands in the field."""


def draw_field(
    name: str,
    load_state: Callable[[], FieldState],
    save_edit: Callable[[FieldEdit], None],
    *,
    label: str = "",
    description: str = "",
    height: int = 320,
    placeholder: str = "",
    plain: bool = False,
    readonly: bool = False,
    search_text: str = "",
    on_select: Callable[[SelectedText | None], None] | None = None,
) -> None:
    """Draw the field ``name``, which is one text wherever it is drawn.

    ``save_edit`` is called with each change, at most twice a second; ``load_state`` says afterwards
    what stands. Where ``search_text`` stands in it, it begins with these words selected and in
    view; ``on_select`` is called with what the person selects.
    """
    key, last_edit_key = f"typing {name}", f"heard {name}"

    def on_typed() -> None:
        typed_event = (st.session_state.get(key) or {}).get("typed")
        if not typed_event or typed_event["name"] != name:
            return
        save_edit(
            FieldEdit(
                str(typed_event["text"]), int(typed_event["base"]), int(typed_event["revision"])
            )
        )
        st.session_state[last_edit_key] = typed_event["client"], typed_event["number"]

    def on_selected() -> None:
        selected_event = (st.session_state.get(key) or {}).get("selected")
        if selected_event and selected_event["name"] == name and on_select is not None:
            words = str(selected_event["words"])
            selected_text = SelectedText(
                words, int(selected_event["start"]), int(selected_event["end"])
            )
            on_select(selected_text if words.strip() else None)

    client, last_edit_number = st.session_state.get(last_edit_key, ("", 0))
    state = load_state()
    load_component("typing", "typing")(
        key=key,
        data={
            "name": name,
            "text": state.text,
            "base": state.base,
            "revision": state.revision,
            "says": state.status_text,
            "order": state.reset_number,
            "client": client,
            "known": last_edit_number,
            "label": label,
            "about": description,
            "height": height,
            "placeholder": placeholder,
            "plain": plain,
            "readonly": readonly,
            "find": search_text,
            "selects": on_select is not None,
        },
        on_typed_change=on_typed,
        on_selected_change=on_selected,
    )

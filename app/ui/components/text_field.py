"""A text field that hands over its words as they are typed."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from inkwright.app.ui.field_component import component


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
    says: str = ""
    """A few words on how the text is kept."""
    order: int = 0
    """Another number puts ``text`` over whatever stands in the field."""


def field(
    name: str,
    standing: Callable[[], FieldState],
    keep: Callable[[FieldEdit], None],
    *,
    label: str = "",
    about: str = "",
    height: int = 320,
    placeholder: str = "",
    plain: bool = False,
    readonly: bool = False,
    find: str = "",
    select: Callable[[SelectedText | None], None] | None = None,
) -> None:
    """Draw the field ``name``, which is one text wherever it is drawn.

    ``keep`` is called with each change, at most twice a second; ``standing`` says afterwards what
    stands. Where ``find`` stands in it, it begins with these words selected and in view;
    ``select`` is called with what the person selects.
    """
    key, heard = f"typing {name}", f"heard {name}"

    def on_typed() -> None:
        given = (st.session_state.get(key) or {}).get("typed")
        if not given or given["name"] != name:
            return
        keep(FieldEdit(str(given["text"]), int(given["base"]), int(given["revision"])))
        st.session_state[heard] = given["client"], given["number"]

    def on_selected() -> None:
        given = (st.session_state.get(key) or {}).get("selected")
        if given and given["name"] == name and select is not None:
            words = str(given["words"])
            place = SelectedText(words, int(given["start"]), int(given["end"]))
            select(place if words.strip() else None)

    client, known = st.session_state.get(heard, ("", 0))
    now = standing()
    component("typing", "typing")(
        key=key,
        data={
            "name": name,
            "text": now.text,
            "base": now.base,
            "revision": now.revision,
            "says": now.says,
            "order": now.order,
            "client": client,
            "known": known,
            "label": label,
            "about": about,
            "height": height,
            "placeholder": placeholder,
            "plain": plain,
            "readonly": readonly,
            "find": find,
            "selects": select is not None,
        },
        on_typed_change=on_typed,
        on_selected_change=on_selected,
    )

"""Long lists: how much of one is drawn, and the button that shows more of it."""

from collections.abc import Sequence
from typing import TypeVar

import streamlit as st

T = TypeVar("T")


def select_shown(key: str, things: Sequence[T], page_size: int) -> Sequence[T]:
    """Return the first of ``things``: one page of them, and one more for each press."""
    return things[: st.session_state.get(key, page_size)]


def draw_button(key: str, total: int, page_size: int) -> None:
    """Draw the button that shows another page of the list ``key``, if there is more of it."""

    def show_more() -> None:
        st.session_state[key] = st.session_state.get(key, page_size) + page_size

    if total > st.session_state.get(key, page_size):
        st.button(f"Show more ({total} in all)", key=f"more {key}", on_click=show_more)

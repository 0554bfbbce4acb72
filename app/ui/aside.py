"""What a person dropped at a press, to be brought back at another."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from inkwright.app.ui import place


def put(name: str, dropped: Any) -> None:
    """Put ``dropped`` aside under ``name``, for as long as the studio is open in this window."""
    st.session_state[_key(name)] = dropped


def draw(name: str, label: str, bring_back: Callable[[Any], None]) -> None:
    """Draw the button that brings back what was put aside, if anything was."""
    if _key(name) in st.session_state:
        st.button(
            label,
            key=f"bring back {name}",
            icon=":material/undo:",
            type="tertiary",
            on_click=place.pressed(_bring_back),
            args=(name, bring_back),
        )


def _bring_back(name: str, bring_back: Callable[[Any], None]) -> None:
    bring_back(st.session_state.pop(_key(name)))


def _key(name: str) -> str:
    return f"put aside {name}"

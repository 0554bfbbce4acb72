"""What a person dropped at a press, to be brought back at another."""

from typing import Any

import streamlit as st


def put(name: str, value: Any) -> None:
    """Put ``dropped`` aside under ``name``, for as long as the studio is open in this window."""
    st.session_state[_key(name)] = value


def button(name: str, label: str) -> Any | None:
    """Draw the button that brings back what was put aside, if anything was.

    Return that when it is pressed, else None. What is pressed acts while the page is drawn, not in
    a callback: a callback would come before the words that were typed just before the press.
    """
    if _key(name) not in st.session_state:
        return None
    key = f"bring back {name}"
    if st.button(label, key=key, icon=":material/undo:", type="tertiary"):
        return st.session_state.pop(_key(name))
    return None


def _key(name: str) -> str:
    return f"put aside {name}"

"""Soon."""

import streamlit as st

from inkwright.app.ui import place


def page() -> None:
    """Draw the page."""
    place.work()
    st.title("outline")

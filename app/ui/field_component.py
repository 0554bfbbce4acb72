"""Components of our own: a script and a style sheet of the folder ``field``."""

from functools import cache
from importlib import resources
from typing import Any

import streamlit as st


@cache
def load_component(name: str, file: str) -> Any:
    """Return what mounts the component ``inkwright_NAME``, made of ``FILE.js`` and ``FILE.css``."""
    folder = resources.files("inkwright.app.ui") / "field"
    return st.components.v2.component(
        f"inkwright_{name}",
        js=(folder / f"{file}.js").read_text("utf-8"),
        css=(folder / f"{file}.css").read_text("utf-8"),
    )

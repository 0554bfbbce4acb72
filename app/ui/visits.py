"""Visits: what is remembered until the person goes to another page or work."""

from typing import Any

import streamlit as st

_VISIT, _VISITED = "visit", "visited"


def begin_visit(page: str) -> None:
    """Count a visit: another page, or another work on it, begins the next."""
    now, state = (page, st.query_params.get("work")), st.session_state
    if state.get(_VISITED) != now:
        state[_VISITED], state[_VISIT] = now, state.get(_VISIT, 0) + 1


def get_visit_state(name: str) -> dict[Any, Any]:
    """Return what is remembered under ``name`` until the person goes to another page or work."""
    state = st.session_state
    number = state.get(_VISIT, 0)
    if state.get(name, (None,))[0] != number:
        state[name] = number, {}
    remembered: dict[Any, Any] = state[name][1]
    return remembered

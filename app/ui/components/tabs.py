"""Tabs of which only the open one is drawn, and which stay open when their counts change."""

from collections.abc import Callable, Mapping

import streamlit as st


def draw(
    key: str,
    draw_functions: Mapping[str, Callable[[], None]],
    *,
    counts: Mapping[str, int] | None = None,
    always_drawn_tab: str | None = None,
) -> None:
    """Draw tabs by name, with how many things of a kind there are in each.

    ``always_drawn_tab`` is drawn whether it is open or not, so that what is typed there is kept.
    """
    labels = {name: _format_label(name, (counts or {}).get(name, 0)) for name in draw_functions}
    open_label = st.session_state.get(key)
    if open_label is not None and open_label not in labels.values():
        name = open_label.partition(" (")[0]
        st.session_state[key] = labels.get(name, next(iter(labels.values())))
    tabs = st.tabs(list(labels.values()), key=key, on_change="rerun")
    for tab, (name, draw_tab) in zip(tabs, draw_functions.items(), strict=True):
        if tab.open or name == always_drawn_tab:
            with tab:
                draw_tab()


def _format_label(name: str, count: int) -> str:
    return f"{name} ({count})" if count else name

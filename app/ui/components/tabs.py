"""Tabs of which only the open one is drawn, and which stay open when their counts change."""

from collections.abc import Callable, Mapping

import streamlit as st


def draw(
    key: str,
    draws: Mapping[str, Callable[[], None]],
    *,
    counts: Mapping[str, int] | None = None,
    always: str | None = None,
) -> None:
    """Draw tabs by name, with how many things of a kind there are in each.

    The tab ``always`` is drawn whether it is open or not, so that what is typed there is kept.
    """
    labels = {name: _label(name, (counts or {}).get(name, 0)) for name in draws}
    chosen = st.session_state.get(key)
    if chosen is not None and chosen not in labels.values():
        name = chosen.partition(" (")[0]
        st.session_state[key] = labels.get(name, next(iter(labels.values())))
    tabs = st.tabs(list(labels.values()), key=key, on_change="rerun")
    for tab, (name, draw_it) in zip(tabs, draws.items(), strict=True):
        if tab.open or name == always:
            with tab:
                draw_it()


def _label(name: str, count: int) -> str:
    return f"{name} ({count})" if count else name

"""The tabs of the brief's form: what a brief seldom has all of."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from inkwright.app.services import engine
from inkwright.app.services.library_status import standings
from inkwright.app.ui import navigation
from inkwright.app.ui.brief import sources
from inkwright.app.ui.brief.fields import CHOICES, CONSTRAINT, MEMORY, MODELS, filled_rows, shown_in
from inkwright.app.ui.components import tabs
from inkwright.memory.store.ledger import entries

_CHOSEN = {
    "continuity": "Sections wait for",
    "headings": "Headings in the text",
    "cite": "Sources are cited by",
}


def draw() -> None:
    """Draw the fields of which a brief seldom has all: those of the tab that is open."""
    tabs.draw(
        "brief tab",
        {
            "Constraints": _constraints,
            "Style": _style,
            "Outline": _outline,
            "Sources": sources.draw,
            "Memory": _memory,
            "More": _more,
        },
    )


def _style() -> None:
    st.text_area(
        "How it should sound",
        key="brief style",
        persist_state="session",
        height=90,
        placeholder="A description: dry, short sentences, no adverbs.",
    )
    st.text_area(
        "A page that sounds right",
        key="brief sample",
        persist_state="session",
        height=140,
        placeholder="Every writer is shown it, and drift from it is measured.",
    )
    st.text_area(
        "Phrases it must not use",
        key="brief banned",
        persist_state="session",
        height=80,
        placeholder="One on each line",
    )


def _outline() -> None:
    st.text_area(
        "Your own outline",
        key="brief outline",
        persist_state="session",
        height=220,
        placeholder="# Chapter\n## Section\n## Section\n\nEmpty: one is planned.",
    )


def _constraints() -> None:
    st.caption("Each is checked in the sections it is placed in, and reported with a quote.")
    _table("brief constraints", CONSTRAINT)


def _memory() -> None:
    st.caption("What is true before the first word: a series bible, or what an earlier work knows.")
    settings = navigation.settings()
    works = {s.work: s.title for s in standings(settings.home, settings.library_address)}
    state = st.session_state
    if works:
        pick, take = st.columns([4, 1.3], vertical_alignment="bottom")
        one = pick.selectbox(
            "From a work",
            list(works),
            index=None,
            format_func=works.__getitem__,
            placeholder="Take over what a work knows",
        )
        if take.button("Take over", disabled=one is None, width="stretch"):
            with engine.opened(settings) as library:
                told = entries(library, str(one))
            rows, now = filled_rows(shown_in(MEMORY, e) for e in told), state["brief memory now"]
            state["brief memory now"] = [*now, *(row for row in rows if row not in now)]
            state["brief rows"] += 1
            st.rerun()
    _table("brief memory", MEMORY)


def _table(name: str, columns: Mapping[str, Any]) -> None:
    """Draw rows that can be edited; a table that is drawn again begins with what it held."""
    state = st.session_state
    key = f"{name} {state['brief rows']}"
    if key not in state:
        state[f"{name} begun"] = state[f"{name} now"]
    given = state[f"{name} begun"] or [dict.fromkeys(columns)]
    found = st.data_editor(
        [{column: row.get(column) for column in columns} for row in given],
        key=key,
        num_rows="dynamic",
        hide_index=True,
        width="stretch",
        placeholder="",
        column_config=columns,
    )
    state[f"{name} now"] = filled_rows(found)


def _more() -> None:
    for column, (name, label) in zip(st.columns(len(_CHOSEN)), _CHOSEN.items(), strict=True):
        column.selectbox(
            label,
            list(CHOICES[name]),
            key=f"brief {name}",
            persist_state="session",
            format_func=CHOICES[name].__getitem__,
        )
    seed, proposals = st.columns(2, vertical_alignment="bottom")
    seed.number_input(
        "Seed",
        key="brief seed",
        persist_state="session",
        min_value=1,
        step=1,
        help="Another seed is another piece.",
    )
    proposals.checkbox(
        "What my own text tells memory waits for my word",
        key="brief proposals",
        persist_state="session",
    )
    st.caption("Models, where a role is to have another than the one that is set")
    for column, (name, role) in zip(st.columns(len(MODELS)), MODELS.items(), strict=True):
        column.text_input(
            role.capitalize(),
            key=f"brief {name}",
            persist_state="session",
            placeholder="as set",
        )

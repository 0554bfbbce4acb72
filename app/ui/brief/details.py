"""The tabs of the brief's form: what a brief seldom has all of."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from inkwright.app.services import engine
from inkwright.app.services.library_status import load_work_summaries
from inkwright.app.ui import navigation
from inkwright.app.ui.brief import sources
from inkwright.app.ui.brief.fields import (
    CHOICES,
    CONSTRAINT_COLUMNS,
    MEMORY_COLUMNS,
    MODELS,
    build_table_row,
    filled_rows,
)
from inkwright.app.ui.components import tabs
from inkwright.memory.ids import WorkId
from inkwright.memory.store.ledger import load_entries

_SELECT_LABELS = {
    "continuity": "Sections wait for",
    "headings": "Headings in the text",
    "cite": "Sources are cited by",
}


def draw() -> None:
    """Draw the fields of which a brief seldom has all: those of the tab that is open."""
    tabs.draw(
        "brief tab",
        {
            "Constraints": _draw_constraints,
            "Style": _draw_style,
            "Outline": _draw_outline,
            "Sources": sources.draw,
            "Memory": _draw_memory,
            "More": _draw_more,
        },
    )


def _draw_style() -> None:
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


def _draw_outline() -> None:
    st.text_area(
        "Your own outline",
        key="brief outline",
        persist_state="session",
        height=220,
        placeholder="# Chapter\n## Section\n## Section\n\nEmpty: one is planned.",
    )


def _draw_constraints() -> None:
    st.caption("Each is checked in the sections it is placed in, and reported with a quote.")
    _draw_table("brief constraints", CONSTRAINT_COLUMNS)


def _draw_memory() -> None:
    st.caption("What is true before the first word: a series bible, or what an earlier work knows.")
    settings = navigation.load_settings()
    title_by_id = {
        s.work: s.title for s in load_work_summaries(settings.home, settings.library_address)
    }
    state = st.session_state
    if title_by_id:
        select_column, button_column = st.columns([4, 1.3], vertical_alignment="bottom")
        selected_id = select_column.selectbox(
            "From a work",
            list(title_by_id),
            index=None,
            format_func=title_by_id.__getitem__,
            placeholder="Take over what a work knows",
        )
        if button_column.button("Take over", disabled=selected_id is None, width="stretch"):
            with engine.open_library(settings) as library:
                work_entries = load_entries(library, WorkId(str(selected_id)))
            rows = filled_rows(build_table_row(MEMORY_COLUMNS, e) for e in work_entries)
            now = state["brief memory now"]
            state["brief memory now"] = [*now, *(row for row in rows if row not in now)]
            state["brief rows"] += 1
            st.rerun()
    _draw_table("brief memory", MEMORY_COLUMNS)


def _draw_table(name: str, columns: Mapping[str, Any]) -> None:
    """Draw rows that can be edited; a table that is drawn again begins with what it held."""
    state = st.session_state
    key = f"{name} {state['brief rows']}"
    if key not in state:
        state[f"{name} begun"] = state[f"{name} now"]
    starting_rows = state[f"{name} begun"] or [dict.fromkeys(columns)]
    edited_rows = st.data_editor(
        [{column: row.get(column) for column in columns} for row in starting_rows],
        key=key,
        num_rows="dynamic",
        hide_index=True,
        width="stretch",
        placeholder="",
        column_config=columns,
    )
    state[f"{name} now"] = filled_rows(edited_rows)


def _draw_more() -> None:
    for column, (name, label) in zip(
        st.columns(len(_SELECT_LABELS)), _SELECT_LABELS.items(), strict=True
    ):
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

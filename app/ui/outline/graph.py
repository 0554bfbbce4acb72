"""The graph of what each section waits for, drawn."""

from collections.abc import Mapping

import streamlit as st

from inkwright.app.display.formatting import shorten
from inkwright.memory.domain.outline import Outline
from inkwright.memory.ids import SectionId
from inkwright.memory.store.drafts import SectionRow

MAX_NODES = 120
COLOURS = {"accepted": "#5d9b6a", "drafted": "#5b93c7", "started": "#c99a4b"}


def draw(outline: Outline, rows: Mapping[SectionId, SectionRow]) -> None:
    """Draw the sections and what they wait for; a large outline by its chapters."""
    if len(outline.sections) > MAX_NODES:
        st.caption(
            f"{len(outline.sections)} sections are too many to draw; these are the chapters."
        )
        st.graphviz_chart(_build_graph(_build_chapter_lines(outline)), width="stretch")
        return
    lines = []
    for section in outline.sections:
        state = rows[section.id].state if section.id in rows else "planned"
        lines.append(_build_node(section.id, section.title, COLOURS.get(state, "#8a8f98")))
    for section_id, needed_ids in outline.depends_on.items():
        lines += [f"{_quote(needed_id)} -> {_quote(section_id)}" for needed_id in needed_ids]
    st.graphviz_chart(_build_graph(lines), width="stretch")


def _build_chapter_lines(outline: Outline) -> list[str]:
    title_by_id: dict[str, str] = {h.id: h.title for h in outline.headings}
    title_by_id |= {s.id: s.title for s in outline.sections if not s.within}
    chapter_by_section = {s.id: s.chapter_id for s in outline.sections}
    chapter_ids = dict.fromkeys(chapter_by_section.values())
    nodes = [_build_node(c, title_by_id[c], "#8a8f98") for c in list(chapter_ids)[:MAX_NODES]]
    edges = {
        (chapter_by_section[needed_id], chapter_by_section[section_id])
        for section_id, needed_ids in outline.depends_on.items()
        for needed_id in needed_ids
        if chapter_by_section[needed_id] != chapter_by_section[section_id]
    }
    shown_ids = set(list(chapter_ids)[:MAX_NODES])
    return nodes + [
        f"{_quote(a)} -> {_quote(b)}" for a, b in sorted(edges) if a in shown_ids and b in shown_ids
    ]


def _build_graph(lines: list[str]) -> str:
    style = (
        'rankdir=LR; bgcolor="transparent"; nodesep=0.18; ranksep=0.35; '
        'node [shape=box, style="rounded", fontname="sans-serif", fontsize=11, '
        'color="#8a8f98", fontcolor="#8a8f98", margin="0.12,0.06"]; '
        'edge [color="#8a8f98", arrowsize=0.6]; '
    )
    return f"digraph {{ {style}{'; '.join(lines)} }}"


def _build_node(name: str, title: str, colour: str) -> str:
    label = _quote(shorten(title, 28))
    return f'{_quote(name)} [label={label}, color="{colour}", fontcolor="{colour}"]'


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

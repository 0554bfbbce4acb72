"""The graph of what each section waits for, drawn."""

from collections.abc import Mapping

import streamlit as st

from inkwright.app.display.formatting import shortened
from inkwright.memory.domain.outline import Outline
from inkwright.memory.store.drafts import SectionRow

MOST = 120
COLOURS = {"accepted": "#5d9b6a", "drafted": "#5b93c7", "started": "#c99a4b"}


def draw(outline: Outline, rows: Mapping[str, SectionRow]) -> None:
    """Draw the sections and what they wait for; a large outline by its chapters."""
    if len(outline.sections) > MOST:
        st.caption(
            f"{len(outline.sections)} sections are too many to draw; these are the chapters."
        )
        st.graphviz_chart(_graph(_of_chapters(outline)), width="stretch")
        return
    lines = []
    for section in outline.sections:
        state = rows[section.id].state if section.id in rows else "planned"
        lines.append(_node(section.id, section.title, COLOURS.get(state, "#8a8f98")))
    for sid, needed in outline.depends_on.items():
        lines += [f"{_quoted(one)} -> {_quoted(sid)}" for one in needed]
    st.graphviz_chart(_graph(lines), width="stretch")


def _of_chapters(outline: Outline) -> list[str]:
    titles = {h.id: h.title for h in outline.headings}
    chapter = {s.id: s.chapter for s in outline.sections}
    names = dict.fromkeys(chapter.values())
    nodes = [
        _node(c, titles.get(c) or outline.section(c).title, "#8a8f98") for c in list(names)[:MOST]
    ]
    edges = {
        (chapter[one], chapter[sid])
        for sid, needed in outline.depends_on.items()
        for one in needed
        if chapter[one] != chapter[sid]
    }
    shown = set(list(names)[:MOST])
    return nodes + [
        f"{_quoted(a)} -> {_quoted(b)}" for a, b in sorted(edges) if a in shown and b in shown
    ]


def _graph(lines: list[str]) -> str:
    style = (
        'rankdir=LR; bgcolor="transparent"; nodesep=0.18; ranksep=0.35; '
        'node [shape=box, style="rounded", fontname="sans-serif", fontsize=11, '
        'color="#8a8f98", fontcolor="#8a8f98", margin="0.12,0.06"]; '
        'edge [color="#8a8f98", arrowsize=0.6]; '
    )
    return f"digraph {{ {style}{'; '.join(lines)} }}"


def _node(name: str, title: str, colour: str) -> str:
    label = _quoted(shortened(title, 28))
    return f'{_quoted(name)} [label={label}, color="{colour}", fontcolor="{colour}"]'


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

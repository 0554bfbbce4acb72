"""The sections under their headings: to be chosen, and to be dragged to another place."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import streamlit as st

from inkwright.app.ui.field_component import component
from inkwright.memory.domain.draft import Draft
from inkwright.memory.domain.outline import Section
from inkwright.memory.store.plans import Plan

COLUMNS = {
    "no": "No",
    "title": "Section",
    "words": "Words",
    "waits": "Waits for",
    "carries": "Constraints",
    "state": "Text",
}


def draw(
    name: str,
    rows: list[dict[str, Any]],
    chosen: str | None,
    choose: Callable[[str], None],
    drop: Callable[[str, str, bool], None],
) -> None:
    """Draw the tree ``name`` of ``rows``, with the section ``chosen`` marked.

    ``choose`` is called with the section a person chooses; ``drop`` with one that is let go of,
    the one that it is to stand beside, and whether behind it.
    """
    key = f"tree {name}"

    def on_chosen() -> None:
        if told := (st.session_state.get(key) or {}).get("chosen"):
            choose(str(told["section"]))

    def on_dropped() -> None:
        if told := (st.session_state.get(key) or {}).get("dropped"):
            drop(str(told["section"]), str(told["beside"]), bool(told["behind"]))

    component("outline", "tree")(
        key=key,
        data={"label": "Sections", "columns": COLUMNS, "rows": rows, "chosen": chosen},
        on_chosen_change=on_chosen,
        on_dropped_change=on_dropped,
    )


def rows_of(
    plan: Plan, texts: Mapping[str, Draft], stale: Collection[str]
) -> Iterator[dict[str, Any]]:
    """Return a row for each heading and section of a plan, in reading order."""
    headings = {h.id: h for h in plan.outline.headings}
    above: tuple[str, ...] = ()
    for section in plan.outline.sections:
        for depth, heading in enumerate(section.within):
            if above[: depth + 1] != section.within[: depth + 1]:
                under = list(section.within[:depth])
                title = headings[heading].title
                yield {"id": heading, "heading": True, "title": title, "under": under}
        above = section.within
        yield _section(plan, section, texts.get(section.id), old=section.id in stale)


def _section(plan: Plan, section: Section, text: Draft | None, *, old: bool) -> dict[str, Any]:
    position = plan.outline.position
    return {
        "id": section.id,
        "heading": False,
        "title": section.title,
        "under": list(section.within),
        "no": str(position[section.id]),
        "words": f"{text.words if text else 0:,} / {section.target_words:,}",
        "waits": ", ".join(str(position[d]) for d in plan.outline.depends_on[section.id]),
        "carries": ", ".join(c.id for c in plan.carried(section.id)),
        "state": "out of date" if old else "written" if text else "",
        "old": old,
    }

"""The sections under their headings: to be chosen, and to be dragged to another place."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import streamlit as st

from inkwright.app.ui.field_component import load_component
from inkwright.memory.domain.draft import Draft
from inkwright.memory.domain.outline import Section
from inkwright.memory.ids import SectionId
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
    chosen_id: SectionId | None,
    choose: Callable[[SectionId], None],
    drop: Callable[[SectionId, SectionId, bool], None],
) -> None:
    """Draw the tree ``name`` of ``rows``, with the section ``chosen_id`` marked.

    ``choose`` is called with the section a person chooses; ``drop`` with one that is let go of,
    the one that it is to stand beside, and whether behind it.
    """
    key = f"tree {name}"

    def on_chosen() -> None:
        if chosen_event := (st.session_state.get(key) or {}).get("chosen"):
            choose(SectionId(chosen_event["section"]))

    def on_dropped() -> None:
        if dropped_event := (st.session_state.get(key) or {}).get("dropped"):
            drop(
                SectionId(dropped_event["section"]),
                SectionId(dropped_event["beside"]),
                bool(dropped_event["behind"]),
            )

    load_component("outline", "tree")(
        key=key,
        data={"label": "Sections", "columns": COLUMNS, "rows": rows, "chosen": chosen_id},
        on_chosen_change=on_chosen,
        on_dropped_change=on_dropped,
    )


def build_rows(
    plan: Plan, drafts: Mapping[SectionId, Draft], stale: Collection[str]
) -> Iterator[dict[str, Any]]:
    """Return a row for each heading and section of a plan, in reading order."""
    heading_by_id = {h.id: h for h in plan.outline.headings}
    previous_ids: tuple[str, ...] = ()
    for section in plan.outline.sections:
        for depth, heading_id in enumerate(section.within):
            if previous_ids[: depth + 1] != section.within[: depth + 1]:
                parent_ids = list(section.within[:depth])
                title = heading_by_id[heading_id].title
                yield {"id": heading_id, "heading": True, "title": title, "under": parent_ids}
        previous_ids = section.within
        yield _build_section_row(
            plan, section, drafts.get(section.id), is_stale=section.id in stale
        )


def _build_section_row(
    plan: Plan, section: Section, draft: Draft | None, *, is_stale: bool
) -> dict[str, Any]:
    position_by_id = plan.outline.position
    return {
        "id": section.id,
        "heading": False,
        "title": section.title,
        "under": list(section.within),
        "no": str(position_by_id[section.id]),
        "words": f"{draft.words if draft else 0:,} / {section.target_words:,}",
        "waits": ", ".join(str(position_by_id[d]) for d in plan.outline.depends_on[section.id]),
        "carries": ", ".join(c.id for c in plan.constraints_for(section.id)),
        "state": "out of date" if is_stale else "written" if draft else "",
        "old": is_stale,
    }

"""Outline: what is planned, section by section, and what a change of it would do."""

from functools import partial

import streamlit as st

from inkwright.app.services import background
from inkwright.app.ui import cache, errors, navigation
from inkwright.app.ui.components import empty_state, tabs
from inkwright.app.ui.html import escape_markdown, format_kind
from inkwright.app.ui.outline import change, graph, tree
from inkwright.app.ui.outline import section as outline_section
from inkwright.memory.changes import outline_edits
from inkwright.memory.ids import SectionId, WorkId
from inkwright.memory.store.plans import Plan


def page() -> None:
    """Draw the page."""
    work_id = navigation.require_work_id()
    plan = cache.load_plan(work_id)
    if plan is None:
        st.title("Outline", anchor=False)
        empty_state.draw(work_id, "Plan the work first, or begin it with one of your own.")
        return
    _draw_plan(work_id, plan)


def _draw_plan(work_id: WorkId, plan: Plan) -> None:
    outline = plan.outline
    st.title(escape_markdown(outline.title), anchor=False)
    st.caption(
        f"{len(outline.sections)} sections, {outline.target_words:,} words. Plan {plan.version}."
    )
    _draw_approval(work_id)
    tabs.draw(
        "outline tab",
        {
            "Sections": partial(
                _draw_sections, work_id, plan, outline_section.get_chosen_id(work_id, outline)
            ),
            "What waits for what": lambda: graph.draw(outline, cache.load_section_rows(work_id)),
            "Constraints": lambda: _draw_constraints(plan),
        },
        always_drawn_tab="Sections",
    )


def _draw_approval(work_id: WorkId) -> None:
    work = cache.load_work(work_id)
    if work.approved or work.status != "planned":
        return
    with st.container(border=True):
        st.markdown(
            "**Nothing is written yet.** Change the outline as you like; writing approves it."
        )
        if navigation.has_model() and st.button(
            f"Approve and write with {navigation.describe_endpoint()}",
            type="primary",
            icon=":material/play_arrow:",
        ):
            background.start(work_id, "write", navigation.load_settings())
            navigation.go("write", work_id)


@st.fragment
@errors.show_errors
def _draw_sections(work_id: WorkId, plan: Plan, marked_id: SectionId | None) -> None:
    """Draw the tree and what is planned for the section that is chosen in it.

    The tree is told of ``marked_id``, the choice as the page was drawn, and marks later ones
    itself: so it stays the same, and need not be sent again, while a person goes from one to the
    next.
    """

    def choose(section_id: SectionId) -> None:
        outline_section.choose(work_id, section_id)

    def drop(section_id: SectionId, neighbour_id: SectionId, is_after: bool) -> None:
        title_by_id = {s.id: s.title for s in plan.outline.sections}
        position_word = "after" if is_after else "before"
        description = (
            f"move “{title_by_id[section_id]}” {position_word} “{title_by_id[neighbour_id]}”"
        )
        change.propose(
            work_id,
            description,
            outline_edits.build_relocation(section_id, neighbour_id, behind=is_after),
        )
        choose(section_id)

    rows = list(
        tree.build_rows(plan, cache.load_drafts(work_id), cache.load_stale_reasons(work_id))
    )
    tree.draw(work_id, rows, marked_id, choose, drop)
    outline_section.draw(work_id, plan)


def _draw_constraints(plan: Plan) -> None:
    if not plan.constraints:
        st.caption("There are none.")
        return
    st.dataframe(
        [
            {
                "Id": c.id,
                "Constraint": c.text,
                "Where": str(c.where),
                "Kind": format_kind(c.kind),
                "Required": c.required,
                "From": {"brief": "the table", "request": "the request"}[c.source],
            }
            for c in plan.constraints
        ],
        hide_index=True,
        column_config={"Constraint": st.column_config.TextColumn(width="large")},
    )

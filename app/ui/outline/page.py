"""Outline: what is planned, section by section, and what a change of it would do."""

from functools import partial

import streamlit as st

from inkwright.app.services import background
from inkwright.app.ui import cache, errors, navigation
from inkwright.app.ui.components import empty_state, tabs
from inkwright.app.ui.html import named, plain
from inkwright.app.ui.outline import change, graph, tree
from inkwright.app.ui.outline import section as outline_section
from inkwright.memory.changes import outline_edits
from inkwright.memory.store.plans import Plan


def page() -> None:
    """Draw the page."""
    work = navigation.work()
    plan = cache.plan(work)
    if plan is None:
        st.title("Outline", anchor=False)
        empty_state.draw(work, "Plan the work first, or begin it with one of your own.")
        return
    _planned(work, plan)


def _planned(work: str, plan: Plan) -> None:
    outline = plan.outline
    st.title(plain(outline.title), anchor=False)
    st.caption(
        f"{len(outline.sections)} sections, {outline.target_words:,} words. Plan {plan.version}."
    )
    _gate(work)
    tabs.draw(
        "outline tab",
        {
            "Sections": partial(_sections, work, plan, outline_section.chosen(work, outline)),
            "What waits for what": lambda: graph.draw(outline, cache.rows(work)),
            "Constraints": lambda: _constraints(plan),
        },
        always="Sections",
    )


def _gate(work: str) -> None:
    found = cache.work(work)
    if found.approved or found.status != "planned":
        return
    with st.container(border=True):
        st.markdown(
            "**Nothing is written yet.** Change the outline as you like; writing approves it."
        )
        if navigation.has_model() and st.button(
            f"Approve and write with {navigation.endpoint()}",
            type="primary",
            icon=":material/play_arrow:",
        ):
            background.start(work, "write", navigation.settings())
            navigation.go("write", work)


@st.fragment
@errors.safely
def _sections(work: str, plan: Plan, marked: str | None) -> None:
    """Draw the tree and what is planned for the section that is chosen in it.

    The tree is told of ``marked``, the choice as the page was drawn, and marks later ones itself:
    so it stays the same, and need not be sent again, while a person goes from one to the next.
    """

    def choose(section: str) -> None:
        outline_section.choose(work, section)

    def drop(section: str, beside: str, behind: bool) -> None:
        titles = {s.id: s.title for s in plan.outline.sections}
        where = "after" if behind else "before"
        said = f"move “{titles[section]}” {where} “{titles[beside]}”"
        change.propose(work, said, outline_edits.placing(section, beside, behind=behind))
        choose(section)

    rows = list(tree.rows_of(plan, cache.texts(work), cache.stale(work)))
    tree.draw(work, rows, marked, choose, drop)
    outline_section.draw(work, plan)


def _constraints(plan: Plan) -> None:
    if not plan.constraints:
        st.caption("There are none.")
        return
    st.dataframe(
        [
            {
                "Id": c.id,
                "Constraint": c.text,
                "Where": str(c.where),
                "Kind": named(c.kind),
                "Required": c.required,
                "From": {"brief": "the table", "request": "the request"}[c.source],
            }
            for c in plan.constraints
        ],
        hide_index=True,
        column_config={"Constraint": st.column_config.TextColumn(width="large")},
    )

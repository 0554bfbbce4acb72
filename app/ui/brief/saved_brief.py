"""The brief that a work began with, which stays as it is."""

import streamlit as st

from inkwright.app.ui import errors
from inkwright.app.ui.brief import sources
from inkwright.app.ui.brief.fields import CHOICES, MEMORY_COLUMNS, build_form_fields
from inkwright.app.ui.html import format_kind, render_facts, render_prose
from inkwright.memory.domain.brief import Brief
from inkwright.memory.ids import WorkId


def draw(work_id: WorkId, brief: Brief) -> bool:
    """Draw ``brief``, which ``work_id`` began with; True when it is wanted for a new work."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.title("Brief", anchor=False)
        reuse_clicked = st.button("Use it for a new work", icon=":material/content_copy:")
    st.caption("A work keeps the brief it began with. Another brief is another work.")
    with st.container(border=True):
        st.html(render_prose(brief.request))
    facts = {
        "Title": brief.title,
        "Kind": brief.kind,
        "For": brief.audience,
        "Language": brief.language,
        "Words": f"{brief.words:,}" if brief.words else None,
        "Sections wait for": CHOICES["continuity"].get(brief.continuity or "", None),
        "Headings": CHOICES["headings"][brief.headings],
        "Style": brief.style,
        "Never": "; ".join(brief.banned),
        "Seed": str(brief.seed),
    }
    st.html(render_facts({name: value for name, value in facts.items() if value}))
    if brief.sample:
        with st.expander("A page that sounds right"):
            st.html(render_prose(brief.sample))
    form_fields = build_form_fields(brief)
    if form_fields["outline"]:
        with st.expander("Its own outline"):
            st.html(render_prose(form_fields["outline"]))
    if brief.constraints:
        st.subheader("Constraints", anchor=False)
        st.dataframe(
            [
                {
                    "Constraint": c.text,
                    "Where": str(c.where),
                    "Kind": format_kind(c.kind),
                    "Required": c.required,
                }
                for c in brief.constraints
            ],
            hide_index=True,
            column_config={"Constraint": st.column_config.TextColumn(width="large")},
        )
    if brief.memory:
        st.subheader("Memory to start from", anchor=False)
        st.dataframe(form_fields["memory"], hide_index=True, column_config=MEMORY_COLUMNS)
    errors.show_errors(sources.draw_work_sources)(work_id)
    return reuse_clicked

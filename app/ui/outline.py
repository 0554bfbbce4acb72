"""Outline: what is planned, section by section, and what a change of it would do."""

from typing import Any

import streamlit as st

from inkwright.app import background
from inkwright.app.structure import Structure
from inkwright.app.ui import outline_graph, place, reading, tabs
from inkwright.app.ui.shown import plain
from inkwright.memory import replanning
from inkwright.memory.outline import Outline, Section
from inkwright.memory.plans import Plan
from inkwright.memory.replanning import Change

SHOWN = 30


def page() -> None:
    """Draw the page."""
    work = place.work()
    plan = reading.plan(work)
    if plan is None:
        st.title("Outline", anchor=False)
        st.info("There is no outline yet. Plan the work first, or begin it with one of your own.")
        place.link("write", "Go to Write", work=work)
        return
    outline = plan.outline
    st.title(plain(outline.title), anchor=False)
    st.caption(
        f"{len(outline.sections)} sections, {outline.target_words:,} words. Plan {plan.version}."
    )
    _gate(work)
    _pending(work)
    tabs.draw(
        "outline tab",
        {
            "Sections": lambda: st.fragment(_tree)(work, plan),
            "What waits for what": lambda: outline_graph.draw(outline, reading.rows(work)),
            "Constraints": lambda: _constraints(plan),
        },
        always="Sections",
    )


def _gate(work: str) -> None:
    found = reading.work(work)
    if found.approved or found.status != "planned":
        return
    with st.container(border=True):
        st.markdown(
            "**Nothing is written yet.** Change the outline as you like; writing approves it."
        )
        if place.has_model() and st.button(
            f"Approve and write with {place.endpoint()}",
            type="primary",
            shortcut="ctrl+enter",
            icon=":material/play_arrow:",
        ):
            background.start(work, "write", place.settings())
            place.go("write", work)


@place.safely
def _tree(work: str, plan: Plan) -> None:
    outline, texts, stale = plan.outline, reading.texts(work), reading.stale(work)
    position = outline.position
    rows = [
        {
            "No": position[s.id],
            "Section": f"{'   ' * len(s.within)}{s.title}",
            "Under": _headings(outline, s),
            "Words": f"{texts[s.id].words if s.id in texts else 0:,} / {s.target_words:,}",
            "Waits for": ", ".join(str(position[d]) for d in outline.depends_on[s.id]),
            "Constraints": ", ".join(c.id for c in plan.carried(s.id)),
            "Text": "out of date" if s.id in stale else "written" if s.id in texts else "",
        }
        for s in outline.sections
    ]
    picked = st.dataframe(
        rows,
        key=f"outline {work}",
        hide_index=True,
        height=min(38 + 35 * len(rows), 430),
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "No": st.column_config.NumberColumn(width=45),
            "Section": st.column_config.TextColumn(width=225),
            "Under": st.column_config.TextColumn(width=150),
            "Words": st.column_config.TextColumn(width=85),
            "Waits for": st.column_config.TextColumn(width=80),
            "Constraints": st.column_config.TextColumn(width=90),
            "Text": st.column_config.TextColumn(width=80),
        },
    )
    chosen = picked["selection"]["rows"]
    if not chosen or chosen[0] >= len(outline.sections):
        st.caption("Choose a section to change it.")
        _add(work, None)
        return
    _section(work, outline, outline.sections[chosen[0]])


def _headings(outline: Outline, section: Section) -> str:
    titles = {h.id: h.title for h in outline.headings}
    return " › ".join(titles[h] for h in section.within)


def _section(work: str, outline: Outline, section: Section) -> None:
    at = outline.position[section.id]
    with st.container(horizontal=True):
        if st.button(
            "Move up", icon=":material/arrow_upward:", shortcut="alt+arrowup", disabled=at == 1
        ):
            _propose(work, f"move “{section.title}” up", replanning.moving(section.id, -1))
        if st.button(
            "Move down",
            icon=":material/arrow_downward:",
            shortcut="alt+arrowdown",
            disabled=at == len(outline.sections),
        ):
            _propose(work, f"move “{section.title}” down", replanning.moving(section.id, 1))
        if st.button(
            "Join with the next", icon=":material/merge:", disabled=at == len(outline.sections)
        ):
            _propose(work, f"join “{section.title}” and the next", replanning.joining(section.id))
        if st.button("Take out", icon=":material/delete:", disabled=len(outline.sections) == 1):
            _propose(work, f"take “{section.title}” out", replanning.removing(section.id))
        with st.popover("Split", icon=":material/call_split:"):
            second = st.text_input("Title of the second part", key=f"split {section.id}")
            if st.button("See what it would do", disabled=not second, key="split it"):
                change = replanning.splitting(section.id, str(second))
                _propose(work, f"split “{section.title}”", change)
        _add(work, section)
        place.link("text", "Read it", work=work, section=section.id)
    _form(work, outline, section)


def _add(work: str, after: Section | None) -> None:
    where = f"after “{plain(after.title, 40)}”" if after else "at the beginning"
    with st.popover("Add a section", icon=":material/add:"):
        title = st.text_input(f"Title of the new section, {where}", key="add title")
        purpose = st.text_input("Purpose", key="add purpose")
        words = st.number_input("Words", min_value=1, value=400, step=50, key="add words")
        if st.button("See what it would do", disabled=not title, key="add section"):
            change = replanning.adding(
                str(title),
                after=after.id if after else None,
                target_words=int(words),
                purpose=str(purpose or ""),
            )
            _propose(work, f"add “{title}”", change)


def _form(work: str, outline: Outline, section: Section) -> None:
    sid = section.id
    others = {s.id: s.title for s in outline.sections if s.id != sid}
    with st.form(f"section {sid}", border=True):
        title, words = st.columns([5, 1.2])
        fields: dict[str, Any] = {
            "title": title.text_input("Title", section.title, key=f"title {sid}"),
            "target_words": words.number_input(
                "Words", min_value=1, value=section.target_words, key=f"words {sid}"
            ),
            "purpose": st.text_area("Purpose", section.purpose, height=70, key=f"purpose {sid}"),
        }
        points = st.text_area(
            "Key points, one on each line",
            "\n".join(section.key_points),
            height=110,
            key=f"points {sid}",
        )
        owns, leaves = st.columns(2)
        fields["owns"] = owns.text_input("It alone covers", section.owns, key=f"owns {sid}")
        fields["leaves_out"] = leaves.text_input(
            "Others cover", section.leaves_out, key=f"leaves {sid}"
        )
        subjects = st.text_input(
            "Subjects, with commas", ", ".join(section.subjects), key=f"subjects {sid}"
        )
        after = st.multiselect(
            "Builds on, besides what it waits for anyway",
            list(others),
            list(section.after),
            format_func=others.__getitem__,
            key=f"after {sid}",
        )
        if not st.form_submit_button("See what it would do"):
            return
    fields["key_points"] = tuple(p.strip() for p in str(points or "").splitlines() if p.strip())
    fields["subjects"] = tuple(p.strip() for p in str(subjects or "").split(",") if p.strip())
    fields["after"] = tuple(after)
    fields["target_words"] = int(fields["target_words"])
    changed = {name: value for name, value in fields.items() if value != getattr(section, name)}
    if not changed:
        st.caption("It says so already.")
        return
    _propose(work, f"change “{section.title}”", replanning.editing(sid, **changed))


def _propose(work: str, said: str, change: Change) -> None:
    st.session_state[f"replan {work}"] = said, change
    st.rerun()


def _pending(work: str) -> None:
    """Show what a change of the outline would do, until the person says."""
    key = f"replan {work}"
    if key not in st.session_state:
        return
    said, change = st.session_state[key]
    structure = Structure(work, settings=place.settings())
    with st.container(border=True):
        st.markdown(f"**To {plain(said, 200)}**")
        place.safely(_would_do)(work, structure, change)
        with st.container(horizontal=True):
            make = st.button("Change the outline", type="primary", shortcut="ctrl+enter")
            leave = st.button("Leave it as it is", type="tertiary")
    if make:
        structure.apply(change)
    if make or leave:
        st.session_state.pop(key)
        st.rerun()


def _would_do(work: str, structure: Structure, change: Change) -> None:
    seen = structure.preview(change)
    titles = {s.id: s.title for s in seen.plan.outline.sections}
    if seen.stale:
        st.markdown(f"Out of date then: **{len(seen.stale)}** more")
        for sid, reasons in list(seen.stale.items())[:SHOWN]:
            st.markdown(f"- **{plain(titles[sid], 60)}**: {plain('; '.join(reasons), 240)}")
    else:
        st.markdown("No section that is written goes out of date.")
    if seen.unwritten:
        st.markdown(f"To be written then: {len(seen.unwritten)}")
    for placing in seen.placings[:SHOWN]:
        now = ", ".join(placing.after) or "no section: it falls away"
        st.markdown(
            f"- Constraint “{plain(placing.text, 80)}” moves from "
            f"{plain(', '.join(placing.before), 160)} to {plain(now, 160)}"
        )


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
                "Checked by": c.kind,
                "Required": c.required,
                "From": {"brief": "the table", "request": "the request"}[c.source],
            }
            for c in plan.constraints
        ],
        hide_index=True,
        column_config={"Constraint": st.column_config.TextColumn(width="large")},
    )

"""Memory: what the work knows, as a table to be put right; what an edit reaches is shown first."""

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from inkwright.app.api.memory import Memory
from inkwright.app.display.formatting import format_count
from inkwright.app.ui import cache, errors, navigation, visits
from inkwright.app.ui.components import tabs, undo
from inkwright.app.ui.html import escape_markdown, render_prose
from inkwright.app.ui.memory import edit as memory_edit
from inkwright.app.ui.memory import lists
from inkwright.app.ui.memory.names import ORIGIN_LABELS, describe_entries, find_entry, load_titles
from inkwright.app.ui.memory.rows import COLUMN_ORDER, COLUMNS, EntryFilter, select_rows
from inkwright.memory.changes import entry_edits
from inkwright.memory.changes.entry_edits import EntryEdit
from inkwright.memory.ids import EntryId, WorkId

Cells = dict[EntryId, dict[str, Any]]
"""What stands in the cells that a person typed in, by entry and column."""

TYPED = ("kind", "subject", "attribute", "statement", "pinned", "aliases")
"""The columns that can be typed in."""
MAX_SHOWN = 60
ENTRY_KINDS = ("character", "place", "event", "fact", "term", "style", "thread")
STANDINGS = ("live", "superseded", "retracted", "all")


def page() -> None:
    """Draw the page."""
    work_id = navigation.require_work_id()
    memory = Memory(work_id, settings=navigation.load_settings())
    st.title("Memory", anchor=False)
    if memory_edit.is_pending(work_id):
        memory_edit.draw(work_id, memory)
    conflict_pairs, threads, proposals, findings = cache.load_pending_memory(work_id, memory)
    let_be = visits.get_visit_state(lists.LET_BE)
    contradictions = [f for f in findings if not f.dismissed or f.number in let_be]
    tabs.draw(
        "memory tab",
        {
            "Entries": partial(st.fragment(_draw_entries), work_id, memory),
            "Summaries": partial(lists.draw_summaries, work_id, memory),
            "Conflicts": partial(lists.draw_conflicts, work_id, conflict_pairs),
            "Threads": partial(lists.draw_threads, work_id, threads),
            "Proposals": partial(lists.draw_proposals, work_id, proposals),
            "Your sentences": partial(lists.draw_contradictions, work_id, memory, contradictions),
        },
        counts={
            "Conflicts": len(conflict_pairs),
            "Threads": len(threads),
            "Proposals": len(proposals),
            "Your sentences": sum(not f.dismissed for f in contradictions),
        },
        always_drawn_tab="Entries",
    )


@errors.show_errors
def _draw_entries(work_id: WorkId, memory: Memory) -> None:
    _draw_add_form(work_id)
    entry_filter = _draw_filters(work_id)
    rows = select_rows(work_id, entry_filter)
    typed_cells: Cells = st.session_state.setdefault(f"memory typed {work_id}", {})
    if rows.empty:
        st.caption("Nothing of this kind is remembered. Sections fill this while they are written.")
        _typed(work_id, typed_cells)
        return
    edited_rows = _table(work_id, rows, entry_filter, typed_cells)
    for entry_id in rows["id"]:
        typed_cells.pop(EntryId(entry_id), None)
    typed_cells.update(_cells(rows, edited_rows))
    ticked_ids = [EntryId(str(entry_id)) for entry_id in edited_rows.loc[edited_rows["tick"], "id"]]
    st.caption(f"{len(rows):,} entries, {int(rows['tokens'].sum()):,} tokens", width="content")
    _typed(work_id, typed_cells)
    if ticked_ids:
        with st.container(horizontal=True, vertical_alignment="center"):
            _draw_ticked_actions(work_id, ticked_ids)
    if len(ticked_ids) == 1:
        _draw_entry(work_id, memory, ticked_ids[0])
    elif not ticked_ids:
        st.caption("Tick an entry to see the sentence it comes from, and what was shown it.")


def _table(
    work: WorkId, rows: pd.DataFrame, entry_filter: EntryFilter, typed_cells: Cells
) -> pd.DataFrame:
    """Draw the entries as a table to type in; it begins with what was typed over them before."""
    state = st.session_state
    turn = state.get(f"memory turn {work}", 0)
    key = f"entries {work} {hash((entry_filter, cache.load_stamp(work)))} {turn}"
    if state.get("memory begun", ("",))[0] != key:
        state["memory begun"] = key, _typed_over(rows, typed_cells)
    edited_rows: pd.DataFrame = st.data_editor(
        state["memory begun"][1],
        key=key,
        column_config=COLUMNS,
        column_order=COLUMN_ORDER,
        disabled=("id", "tokens", "source", "shown", "standing"),
        hide_index=True,
        num_rows="fixed",
        on_change=_type,
        args=(work, key),
        height=min(38 + 35 * len(rows), 460),
        width="stretch",
    )
    return edited_rows


def _type(work: WorkId, key: str) -> None:
    """Keep what was typed, even if the press that ended the typing listed other entries."""
    typed_cells: Cells = st.session_state[f"memory typed {work}"]
    displayed_rows = st.session_state["memory begun"][1]
    for row, cells in st.session_state[key]["edited_rows"].items():
        editable_cells = {name: cell for name, cell in cells.items() if name in TYPED}
        if editable_cells:
            typed_cells.setdefault(EntryId(displayed_rows.iloc[int(row)]["id"]), {}).update(
                editable_cells
            )


def _typed(work: WorkId, typed_cells: Cells) -> None:
    """Draw what can be done with what was typed over entries, wherever they are listed."""
    see, discard, back = st.columns([1.6, 1.6, 3])
    if typed_cells:
        changes = format_count(len(typed_cells), "change")
        if see.button(f"See what {changes} would do", type="primary"):
            parts = [
                entry_edits.build_change(entry_id, **_fields(cells))
                for entry_id, cells in typed_cells.items()
            ]
            memory_edit.propose(
                work,
                f"change {describe_entries(work, list(typed_cells))}",
                entry_edits.combine_edits(parts),
            )
        if discard.button(f"Discard {changes}", type="tertiary"):
            undo.put(f"memory typed {work}", dict(typed_cells))
            _retype(work, {})
    with back:
        discarded_cells = undo.button(f"memory typed {work}", "Bring back what was typed")
    if discarded_cells is not None:
        _retype(work, {**discarded_cells, **typed_cells})


def _retype(work: WorkId, typed_cells: Cells) -> None:
    """Let the table begin afresh, with ``typed`` over its entries."""
    st.session_state[f"memory typed {work}"] = typed_cells
    st.session_state[f"memory turn {work}"] = st.session_state.get(f"memory turn {work}", 0) + 1
    st.rerun()


def _draw_filters(work_id: WorkId) -> EntryFilter:
    title_by_id = load_titles(work_id)
    words_column, kind_column, section_column, source_column, standing_column = st.columns(
        [3, 1.6, 2.4, 1.6, 1.4]
    )
    return EntryFilter(
        words=words_column.text_input("Find", placeholder="Subject or words", key="memory words")
        or "",
        kind=kind_column.selectbox(
            "Kind", ENTRY_KINDS, index=None, placeholder="any", key="memory kind"
        ),
        section=section_column.selectbox(
            "From section",
            list(title_by_id),
            index=None,
            format_func=lambda sid: title_by_id.get(sid, sid),
            placeholder="any",
            key="memory section",
        ),
        source=source_column.selectbox(
            "Source",
            list(ORIGIN_LABELS),
            index=None,
            format_func=ORIGIN_LABELS.__getitem__,
            placeholder="any",
            key="memory source",
        ),
        standing=standing_column.selectbox("Which", STANDINGS, key="memory standing") or "live",
    )


def _typed_over(rows: pd.DataFrame, typed_cells: Cells) -> pd.DataFrame:
    """Return the rows with what was typed over them."""
    displayed_rows = rows.copy()
    for at, entry_id in rows["id"].items():
        for name, cell in typed_cells.get(entry_id, {}).items():
            displayed_rows.at[at, name] = cell
    return displayed_rows


def _cells(old_rows: pd.DataFrame, edited_rows: pd.DataFrame) -> Cells:
    """Return the cells that were typed over, by entry and column."""
    changed_cells: Cells = {}
    for name in TYPED:
        for at in old_rows.index[old_rows[name] != edited_rows[name]]:
            changed_cells.setdefault(EntryId(old_rows.at[at, "id"]), {})[name] = edited_rows.at[
                at, name
            ]
    return changed_cells


def _fields(cells: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of an entry that are typed in these cells."""
    fields: dict[str, Any] = {}
    for name, cell in cells.items():
        if name == "aliases":
            parts = str(cell or "").split(",")
            fields[name] = tuple(part.strip() for part in parts if part.strip())
        elif name == "pinned":
            fields[name] = bool(cell)
        else:
            fields[name] = str(cell or "").strip()
    return fields


def _draw_ticked_actions(work_id: WorkId, ticked_ids: list[EntryId]) -> None:
    count_text = format_count(len(ticked_ids), "entry", "entries")
    actions: dict[str, EntryEdit] = {
        "Pin": entry_edits.build_pinning(ticked_ids),
        "Unpin": entry_edits.build_pinning(ticked_ids, pinned=False),
        "Retract": entry_edits.build_retraction(ticked_ids),
    }
    for label, edit in actions.items():
        if st.button(f"{label} {count_text}", key=f"ticked {label}"):
            memory_edit.propose(
                work_id, f"{label.lower()} {describe_entries(work_id, ticked_ids)}", edit
            )
    subjects = list(dict.fromkeys(find_entry(work_id, entry_id).subject for entry_id in ticked_ids))
    if len(subjects) == 2 and st.button(
        f"Join “{escape_markdown(subjects[1], 30)}” to “{escape_markdown(subjects[0], 30)}”"
    ):
        memory_edit.propose(
            work_id,
            f"join “{subjects[1]}” to “{subjects[0]}”",
            entry_edits.build_subject_merge(*subjects),
        )


def _draw_add_form(work_id: WorkId) -> None:
    with st.popover("Add an entry", icon=":material/add:"):
        subject = st.text_input("Subject", key="add subject")
        statement = st.text_area("What is true", key="add statement", height=90)
        kind = st.selectbox("Kind", ENTRY_KINDS, index=3, key="add kind")
        attribute = st.text_input("Attribute", key="add attribute", placeholder="eye colour …")
        pinned = st.checkbox("Always shown", key="add pinned")
        is_ready = bool(subject and subject.strip() and statement and statement.strip())
        if st.button("See what it would do", disabled=not is_ready, key="add it"):
            new_entry = memory_edit.build_remembered(
                subject=subject, statement=statement, kind=kind, attribute=attribute, pinned=pinned
            )
            memory_edit.propose(
                work_id, f"add “{subject}”", entry_edits.build_addition([new_entry])
            )


def _draw_entry(work_id: WorkId, memory: Memory, entry_id: EntryId) -> None:
    entry_history = memory.entry(entry_id)
    entry = entry_history.entry
    with st.container(border=True):
        st.markdown(
            f"**{escape_markdown(entry.subject)}** · {escape_markdown(entry.statement, 400)}"
        )
        span, title_by_id = entry.span, load_titles(work_id)
        if entry_history.words and span is not None:
            st.html(render_prose(f"“{entry_history.words}”"))
        if entry_history.words and span is not None and span.section not in title_by_id:
            st.caption("It stands in a section that was taken out of the outline.")
        elif entry_history.words and span is not None:
            navigation.draw_link(
                "text",
                f"Go to the sentence, in {escape_markdown(title_by_id[span.section], 60)}",
                work_id=work_id,
                icon=":material/arrow_forward:",
                section=span.section,
                **navigation.build_find_params(entry_history.words),
            )
        if entry_history.shown_to:
            st.caption("Shown to")
            with st.container(horizontal=True):
                for section_id in list(entry_history.shown_to)[:MAX_SHOWN]:
                    navigation.draw_link(
                        "text",
                        escape_markdown(title_by_id.get(section_id, section_id), 40),
                        work_id=work_id,
                        section=section_id,
                    )
        else:
            st.caption("No section has been shown it yet.")
        versions = memory.history(entry_id)
        for old_version in versions[:-1]:
            text_column, button_column = st.columns([8, 1.3], vertical_alignment="center")
            text_column.markdown(
                f"Version {old_version.version}: {escape_markdown(old_version.statement, 300)}"
            )
            if button_column.button(
                "Restore", key=f"restore {entry_id} {old_version.version}", width="stretch"
            ):
                memory_edit.propose(
                    work_id,
                    f"go back to version {old_version.version} of "
                    f"{describe_entries(work_id, [entry_id])}",
                    entry_edits.build_restoration(entry_id, old_version.version),
                )

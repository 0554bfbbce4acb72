"""Memory: what the work knows, as a table to be put right; what an edit reaches is shown first."""

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from inkwright.app.api.memory import Memory
from inkwright.app.display.formatting import many
from inkwright.app.ui import cache, errors, navigation, visits
from inkwright.app.ui.components import tabs, undo
from inkwright.app.ui.html import plain, prose
from inkwright.app.ui.memory import edit as memory_edit
from inkwright.app.ui.memory import lists
from inkwright.app.ui.memory.names import SOURCES, called, entry_of, titles
from inkwright.app.ui.memory.rows import COLUMNS, DRAWN, EntryFilter, table
from inkwright.memory.changes import entry_edits
from inkwright.memory.changes.entry_edits import Edit

Cells = dict[str, dict[str, Any]]
"""What stands in the cells that a person typed in, by entry and column."""

TYPED = ("kind", "subject", "attribute", "statement", "pinned", "aliases")
"""The columns that can be typed in."""
SHOWN = 60
KINDS = ("character", "place", "event", "fact", "term", "style", "thread")
STANDINGS = ("live", "superseded", "retracted", "all")


def page() -> None:
    """Draw the page."""
    work = navigation.work()
    memory = Memory(work, settings=navigation.settings())
    st.title("Memory", anchor=False)
    if memory_edit.pending(work):
        memory_edit.draw(work, memory)
    pairs, threads, proposals, findings = cache.lists(work, memory)
    let_be = visits.of_visit(lists.LET_BE)
    told = [f for f in findings if not f.dismissed or f.number in let_be]
    tabs.draw(
        "memory tab",
        {
            "Entries": partial(st.fragment(_entries), work, memory),
            "Summaries": partial(lists.summaries, work, memory),
            "Conflicts": partial(lists.conflicts, work, pairs),
            "Threads": partial(lists.threads, work, threads),
            "Proposals": partial(lists.proposals, work, proposals),
            "Your sentences": partial(lists.told, work, memory, told),
        },
        counts={
            "Conflicts": len(pairs),
            "Threads": len(threads),
            "Proposals": len(proposals),
            "Your sentences": sum(not f.dismissed for f in told),
        },
        always="Entries",
    )


@errors.safely
def _entries(work: str, memory: Memory) -> None:
    _add(work)
    wanted = _filters(work)
    rows = table(work, wanted)
    typed: Cells = st.session_state.setdefault(f"memory typed {work}", {})
    if rows.empty:
        st.caption("Nothing of this kind is remembered. Sections fill this while they are written.")
        _typed(work, typed)
        return
    found = _table(work, rows, wanted, typed)
    for eid in rows["id"]:
        typed.pop(str(eid), None)
    typed.update(_cells(rows, found))
    ticked = [str(eid) for eid in found.loc[found["tick"], "id"]]
    st.caption(f"{len(rows):,} entries, {int(rows['tokens'].sum()):,} tokens", width="content")
    _typed(work, typed)
    if ticked:
        with st.container(horizontal=True, vertical_alignment="center"):
            _with_ticked(work, ticked)
    if len(ticked) == 1:
        _one(work, memory, ticked[0])
    elif not ticked:
        st.caption("Tick an entry to see the sentence it comes from, and what was shown it.")


def _table(work: str, rows: pd.DataFrame, wanted: EntryFilter, typed: Cells) -> pd.DataFrame:
    """Draw the entries as a table to type in; it begins with what was typed over them before."""
    state = st.session_state
    turn = state.get(f"memory turn {work}", 0)
    key = f"entries {work} {hash((wanted, cache.stamp(work)))} {turn}"
    if state.get("memory begun", ("",))[0] != key:
        state["memory begun"] = key, _typed_over(rows, typed)
    found: pd.DataFrame = st.data_editor(
        state["memory begun"][1],
        key=key,
        column_config=COLUMNS,
        column_order=DRAWN,
        disabled=("id", "tokens", "source", "shown", "standing"),
        hide_index=True,
        num_rows="fixed",
        on_change=_type,
        args=(work, key),
        height=min(38 + 35 * len(rows), 460),
        width="stretch",
    )
    return found


def _type(work: str, key: str) -> None:
    """Keep what was typed, even if the press that ended the typing listed other entries."""
    typed: Cells = st.session_state[f"memory typed {work}"]
    drawn = st.session_state["memory begun"][1]
    for row, cells in st.session_state[key]["edited_rows"].items():
        given = {name: cell for name, cell in cells.items() if name in TYPED}
        if given:
            typed.setdefault(str(drawn.iloc[int(row)]["id"]), {}).update(given)


def _typed(work: str, typed: Cells) -> None:
    """Draw what can be done with what was typed over entries, wherever they are listed."""
    see, discard, back = st.columns([1.6, 1.6, 3])
    if typed:
        changes = many(len(typed), "change")
        if see.button(f"See what {changes} would do", type="primary"):
            parts = [entry_edits.editing(eid, **_fields(cells)) for eid, cells in typed.items()]
            memory_edit.propose(
                work, f"change {called(work, list(typed))}", entry_edits.together(parts)
            )
        if discard.button(f"Discard {changes}", type="tertiary"):
            undo.put(f"memory typed {work}", dict(typed))
            _retype(work, {})
    with back:
        dropped = undo.button(f"memory typed {work}", "Bring back what was typed")
    if dropped is not None:
        _retype(work, {**dropped, **typed})


def _retype(work: str, typed: Cells) -> None:
    """Let the table begin afresh, with ``typed`` over its entries."""
    st.session_state[f"memory typed {work}"] = typed
    st.session_state[f"memory turn {work}"] = st.session_state.get(f"memory turn {work}", 0) + 1
    st.rerun()


def _filters(work: str) -> EntryFilter:
    names = titles(work)
    words, kind, section, source, standing = st.columns([3, 1.6, 2.4, 1.6, 1.4])
    return EntryFilter(
        words=words.text_input("Find", placeholder="Subject or words", key="memory words") or "",
        kind=kind.selectbox("Kind", KINDS, index=None, placeholder="any", key="memory kind"),
        section=section.selectbox(
            "From section",
            list(names),
            index=None,
            format_func=lambda sid: names.get(sid, sid),
            placeholder="any",
            key="memory section",
        ),
        source=source.selectbox(
            "Source",
            list(SOURCES),
            index=None,
            format_func=SOURCES.__getitem__,
            placeholder="any",
            key="memory source",
        ),
        standing=standing.selectbox("Which", STANDINGS, key="memory standing") or "live",
    )


def _typed_over(rows: pd.DataFrame, typed: Cells) -> pd.DataFrame:
    """Return the rows with what was typed over them."""
    drawn = rows.copy()
    for at, eid in rows["id"].items():
        for name, cell in typed.get(eid, {}).items():
            drawn.at[at, name] = cell
    return drawn


def _cells(before: pd.DataFrame, after: pd.DataFrame) -> Cells:
    """Return the cells that were typed over, by entry and column."""
    found: Cells = {}
    for name in TYPED:
        for at in before.index[before[name] != after[name]]:
            found.setdefault(str(before.at[at, "id"]), {})[name] = after.at[at, name]
    return found


def _fields(cells: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of an entry that are typed in these cells."""
    found: dict[str, Any] = {}
    for name, cell in cells.items():
        if name == "aliases":
            parts = str(cell or "").split(",")
            found[name] = tuple(part.strip() for part in parts if part.strip())
        elif name == "pinned":
            found[name] = bool(cell)
        else:
            found[name] = str(cell or "").strip()
    return found


def _with_ticked(work: str, ticked: list[str]) -> None:
    entries = many(len(ticked), "entry", "entries")
    actions: dict[str, Edit] = {
        "Pin": entry_edits.pinning(ticked),
        "Unpin": entry_edits.pinning(ticked, pinned=False),
        "Retract": entry_edits.retracting(ticked),
    }
    for label, edit in actions.items():
        if st.button(f"{label} {entries}", key=f"ticked {label}"):
            memory_edit.propose(work, f"{label.lower()} {called(work, ticked)}", edit)
    subjects = list(dict.fromkeys(entry_of(work, eid).subject for eid in ticked))
    if len(subjects) == 2 and st.button(
        f"Join “{plain(subjects[1], 30)}” to “{plain(subjects[0], 30)}”"
    ):
        memory_edit.propose(
            work, f"join “{subjects[1]}” to “{subjects[0]}”", entry_edits.merging(*subjects)
        )


def _add(work: str) -> None:
    with st.popover("Add an entry", icon=":material/add:"):
        subject = st.text_input("Subject", key="add subject")
        statement = st.text_area("What is true", key="add statement", height=90)
        kind = st.selectbox("Kind", KINDS, index=3, key="add kind")
        attribute = st.text_input("Attribute", key="add attribute", placeholder="eye colour …")
        pinned = st.checkbox("Always shown", key="add pinned")
        ready = bool(subject and subject.strip() and statement and statement.strip())
        if st.button("See what it would do", disabled=not ready, key="add it"):
            given = memory_edit.given(
                subject=subject, statement=statement, kind=kind, attribute=attribute, pinned=pinned
            )
            memory_edit.propose(work, f"add “{subject}”", entry_edits.adding([given]))


def _one(work: str, memory: Memory, eid: str) -> None:
    found = memory.entry(eid)
    with st.container(border=True):
        st.markdown(f"**{plain(found.entry.subject)}** · {plain(found.entry.statement, 400)}")
        span, names = found.entry.span, titles(work)
        if found.words and span is not None:
            st.html(prose(f"“{found.words}”"))
        if found.words and span is not None and span.section not in names:
            st.caption("It stands in a section that was taken out of the outline.")
        elif found.words and span is not None:
            navigation.link(
                "text",
                f"Go to the sentence, in {plain(names[span.section], 60)}",
                work=work,
                icon=":material/arrow_forward:",
                section=span.section,
                **navigation.finding(found.words),
            )
        if found.shown_to:
            st.caption("Shown to")
            with st.container(horizontal=True):
                for sid in list(found.shown_to)[:SHOWN]:
                    navigation.link("text", plain(names.get(sid, sid), 40), work=work, section=sid)
        else:
            st.caption("No section has been shown it yet.")
        history = memory.history(eid)
        for old in history[:-1]:
            line, again = st.columns([8, 1.3], vertical_alignment="center")
            line.markdown(f"Version {old.version}: {plain(old.statement, 300)}")
            if again.button("Restore", key=f"restore {eid} {old.version}", width="stretch"):
                memory_edit.propose(
                    work,
                    f"go back to version {old.version} of {called(work, [eid])}",
                    entry_edits.restoring(eid, old.version),
                )

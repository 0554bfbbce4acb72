"""Memory: what the work knows, as a table to be put right; what an edit reaches is shown first."""

from functools import partial
from typing import Any

import streamlit as st

from inkwright.app.memory_of import Memory
from inkwright.app.ui import memory_edit, memory_lists, place, reading, tabs
from inkwright.app.ui.memory_names import SOURCES, called, entry_of, titles
from inkwright.app.ui.memory_rows import COLUMNS, DRAWN, Wanted, table
from inkwright.app.ui.shown import plain, prose
from inkwright.app.wording import many
from inkwright.memory import edits
from inkwright.memory.edits import Edit

SHOWN = 60
KINDS = ("character", "place", "event", "fact", "term", "style", "thread")
STANDINGS = ("live", "superseded", "retracted", "all")


def page() -> None:
    """Draw the page."""
    work = place.work()
    memory = Memory(work, settings=place.settings())
    st.title("Memory", anchor=False)
    if memory_edit.pending(work):
        memory_edit.draw(work, memory)
    pairs, threads, proposals, told = reading.lists(work, memory)
    tabs.draw(
        "memory tab",
        {
            "Entries": partial(st.fragment(_entries), work, memory),
            "Summaries": partial(memory_lists.summaries, work, memory),
            "Conflicts": partial(memory_lists.conflicts, work, pairs),
            "Threads": partial(memory_lists.threads, work, threads),
            "Proposals": partial(memory_lists.proposals, work, proposals),
            "Your sentences": partial(memory_lists.told, work, memory, told),
        },
        counts={
            "Conflicts": len(pairs),
            "Threads": len(threads),
            "Proposals": len(proposals),
            "Your sentences": len(told),
        },
        always="Entries",
    )


@place.safely
def _entries(work: str, memory: Memory) -> None:
    _add(work)
    wanted = _filters(work)
    rows = table(work, wanted)
    if rows.empty:
        st.caption("Nothing of this kind is remembered. Sections fill this while they are written.")
        return
    found = st.data_editor(
        rows,
        key=f"entries {work} {hash((wanted, reading.stamp(work)))} {memory_edit.turn(work)}",
        column_config=COLUMNS,
        column_order=DRAWN,
        disabled=("id", "tokens", "source", "shown", "standing"),
        hide_index=True,
        num_rows="fixed",
        height=min(38 + 35 * len(rows), 460),
        width="stretch",
    )
    changed = _changes(rows, found)
    ticked = [str(eid) for eid in found.loc[found["tick"], "id"]]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{len(rows):,} entries, {int(rows['tokens'].sum()):,} tokens", width="content")
        if changed and st.button(
            f"See what {many(len(changed), 'change')} would do", type="primary"
        ):
            parts = [edits.editing(eid, **fields) for eid, fields in changed.items()]
            memory_edit.propose(
                work, f"change {called(work, list(changed))}", edits.together(parts)
            )
        if ticked:
            _with_ticked(work, ticked)
    if len(ticked) == 1:
        _one(work, memory, ticked[0])
    elif not ticked:
        st.caption("Tick an entry to see the sentence it comes from, and what was shown it.")


def _filters(work: str) -> Wanted:
    names = titles(work)
    words, kind, section, source, standing = st.columns([3, 1.6, 2.4, 1.6, 1.4])
    return Wanted(
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


def _changes(before: Any, after: Any) -> dict[str, dict[str, Any]]:
    """Return the fields that were typed over, by entry."""
    found: dict[str, dict[str, Any]] = {}
    for name in ("kind", "subject", "attribute", "statement", "pinned", "aliases"):
        for at in before.index[before[name] != after[name]]:
            value = after.at[at, name]
            if name == "aliases":
                value = tuple(part.strip() for part in str(value or "").split(",") if part.strip())
            elif name == "pinned":
                value = bool(value)
            else:
                value = str(value or "").strip()
            found.setdefault(str(before.at[at, "id"]), {})[name] = value
    return found


def _with_ticked(work: str, ticked: list[str]) -> None:
    entries = many(len(ticked), "entry", "entries")
    actions: dict[str, Edit] = {
        "Pin": edits.pinning(ticked),
        "Unpin": edits.pinning(ticked, pinned=False),
        "Retract": edits.retracting(ticked),
    }
    for label, edit in actions.items():
        if st.button(f"{label} {entries}", key=f"ticked {label}"):
            memory_edit.propose(work, f"{label.lower()} {called(work, ticked)}", edit)
    subjects = list(dict.fromkeys(entry_of(work, eid).subject for eid in ticked))
    if len(subjects) == 2 and st.button(
        f"Join “{plain(subjects[1], 30)}” to “{plain(subjects[0], 30)}”"
    ):
        memory_edit.propose(
            work, f"join “{subjects[1]}” to “{subjects[0]}”", edits.merging(*subjects)
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
            memory_edit.propose(work, f"add “{subject}”", edits.adding([given]))


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
            place.link(
                "text",
                f"Go to the sentence, in {plain(names[span.section], 60)}",
                work=work,
                icon=":material/arrow_forward:",
                section=span.section,
                **place.finding(found.words),
            )
        if found.shown_to:
            st.caption("Shown to")
            with st.container(horizontal=True):
                for sid in list(found.shown_to)[:SHOWN]:
                    place.link("text", plain(names.get(sid, sid), 40), work=work, section=sid)
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
                    edits.restoring(eid, old.version),
                )

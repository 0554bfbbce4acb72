"""Memory: what the work knows, as a table to be put right; what an edit reaches is shown first."""

from functools import partial
from typing import Any

import streamlit as st

from inkwright.app.memory_of import Memory
from inkwright.app.ui import memory_edit, place, reading, tabs
from inkwright.app.ui.memory_rows import COLUMNS, DRAWN, Wanted, table
from inkwright.app.ui.shown import plain, prose
from inkwright.app.wording import many
from inkwright.memory import edits
from inkwright.memory.edits import Edit
from inkwright.memory.entry import Entry

SHOWN = 60
KINDS = ("character", "place", "event", "fact", "term", "style", "thread")
SOURCES = {"section": "the text", "plan": "the plan", "source": "a source", "person": "you"}
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
            "Summaries": partial(_summaries, work, memory),
            "Conflicts": partial(_conflicts, work, pairs),
            "Threads": partial(_threads, work, threads),
            "Proposals": partial(_proposals, work, proposals),
            "Your sentences": partial(_told, work, memory, told),
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
            _propose(work, f"change {', '.join(changed)}", edits.together(parts))
        if ticked:
            _with_ticked(work, ticked)
    if len(ticked) == 1:
        _one(work, memory, ticked[0])
    elif not ticked:
        st.caption("Tick an entry to see the sentence it comes from, and what was shown it.")


def _filters(work: str) -> Wanted:
    plan = reading.plan(work)
    titles = {s.id: s.title for s in plan.outline.sections} if plan else {}
    words, kind, section, source, standing = st.columns([3, 1.6, 2.4, 1.6, 1.4])
    return Wanted(
        words=words.text_input("Find", placeholder="Subject or words", key="memory words") or "",
        kind=kind.selectbox("Kind", KINDS, index=None, placeholder="any", key="memory kind"),
        section=section.selectbox(
            "From section",
            list(titles),
            index=None,
            format_func=lambda sid: titles.get(sid, sid),
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
            _propose(work, f"{label.lower()} {', '.join(ticked)}", edit)
    subjects = list(dict.fromkeys(_entry(work, eid).subject for eid in ticked))
    if len(subjects) == 2 and st.button(
        f"Join “{plain(subjects[1], 30)}” to “{plain(subjects[0], 30)}”"
    ):
        _propose(work, f"join {subjects[1]} to {subjects[0]}", edits.merging(*subjects))


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
            _propose(work, f"add “{subject}”", edits.adding([given]))


def _one(work: str, memory: Memory, eid: str) -> None:
    found = memory.entry(eid)
    with st.container(border=True):
        st.markdown(f"**{plain(found.entry.subject)}** · {plain(found.entry.statement, 400)}")
        span, titles = found.entry.span, _titles(work)
        if found.words and span is not None:
            st.html(prose(f"“{found.words}”"))
            place.link(
                "text",
                f"Go to the sentence, in {plain(titles.get(span.section, span.section), 60)}",
                work=work,
                icon=":material/arrow_forward:",
                section=span.section,
                **place.finding(found.words),
            )
        if found.shown_to:
            st.caption("Shown to")
            with st.container(horizontal=True):
                for sid in list(found.shown_to)[:SHOWN]:
                    place.link("text", plain(titles.get(sid, sid), 40), work=work, section=sid)
        else:
            st.caption("No section has been shown it yet.")
        history = memory.history(eid)
        for old in history[:-1]:
            line, again = st.columns([8, 1.3], vertical_alignment="center")
            line.markdown(f"Version {old.version}: {plain(old.statement, 300)}")
            if again.button("Restore", key=f"restore {eid} {old.version}", width="stretch"):
                _propose(work, f"restore {eid}", edits.restoring(eid, old.version))


def _summaries(work: str, memory: Memory) -> None:
    found, titles = reading.summaries(work, memory), _titles(work)
    if not any(found.values()):
        st.caption("No section has been summed up yet.")
    for sid, said in found.items():
        if said:
            st.markdown(f"**Up to {plain(titles.get(sid, sid))}**")
            st.html(prose(said))


def _conflicts(work: str, pairs: list[tuple[Entry, Entry]]) -> None:
    if not pairs:
        st.caption("No two entries give one attribute two values.")
    for one, other in pairs[:SHOWN]:
        with st.container(border=True):
            st.markdown(f"**{plain(one.subject)}**, {plain(one.attribute)}")
            for keep, drop in ((one, other), (other, one)):
                line, act = st.columns([8, 1.6], vertical_alignment="center")
                line.markdown(f"{plain(keep.statement, 300)}  ({plain(_from(keep))})")
                if act.button("This one holds", key=f"hold {keep.id} {drop.id}", width="stretch"):
                    _propose(work, f"retract {drop.id}", edits.retracting([drop.id]))


def _threads(work: str, threads: list[Entry]) -> None:
    if not threads:
        st.caption("No thread is open.")
    for thread in threads[:SHOWN]:
        line, act = st.columns([8, 1.6], vertical_alignment="center")
        line.markdown(f"**{plain(thread.subject)}** {plain(thread.statement, 300)}")
        if act.button("Paid off", key=f"paid {thread.id}", width="stretch"):
            _propose(work, f"retract {thread.id}", edits.retracting([thread.id]))


def _proposals(work: str, proposals: list[Entry]) -> None:
    if not proposals:
        st.caption("Nothing waits for your word.")
    for entry in proposals[:SHOWN]:
        line, yes, no = st.columns([7, 1.2, 1.2], vertical_alignment="center")
        what = "no longer holds" if entry.status == "doubted" else "is new"
        line.markdown(f"**{plain(entry.subject)}** {plain(entry.statement, 300)} ({what})")
        if yes.button("Accept", key=f"yes {entry.id}", width="stretch"):
            _propose(work, f"accept {entry.id}", edits.accepting([entry.id]))
        if no.button("Decline", key=f"no {entry.id}", width="stretch"):
            _propose(work, f"decline {entry.id}", edits.declining([entry.id]))


def _told(work: str, memory: Memory, told: list[Any]) -> None:
    if not told:
        st.caption("No sentence of yours is known to contradict memory.")
    for finding in told[:SHOWN]:
        with st.container(border=True):
            st.html(prose(f"“{finding.evidence}”"))
            st.caption(f"Memory says: {plain(finding.line.removeprefix('- '), 300)}")
            with st.container(horizontal=True):
                place.link(
                    "text",
                    "Go to the sentence",
                    work=work,
                    section=finding.section,
                    **place.finding(finding.evidence),
                )
                if st.button("Let it be", key=f"dismiss {finding.number}"):
                    memory.dismiss(finding.number)
                    st.rerun()


def _propose(work: str, said: str, edit: Edit) -> None:
    memory_edit.propose(work, said, edit)
    st.rerun()


def _entry(work: str, eid: str) -> Entry:
    return edits.found(reading.ledger(work), eid)


def _titles(work: str) -> dict[str, str]:
    plan = reading.plan(work)
    return {s.id: s.title for s in plan.outline.sections} if plan else {}


def _from(entry: Entry) -> str:
    return entry.span.section if entry.span else SOURCES.get(entry.origin, entry.origin)

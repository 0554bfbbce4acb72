"""What memory holds beside its entries: summaries, and what waits for a person's word."""

import streamlit as st

from inkwright.app.api.memory import Memory
from inkwright.app.ui import cache, navigation, visits
from inkwright.app.ui.html import plain, prose
from inkwright.app.ui.memory import edit
from inkwright.app.ui.memory.names import called, origin, titles
from inkwright.memory.changes import entry_edits
from inkwright.memory.changes.contradictions import ContradictionFinding
from inkwright.memory.domain.entry import Entry

SHOWN = 60
LET_BE = "memory let be"
"""In the state of a visit: numbers of the findings that were let be in it."""


def summaries(work: str, memory: Memory) -> None:
    """Draw the rolling summary of every chain."""
    found, names = cache.summaries(work, memory), titles(work)
    if not any(found.values()):
        st.caption("No section has been summed up yet.")
    for sid, said in found.items():
        if said:
            st.markdown(f"**Up to {plain(names.get(sid, sid))}**")
            st.html(prose(said))


def conflicts(work: str, pairs: list[tuple[Entry, Entry]]) -> None:
    """Draw the entries that give one attribute two values."""
    if not pairs:
        st.caption("No two entries give one attribute two values.")
    for one, other in pairs[:SHOWN]:
        with st.container(border=True):
            st.markdown(f"**{plain(one.subject)}**, {plain(one.attribute)}")
            for keep, drop in ((one, other), (other, one)):
                line, act = st.columns([8, 1.6], vertical_alignment="center")
                line.markdown(f"{plain(keep.statement, 300)}  ({plain(origin(work, keep))})")
                if act.button("This one holds", key=f"hold {keep.id} {drop.id}", width="stretch"):
                    edit.propose(
                        work,
                        f"retract {called(work, [drop.id])}",
                        entry_edits.retracting([drop.id]),
                    )


def threads(work: str, threads: list[Entry]) -> None:
    """Draw the threads that are open."""
    if not threads:
        st.caption("No thread is open.")
    for thread in threads[:SHOWN]:
        line, act = st.columns([8, 1.6], vertical_alignment="center")
        line.markdown(f"**{plain(thread.subject)}** {plain(thread.statement, 300)}")
        if act.button("Paid off", key=f"paid {thread.id}", width="stretch"):
            edit.propose(
                work,
                f"take {called(work, [thread.id])} as paid off",
                entry_edits.retracting([thread.id]),
            )


def proposals(work: str, proposals: list[Entry]) -> None:
    """Draw what waits to be let into memory."""
    if not proposals:
        st.caption("Nothing waits for your word.")
    for entry in proposals[:SHOWN]:
        line, yes, no = st.columns([7, 1.2, 1.2], vertical_alignment="center")
        what = "no longer holds" if entry.status == "doubted" else "is new"
        line.markdown(f"**{plain(entry.subject)}** {plain(entry.statement, 300)} ({what})")
        if yes.button("Accept", key=f"yes {entry.id}", width="stretch"):
            edit.propose(
                work, f"accept {called(work, [entry.id])}", entry_edits.accepting([entry.id])
            )
        if no.button("Decline", key=f"no {entry.id}", width="stretch"):
            edit.propose(
                work, f"decline {called(work, [entry.id])}", entry_edits.declining([entry.id])
            )


def told(work: str, memory: Memory, told: list[ContradictionFinding]) -> None:
    """Draw the person's sentences that memory contradicts; one that is let be stays there."""
    let_be = visits.of_visit(LET_BE)
    if not told:
        st.caption("No sentence of yours is known to contradict memory.")
    for finding in told[:SHOWN]:
        with st.container(border=True):
            st.html(prose(f"“{finding.evidence}”"))
            st.caption(f"Memory says: {plain(finding.line.removeprefix('- '), 300)}")
            with st.container(horizontal=True, vertical_alignment="center"):
                navigation.link(
                    "text",
                    "Go to the sentence",
                    work=work,
                    section=finding.section,
                    **navigation.finding(finding.evidence),
                )
                _let_be(memory, finding.number, let_be)


def _let_be(memory: Memory, number: int, let_be: dict[int, bool]) -> None:
    done = number in let_be
    if st.button("Let it be", key=f"dismiss {number}", disabled=done):
        memory.dismiss(number)
        let_be[number] = True
        st.rerun()
    if not done:
        return
    st.caption("It may stay as it is.", width="content")
    if st.button("Take back", key=f"dismiss not {number}", icon=":material/undo:"):
        memory.dismiss(number, undo=True)
        del let_be[number]
        st.rerun()

"""What can be done with a section beside typing: versions, new drafts, locks, who wrote what."""

import csv
import io
from html import escape

import streamlit as st

from inkwright.app.api.section import SectionText
from inkwright.app.ui import cache, errors, navigation, visits
from inkwright.app.ui.html import PROSE, difference, plain
from inkwright.app.ui.text import candidates as text_candidates
from inkwright.memory.domain.authorship import of_person, share
from inkwright.memory.domain.draft import Draft
from inkwright.memory.text.word_diff import DiffSpan, differences, hunks, joined
from inkwright.memory.user_work import candidates

HUNKS_SHOWN = 30
STAGES = {"person": "by you", "edited": "edited as you asked", "candidate": "a candidate"}


def draw(work: str, section: str, *, busy: bool) -> None:
    """Draw the tools of a section that has text; ``busy``: a run goes on."""
    text = SectionText(work, section, settings=navigation.settings())
    known = text.versions()
    waiting = candidates.waiting(known)
    new = f"New drafts ({len(waiting)})" if waiting else "New drafts"
    names = ["Versions", new, "Locks", "Who wrote what"]
    versions, redraft, locks, authors = st.tabs(names, default=new if waiting else None)
    with versions:
        errors.safely(_versions)(text, known)
    with redraft:
        errors.safely(text_candidates.draw)(text, known[-1], waiting, busy=busy)
    with locks:
        errors.safely(_locks)(text, known[-1])
    with authors:
        errors.safely(_authors)(work, known[-1])


def _versions(text: SectionText, known: list[Draft]) -> None:
    if len(known) == 1:
        st.caption(f"There is one version, {_said(known[0])}.")
        return
    numbers = {d.version: _said(d) for d in reversed(known[:-1])}
    pick, again = st.columns([5, 1.6], vertical_alignment="bottom")
    one: int = pick.selectbox(
        "What became of",
        list(numbers),
        format_func=numbers.__getitem__,
        key=f"before {text.section}",
    )
    if again.button("Restore it", icon=":material/history:", width="stretch"):
        text.restore(one)
        st.rerun()
    pieces = _pieces(text.version(one).text, known[-1].text)
    found = hunks(pieces)
    if not found:
        st.caption(f"Version {known[-1].version} has the same words.")
        return
    st.html(difference(pieces))
    with st.expander(f"Choose among {len(found)} change{'s' if len(found) != 1 else ''}"):
        _choose(text, one, pieces, found)


def _choose(
    text: SectionText, one: int, pieces: list[DiffSpan], found: list[list[DiffSpan]]
) -> None:
    taken = set(range(HUNKS_SHOWN, len(found)))
    for number, hunk in enumerate(found[:HUNKS_SHOWN]):
        tick, words = st.columns([0.5, 12])
        key = f"hunk {text.section} {one} {number}"
        if tick.checkbox("Keep", value=True, key=key, label_visibility="collapsed"):
            taken.add(number)
        words.html(difference(hunk))
    if len(found) > HUNKS_SHOWN:
        st.caption(f"The {len(found) - HUNKS_SHOWN} changes after these stay as they are.")
    if st.button("Keep only the ticked changes", disabled=len(taken) == len(found)):
        text.edit(joined(pieces, taken))
        st.rerun()


def _locks(text: SectionText, draft: Draft) -> None:
    st.caption("No model changes locked words, nor any that you wrote.")
    words = st.text_input(
        "Words to lock, exactly as they stand",
        key=f"lock {text.work}/{text.section}",
        persist_state="session",
    )
    with st.container(horizontal=True):
        if st.button("Lock them", disabled=not words, icon=":material/lock:"):
            text.lock(words)
            st.rerun()
        if st.button("Lock the whole section"):
            text.lock()
            st.rerun()
    unlocked: dict[int, str] = visits.of_visit(f"unlocked {text.work}/{text.section}")
    locked = {h.start: draft.text[h.start : h.end] for h in draft.held if h.why == "locked"}
    there = {at: words for at, words in unlocked.items() if draft.text.startswith(words, at)}
    for start, words in sorted({**there, **locked}.items()):
        line, off, on = st.columns([7, 1.3, 1.3], vertical_alignment="center")
        line.markdown(plain(words, 240))
        key = f"{text.section} {start}"
        free = start not in locked
        if off.button("Unlock", key=f"unlock {key}", width="stretch", disabled=free):
            text.unlock(words, start=start)
            unlocked[start] = words
            st.rerun()
        if free and on.button("Lock again", key=f"lock {key}", width="stretch"):
            text.lock(words, start=start)
            st.rerun()


def _authors(work: str, draft: Draft) -> None:
    found = share(draft)
    whole = max(found.person + found.model, 1)
    st.markdown(
        f"**{found.person / whole:.0%}** yours ({found.person:,} words), "
        f"**{found.model / whole:.0%}** a model's ({found.model:,} words)"
    )
    st.html(_marked(draft))
    st.download_button(
        "Shares of all sections (CSV)",
        _csv(work),
        file_name=f"{work}-authorship.csv",
        mime="text/csv",
        icon=":material/download:",
    )


def _marked(draft: Draft) -> str:
    parts, at = [], 0
    for held in of_person(draft.held):
        parts.append(escape(draft.text[at : held.start]))
        words = escape(draft.text[held.start : held.end])
        parts.append(f'<mark style="{_MINE}">{words}</mark>')
        at = held.end
    parts.append(escape(draft.text[at:]))
    return f'<div style="{PROSE}">{"".join(parts)}</div>'


def _csv(work: str) -> str:
    plan, texts = cache.plan(work), cache.texts(work)
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["section", "title", "version", "words", "person", "model"])
    for section in plan.outline.sections if plan else ():
        if (draft := texts.get(section.id)) is not None:
            found = share(draft)
            writer.writerow(
                [section.id, section.title, draft.version, draft.words, found.person, found.model]
            )
    return table.getvalue()


@st.cache_data(show_spinner=False, max_entries=64)
def _pieces(before: str, after: str) -> list[DiffSpan]:
    return differences(before, after)


def _said(draft: Draft) -> str:
    return f"version {draft.version}: {STAGES.get(draft.stage, draft.stage)}, {draft.words:,} words"


_MINE = "background:rgba(47,93,138,.16);color:inherit"

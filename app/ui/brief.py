"""Brief: what is to be written, and what it would take, before anything is sent."""

from collections.abc import Mapping
from importlib import resources
from typing import Any, Literal

import streamlit as st

from inkwright.agents.config import ROLES, Arms
from inkwright.app import background, brief_draft, engine
from inkwright.app.brief_file import brief_of, read_brief
from inkwright.app.estimate import estimate
from inkwright.app.shelf import standings
from inkwright.app.ui import brief_sources, place, reading
from inkwright.app.ui.brief_fields import CHOICES, CONSTRAINT, MEMORY, WIDGETS, fields_of, keys_of
from inkwright.app.ui.shown import plain, prose, told
from inkwright.app.ui.typing import Change, Standing, field
from inkwright.memory.brief import Brief
from inkwright.memory.ledger import entries

EXAMPLES = {
    "lighthouse": "A short story",
    "harbour-report": "A report",
    "garden-diary": "A year's diary",
    "tea-handbook": "茶馆手册",
}


def page() -> None:
    """Draw the brief of the work that is open, or the form for a new one."""
    work = place.chosen()
    if work is not None:
        _of_a_work(work)
        return
    _recall()
    st.title("New work", anchor=False)
    _ready_made()
    _what()
    _details()
    _keep()
    _act()


def _recall() -> None:
    """Bring back what was filled in before this visit."""
    if "brief" in st.session_state:
        return
    _fill(brief_draft.load(place.settings()))


def _fill(fields: dict[str, Any]) -> None:
    state = st.session_state
    state["brief"] = {"request": str(fields.get("request") or "")}
    state["brief order"] = state.get("brief order", 0) + 1
    for name in WIDGETS:
        default = next(iter(CHOICES[name])) if name in CHOICES else ""
        state[f"brief {name}"] = fields.get(name) or default
    state["brief words"] = fields.get("words")
    state["brief seed"] = fields.get("seed") or 1
    state["brief proposals"] = bool(fields.get("proposals"))
    for table in ("constraints", "memory"):
        state[f"brief {table} begun"] = list(fields.get(table) or ())
        state.pop(f"brief {table}", None)
    state["brief rows"] = state.get("brief rows", 0) + 1


def _collected() -> dict[str, Any]:
    state = st.session_state
    return {
        "request": state["brief"]["request"],
        **{name: state.get(f"brief {name}") or "" for name in WIDGETS},
        "words": state.get("brief words"),
        "seed": state.get("brief seed") or 1,
        "proposals": bool(state.get("brief proposals")),
        "constraints": state.get("brief constraints now") or [],
        "memory": state.get("brief memory now") or [],
    }


def _keep() -> None:
    now = _collected()
    if now != st.session_state.get("brief kept"):
        st.session_state["brief kept"] = now
        brief_draft.save(place.settings(), now)


def _brief() -> Brief:
    given = brief_sources.kept()
    found = {"sources": given.sources, "unread": given.unread}
    return brief_of(keys_of(_collected())).model_copy(update=found)


def _what() -> None:
    state = st.session_state

    def keep(change: Change) -> None:
        state["brief"]["request"] = change.text

    def standing() -> Standing:
        return Standing(state["brief"]["request"], order=state["brief order"], says="Kept.")

    field(
        "a new brief",
        standing,
        keep,
        label="What is to be written?",
        placeholder="A sentence, or a page: what it is about, for whom, what must be in it.",
        height=150,
        plain=True,
    )
    title, words, language = st.columns([5, 1.6, 1.2])
    title.text_input(
        "Title", key="brief title", persist_state="session", placeholder="found while planning"
    )
    words.number_input(
        "Words, about",
        key="brief words",
        persist_state="session",
        min_value=1,
        max_value=2_000_000,
        value=None,
        step=100,
        placeholder="from the request",
    )
    language.text_input(
        "Language", key="brief language", persist_state="session", placeholder="en, zh …"
    )
    kind, audience = st.columns(2)
    kind.text_input(
        "Kind",
        key="brief kind",
        persist_state="session",
        placeholder="novel, report, handbook, diary …",
    )
    audience.text_input("For whom", key="brief audience", persist_state="session")


def _details() -> None:
    constraints, style, outline, sources, memory, more = st.tabs(
        ["Constraints", "Style", "Outline", "Sources", "Memory", "More"]
    )
    with constraints:
        _constraints()
    with style:
        st.text_area(
            "How it should sound",
            key="brief style",
            persist_state="session",
            height=90,
            placeholder="A description: dry, short sentences, no adverbs.",
        )
        st.text_area(
            "A page that sounds right",
            key="brief sample",
            persist_state="session",
            height=140,
            placeholder="Every writer is shown it, and drift from it is measured.",
        )
        st.text_area(
            "Phrases it must not use",
            key="brief banned",
            persist_state="session",
            height=80,
            placeholder="One on each line",
        )
    with outline:
        st.text_area(
            "Your own outline",
            key="brief outline",
            persist_state="session",
            height=220,
            placeholder="# Chapter\n## Section\n## Section\n\nEmpty: one is planned.",
        )
    with sources:
        brief_sources.draw()
    with memory:
        _memory()
    with more:
        _more()


def _constraints() -> None:
    st.caption("Each is checked in the sections it is placed in, and reported with a quote.")
    _table("brief constraints", CONSTRAINT)


def _memory() -> None:
    st.caption("What is true before the first word: a series bible, or what an earlier work knows.")
    settings = place.settings()
    works = {s.work: s.title for s in standings(settings.home, settings.library_address)}
    state = st.session_state
    if works:
        pick, take = st.columns([4, 1.3], vertical_alignment="bottom")
        one = pick.selectbox(
            "From a work",
            list(works),
            index=None,
            format_func=works.__getitem__,
            placeholder="Take over what a work knows",
        )
        if take.button("Take over", disabled=one is None, width="stretch"):
            with engine.opened(settings) as library:
                told = entries(library, str(one))
            rows = [{n: getattr(e, n) for n in MEMORY} for e in told]
            state["brief memory begun"] = [*(state.get("brief memory now") or []), *rows]
            state["brief rows"] += 1
            st.rerun()
    _table("brief memory", MEMORY)


def _table(name: str, columns: Mapping[str, Any]) -> None:
    """Draw rows that can be edited: those that were begun with, and what is there now."""
    state = st.session_state
    given = state[f"{name} begun"] or [dict.fromkeys(columns)]
    found = st.data_editor(
        [{column: row.get(column) for column in columns} for row in given],
        key=f"{name} {state['brief rows']}",
        num_rows="dynamic",
        hide_index=True,
        width="stretch",
        column_config=columns,
    )
    state[f"{name} now"] = _rows(found)


def _rows(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept = [{k: v for k, v in row.items() if v not in (None, "")} for row in found]
    return [row for row in kept if row.get("text") or row.get("subject")]


def _more() -> None:
    continuity, headings, cite = st.columns(3)
    continuity.selectbox(
        "Sections wait for",
        list(CHOICES["continuity"]),
        key="brief continuity",
        persist_state="session",
        format_func=CHOICES["continuity"].__getitem__,
    )
    headings.selectbox(
        "Headings in the text",
        list(CHOICES["headings"]),
        key="brief headings",
        persist_state="session",
        format_func=CHOICES["headings"].__getitem__,
    )
    cite.selectbox(
        "Sources are cited by",
        list(CHOICES["cite"]),
        key="brief cite",
        persist_state="session",
        format_func=CHOICES["cite"].__getitem__,
    )
    seed, proposals = st.columns(2, vertical_alignment="bottom")
    seed.number_input(
        "Seed",
        key="brief seed",
        persist_state="session",
        min_value=1,
        step=1,
        help="Another seed is another piece.",
    )
    proposals.checkbox(
        "What my own text tells memory waits for my word",
        key="brief proposals",
        persist_state="session",
    )
    st.caption("Models, where a role is to have another than the one that is set")
    for column, role in zip(st.columns(5), (r for r in ROLES if r != "embedder"), strict=True):
        column.text_input(
            role.capitalize(),
            key=f"brief model {role}",
            persist_state="session",
            placeholder="as set",
        )


def _ready_made() -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Begin with", width="content")
        for name, says in EXAMPLES.items():
            st.button(says, key=f"example {name}", on_click=_example, args=(name,))
        st.button("Empty", key="example none", on_click=_empty, type="tertiary")


def _empty() -> None:
    _fill({})
    brief_draft.forget(place.settings())
    brief_sources.forget()


def _example(name: str) -> None:
    with resources.as_file(resources.files("inkwright.app") / "examples" / f"{name}.yaml") as file:
        _fill(fields_of(read_brief(str(file))))


def _act() -> None:
    empty = not st.session_state["brief"]["request"].strip()
    st.space("small")
    asked: background.What | Literal["keep", "estimate"] | None = None
    with st.container(horizontal=True, vertical_alignment="center"):
        if place.has_model():
            if st.button(
                f"Plan with {place.endpoint()}",
                type="primary",
                disabled=empty,
                shortcut="ctrl+enter",
                icon=":material/account_tree:",
            ):
                asked = "plan"
            if st.button(f"Plan and write with {place.endpoint()}", disabled=empty):
                asked = "write"
            if st.button(
                "Estimate",
                disabled=empty,
                icon=":material/calculate:",
                help="Rehearsed on this machine; nothing is sent.",
            ):
                asked = "estimate"
        if st.button("Keep, send nothing", disabled=empty):
            asked = "keep"
    if not place.has_model():
        st.caption("No model is set. A brief can be kept here and written later.")
    if asked == "estimate":
        _estimate()
    elif asked is not None:
        _begin(None if asked == "keep" else asked)


@place.safely
def _estimate() -> None:
    with st.spinner("Rehearsing; nothing is sent"):
        found = estimate(_brief(), place.settings(), Arms())
    with st.container(border=True):
        for line in found.lines():
            st.markdown(plain(line[0].upper() + line[1:], 400))


@place.safely
def _begin(what: background.What | None) -> None:
    settings, brief = place.settings(), _brief()
    work = engine.begin(brief, settings, Arms(), to_write=what is not None)
    models: dict[str, str] = {
        role: str(model) for role in ROLES if (model := st.session_state.get(f"brief model {role}"))
    }
    if what is not None:
        background.start(work.id, what, settings, models=models)
    brief_draft.forget(settings)
    brief_sources.forget()
    for key in ("brief", "brief kept"):
        st.session_state.pop(key, None)
    place.go("write" if what else "brief", work.id)


def _of_a_work(work: str) -> None:
    found = reading.work(work)
    brief = found.brief
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.title("Brief", anchor=False)
        again = st.button("Use it for a new work", icon=":material/content_copy:")
    st.caption("A work keeps the brief it began with. Another brief is another work.")
    with st.container(border=True):
        st.html(prose(brief.request))
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
    st.html(told({name: value for name, value in facts.items() if value}))
    if brief.sample:
        with st.expander("A page that sounds right"):
            st.html(prose(brief.sample))
    if brief.constraints:
        st.subheader("Constraints", anchor=False)
        st.dataframe(
            [
                {
                    "Constraint": c.text,
                    "Where": str(c.where),
                    "Kind": c.kind,
                    "Required": c.required,
                }
                for c in brief.constraints
            ],
            hide_index=True,
            column_config={"Constraint": st.column_config.TextColumn(width="large")},
        )
    place.safely(brief_sources.of_a_work)(work)
    if again:
        _fill(fields_of(brief))
        place.go("brief")

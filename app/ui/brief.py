"""Brief: what is to be written, and what it would take, before anything is sent."""

from importlib import resources
from typing import Any, Literal

import streamlit as st

from inkwright.agents.config import ROLES, Arms
from inkwright.app import background, brief_draft, engine
from inkwright.app.brief_file import brief_of, read_brief
from inkwright.app.estimate import estimate
from inkwright.app.ui import brief_details, brief_kept, brief_sources, place, reading
from inkwright.app.ui.brief_fields import CHOICES, WIDGETS, fields_of, keys_of
from inkwright.app.ui.shown import plain
from inkwright.app.ui.typing import Change, Standing, field
from inkwright.memory.brief import Brief

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
        kept = reading.work(work).brief
        if brief_kept.draw(work, kept):
            _fill(fields_of(kept))
            place.go("brief")
        return
    _recall()
    _keep()  # at once too: a run that another click, or leaving, cuts off gets no further
    st.title("New work", anchor=False)
    _ready_made()
    _what()
    brief_details.draw()
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
        state[f"brief {table} now"] = list(fields.get(table) or ())
    state["brief rows"] = state.get("brief rows", 0) + 1


def _collected() -> dict[str, Any]:
    state = st.session_state
    return {
        "request": state["brief"]["request"],
        **{name: state.get(f"brief {name}") or "" for name in WIDGETS},
        "words": state.get("brief words"),
        "seed": state.get("brief seed") or 1,
        "proposals": bool(state.get("brief proposals")),
        "constraints": state["brief constraints now"],
        "memory": state["brief memory now"],
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

"""Brief: what is to be written, and what it would take, before anything is sent."""

from importlib import resources
from typing import Any, Literal

import streamlit as st

from inkwright.agents.llm.config import Ablation
from inkwright.app.api.sources import Sources
from inkwright.app.briefs import draft_store
from inkwright.app.briefs.loader import brief_of, read_brief
from inkwright.app.documents.loader import LoadedSources
from inkwright.app.estimates.estimate import estimate
from inkwright.app.services import background, engine
from inkwright.app.ui import cache, errors, navigation
from inkwright.app.ui.brief import details, saved_brief
from inkwright.app.ui.brief import sources as brief_sources
from inkwright.app.ui.brief.fields import MODELS, WIDGETS, fields_of, keys_of, whole
from inkwright.app.ui.components.text_field import FieldEdit, FieldState, field
from inkwright.app.ui.html import plain
from inkwright.memory.domain.brief import Brief

EXAMPLES = {
    "lighthouse": "A short story",
    "harbour-report": "A report",
    "garden-diary": "A year's diary",
    "tea-handbook": "茶馆手册",
}
_PRESSED = "brief pressed"
"""In the state of a visit: which brief a press has asked for, until it is in the form."""


def page() -> None:
    """Draw the brief of the work that is open, or the form for a new one."""
    work = navigation.chosen()
    if work is not None:
        kept = cache.work(work).brief
        if saved_brief.draw(work, kept):
            sources = tuple(k.source for k in Sources(work, settings=navigation.settings()).all())
            _replace(fields_of(kept), LoadedSources(sources=sources, unread=kept.unread))
            navigation.go("brief")
        return
    _recall()
    _keep()  # at once too: a run that another click, or leaving, cuts off gets no further
    st.title("New work", anchor=False)
    _ready_made()
    _what()
    details.draw()
    _keep()
    _act()


def _recall() -> None:
    """Bring back what was filled in before this visit."""
    if "brief" not in st.session_state:
        _fill(draft_store.load(navigation.settings()))


def _fill(fields: dict[str, Any]) -> None:
    state, now = st.session_state, whole(fields)
    state["brief"] = {"request": now["request"]}
    state["brief order"] = state.get("brief order", 0) + 1
    for name in (*WIDGETS, *MODELS, "words", "seed", "proposals"):
        state[f"brief {name}"] = now[name]
    for table in ("constraints", "memory"):
        state[f"brief {table} now"] = now[table]
    state["brief rows"] = state.get("brief rows", 0) + 1


def _collected() -> dict[str, Any]:
    state = st.session_state
    names = (*WIDGETS, *MODELS, "words", "seed", "proposals")
    return whole(
        {
            "request": state["brief"]["request"],
            **{name: state.get(f"brief {name}") for name in names},
            "constraints": state["brief constraints now"],
            "memory": state["brief memory now"],
        }
    )


def _replace(fields: dict[str, Any], sources: LoadedSources) -> None:
    """Fill the form with another brief; what a person typed in it is set aside."""
    _recall()
    if _is_typed():
        draft_store.set_aside(navigation.settings(), _collected(), brief_sources.kept())
    _fill(fields)
    brief_sources.replace(sources)
    st.session_state["brief filled"] = _collected(), sources


def _is_typed() -> bool:
    """True when the form holds more than it was filled with at a press."""
    now = _collected(), brief_sources.kept()
    return now not in (st.session_state.get("brief filled"), (whole({}), LoadedSources(sources=())))


def _bring_back() -> None:
    fields = _collected() if _is_typed() else None
    before = draft_store.exchange(navigation.settings(), fields, brief_sources.kept())
    if before is not None:
        _fill(before[0])
        brief_sources.replace(before[1])
        st.session_state.pop("brief filled", None)


def _keep() -> None:
    now = _collected()
    if now != st.session_state.get("brief kept"):
        st.session_state["brief kept"] = now
        draft_store.save(navigation.settings(), now)


def _brief() -> Brief:
    given = brief_sources.kept()
    found = {"sources": given.sources, "unread": given.unread}
    return brief_of(keys_of(_collected())).model_copy(update=found)


def _what() -> None:
    state = st.session_state

    def keep(change: FieldEdit) -> None:
        state["brief"]["request"] = change.text

    def standing() -> FieldState:
        return FieldState(state["brief"]["request"], order=state["brief order"], says="Kept.")

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


@errors.safely
def _ready_made() -> None:
    """Draw what puts another brief into the form, above the fields that it fills.

    A press is noted in a callback, so that no other press that comes while the page is drawn can
    lose it, and acts here: a callback would come before the words typed last.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Begin with", width="content")
        for name, says in EXAMPLES.items():
            st.button(says, key=f"example {name}", on_click=_note_press, args=(name,))
        st.button(
            "Empty", key="example none", type="tertiary", on_click=_note_press, args=("empty",)
        )
        if draft_store.has_aside(navigation.settings()):
            st.button(
                "Bring back what was here",
                icon=":material/undo:",
                type="tertiary",
                help="The brief that was replaced, with its tables and sources.",
                on_click=_note_press,
                args=("bring back",),
            )
    pressed = st.session_state.get(_PRESSED)
    if pressed == "bring back":
        _bring_back()
    elif pressed == "empty":
        _replace({}, LoadedSources(sources=()))
    elif pressed is not None:
        brief = _example(pressed)
        _replace(fields_of(brief), LoadedSources(sources=brief.sources, unread=brief.unread))
    if pressed is not None:
        del st.session_state[_PRESSED]
        st.rerun()


def _note_press(name: str) -> None:
    st.session_state[_PRESSED] = name


def _example(name: str) -> Brief:
    with resources.as_file(resources.files("inkwright.app") / "examples" / f"{name}.yaml") as file:
        return read_brief(str(file))


def _act() -> None:
    empty = not st.session_state["brief"]["request"].strip()
    st.space("small")
    asked: background.What | Literal["keep", "estimate"] | None = None
    with st.container(horizontal=True, vertical_alignment="center"):
        if navigation.has_model():
            model = navigation.endpoint(_models())
            if st.button(
                f"Plan with {model}",
                type="primary",
                disabled=empty,
                icon=":material/account_tree:",
            ):
                asked = "plan"
            if st.button(f"Plan and write with {model}", disabled=empty):
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
    if not navigation.has_model():
        st.caption("No model is set. A brief can be kept here and written later.")
    if asked == "estimate":
        _estimate()
    elif asked is not None:
        _begin(None if asked == "keep" else asked)


def _models() -> dict[str, str]:
    """Return the models that the form names, by role."""
    given = {role: str(st.session_state[f"brief {name}"]) for name, role in MODELS.items()}
    return {role: model for role, model in given.items() if model.strip()}


@errors.safely
def _estimate() -> None:
    with st.spinner("Rehearsing; nothing is sent"):
        found = estimate(_brief(), navigation.settings(), Ablation())
    with st.container(border=True):
        for line in found.lines():
            st.markdown(plain(line[0].upper() + line[1:], 400))


@errors.safely
def _begin(what: background.What | None) -> None:
    settings, brief = navigation.settings(), _brief()
    work = engine.begin(brief, settings, Ablation(), to_write=what is not None)
    if what is not None:
        background.start(work.id, what, settings, models=_models())
    draft_store.forget(settings)
    brief_sources.replace(LoadedSources(sources=()))
    for key in ("brief", "brief kept", "brief filled"):
        st.session_state.pop(key, None)
    navigation.go("write" if what else "brief", work.id)

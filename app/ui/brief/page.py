"""Brief: what is to be written, and what it would take, before anything is sent."""

from typing import Any, Literal

import streamlit as st

from inkwright.agents.llm.config import Ablation
from inkwright.app.api.sources import Sources
from inkwright.app.briefs import draft_store
from inkwright.app.briefs.examples import load_example
from inkwright.app.briefs.loader import build_brief
from inkwright.app.documents.loader import LoadedSources
from inkwright.app.estimates.estimate import estimate
from inkwright.app.services import background, engine
from inkwright.app.ui import cache, errors, navigation
from inkwright.app.ui.brief import details, saved_brief
from inkwright.app.ui.brief import sources as brief_sources
from inkwright.app.ui.brief.fields import (
    MODELS,
    WIDGET_FIELDS,
    build_brief_data,
    build_form_fields,
    whole,
)
from inkwright.app.ui.components.text_field import FieldEdit, FieldState, draw_field
from inkwright.app.ui.html import escape_markdown
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
    work_id = navigation.get_chosen_work_id()
    if work_id is not None:
        brief = cache.load_work(work_id).brief
        if saved_brief.draw(work_id, brief):
            sources = tuple(
                k.source for k in Sources(work_id, settings=navigation.load_settings()).all()
            )
            _replace(build_form_fields(brief), LoadedSources(sources=sources, unread=brief.unread))
            navigation.go("brief")
        return
    _restore_draft()
    _save_draft()  # at once too: a run that another click, or leaving, cuts off gets no further
    st.title("New work", anchor=False)
    _draw_examples()
    _draw_main_fields()
    details.draw()
    _save_draft()
    _draw_actions()


def _restore_draft() -> None:
    """Bring back what was filled in before this visit."""
    if "brief" not in st.session_state:
        _fill_form(draft_store.load_fields(navigation.load_settings()))


def _fill_form(fields: dict[str, Any]) -> None:
    state, now = st.session_state, whole(fields)
    state["brief"] = {"request": now["request"]}
    state["brief order"] = state.get("brief order", 0) + 1
    for name in (*WIDGET_FIELDS, *MODELS, "words", "seed", "proposals"):
        state[f"brief {name}"] = now[name]
    for table_name in ("constraints", "memory"):
        state[f"brief {table_name} now"] = now[table_name]
    state["brief rows"] = state.get("brief rows", 0) + 1


def _collect_fields() -> dict[str, Any]:
    state = st.session_state
    names = (*WIDGET_FIELDS, *MODELS, "words", "seed", "proposals")
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
    _restore_draft()
    if _is_typed():
        draft_store.set_aside(
            navigation.load_settings(), _collect_fields(), brief_sources.get_sources()
        )
    _fill_form(fields)
    brief_sources.replace(sources)
    st.session_state["brief filled"] = _collect_fields(), sources


def _is_typed() -> bool:
    """True when the form holds more than it was filled with at a press."""
    now = _collect_fields(), brief_sources.get_sources()
    return now not in (st.session_state.get("brief filled"), (whole({}), LoadedSources(sources=())))


def _bring_back() -> None:
    fields = _collect_fields() if _is_typed() else None
    before = draft_store.exchange(navigation.load_settings(), fields, brief_sources.get_sources())
    if before is not None:
        _fill_form(before[0])
        brief_sources.replace(before[1])
        st.session_state.pop("brief filled", None)


def _save_draft() -> None:
    fields = _collect_fields()
    if fields != st.session_state.get("brief kept"):
        st.session_state["brief kept"] = fields
        draft_store.save_fields(navigation.load_settings(), fields)


def _build_brief() -> Brief:
    loaded_sources = brief_sources.get_sources()
    source_fields = {"sources": loaded_sources.sources, "unread": loaded_sources.unread}
    return build_brief(build_brief_data(_collect_fields())).model_copy(update=source_fields)


def _draw_main_fields() -> None:
    state = st.session_state

    def save_edit(edit: FieldEdit) -> None:
        state["brief"]["request"] = edit.text

    def load_state() -> FieldState:
        return FieldState(
            state["brief"]["request"], reset_number=state["brief order"], status_text="Kept."
        )

    draw_field(
        "a new brief",
        load_state,
        save_edit,
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


@errors.show_errors
def _draw_examples() -> None:
    """Draw what puts another brief into the form, above the fields that it fills.

    A press is noted in a callback, so that no other press that comes while the page is drawn can
    lose it, and acts here: a callback would come before the words typed last.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Begin with", width="content")
        for name, label in EXAMPLES.items():
            st.button(label, key=f"example {name}", on_click=_note_press, args=(name,))
        st.button(
            "Empty", key="example none", type="tertiary", on_click=_note_press, args=("empty",)
        )
        if draft_store.has_aside(navigation.load_settings()):
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
        brief = load_example(pressed)
        _replace(
            build_form_fields(brief), LoadedSources(sources=brief.sources, unread=brief.unread)
        )
    if pressed is not None:
        del st.session_state[_PRESSED]
        st.rerun()


def _note_press(name: str) -> None:
    st.session_state[_PRESSED] = name


def _draw_actions() -> None:
    is_empty = not st.session_state["brief"]["request"].strip()
    st.space("small")
    action: background.BackgroundAction | Literal["keep", "estimate"] | None = None
    with st.container(horizontal=True, vertical_alignment="center"):
        if navigation.has_model():
            model = navigation.describe_endpoint(_models())
            if st.button(
                f"Plan with {model}",
                type="primary",
                disabled=is_empty,
                icon=":material/account_tree:",
            ):
                action = "plan"
            if st.button(f"Plan and write with {model}", disabled=is_empty):
                action = "write"
            if st.button(
                "Estimate",
                disabled=is_empty,
                icon=":material/calculate:",
                help="Rehearsed on this machine; nothing is sent.",
            ):
                action = "estimate"
        if st.button("Keep, send nothing", disabled=is_empty):
            action = "keep"
    if not navigation.has_model():
        st.caption("No model is set. A brief can be kept here and written later.")
    if action == "estimate":
        _draw_estimate()
    elif action is not None:
        _begin_work(None if action == "keep" else action)


def _models() -> dict[str, str]:
    """Return the models that the form names, by role."""
    model_by_role = {role: str(st.session_state[f"brief {name}"]) for name, role in MODELS.items()}
    return {role: model for role, model in model_by_role.items() if model.strip()}


@errors.show_errors
def _draw_estimate() -> None:
    with st.spinner("Rehearsing; nothing is sent"):
        cost_estimate = estimate(_build_brief(), navigation.load_settings(), Ablation())
    with st.container(border=True):
        for line in cost_estimate.format_lines():
            st.markdown(escape_markdown(line[0].upper() + line[1:], 400))


@errors.show_errors
def _begin_work(action: background.BackgroundAction | None) -> None:
    settings, brief = navigation.load_settings(), _build_brief()
    work = engine.begin_work(brief, settings, Ablation(), to_write=action is not None)
    if action is not None:
        background.start(work.id, action, settings, models=_models())
    draft_store.remove_all(settings)
    brief_sources.replace(LoadedSources(sources=()))
    for key in ("brief", "brief kept", "brief filled"):
        st.session_state.pop(key, None)
    navigation.go("write" if action else "brief", work.id)

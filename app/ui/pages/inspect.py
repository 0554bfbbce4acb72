"""Inspect: for any draft, what it was shown, what was said to models, and what that cost."""

import streamlit as st

from inkwright.app.display.formatting import format_duration
from inkwright.app.services import engine
from inkwright.app.services.draft_provenance import (
    JUDGE,
    PLAN,
    STEPS,
    WHOLE,
    DraftProvenance,
    RecordedCall,
)
from inkwright.app.ui import cache, errors, navigation
from inkwright.app.ui.html import escape_markdown, render_prose
from inkwright.memory.domain.draft import Draft, Manifest
from inkwright.memory.ids import SectionId, WorkId

PART_LABELS = {
    "brief": "Brief",
    "outline": "Outline",
    "summary": "Story so far",
    "memory": "Memory",
    "before": "Text before",
    "rules": "Rules",
    "orders": "Orders",
}
AUTHOR_LABELS = {"model": "by a model", "person": "yours", "mixed": "a model's and yours"}
MAX_OPEN_CALLS = 1


def page() -> None:
    """Draw the page."""
    work_id = navigation.require_work_id()
    st.title("Inspect", anchor=False)
    st.fragment(_draw_step)(work_id)


@errors.show_errors
def _draw_step(work_id: WorkId) -> None:
    """Draw the choice of a draft and what is behind it; another choice redraws no more."""
    plan, draft_by_id = cache.load_plan(work_id), cache.load_drafts(work_id)
    title_by_step = {PLAN: "The plan", WHOLE: "The whole piece"}
    for number, section in enumerate(plan.outline.sections if plan else (), 1):
        if section.id in draft_by_id:
            title_by_step[section.id] = f"{number}  {section.title}"
    title_by_step[JUDGE] = "Control questions to the judge"
    step_column, version_column = st.columns([4, 1.6])
    section_param = st.query_params.get("section", "")
    options = list(title_by_step)
    step = step_column.selectbox(
        "Draft of",
        options,
        index=options.index(section_param)
        if section_param in options
        else min(2, len(options) - 2),
        format_func=title_by_step.__getitem__,
        key=f"inspect step {work_id}",
    )
    assert step is not None
    version = None
    if step not in STEPS:
        newest = draft_by_id[SectionId(step)].version
        version = version_column.selectbox(
            "Version",
            list(range(newest, 0, -1)),
            key=f"inspect version {work_id} {step}",
        )
    ledger = cache.load_ledger(work_id)
    provenance = engine.inspect(work_id, step, version, navigation.load_settings(), ledger)
    _draw_provenance(provenance, f"{work_id} {step} {version}")


def _draw_provenance(provenance: DraftProvenance, widget_key: str) -> None:
    if provenance.draft is not None:
        st.caption(_describe_draft(provenance.draft, provenance.manifest))
    _draw_cost(provenance)
    if provenance.manifest is not None:
        _draw_memory(provenance)
        _draw_context(provenance, widget_key)
    st.subheader("Calls", anchor=False)
    if not provenance.calls:
        st.info(
            "The journal has no call behind this: it was written by a person, or came without its "
            "journal from an archive or another file."
        )
    for number, call in enumerate(provenance.calls, 1):
        _draw_call(number, call, widget_key)


def _describe_draft(draft: Draft, manifest: Manifest | None) -> str:
    rounds_text = f", {draft.rounds} rounds of review" if draft.rounds else ""
    base_text = f", from version {draft.base}" if draft.base else ""
    author_text = AUTHOR_LABELS[draft.author]
    model = manifest.writer_model if manifest else ""
    model_text = f", drafted by {escape_markdown(model, 80)}" if model else ""
    return (
        f"Version {draft.version}, {draft.words:,} words, {author_text}{base_text}{rounds_text}"
        f"{model_text}"
    )


def _draw_cost(provenance: DraftProvenance) -> None:
    if not provenance.calls:
        return
    prompt_tokens, cached_tokens, completion_tokens = provenance.tokens
    settings = navigation.load_settings()
    cached_share = cached_tokens / prompt_tokens if prompt_tokens else 0.0
    with st.container(horizontal=True, gap="large"):
        st.metric("Calls", f"{len(provenance.calls):,}", width="content")
        st.metric("Prompt tokens", f"{prompt_tokens:,}", width="content")
        st.metric(
            "From the cache",
            f"{cached_share:.0%}",
            help=f"{cached_tokens:,} tokens",
            width="content",
        )
        st.metric("Written tokens", f"{completion_tokens:,}", width="content")
        if (amount := provenance.cost) is None:
            time_text = format_duration(provenance.seconds)
            st.metric("Time", time_text, help="No price is set.", width="content")
        else:
            cost_text = f"{amount:,.4f} {settings.currency}"
            st.metric("Cost", cost_text, format_duration(provenance.seconds), width="content")


def _draw_memory(provenance: DraftProvenance) -> None:
    st.subheader("Shown from memory", anchor=False)
    if not provenance.weighed_entries:
        st.caption("Nothing: no entry was there to be shown.")
        return
    rows = [
        {
            "Entry": shown_entry.entry,
            "Version": shown_entry.version,
            "Says": shown_entry.line,
            "Shown": shown_entry.shown,
            "Why": shown_entry.reason,
        }
        for shown_entry in provenance.weighed_entries
    ]
    st.dataframe(rows, hide_index=True, width="stretch")


def _draw_context(provenance: DraftProvenance, widget_key: str) -> None:
    assert provenance.manifest is not None
    manifest = provenance.manifest
    st.caption(
        f"{manifest.recall_tokens:,} of {manifest.budget_tokens:,} tokens of room for memory "
        f"were used. Length asked for: {manifest.target_words:,} words."
    )
    for label, text in (
        ("Memory as it was sent", manifest.recall),
        ("The story so far as it was sent", manifest.summary),
        ("The end of the section before, as it was sent", manifest.last_passage),
        ("The person's note", manifest.note),
    ):
        if text:
            expander = st.expander(label, key=f"{label} {widget_key}", on_change="rerun")
            if expander.open:
                expander.html(render_prose(text))


def _draw_call(number: int, call: RecordedCall, widget_key: str) -> None:
    label = f"{number}. {escape_markdown(call.role)}: {escape_markdown(call.purpose)}"
    size_text = f"{call.prompt_tokens:,} + {call.completion_tokens:,} tokens"
    expander = st.expander(
        f"{label}, {size_text}, {format_duration(call.seconds)}",
        expanded=number <= MAX_OPEN_CALLS,
        key=f"call {number} {widget_key}",
        on_change="rerun",
    )
    if not expander.open:
        return
    with expander:
        st.caption(
            f"{escape_markdown(call.model, 80)}, {call.cached_tokens:,} tokens from the cache, "
            f"ended with “{escape_markdown(call.finish)}”"
        )
        st.dataframe(
            [
                {
                    "Part": PART_LABELS.get(part.name, part.name.capitalize()),
                    "Tokens": part.tokens,
                    "Share": part.tokens / max(call.prompt_tokens, 1),
                }
                for part in call.parts
            ],
            hide_index=True,
            width="stretch",
            column_config={
                "Share": st.column_config.ProgressColumn(
                    format="percent", min_value=0.0, max_value=1.0
                )
            },
        )
        for role, content in call.messages:
            st.caption(f"Sent as {escape_markdown(role)}")
            st.code(content, language=None, wrap_lines=True, height=240)
        if call.thoughts:
            st.caption("Thought, before it answered")
            st.code(call.thoughts, language=None, wrap_lines=True, height=240)
        st.caption("Answered")
        st.code(call.answer, language=None, wrap_lines=True, height=240)

"""Inspect: for any draft, what it was shown, what was said to models, and what that cost."""

import streamlit as st

from inkwright.app.display.formatting import duration
from inkwright.app.services import engine
from inkwright.app.services.draft_provenance import PLAN, WHOLE, DraftProvenance, RecordedCall
from inkwright.app.ui import cache, errors, navigation
from inkwright.app.ui.html import plain, prose
from inkwright.memory.domain.draft import Draft

PARTS = {
    "brief": "Brief",
    "outline": "Outline",
    "summary": "Story so far",
    "memory": "Memory",
    "before": "Text before",
    "rules": "Rules",
    "orders": "Orders",
}
WHO = {"model": "by a model", "person": "yours", "mixed": "a model's and yours"}
CALLS_OPEN = 1


def page() -> None:
    """Draw the page."""
    work = navigation.work()
    st.title("Inspect", anchor=False)
    st.fragment(_step)(work)


@errors.safely
def _step(work: str) -> None:
    """Draw the choice of a draft and what is behind it; another choice redraws no more."""
    plan, texts = cache.plan(work), cache.texts(work)
    titles = {PLAN: "The plan", WHOLE: "The whole piece"}
    for number, section in enumerate(plan.outline.sections if plan else (), 1):
        if section.id in texts:
            titles[section.id] = f"{number}  {section.title}"
    where, which = st.columns([4, 1.6])
    given = st.query_params.get("section", "")
    options = list(titles)
    step = where.selectbox(
        "Draft of",
        options,
        index=options.index(given) if given in options else min(2, len(options) - 1),
        format_func=titles.__getitem__,
        key=f"inspect step {work}",
    )
    assert step is not None
    version = None
    if step not in (PLAN, WHOLE):
        newest = texts[step].version
        version = which.selectbox(
            "Version",
            list(range(newest, 0, -1)),
            key=f"inspect version {work} {step}",
        )
    book = cache.ledger(work)
    found = engine.inspect(work, step, version, navigation.settings(), book)
    _draw(found, f"{work} {step} {version}")


def _draw(found: DraftProvenance, name: str) -> None:
    if found.draft is not None:
        st.caption(_line(found.draft))
    _cost(found)
    if found.manifest is not None:
        _memory(found)
        _context(found, name)
    st.subheader("Calls", anchor=False)
    if not found.calls:
        st.info(
            "The journal has no call behind this: it was written by a person, or came without its "
            "journal from an archive or another file."
        )
    for number, call in enumerate(found.calls, 1):
        _call(number, call, name)


def _line(draft: Draft) -> str:
    rounds = f", {draft.rounds} rounds of review" if draft.rounds else ""
    base = f", from version {draft.base}" if draft.base else ""
    return f"Version {draft.version}, {draft.words:,} words, {WHO[draft.author]}{base}{rounds}"


def _cost(found: DraftProvenance) -> None:
    if not found.calls:
        return
    prompt, cached, completion = found.tokens
    settings = navigation.settings()
    share = cached / prompt if prompt else 0.0
    with st.container(horizontal=True, gap="large"):
        st.metric("Calls", f"{len(found.calls):,}", width="content")
        st.metric("Prompt tokens", f"{prompt:,}", width="content")
        st.metric("From the cache", f"{share:.0%}", help=f"{cached:,} tokens", width="content")
        st.metric("Written tokens", f"{completion:,}", width="content")
        if (money := found.cost) is None:
            time = duration(found.seconds)
            st.metric("Time", time, help="No price is set.", width="content")
        else:
            cost = f"{money:,.4f} {settings.currency}"
            st.metric("Cost", cost, duration(found.seconds), width="content")


def _memory(found: DraftProvenance) -> None:
    st.subheader("Shown from memory", anchor=False)
    if not found.seen:
        st.caption("Nothing: no entry was there to be shown.")
        return
    rows = [
        {
            "Entry": seen.entry,
            "Version": seen.version,
            "Says": seen.line,
            "Shown": seen.shown,
            "Why": seen.reason,
        }
        for seen in found.seen
    ]
    st.dataframe(rows, hide_index=True, width="stretch")


def _context(found: DraftProvenance, name: str) -> None:
    assert found.manifest is not None
    told = found.manifest
    st.caption(
        f"{told.recall_tokens:,} of {told.budget_tokens:,} tokens of room for memory were used. "
        f"Length asked for: {told.target_words:,} words."
    )
    for label, text in (
        ("Memory as it was sent", told.recall),
        ("The story so far as it was sent", told.summary),
        ("The end of the section before, as it was sent", told.last_passage),
        ("The person's note", told.note),
    ):
        if text:
            opened = st.expander(label, key=f"{label} {name}", on_change="rerun")
            if opened.open:
                opened.html(prose(text))


def _call(number: int, call: RecordedCall, name: str) -> None:
    label = f"{number}. {plain(call.role)}: {plain(call.purpose)}"
    told = f"{call.prompt_tokens:,} + {call.completion_tokens:,} tokens, {duration(call.seconds)}"
    opened = st.expander(
        f"{label}, {told}",
        expanded=number <= CALLS_OPEN,
        key=f"call {number} {name}",
        on_change="rerun",
    )
    if not opened.open:
        return
    with opened:
        st.caption(
            f"{plain(call.model, 80)}, {call.cached_tokens:,} tokens from the cache, "
            f"ended with “{plain(call.finish)}”"
        )
        st.dataframe(
            [
                {
                    "Part": PARTS.get(part.name, part.name.capitalize()),
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
            st.caption(f"Sent as {plain(role)}")
            st.code(content, language=None, wrap_lines=True, height=240)
        st.caption("Answered")
        st.code(call.answer, language=None, wrap_lines=True, height=240)

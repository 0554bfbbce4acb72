"""Review: how the piece stands against what was asked of it, and what to do about it."""

from functools import partial

import streamlit as st

from inkwright.app.services import background
from inkwright.app.services.review_summary import (
    ConstraintSummary,
    OpenFinding,
    ReviewSummary,
    SectionOutcome,
)
from inkwright.app.ui import cache, errors, navigation, visits
from inkwright.app.ui.components import empty_state, more, tabs
from inkwright.app.ui.html import escape_markdown, format_kind, render_passage, render_prose
from inkwright.app.ui.pages import review_citations
from inkwright.app.ui.text import change
from inkwright.memory.domain.check_record import Verdict
from inkwright.memory.domain.draft import Draft
from inkwright.memory.ids import SectionId, WorkId

DraftById = dict[SectionId, Draft]
"""The newest draft of each section, by its id."""

PAGE_SIZE = 15
STATUS_MARKS = {
    "met": ":material/check_circle: met",
    "broken": ":material/cancel: broken",
    "not reviewed": ":material/help: not reviewed",
}
STATUS_COLOURS = {"met": "green", "broken": "red", "not reviewed": "gray"}
WRITTEN_COLOUR, TARGET_COLOUR = "#5b87b3", "#c2b59b"
SAID: dict[Verdict, str] = {
    "accepted": "Accepted: to be mended",
    "dismissed": "Dismissed: the text may stay as it is",
}
ANSWERED = "review answered"
"""In the state of a visit: the findings answered in it, and how each stood before."""
NOTE_TEMPLATE = "Put this right: {text} The draft says: “{evidence}”"


def page() -> None:
    """Draw the page."""
    work_id = navigation.require_work_id()
    st.title("Review", anchor=False)
    if cache.load_plan(work_id) is None:
        empty_state.draw(work_id, "So nothing is asked of any section.")
        return
    st.fragment(_draw_review)(work_id)


@errors.show_errors
def _draw_review(work_id: WorkId) -> None:
    """Draw what was found; an answer redraws no more."""
    summary = cache.load_review(work_id)
    _draw_summary(summary)
    draw_functions = {
        "Findings": _draw_findings,
        "Constraints": _draw_constraints,
        "Out of date": _draw_stale,
        "Citations": review_citations.draw,
        "Length": _draw_lengths,
        "Repetition": _draw_repetition,
    }
    tabs.draw(
        "review tab",
        {name: partial(draw_tab, work_id, summary) for name, draw_tab in draw_functions.items()},
    )


def _draw_summary(summary: ReviewSummary) -> None:
    open_findings = [p for p in summary.problems if p.verdict is None]
    met_count = sum(c.status == "met" for c in summary.constraints)
    word_count = sum(section.words for section in summary.sections)
    target_words = sum(section.target_words for section in summary.sections)
    deviation = f"{word_count - target_words:+,}" if word_count != target_words else None
    with st.container(horizontal=True, gap="large"):
        st.metric("Constraints met", f"{met_count} of {len(summary.constraints)}", width="content")
        st.metric("Findings to answer", len(open_findings), width="content")
        st.metric("Out of date", len(summary.stale), width="content")
        st.metric("Words", f"{word_count:,}", deviation, delta_color="off", width="content")
    if summary.notes:
        with st.expander(f"What the last run had to say ({len(summary.notes)})"):
            for note in summary.notes:
                st.markdown(f"- {escape_markdown(note, 600)}")


def _draw_findings(work_id: WorkId, summary: ReviewSummary) -> None:
    """Draw the findings by how they stood when this visit began: an answer moves none of them."""
    draft_by_id = cache.load_drafts(work_id)
    old_verdicts: dict[tuple[str, str, str], Verdict | None] = visits.get_visit_state(ANSWERED)
    groups: dict[Verdict | None, list[OpenFinding]] = {None: [], "accepted": [], "dismissed": []}
    for finding in summary.problems:
        groups[old_verdicts.get(_identity(finding), finding.verdict)].append(finding)
    if summary.problems:
        st.button(
            "Show only what is left to answer",
            key="review sort",
            icon=":material/filter_list:",
            disabled=not old_verdicts,
            on_click=old_verdicts.clear,
            help="Findings you have answered stay where they are until then.",
        )
    if not groups[None]:
        st.caption("Nothing waits for an answer.")
    listed_verdicts: tuple[Verdict | None, ...] = (None, "accepted")
    for verdict in listed_verdicts:
        findings = groups[verdict]
        if findings and verdict:
            st.markdown(f"**{SAID[verdict]}**")
        key = f"review shown {verdict}"
        for number, finding in enumerate(more.select_shown(key, findings, PAGE_SIZE)):
            _draw_finding(work_id, draft_by_id, finding, f"{verdict} {number}")
        more.draw_button(key, len(findings), PAGE_SIZE)
    if dismissed_findings := groups["dismissed"]:
        with st.expander(f"Dismissed ({len(dismissed_findings)})"):
            for number, finding in enumerate(dismissed_findings[:PAGE_SIZE]):
                _draw_finding(work_id, draft_by_id, finding, f"dismissed {number}")


def _identity(problem: OpenFinding) -> tuple[str, str, str]:
    return problem.section, problem.about, problem.evidence


def _draw_finding(work_id: WorkId, draft_by_id: DraftById, finding: OpenFinding, key: str) -> None:
    """Draw a finding. Its buttons stay where they are when it is answered."""
    verdict = finding.verdict
    with st.container(border=True):
        st.markdown(f"**{escape_markdown(finding.title)}**: {escape_markdown(finding.text, 400)}")
        if finding.evidence:
            _draw_evidence(draft_by_id, finding.section, finding.evidence)
        accept, dismiss, passage_, answer = st.columns([1.1, 1.1, 1.4, 3.4])
        with accept:
            _draw_answer_button(
                work_id, finding, "Accept", "accepted", key, "It is right: mend it."
            )
        with dismiss:
            _draw_answer_button(
                work_id, finding, "Dismiss", "dismissed", key, "Let the text be as it is."
            )
        with passage_:
            _draw_passage_button(
                work_id, finding.section, finding.evidence if finding.is_quoted else "", key
            )
        if verdict is None:
            return
        with answer:
            st.caption(SAID[verdict])
            _draw_answer_button(work_id, finding, "Take back", None, key, "Answer it again.")
            if verdict == "accepted":
                _draw_revision_options(work_id, finding, key)


def _draw_evidence(draft_by_id: DraftById, section_id: SectionId, words: str) -> None:
    draft = draft_by_id.get(section_id)
    st.html(render_passage(draft.text if draft else "", words))


def _draw_answer_button(
    work_id: WorkId, finding: OpenFinding, label: str, verdict: Verdict | None, key: str, help: str
) -> None:
    st.button(
        label,
        key=f"{label} {key}",
        help=help,
        width="stretch",
        disabled=verdict is not None and finding.verdict is not None,
        on_click=errors.show_errors_in_callback(_record),
        args=(work_id, finding, verdict),
    )


def _record(work: WorkId, problem: OpenFinding, verdict: Verdict | None) -> None:
    cache.record_verdict(work, problem, verdict)
    visits.get_visit_state(ANSWERED).setdefault(_identity(problem), problem.verdict)


def _draw_passage_button(work_id: WorkId, section_id: SectionId, words: str, key: str) -> None:
    if st.button("Go to the passage", key=f"passage {key}", width="stretch"):
        navigation.go("text", work_id, section=section_id, **navigation.build_find_params(words))


def _draw_revision_options(work_id: WorkId, finding: OpenFinding, key: str) -> None:
    """Draw what can be asked of a model to mend it: the sentences, or the section anew."""
    if finding.is_protected:
        st.caption("It has words of yours, or locked ones, so it is not drafted anew.")
    if not navigation.has_model():
        st.caption("No model is set, so none can revise it.")
        return
    note = NOTE_TEMPLATE.format(text=finding.text, evidence=finding.evidence)
    if st.button(
        "Have an editor mend it…",
        key=f"mend {key}",
        icon=":material/edit_note:",
        help="On the Text page: changes are proposed, and you take what you like.",
        width="stretch",
    ):
        change.prefill_instruction(work_id, finding.section, f"Put this right: {finding.text}")
        words = finding.evidence if finding.is_quoted else ""
        navigation.go(
            "text", work_id, section=finding.section, **navigation.build_find_params(words)
        )
    if not finding.is_protected and st.button(
        f"Redraft the section with {navigation.describe_endpoint()}",
        key=f"revise {key}",
        icon=":material/refresh:",
        help="A new draft, told of this finding. The one there is stays in its history.",
        width="stretch",
    ):
        background.start(
            work_id, "redraft", navigation.load_settings(), sections=[finding.section], note=note
        )
        navigation.go("write", work_id)


def _draw_constraints(work_id: WorkId, summary: ReviewSummary) -> None:
    if not summary.constraints:
        st.caption("Nothing was asked that is checked.")
        return
    rank_by_status = {"broken": 0, "not reviewed": 1, "met": 2}
    constraints = sorted(summary.constraints, key=lambda c: rank_by_status.get(c.status, 3))
    draft_by_id = cache.load_drafts(work_id)
    for constraint in more.select_shown("review constraints", constraints, PAGE_SIZE):
        _draw_constraint(work_id, draft_by_id, constraint)
    more.draw_button("review constraints", len(constraints), PAGE_SIZE)


def _draw_constraint(
    work_id: WorkId, draft_by_id: DraftById, constraint: ConstraintSummary
) -> None:
    colour = STATUS_COLOURS.get(constraint.status, "gray")
    mark = STATUS_MARKS.get(constraint.status, escape_markdown(constraint.status))
    wish_text = "" if constraint.required else ", a wish"
    with st.expander(f":{colour}[{mark}]  {escape_markdown(constraint.text, 160)}"):
        kind = format_kind(constraint.kind)
        st.caption(
            escape_markdown(f"{constraint.id}, {kind}, {constraint.placement}{wish_text}", 200)
        )
        if constraint.evidence:
            st.html(render_prose(constraint.evidence))
        for number, place in enumerate(_sort_worst_first(constraint)[:PAGE_SIZE]):
            text_column, button_column = st.columns([5, 1.4], vertical_alignment="center")
            with text_column:
                st.markdown(
                    f"{STATUS_MARKS.get(place.status, '')}: **{escape_markdown(place.title)}**"
                )
                if place.evidence:
                    _draw_evidence(draft_by_id, place.section, place.evidence)
            with button_column:
                words = place.evidence if place.is_quoted else ""
                _draw_passage_button(work_id, place.section, words, f"{constraint.id} {number}")


def _sort_worst_first(constraint: ConstraintSummary) -> list[SectionOutcome]:
    rank_by_status = {"broken": 0, "not reviewed": 1, "met": 2}
    return sorted(constraint.places, key=lambda p: rank_by_status.get(p.status, 3))


def _draw_stale(work_id: WorkId, summary: ReviewSummary) -> None:
    if not summary.stale:
        st.caption("Every section rests on what holds now.")
        return
    title_by_id = {section.id: section.title for section in summary.sections}
    for number, (section_id, reasons) in enumerate(list(summary.stale.items())[:PAGE_SIZE]):
        text_column, button_column = st.columns([5, 1.4], vertical_alignment="center")
        with text_column:
            st.markdown(
                f"**{escape_markdown(title_by_id[section_id])}**: "
                f"{escape_markdown('; '.join(reasons), 500)}"
            )
        with button_column:
            _draw_passage_button(work_id, section_id, "", f"stale {number}")
    if len(summary.stale) > PAGE_SIZE:
        st.caption(f"and {len(summary.stale) - PAGE_SIZE} more")
    st.caption("*Settle* on the Write page checks them against what changed.")


def _draw_lengths(work_id: WorkId, summary: ReviewSummary) -> None:
    rows = [
        {"section": f"{number:03}", "words": section.words, "asked for": section.target_words}
        for number, section in enumerate(summary.sections, 1)
    ]
    st.bar_chart(
        rows,
        x="section",
        y=["words", "asked for"],
        color=[WRITTEN_COLOUR, TARGET_COLOUR],
        stack=False,
        x_label="Section, in reading order",
        y_label="Words",
    )


def _draw_repetition(work_id: WorkId, summary: ReviewSummary) -> None:
    repetition = summary.repetition
    if not repetition.runs:
        st.caption("No run of seven words or more is said twice.")
        return
    number_by_id = {section.id: n for n, section in enumerate(summary.sections, 1)}
    st.bar_chart(
        [
            {"section": f"{number_by_id[section_id]:03}", "repeated": round(100 * share, 1)}
            for section_id, share in repetition.shares.items()
        ],
        x="section",
        y="repeated",
        color=WRITTEN_COLOUR,
        x_label="Section, in reading order",
        y_label="% of its words said elsewhere too",
    )
    st.dataframe(
        [
            {
                "Said again": run.words,
                "Times": run.times,
                "In sections": ", ".join(str(number_by_id[s]) for s in run.sections),
            }
            for run in repetition.runs
        ],
        hide_index=True,
        width="stretch",
    )

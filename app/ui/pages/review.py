"""Review: how the piece stands against what was asked of it, and what to do about it."""

from functools import partial
from typing import Any

import streamlit as st

from inkwright.app.services import background
from inkwright.app.services.review_summary import ConstraintSummary, OpenFinding, ReviewSummary
from inkwright.app.ui import cache, errors, navigation, visits
from inkwright.app.ui.components import empty_state, tabs
from inkwright.app.ui.html import named, passage, plain, prose
from inkwright.app.ui.pages import review_citations
from inkwright.app.ui.text import change
from inkwright.memory.domain.draft import Draft
from inkwright.memory.user_work.finding_decisions import Verdict

Texts = dict[str, Draft]
"""The newest draft of each section, by its id."""

SHOWN = 15
MARKS = {
    "met": ":material/check_circle: met",
    "broken": ":material/cancel: broken",
    "not reviewed": ":material/help: not reviewed",
}
COLOURS = {"met": "green", "broken": "red", "not reviewed": "gray"}
WRITTEN, ASKED = "#5b87b3", "#c2b59b"
SAID: dict[Verdict, str] = {
    "accepted": "Accepted: to be mended",
    "dismissed": "Dismissed: the text may stay as it is",
}
ANSWERED = "review answered"
"""In the state of a visit: the findings answered in it, and how each stood before."""
NOTE = "Put this right: {text} The draft says: “{evidence}”"


def page() -> None:
    """Draw the page."""
    work = navigation.work()
    st.title("Review", anchor=False)
    if cache.plan(work) is None:
        empty_state.draw(work, "So nothing is asked of any section.")
        return
    st.fragment(_reviewed)(work)


@errors.safely
def _reviewed(work: str) -> None:
    """Draw what was found; an answer redraws no more."""
    found = cache.review(work)
    _summary(found)
    draws = {
        "Findings": _findings,
        "Constraints": _constraints,
        "Out of date": _stale,
        "Citations": review_citations.draw,
        "Length": _lengths,
        "Repetition": _repetition,
    }
    tabs.draw("review tab", {name: partial(draw, work, found) for name, draw in draws.items()})


def _summary(found: ReviewSummary) -> None:
    open_ = [p for p in found.problems if p.verdict is None]
    met = sum(c.status == "met" for c in found.constraints)
    words = sum(length.words for length in found.lengths)
    target = sum(length.target_words for length in found.lengths)
    away = f"{words - target:+,}" if words != target else None
    with st.container(horizontal=True, gap="large"):
        st.metric("Constraints met", f"{met} of {len(found.constraints)}", width="content")
        st.metric("Findings to answer", len(open_), width="content")
        st.metric("Out of date", len(found.stale), width="content")
        st.metric("Words", f"{words:,}", away, delta_color="off", width="content")
    if found.notes:
        with st.expander(f"What the last run had to say ({len(found.notes)})"):
            for note in found.notes:
                st.markdown(f"- {plain(note, 600)}")


def _findings(work: str, found: ReviewSummary) -> None:
    """Draw the findings by how they stood when this visit began: an answer moves none of them."""
    texts = cache.texts(work)
    before: dict[tuple[str, str, str], Verdict | None] = visits.of_visit(ANSWERED)
    groups: dict[Verdict | None, list[OpenFinding]] = {None: [], "accepted": [], "dismissed": []}
    for problem in found.problems:
        groups[before.get(_identity(problem), problem.verdict)].append(problem)
    if found.problems:
        st.button(
            "Show only what is left to answer",
            key="review sort",
            icon=":material/filter_list:",
            disabled=not before,
            on_click=before.clear,
            help="Findings you have answered stay where they are until then.",
        )
    if not groups[None]:
        st.caption("Nothing waits for an answer.")
    listed: tuple[Verdict | None, ...] = (None, "accepted")
    for verdict in listed:
        problems = groups[verdict]
        if problems and verdict:
            st.markdown(f"**{SAID[verdict]}**")
        limit = st.session_state.get(f"review shown {verdict}", SHOWN)
        for number, problem in enumerate(problems[:limit]):
            _problem(work, texts, problem, f"{verdict} {number}")
        _more(f"review shown {verdict}", limit, len(problems))
    if dismissed := groups["dismissed"]:
        with st.expander(f"Dismissed ({len(dismissed)})"):
            for number, problem in enumerate(dismissed[:SHOWN]):
                _problem(work, texts, problem, f"dismissed {number}")


def _identity(problem: OpenFinding) -> tuple[str, str, str]:
    return problem.section, problem.about, problem.evidence


def _more(name: str, limit: int, there: int) -> None:
    if there > limit:
        st.button(f"Show more ({there} in all)", key=f"more {name}", on_click=_show, args=(name,))


def _show(name: str) -> None:
    st.session_state[name] = st.session_state.get(name, SHOWN) + SHOWN


def _problem(work: str, texts: Texts, problem: OpenFinding, key: str) -> None:
    """Draw a finding. Its buttons stay where they are when it is answered."""
    verdict = problem.verdict
    with st.container(border=True):
        st.markdown(f"**{plain(problem.title)}**: {plain(problem.text, 400)}")
        if problem.evidence:
            _evidence(texts, problem.section, problem.evidence)
        accept, dismiss, passage_, more = st.columns([1.1, 1.1, 1.4, 3.4])
        with accept:
            _answer(work, problem, "Accept", "accepted", key, "It is right: mend it.")
        with dismiss:
            _answer(work, problem, "Dismiss", "dismissed", key, "Let the text be as it is.")
        with passage_:
            _passage(work, problem.section, problem.evidence if problem.quoted else "", key)
        if verdict is None:
            return
        with more:
            st.caption(SAID[verdict])
            _answer(work, problem, "Take back", None, key, "Answer it again.")
            if verdict == "accepted":
                _revise(work, problem, key)


def _evidence(texts: Texts, section: str, words: str) -> None:
    draft = texts.get(section)
    st.html(passage(draft.text if draft else "", words))


def _answer(
    work: str, problem: OpenFinding, label: str, verdict: Verdict | None, key: str, help: str
) -> None:
    st.button(
        label,
        key=f"{label} {key}",
        help=help,
        width="stretch",
        disabled=verdict is not None and problem.verdict is not None,
        on_click=errors.pressed(_record),
        args=(work, problem, verdict),
    )


def _record(work: str, problem: OpenFinding, verdict: Verdict | None) -> None:
    cache.answer(work, problem, verdict)
    visits.of_visit(ANSWERED).setdefault(_identity(problem), problem.verdict)


def _passage(work: str, section: str, words: str, key: str) -> None:
    if st.button("Go to the passage", key=f"passage {key}", width="stretch"):
        navigation.go("text", work, section=section, **navigation.finding(words))


def _revise(work: str, problem: OpenFinding, key: str) -> None:
    """Draw what can be asked of a model to mend it: the sentences, or the section anew."""
    if problem.held:
        st.caption("It has words of yours, or locked ones, so it is not drafted anew.")
    if not navigation.has_model():
        st.caption("No model is set, so none can revise it.")
        return
    note = NOTE.format(text=problem.text, evidence=problem.evidence)
    if st.button(
        "Have an editor mend it…",
        key=f"mend {key}",
        icon=":material/edit_note:",
        help="On the Text page: changes are proposed, and you take what you like.",
        width="stretch",
    ):
        change.ask_for(work, problem.section, f"Put this right: {problem.text}")
        words = problem.evidence if problem.quoted else ""
        navigation.go("text", work, section=problem.section, **navigation.finding(words))
    if not problem.held and st.button(
        f"Redraft the section with {navigation.endpoint()}",
        key=f"revise {key}",
        icon=":material/refresh:",
        help="A new draft, told of this finding. The one there is stays in its history.",
        width="stretch",
    ):
        background.start(
            work, "redraft", navigation.settings(), sections=[problem.section], note=note
        )
        navigation.go("write", work)


def _constraints(work: str, found: ReviewSummary) -> None:
    if not found.constraints:
        st.caption("Nothing was asked that is checked.")
        return
    shown = st.session_state.get("review constraints", SHOWN)
    order = {"broken": 0, "not reviewed": 1, "met": 2}
    constraints = sorted(found.constraints, key=lambda c: order.get(c.status, 3))
    texts = cache.texts(work)
    for constraint in constraints[:shown]:
        _constraint(work, texts, constraint)
    _more("review constraints", shown, len(constraints))


def _constraint(work: str, texts: Texts, constraint: ConstraintSummary) -> None:
    colour = COLOURS.get(constraint.status, "gray")
    mark = MARKS.get(constraint.status, plain(constraint.status))
    wish = "" if constraint.required else ", a wish"
    with st.expander(f":{colour}[{mark}]  {plain(constraint.text, 160)}"):
        kind = named(constraint.kind)
        st.caption(plain(f"{constraint.id}, {kind}, {constraint.placement}{wish}", 200))
        if constraint.evidence:
            st.html(prose(constraint.evidence))
        for number, found in enumerate(_worst_first(constraint)[:SHOWN]):
            text, button = st.columns([5, 1.4], vertical_alignment="center")
            with text:
                st.markdown(f"{MARKS.get(found.status, '')}: **{plain(found.title)}**")
                if found.evidence:
                    _evidence(texts, found.section, found.evidence)
            with button:
                words = found.evidence if found.quoted else ""
                _passage(work, found.section, words, f"{constraint.id} {number}")


def _worst_first(constraint: ConstraintSummary) -> list[Any]:
    order = {"broken": 0, "not reviewed": 1, "met": 2}
    return sorted(constraint.places, key=lambda p: order.get(p.status, 3))


def _stale(work: str, found: ReviewSummary) -> None:
    if not found.stale:
        st.caption("Every section rests on what holds now.")
        return
    titles = {length.section: length.title for length in found.lengths}
    for number, (section, reasons) in enumerate(list(found.stale.items())[:SHOWN]):
        text, button = st.columns([5, 1.4], vertical_alignment="center")
        with text:
            st.markdown(f"**{plain(titles[section])}**: {plain('; '.join(reasons), 500)}")
        with button:
            _passage(work, section, "", f"stale {number}")
    if len(found.stale) > SHOWN:
        st.caption(f"and {len(found.stale) - SHOWN} more")
    st.caption("*Settle* on the Write page checks them against what changed.")


def _lengths(work: str, found: ReviewSummary) -> None:
    rows = [
        {"section": f"{number:03}", "words": length.words, "asked for": length.target_words}
        for number, length in enumerate(found.lengths, 1)
    ]
    st.bar_chart(
        rows,
        x="section",
        y=["words", "asked for"],
        color=[WRITTEN, ASKED],
        stack=False,
        x_label="Section, in reading order",
        y_label="Words",
    )


def _repetition(work: str, found: ReviewSummary) -> None:
    told = found.repetition
    if not told.runs:
        st.caption("No run of seven words or more is said twice.")
        return
    numbers = {length.section: n for n, length in enumerate(found.lengths, 1)}
    st.bar_chart(
        [
            {"section": f"{numbers[sid]:03}", "repeated": round(100 * share, 1)}
            for sid, share in told.shares.items()
        ],
        x="section",
        y="repeated",
        color=WRITTEN,
        x_label="Section, in reading order",
        y_label="% of its words said elsewhere too",
    )
    st.dataframe(
        [
            {
                "Said again": run.words,
                "Times": run.times,
                "In sections": ", ".join(str(numbers[s]) for s in run.sections),
            }
            for run in told.runs
        ],
        hide_index=True,
        width="stretch",
    )

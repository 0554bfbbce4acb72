"""Review: what is broken, with the words that show it, and what a person answers."""

import pytest
from streamlit.testing.v1 import AppTest

from inkwright.app.services import background, engine
from inkwright.memory.changes import contradictions
from inkwright.memory.changes.staleness import Change, build_stamp
from inkwright.memory.domain.brief import Constraint
from inkwright.memory.domain.draft import Finding, Review
from inkwright.memory.store import drafts, works
from inkwright.memory.store.library import Library
from inkwright.memory.user_work import user_drafts
from tests.builders import Built, built, fact, outline, sections
from tests.ui.showing import said, shown, turned

QUOTE = "It <script>alert(1)</script> rained **hard**."
RAIN = Constraint(
    id="c1", text="Never *mention* rain.", kind="must_not_contain", phrases=("rained",), where="all"
)
FOG = Constraint(
    id="c2", text="Name the fog.", kind="must_contain", phrases=("fog",), where="2", required=False
)
CALM = Constraint(id="c3", text="Stay calm.", where="all")
SAME = "The keeper climbed the hundred and twelve steps to the lamp again."


@pytest.fixture
def work(library: Library) -> str:
    with built(library, "A story.") as made:
        made.plan(
            outline(*sections("s1", "s2", "s3")),
            [RAIN, FOG, CALM],
            entries=[fact("plan.1", "Mara", "keeps the lamp.")],
        )
        reviewed(made, "s1", f"{QUOTE} {SAME}", "c1", QUOTE)
        reviewed(made, "s2", f"Dry. {SAME}")
        made.draft("s3", "Mara lit it.", shown={"plan.1": 1})
        changed = fact("plan.1", "Mara", "sold it.", version=2, origin="person")
        made.write(changed)
        user_drafts.save_text(library, made.lease, "s3", "Mara lit it still.")
        change = Change("plan.1", changed.line, "changed", build_stamp(changed))
        contradictions.store_findings(library, made.lease, "s3", [(change, "Mara lit it")])
        return made.work


def reviewed(made: Built, section: str, text: str, broken: str = "", evidence: str = "") -> None:
    """Accept a draft in which one constraint is broken, by a judge's word."""
    number = made.freeze(section)
    landed = drafts.save_first_draft(
        made.library, made.lease, section, text, manifest_id=number, summary="", delta=()
    )
    found = [Finding(constraint="c3", status="met", by="judge")]
    if broken:
        found.append(Finding(constraint=broken, status="broken", evidence=evidence))
    drafts.accept(
        made.library, made.lease, landed, text=text, review=Review(findings=tuple(found)), rounds=0
    )


def press(test: AppTest, label: str) -> AppTest:
    """Press the first button of this label."""
    test = next(b for b in test.button if b.label == label).click().run()
    assert not test.exception
    return test


def metric(test: AppTest, label: str) -> str:
    return next(m.value for m in test.metric if m.label == label)


def test_constraints_stand_with_status_and_quote(work: str):
    test = shown("review", work=work)
    assert not test.exception
    assert metric(test, "Constraints met") == "0 of 3"
    turned(test, "review tab", "Constraints")
    labels = [e.label for e in test.expander]
    assert labels[0] == (":red[:material/cancel: broken]  Never \\*mention\\* rain\\.")
    assert any("broken" in label and "fog" in label for label in labels)
    shown_html = "".join(str(h.proto.body) for h in test.get("html"))
    assert "&lt;script&gt;alert(1)&lt;/script&gt; rained **hard**" in shown_html
    assert "<script>" not in shown_html


def test_lengths_repetition_and_stale_sections_are_told(work: str):
    test = shown("review", work=work)
    assert metric(test, "Out of date") == "1"
    assert metric(test, "Words") == "36"
    assert "what memory says was changed" in said(turned(test, "review tab", "Out of date"))
    assert len(turned(test, "review tab", "Length").get("vega_lite_chart")) == 1
    turned(test, "review tab", "Repetition")
    assert len(test.get("vega_lite_chart")) == 1
    (repeated,) = test.dataframe
    assert list(repeated.value["Times"]) == [2]
    assert repeated.value["Said again"][0].startswith("The keeper climbed the hundred")
    assert list(repeated.value["In sections"]) == ["1, 2"]


def keys(test: AppTest, label: str) -> list[str]:
    """Return the keys of the buttons of this label that can be pressed."""
    return [str(b.key) for b in test.button if b.label == label and not b.disabled]


def test_an_answered_finding_stays_where_it_is_until_what_is_left_is_asked_for(work: str):
    test = shown("review", work=work)
    before = int(metric(test, "Findings to answer"))
    accept, dismiss = keys(test, "Accept"), keys(test, "Dismiss")
    test.button(key=accept[0]).click().run()
    assert metric(test, "Findings to answer") == str(before - 1)
    assert "Accepted: to be mended" in said(test)
    assert keys(test, "Accept") == accept[1:], "each of the others has its place"
    test.button(key=dismiss[1]).click().run()
    assert metric(test, "Findings to answer") == str(before - 2)
    assert "Dismissed: the text may stay" in said(test)
    assert keys(test, "Dismiss") == dismiss[2:]
    press(test, "Show only what is left to answer")
    assert len(keys(test, "Accept")) == len(accept) - 2
    assert any(e.label == "Dismissed (1)" for e in test.expander)
    for key in keys(test, "Take back"):
        test.button(key=key).click().run()
    assert metric(test, "Findings to answer") == str(before)


def test_another_visit_lists_only_what_is_left_to_answer(work: str):
    test = press(shown("review", work=work), "Accept")
    count = len(keys(test, "Accept"))
    test.session_state["visited"] = ("text", work)
    test.run()
    assert len([b for b in test.button if b.key and b.key.startswith("Accept None")]) == count


def test_what_memory_contradicts_is_dismissed_for_the_command_line_too(work: str, library: Library):
    (told,) = [p for p in engine.review(work).problems if p.number is not None]
    assert (told.section, told.is_protected, told.evidence) == ("s3", True, "Mara lit it")
    engine.decide(work, told, "dismissed")
    assert contradictions.load_findings(library, work) == []
    engine.decide(work, told, None)
    assert len(contradictions.load_findings(library, work)) == 1


def test_an_answer_stays_with_the_text_and_not_with_another(work: str, library: Library):
    rain = engine.review(work).problems[0]
    assert (rain.section, rain.about, rain.is_quoted) == ("s1", "c1", True)
    engine.decide(work, rain, "dismissed")
    from inkwright.memory.user_work import locks

    with works.hold_lease(library, work) as lease:
        locks.lock_words(library, lease, "s1", "keeper")
    assert engine.review(work).problems[0].verdict == "dismissed"
    with works.hold_lease(library, work) as lease:
        user_drafts.save_text(library, lease, "s1", "It rained again.")
    (again,) = [p for p in engine.review(work).problems if p.section == "s1"]
    assert again.verdict is None


def test_an_accepted_finding_becomes_a_revision_that_is_told_of_it(
    work: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("INKWRIGHT_API_BASE", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("INKWRIGHT_MODEL", "m")
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr(
        background, "start", lambda w, what, s, **more: asked.append((w, what, more))
    )
    test = press(shown("review", work=work), "Accept")
    (button,) = [b for b in test.button if b.label.startswith("Redraft the section with")]
    assert "127" in button.label, "the label names where the text goes"
    button.click().run()
    ((asked_work, what, more),) = asked
    assert (asked_work, what, more["sections"]) == (work, "redraft", ["s1"])
    assert RAIN.text in more["note"]
    assert QUOTE in more["note"]


def test_text_of_the_persons_is_not_offered_to_a_model(work: str):
    for problem in engine.review(work).problems:
        engine.decide(work, problem, "accepted" if problem.is_protected else "dismissed")
    test = shown("review", work=work)
    assert "words of yours" in said(test)
    assert not [b for b in test.button if b.label.startswith("Redraft")]


def test_an_editor_is_asked_on_the_page_of_the_text_with_the_passage_marked(
    work: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("INKWRIGHT_API_BASE", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("INKWRIGHT_MODEL", "m")
    test = press(press(shown("review", work=work), "Accept"), "Have an editor mend it…")
    assert test.query_params["section"] == "s1"
    assert test.query_params["find"] == QUOTE
    assert RAIN.text in test.session_state[f"told {work}/s1"]


def test_a_work_without_an_outline_says_so(library: Library):
    from inkwright.memory.domain.brief import Brief

    work = works.begin(library, Brief(request="Tides."), {"plan": "full"}).id
    assert "no outline yet" in shown("review", work=work).info[0].value


def test_a_work_that_is_being_written_answers_in_plain_words(work: str, library: Library):
    test = shown("review", work=work)
    with works.hold_lease(library, work):
        press(test, "Accept")
        assert "is being written by another process" in test.error[0].value


def test_the_passage_is_a_click_away(work: str):
    test = press(shown("review", work=work), "Go to the passage")
    assert test.query_params["section"] == "s1"
    assert test.query_params["work"] == work


def test_an_answer_draws_the_page_once_and_no_frame_around_it(
    work: str, monkeypatch: pytest.MonkeyPatch
):
    from inkwright.app.ui.pages import review

    drawn: list[str] = []
    summary = review._draw_summary
    monkeypatch.setattr(
        review, "_draw_summary", lambda found: (drawn.append("once"), summary(found))
    )
    test = shown("review", work=work)
    drawn.clear()
    press(test, "Accept")
    assert drawn == ["once"]

"""What a person typed or chose is never dropped for good by a press."""

import pytest
from streamlit.testing.v1 import AppTest

from inkwright.app.api.memory import Memory
from inkwright.app.api.section import SectionText
from inkwright.app.api.sources import Sources
from inkwright.app.ui.brief.fields import MODELS, build_form_fields, whole
from inkwright.memory.changes import contradictions
from inkwright.memory.changes.staleness import Change, build_stamp
from inkwright.memory.domain.brief import Brief
from inkwright.memory.domain.source import Source
from inkwright.memory.store import works
from inkwright.memory.store.library import Library
from inkwright.memory.user_work import user_drafts
from tests.builders import built, fact, outline, sections
from tests.simserver.process import SimServer
from tests.ui.conftest import Page, fine, labels, said
from tests.ui.showing import turned

TIDES = Source(key="", title="Tides", text="The range is 7.2 metres.", name="tides.md")
BACK = "Bring back what was here"


def press(app: AppTest, label: str) -> AppTest:
    """Press the first button whose label begins so and that can be pressed."""
    buttons = (b for b in app.button if b.label.startswith(label) and not b.disabled)
    return fine(next(buttons).click().run())


def form(app: AppTest) -> dict[str, object]:
    """Return what the brief's form holds, and the titles of its sources."""
    state = app.session_state
    fields = whole({})
    held = {n: state[f"brief {n}"] for n in fields if n not in ("request", "constraints", "memory")}
    held |= {n: state[f"brief {n} now"] for n in ("constraints", "memory")}
    return {
        "request": state["brief"]["request"],
        **held,
        "sources": [s.title for s in state["brief sources"].sources],
    }


def filled(page: Page) -> AppTest:
    """Return the brief's form with something in every part of it."""
    app = page("brief")
    app.session_state["brief"]["request"] = "Write of tides."
    app.session_state["brief constraints now"] = [{"text": "Name the moon."}]
    app.session_state["brief rows"] += 1
    app.run()
    app.text_input(key="brief title").input("On tides").run()
    turned(app, "brief tab", "Sources")
    upload = app.file_uploader(key="brief sources given 0")
    upload.set_value(("tides.md", b"# Tides\n\nThe range is 7.2 metres.\n", "text/markdown")).run()
    turned(app, "brief tab", "More")
    app.text_input(key="brief model planner").input("another").run()
    app.selectbox(key="brief cite").set_value("footnote").run()
    return fine(app)


@pytest.mark.parametrize("key", ["example harbour-report", "example none"])
def test_a_brief_that_is_replaced_comes_back_whole(page: Page, key: str) -> None:
    app = filled(page)
    before = form(app)
    assert before["sources"] == ["Tides"]
    assert before["model planner"] == "another"
    assert BACK not in labels(app)
    fine(app.button(key=key).click().run())
    after = form(app)
    assert after != before
    assert after["sources"] == []
    assert form(press(app, BACK)) == before
    assert BACK not in labels(app)


def test_a_replaced_brief_comes_back_after_other_examples_and_a_restart(page: Page) -> None:
    app = filled(page)
    before = form(app)
    for name in ("lighthouse", "garden-diary", "none"):
        app.button(key=f"example {name}").click().run()
    again = press(page("brief"), BACK)
    assert form(again) == before
    assert BACK not in labels(again), "an example that nobody changed is not kept"


def test_two_replaced_briefs_come_back_in_turn(page: Page) -> None:
    app = filled(page)
    before = form(app)
    app.button(key="example lighthouse").click().run()
    app.text_input(key="brief title").input("Another night").run()
    changed = form(app)
    app.button(key="example none").click().run()
    assert form(press(app, BACK)) == changed
    assert form(press(app, BACK)) == before
    assert form(press(app, BACK)) == changed


def test_a_brief_is_used_for_a_new_work_with_its_sources(page: Page, library: Library) -> None:
    given = Brief(request="Write of a harbour.", sources=(TIDES,), unread=("x.pdf: no text",))
    work = works.begin(library, given, {}).id
    app = filled(page)
    before = form(app)
    app.query_params["work"] = work
    press(app.run(), "Use it for a new work")
    fine(app.run())
    assert form(app) == {**whole(build_form_fields(given)), "sources": ["Tides"]}
    assert app.session_state["brief sources"].unread == given.unread
    assert form(press(app, BACK)) == before


def test_a_source_that_is_left_out_stays_in_its_place_and_comes_back(page: Page) -> None:
    app = filled(page)
    turned(app, "brief tab", "Sources")
    press(app, "Leave it out")
    assert form(app)["sources"] == []
    assert [e.label for e in app.expander] == ["Tides"]
    press(app, "Bring it back")
    assert form(app)["sources"] == ["Tides"]


def test_a_source_of_a_work_that_is_left_out_comes_back(page: Page, library: Library) -> None:
    brief = Brief(request="Write of a harbour.", sources=(TIDES,))
    work = works.begin(library, brief, {}).id
    app = press(page("brief", work=work), "Leave it out")
    assert Sources(work).all() == []
    press(app, "Bring it back")
    assert [k.source.title for k in Sources(work).all()] == ["Tides"]


def test_the_button_that_plans_names_the_models_of_the_form(page: Page, model: SimServer) -> None:
    app = page("brief")
    app.session_state["brief"]["request"] = "Write of tides."
    turned(app.run(), "brief tab", "More")
    app.text_input(key="brief model writer").input("another-model").run()
    plan = next(label for label in labels(app) if label.startswith("Plan with"))
    assert "another-model" in plan
    assert "model writer" in MODELS


def test_no_shortcut_starts_what_is_sent(page: Page, work: str, model: SimServer) -> None:
    for name in ("brief", "outline", "write", "text", "memory", "review"):
        app = page(name, **({} if name == "brief" else {"work": work}))
        for button in app.button:
            assert " with " not in button.label or not button.proto.shortcut


def test_typing_over_entries_stays_when_others_are_listed_and_when_a_question_is_left(
    page: Page, work: str
) -> None:
    app = page("memory", work=work)
    app.session_state[f"memory typed {work}"] = {"s1.1": {"statement": "blue", "aliases": "M, X"}}
    app.session_state[f"memory turn {work}"] = 1
    app.run()
    assert list(app.session_state["memory begun"][1]["statement"]) == ["blue"]
    app.text_input(key="memory words").input("nothing like it").run()
    app.text_input(key="memory words").input("").run()
    assert list(app.session_state["memory begun"][1]["statement"]) == ["blue"]
    press(app, "See what 1 change would do")
    assert "**To change" in said(app)
    press(app, "Leave memory as it is")
    press(app, "Discard 1 change")
    assert not any(label.startswith("See what") and "change" in label for label in labels(app))
    press(app, "Bring back what was typed")
    press(app, "See what 1 change would do")
    press(app, "Apply")
    (entry,) = Memory(work).entries()
    assert (entry.statement, entry.aliases) == ("blue", ("M", "X"))
    assert app.session_state[f"memory typed {work}"] == {}


def test_a_contradiction_that_is_let_be_stays_in_its_place_and_is_taken_back(
    page: Page, library: Library
) -> None:
    with built(library, "A story.") as made:
        made.plan(outline(*sections("s1")), entries=[fact("plan.1", "Mara", "keeps the lamp.")])
        made.draft("s1", "Mara lit it.", shown={"plan.1": 1})
        sold = fact("plan.1", "Mara", "sold it.", version=2, origin="person")
        made.write(sold)
        user_drafts.save_text(library, made.lease, "s1", "Mara lit it still. Mara was there.")
        change = Change("plan.1", sold.line, "changed", build_stamp(sold))
        words = ("Mara lit it", "Mara was there")
        contradictions.store_findings(library, made.lease, "s1", [(change, w) for w in words])
    app = turned(page("memory", work=made.work), "memory tab", "Your sentences (2)")
    dismiss = [b.key for b in app.button if b.label == "Let it be"]
    press(app, "Let it be")
    assert [b.key for b in app.button if b.label == "Let it be"] == dismiss
    assert len(Memory(made.work).findings()) == 1
    press(app, "Take back")
    assert len(Memory(made.work).findings()) == 2
    press(app, "Let it be")
    app.session_state["visited"] = ("text", made.work)
    app.run()
    assert [b.key for b in app.button if b.label == "Let it be"] == dismiss[1:]


def test_a_lock_that_is_taken_off_stays_in_its_place_and_can_be_put_back(
    page: Page, work: str
) -> None:
    text = SectionText(work, "s1")
    text.edit("Rain fell. Rain fell. Mara slept.")
    text.lock("Rain fell.", start=0)
    text.lock("Mara slept.")
    app = fine(page("text", work=work, section="s1"))
    rows = [b.key for b in app.button if b.label == "Unlock"]
    press(app, "Unlock")
    assert [b.key for b in app.button if b.label == "Unlock"] == rows
    assert [h.start for h in text.current.held if h.why == "locked"] == [22]
    press(app, "Lock again")
    assert [h.start for h in text.current.held if h.why == "locked"] == [0, 22]


def test_typing_that_is_discarded_or_overtaken_can_be_brought_back(page: Page, work: str) -> None:
    text = SectionText(work, "s1")
    text.type("Mara sleeps.", base=1, revision=0)
    app = press(page("text", work=work, section="s1"), "Discard what I typed")
    assert not text.typed().pending
    press(app, "Bring back what I typed")
    assert text.typed().text == "Mara sleeps."
    text.edit("Mara wakes.")
    press(app.run(), "Take version 2")
    assert text.typed().text == "Mara wakes."
    press(app, "Bring back what I typed")
    assert (text.typed().text, text.typed().base) == ("Mara sleeps.", 1)

"""Every page draws what the library holds, says what is missing, and sends nothing unasked."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from inkwright.agents.revision.instructed_edit import Hunk
from inkwright.app.api.outline import WorkOutline
from inkwright.app.api.section import SectionText
from inkwright.app.config.settings import Settings
from inkwright.app.services import run_monitor
from inkwright.app.ui import page_list
from inkwright.memory.changes import outline_edits
from inkwright.memory.domain.brief import Brief, OutlineItem, Remembered
from inkwright.memory.errors import BadInput
from inkwright.memory.store import drafts, ledger, run_status, works
from inkwright.memory.store.library import Lease, Library
from inkwright.memory.store.run_status import ProgressRecord, SectionMark
from tests.builders import begun, fact
from tests.simserver.process import SimServer
from tests.ui.conftest import TEXT, Page, fine, labels, said
from tests.ui.showing import turned

OF_A_WORK = [p.name for p in page_list.PAGES if p.requires_work]


@contextmanager
def on_record(
    library: Library, work: str, action: run_status.RunAction, phase: str
) -> Iterator[Lease]:
    """Put a run on record as one of another process; cut off when the block has ended."""
    lease = run_status.start(library, work, action)
    run_status.update_status(library, lease, ProgressRecord(phase=phase), {}, ())
    yield lease
    works.release(library, lease)


def button(app: AppTest, label: str) -> AppTest:
    """Press the button whose label begins so."""
    return next(b for b in app.button if b.label.startswith(label)).click().run()


@pytest.mark.parametrize("name", [p.name for p in page_list.PAGES])
def test_a_page_of_an_empty_library_says_what_to_do(page: Page, name: str) -> None:
    app = fine(page(name))
    assert said(app)


@pytest.mark.parametrize("name", [p.name for p in page_list.PAGES])
def test_a_page_draws_a_work_half_written_without_a_model(page: Page, work: str, name: str) -> None:
    app = fine(page(name, work=work))
    assert not any(" with " in label for label in labels(app)), "no model is set"


@pytest.mark.parametrize("name", OF_A_WORK)
def test_an_unknown_work_is_one_plain_line(page: Page, work: str, name: str) -> None:
    app = page(name, work="nowhere")
    (error,) = app.error
    assert "no work" in error.value
    assert "Traceback" not in error.value


def test_what_would_send_something_names_where_it_goes(
    page: Page, work: str, model: SimServer
) -> None:
    app = fine(page("write", work=work))
    (going,) = [label for label in labels(app) if "writing" in label]
    assert model.model in going
    assert f"127.0.0.1:{model.port}" in going
    assert model.calls() == []


def test_the_library_lists_its_works_and_a_copy_goes_its_own_way(
    page: Page, work: str, library: Library
) -> None:
    app = fine(page("works"))
    app.session_state[f"more {work}"] = True
    app = button(app.run(), "Duplicate")
    first, second = works.list_works(library)
    copy = next(w for w in (first, second) if w.id != work)
    assert copy.title.endswith("(copy)")
    assert drafts.current(library, copy.id)["s1"].text == TEXT
    assert len(ledger.load_entries(library, copy.id)) == 1
    SectionText(copy.id, "s1").edit("Other words.")
    assert drafts.current(library, work)["s1"].text == TEXT
    assert not app.exception


def test_a_brief_can_be_kept_without_a_model(page: Page, library: Library) -> None:
    app = page("brief")
    app.session_state["brief"]["request"] = "Write of tides."
    app.run()
    app.text_input(key="brief title").input("On tides").run()
    app = turned(app, "brief tab", "Style")
    app.text_area(key="brief banned").input("foghorn\nanchor")
    app.run()
    app = turned(app, "brief tab", "Memory")
    button(app, "Keep, send nothing")
    (found,) = works.list_works(library)
    assert (found.brief.request, found.title, found.status) == (
        "Write of tides.",
        "On tides",
        "new",
    )
    assert found.brief.banned == ("foghorn", "anchor")


def test_a_ready_made_brief_fills_the_form_and_is_kept_over_a_restart(page: Page) -> None:
    app = page("brief")
    app.button(key="example lighthouse").click().run()
    assert app.text_input(key="brief title").value == "The Last Night at Gull Point"
    again = page("brief")
    assert again.text_input(key="brief title").value == "The Last Night at Gull Point"
    assert "Mara" in again.session_state["brief"]["request"]


def test_rows_of_a_brief_stay_while_another_tab_is_open_and_are_kept_with_it(
    page: Page, library: Library
) -> None:
    app = page("brief")
    app.button(key="example lighthouse").click().run()
    rows = app.session_state["brief constraints now"]
    assert len(rows) > 1
    for tab in ("More", "Constraints", "Style"):
        app = fine(turned(app, "brief tab", tab))
        assert app.session_state["brief constraints now"] == rows
    button(app, "Keep, send nothing")
    (found,) = works.list_works(library)
    assert len(found.brief.constraints) == len(rows)


def test_an_estimate_is_shown_before_anything_is_sent(page: Page, model: SimServer) -> None:
    app = page("brief")
    app.button(key="example lighthouse").click().run()
    app = button(app, "Estimate")
    assert "600 words in 4 sections" in said(fine(app))
    assert model.calls() == []


def test_the_run_of_another_process_is_seen_with_its_text(
    page: Page, work: str, library: Library
) -> None:
    with on_record(library, work, "write", "drafting") as lease:
        told = ProgressRecord(
            phase="drafting", tokens_per_s=41.0, eta_s=90, seconds=12, notices=("a note",),
            sections={"s3": SectionMark("drafting", 0, 7)},
        )  # fmt: skip
        run_status.update_status(library, lease, told, {"s3": "Rain <i>fell</i> on"}, ())
        app = fine(page("write", work=work))
        assert {"Pause", "Stop"} <= set(labels(app))
        assert "Drafting" in said(app)
        assert "41 tokens/s" in said(app)
        seen = run_monitor.load_monitored_work(work, Settings.load())
        assert (seen.rows[2].state, seen.rows[2].words) == ("drafting", 7)
        assert run_monitor.load_live_texts(work, Settings.load()) == {"s3": "Rain <i>fell</i> on"}
        button(app, "Pause")
        telling = run_status.load_status(library, work)
        assert telling is not None
        assert telling.asked == "pause"
        assert telling.is_watched, "so that the run streams its text"


def test_a_run_that_was_killed_is_told_as_cut_off(page: Page, work: str, library: Library) -> None:
    with on_record(library, work, "write", "drafting"):
        pass
    assert run_monitor.load_monitored_work(work, Settings.load()).activity == "cut off"
    assert "cut off" in said(fine(page("write", work=work)))


def test_typing_is_kept_and_becomes_a_version_when_asked(
    page: Page, work: str, library: Library
) -> None:
    text = SectionText(work, "s1")
    text.type("Mara sleeps.", base=1, revision=0)
    app = fine(page("text", work=work, section="s1"))
    app = button(app, "Make it version 2")
    assert drafts.current(library, work)["s1"].text == "Mara sleeps."
    assert not text.typed().pending
    app = fine(page("text", work=work, section="s1"))
    button(app, "Restore it")
    assert drafts.current(library, work)["s1"].text == TEXT


def test_a_draft_that_comes_in_while_typing_is_offered_beside_what_was_typed(
    page: Page, work: str, library: Library
) -> None:
    text = SectionText(work, "s1")
    text.type("Mara sleeps.", base=1, revision=0)
    text.edit("Mara wakes.")
    app = fine(page("text", work=work, section="s1"))
    assert "came in while you were typing" in said(app)
    button(app, "Make mine")
    assert drafts.current(library, work)["s1"].text == "Mara sleeps."
    assert [d.text for d in text.versions()] == [TEXT, "Mara wakes.", "Mara sleeps."]


def test_only_the_ticked_changes_are_kept(page: Page, work: str, library: Library) -> None:
    SectionText(work, "s2").edit("Mara looked up with her blue eyes.")
    app = fine(page("text", work=work, section="s2"))
    app.checkbox(key="hunk s2 1 0").uncheck().run()
    button(app, "Keep only the ticked changes")
    assert drafts.current(library, work)["s2"].text == "Mara looked out with her blue eyes."


def test_what_an_edit_of_memory_reaches_is_shown_before_it_is_made(
    page: Page, work: str, library: Library
) -> None:
    from inkwright.memory.changes import entry_edits

    app = page("memory", work=work)
    app.session_state[f"edit {work}"] = (
        "change s1.1",
        entry_edits.build_change("s1.1", statement="blue"),
    )
    app.run()
    assert "**2 sections**" in said(fine(app)), "the one that says it, and the one shown it"
    assert "**Title 1**" in said(app)
    assert "**Title 2**" in said(app)
    assert "**Title 3**" not in said(app)
    assert [e.statement for e in ledger.load_entries(library, work)] == ["green"]
    button(app, "Apply")
    assert [e.statement for e in ledger.load_entries(library, work)] == ["blue"]


def test_a_change_of_the_outline_shows_what_goes_out_of_date_and_is_made_when_asked(
    page: Page, work: str
) -> None:

    app = page("outline", work=work)
    change = outline_edits.build_section_edit("s2", purpose="Say what she saw.")
    app.session_state[f"replan {work}"] = "change “Title 2”", change
    app.run()
    assert "Out of date then: **1**" in said(fine(app))
    assert WorkOutline(work).plan.outline.section("s2").purpose == ""
    button(app, "Change the outline")
    assert WorkOutline(work).plan.outline.section("s2").purpose == "Say what she saw."


def test_what_a_section_alone_covers_is_told_and_can_be_changed_once_asked_for(
    page: Page, work: str
) -> None:

    WorkOutline(work).apply(
        outline_edits.build_section_edit("s2", owns="the storm", subjects=("Ada", "Ben"))
    )
    app = page("outline", work=work)
    app.session_state[f"outline chosen {work}"] = "s2"
    app.run()
    assert "It alone covers: the storm" in said(fine(app))
    assert "Subjects: Ada, Ben" in said(app)
    assert "It alone covers" not in [field.label for field in app.text_input]
    app.toggle[0].set_value(True).run()
    assert "It alone covers: the storm" not in said(fine(app))
    next(f for f in app.text_input if f.label == "It alone covers").set_value("the calm")
    next(f for f in app.text_input if f.label == "Title").set_value("After it")
    button(app, "See what it would do")
    button(app, "Change the outline")
    section = WorkOutline(work).plan.outline.section("s2")
    assert (section.owns, section.title, section.subjects) == (
        "the calm",
        "After it",
        ("Ada", "Ben"),
    )


def test_a_kept_brief_shows_the_outline_and_the_memory_that_it_came_with(
    page: Page, library: Library
) -> None:
    brief = Brief(
        request="Write of a harbour.",
        outline=(OutlineItem(title="Ebb"), OutlineItem(title="Flood", key_points=("the <b>gate",))),
        memory=(Remembered(subject="Mara", statement="Mara keeps the lamp."),),
    )
    app = fine(page("brief", work=works.begin(library, brief, {}).id))
    assert "# Flood\n- the &lt;b&gt;gate" in "".join(
        str(part.proto.body) for part in app.get("html")
    )
    assert [list(table.value["statement"]) for table in app.dataframe] == [["Mara keeps the lamp."]]


def _tabbed() -> None:
    import streamlit as st

    from inkwright.app.ui.components import tabs

    draws = {name: lambda name=name: st.markdown(f"in {name}") for name in ("One", "Two", "Three")}
    left = st.session_state.get("left", 2)
    tabs.draw("tab", draws, counts={"Two": left}, always_drawn_tab="One")  # type: ignore[arg-type]


def test_only_the_open_tab_is_drawn_and_it_stays_open_when_its_count_changes():
    test = AppTest.from_function(_tabbed, default_timeout=60).run()
    assert [m.value for m in test.markdown] == ["in One"]
    test.session_state["tab"] = "Two (2)"
    assert [m.value for m in test.run().markdown] == ["in One", "in Two"]
    for left in (1, 0):
        test.session_state["left"] = left
        assert [m.value for m in test.run().markdown] == ["in One", "in Two"]


@pytest.mark.parametrize("name", ["outline", "text", "review"])
def test_a_page_says_that_the_outline_is_on_its_way_while_a_run_plans(
    page: Page, library: Library, name: str
) -> None:
    work = begun(library, "Write of tides.")
    assert "There is no outline yet" in fine(page(name, work=work)).info[0].value
    with on_record(library, work, "plan", "planning"):
        assert "The outline is being made" in fine(page(name, work=work)).info[0].value


def test_an_edit_of_memory_is_told_in_the_words_of_the_entry(
    page: Page, work: str, library: Library
) -> None:
    with works.hold_lease(library, work) as lease, library.write(lease) as db:
        ledger.append_entries(
            db, work, [fact("p.9", "The boat", status="proposed", origin="section")]
        )
    app = fine(turned(page("memory", work=work), "memory tab", "Proposals (1)"))
    app = button(app, "Accept")
    assert "To accept “The boat: It is so.”" in said(fine(app))
    assert "p.9" not in said(app)


def test_changes_that_cannot_be_taken_stay_with_the_reason_and_go_with_the_text(
    page: Page, work: str, model: SimServer
) -> None:
    def refused(taken: list[int]) -> None:
        raise BadInput("memory could not be read")

    hunk = Hunk(number=1, start=0, end=4, before="Mara", after="Orla")
    proposal = SimpleNamespace(version=1, notes=())
    app = page("text", work=work, section="s1")
    app.session_state[f"proposed {work}/s1"] = SimpleNamespace(
        hunks=(hunk,), proposal=proposal, accept=refused
    )
    app = button(app.run(), "Take 1 of 1")
    assert [e.value for e in app.error] == ["memory could not be read"]
    assert any(label.startswith("Take 1 of 1") for label in labels(app))
    SectionText(work, "s1").edit("Other words.")
    assert "The text has changed since" in said(fine(app.run()))


def test_a_menu_closes_when_a_work_is_to_be_removed(page: Page, work: str) -> None:
    app = page("works")
    app.session_state[f"more {work}"] = True
    app = fine(button(app.run(), "Remove…"))
    assert labels(app)[-1] == "Remove for good"
    assert not any(label == "Duplicate" for label in labels(app))


@pytest.mark.parametrize("name", OF_A_WORK)
@pytest.mark.parametrize("gone", ["s1", "s2"])
def test_a_page_draws_a_work_without_a_section_that_was_written(
    page: Page, work: str, name: str, gone: str
) -> None:
    SectionText(work, gone).type("Half a word", base=1, revision=0)
    WorkOutline(work).apply(outline_edits.build_removal(gone))
    app = fine(page(name, work=work, section=gone))
    assert "Half a word" not in said(app)
    assert not app.error

"""A press acts once, no key sends anything, and nothing dangerous comes under the pointer."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from inkwright.app.config.settings import Settings
from inkwright.app.services import engine, run_monitor
from inkwright.memory.domain.brief import Constraint
from inkwright.memory.domain.draft import Finding, Review
from inkwright.memory.store import drafts, ledger, works
from inkwright.memory.user_work import autosave
from tests.builders import built, fact, outline, sections
from tests.simserver.process import SimServer
from tests.ui.browser import Studio, click, opened, press, wait_until, write_into
from tests.ui.test_journeys import begun, status, texts, written
from tests.ui.test_outline import titled

pytestmark = pytest.mark.ui

FIELDS = ".stMain textarea:visible, .stMain input[type=text]:visible"
UNDER = """([x, y]) => {
  const button = document.elementFromPoint(x, y)?.closest("button")
  return button && !button.disabled ? button.textContent : ""
}"""


def drawn(tab: Page) -> None:
    """Wait until nothing more is to be drawn."""
    expect(tab.locator("h1").first).to_be_visible()
    expect(tab.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible()
    expect(tab.get_by_test_id("stSkeleton")).to_have_count(0)


def named(tab: Page, label: str) -> Locator:
    return tab.get_by_role("button", name=label).first


def box(element: Locator) -> dict[str, float]:
    element.scroll_into_view_if_needed()
    found = element.bounding_box()
    assert found is not None
    return dict(found)


def middle(box: dict[str, float]) -> tuple[float, float]:
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def pressed(tab: Page, element: Locator, *, times: int = 1) -> dict[str, float]:
    """Press an element where it stands, with the mouse; return where that was."""
    expect(element).to_be_enabled()
    drawn(tab)
    place = box(element)
    tab.mouse.click(*middle(place), click_count=times, delay=20)
    return place


def under(tab: Page, place: dict[str, float]) -> Any:
    """Return what the button says that would take a press there now."""
    return tab.evaluate(UNDER, list(middle(place)))


def apart(one: dict[str, float], other: dict[str, float]) -> bool:
    beside = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
    return (
        beside or one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]
    )


@pytest.fixture
def reviewed(studio: Studio) -> str:
    """A work with three findings to answer, three proposals and three locked stretches."""
    rule = Constraint(id="c1", text="Never mention rain.", kind="judged", where="all")
    with opened(studio.home) as library, built(library, "A story.") as made:
        made.plan(outline(*sections("s1", "s2", "s3")), [rule])
        for sid in ("s1", "s2", "s3"):
            text = f"It rained in {sid}. The sea was calm."
            made.draft(sid, text)
            found = Finding(constraint="c1", status="broken", evidence=f"It rained in {sid}.")
            drafts.accept(
                library,
                made.lease,
                drafts.current(library, made.work)[sid],
                text=text,
                review=Review(findings=(found,)),
                rounds=0,
            )
        made.write(*(fact(f"p.{n}", f"Boat {n}", status="proposed") for n in (1, 2, 3)))
        return made.work


def test_no_key_in_any_field_sends_anything(studio: Studio, tab: Page, model: SimServer) -> None:
    with opened(studio.home) as library, built(library, "A story.") as made:
        made.plan(outline(*sections("s1", "s2")))
        work = made.work
    with opened(studio.home) as library:
        half = begun(studio)
        count = len(works.list_works(library))
    pages = [("brief", "")] + [
        (name, one)
        for name in ("outline", "write", "text", "memory", "review", "inspect", "takeaway")
        for one in (work, half)
    ]
    tried = 0
    for name, one in pages:
        tab.goto(studio.address(name, **({"work": one} if one else {})))
        drawn(tab)
        if name == "outline" and one == work:
            tab.get_by_role("treeitem").first.click()
            expect(tab.locator("input[aria-label=Title]")).to_be_visible()
        if name == "memory":
            press(tab, "Add an entry")
        for number in range(tab.locator(FIELDS).count()):
            field = tab.locator(FIELDS).nth(number)
            field.fill("Write of tides.")
            for keys in ("Control+Enter", "Meta+Enter", "Enter"):
                field.press(keys)
                drawn(tab)
            tried += 1
    assert tried > 10
    assert model.calls() == []
    with opened(studio.home) as library:
        assert len(works.list_works(library)) == count
    for one in (work, half):
        assert run_monitor.find_active_run(one, Settings.load()) is None


def test_a_double_click_on_plan_begins_one_work_and_one_run(
    studio: Studio, tab: Page, model: SimServer
) -> None:
    tab.goto(studio.address("brief"))
    write_into(tab, "Write two short diary entries of a lighthouse keeper, 100 words in all.")
    expect(tab.get_by_text("Kept.", exact=True)).to_be_visible()
    place = pressed(tab, named(tab, "Plan with"), times=2)
    expect(
        tab.get_by_text("Nothing is written yet").or_(tab.get_by_role("button", name="Stop"))
    ).to_be_visible()
    assert under(tab, place) == ""
    with opened(studio.home) as library:
        (one,) = works.list_works(library)
    wait_until(lambda: status(studio, one.id) == "planned", "the plan")
    drawn(tab)
    assert "work=" in tab.url
    expect(tab.locator("[data-testid=stAlertContentError]")).to_have_count(0)


def test_stop_has_a_place_of_its_own_beside_the_start(
    studio: Studio, tab: Page, model: SimServer
) -> None:
    work = begun(studio)
    model.configure(decode_ms_per_token=15)
    tab.goto(studio.address("write", work=work))
    stop = tab.get_by_role("button", name="Stop")
    expect(stop).to_be_disabled()
    before = box(stop)
    start = pressed(tab, named(tab, "Plan and write with"), times=2)
    expect(stop).to_be_enabled()
    assert under(tab, start) == ""
    now = box(stop)
    assert now == before
    assert apart(start, now)
    assert run_monitor.load_monitored_work(work, Settings.load()).activity in (
        "starting",
        "running",
    )
    model.configure(decode_ms_per_token=0)
    place = pressed(tab, stop)
    expect(stop).to_be_disabled()
    wait_until(
        lambda: run_monitor.load_monitored_work(work, Settings.load()).activity == "idle",
        "the end of the run",
    )
    drawn(tab)
    assert under(tab, place) == ""


def test_an_answered_finding_stays_where_it_is_and_a_double_click_answers_no_other(
    studio: Studio, tab: Page, reviewed: str
) -> None:
    def verdicts() -> list[str | None]:
        return [p.verdict for p in engine.review(reviewed, Settings.load()).problems]

    tab.goto(studio.address("review", work=reviewed))
    accept = tab.get_by_role("button", name="Accept")
    expect(accept).to_have_count(3)
    drawn(tab)
    boxes = [box(accept.nth(n)) for n in range(3)]
    place = pressed(tab, accept.first, times=2)
    expect(tab.get_by_text("Accepted: to be mended")).to_be_visible()
    drawn(tab)
    assert verdicts() == ["accepted", None, None]
    assert box(accept.first) == boxes[0]
    assert under(tab, place) == ""
    dismiss = tab.get_by_role("button", name="Dismiss")
    place = pressed(tab, dismiss.nth(1), times=2)
    wait_until(lambda: verdicts() == ["accepted", "dismissed", None], "the answer")
    expect(dismiss.nth(1)).to_be_disabled()
    drawn(tab)
    assert under(tab, place) == ""
    place = pressed(tab, tab.get_by_role("button", name="Take back").nth(1), times=2)
    wait_until(lambda: verdicts() == ["accepted", None, None], "the finding to be open again")
    expect(dismiss.nth(1)).to_be_enabled()
    drawn(tab)
    assert under(tab, place) == ""
    press(tab, "Show only what is left")
    expect(accept).to_have_count(3)
    expect(accept.last).to_be_disabled()


def test_a_question_about_memory_does_not_open_under_the_pointer(
    studio: Studio, tab: Page, reviewed: str
) -> None:
    tab.goto(studio.address("memory", work=reviewed))
    click(tab.get_by_role("tab", name="Proposals"))
    place = pressed(tab, named(tab, "Accept"), times=2)
    dialog = tab.get_by_role("dialog")
    expect(dialog.get_by_text("To accept “Boat 1")).to_be_visible()
    drawn(tab)
    assert under(tab, place) == ""
    place = pressed(tab, dialog.get_by_role("button", name="Apply", exact=True), times=2)
    expect(dialog).to_have_count(0)
    drawn(tab)
    assert under(tab, place) == ""
    with opened(studio.home) as library:
        live = [e.subject for e in ledger.load_entries(library, reviewed) if e.status == "live"]
    assert live == ["Boat 1"]


def test_what_is_typed_up_to_the_press_comes_back_after_a_ready_made_brief(
    studio: Studio, tab: Page
) -> None:
    words = "Write of a ferry that is late."
    tab.goto(studio.address("brief"))
    write_into(tab, words)
    pressed(tab, named(tab, "A report"), times=2)
    area = tab.locator(".field textarea").first
    expect(area).not_to_have_value(words)
    drawn(tab)
    pressed(tab, named(tab, "Bring back what was here"), times=2)
    expect(area).to_have_value(words)
    tab.reload()
    expect(area).to_have_value(words)


def test_what_is_typed_over_a_section_stays_while_another_is_chosen(
    studio: Studio, tab: Page, reviewed: str
) -> None:
    tab.goto(studio.address("outline", work=reviewed))
    rows = tab.get_by_role("treeitem")
    rows.nth(0).click()
    titled(tab, "Title s1").fill("Ebb")
    rows.nth(1).click()
    expect(titled(tab, "Title s2")).to_be_visible()
    expect(tab.get_by_text("Typed, and not made yet: Title s1")).to_be_visible()
    rows.nth(0).click()
    expect(titled(tab, "Ebb")).to_be_visible()
    pressed(tab, named(tab, "Discard what I typed"))
    expect(titled(tab, "Title s1")).to_be_visible()
    pressed(tab, named(tab, "Bring back what I typed"))
    expect(titled(tab, "Ebb")).to_be_visible()
    place = pressed(tab, named(tab, "See what it would do"), times=2)
    dialog = tab.get_by_role("dialog")
    expect(dialog.get_by_text("To change")).to_be_visible()
    drawn(tab)
    assert under(tab, place) == ""
    place = pressed(tab, named(tab, "Change the outline"), times=2)
    expect(rows.nth(0)).to_contain_text("Ebb")
    expect(dialog).to_have_count(0)
    assert under(tab, place) == ""


def test_typing_that_is_discarded_can_be_brought_back(
    studio: Studio, tab: Page, reviewed: str
) -> None:
    tab.goto(studio.address("text", work=reviewed, section="s1"))
    area = tab.locator(".field textarea").first
    expect(area).to_be_visible()
    before = area.input_value()
    write_into(tab, " Mine.", at_end=True)
    place = pressed(tab, named(tab, "Discard what I typed"), times=2)
    expect(area).to_have_value(before)
    drawn(tab)
    assert under(tab, place) == ""
    pressed(tab, named(tab, "Bring back what I typed"))
    expect(area).to_have_value(f"{before} Mine.")
    with opened(studio.home) as library:
        assert autosave.load_text(library, reviewed, "s1").text == f"{before} Mine."


def test_proposed_changes_wait_below_what_asked_for_them(
    studio: Studio, tab: Page, model: SimServer
) -> None:
    work = written(studio, model)
    before = texts(studio, work)
    tab.goto(studio.address("text", work=work, section="s2"))
    click(tab.get_by_text("Have an editor change it"))
    field = tab.get_by_label("In your words")
    field.fill("Make it plainer.")
    field.press("Enter")
    asked = len(model.calls())
    place = pressed(tab, named(tab, "Propose changes with"), times=2)
    take = named(tab, "Take 3 of 3 with")
    expect(take).to_be_visible()
    drawn(tab)
    prompts = [str(call.messages) for call in model.calls()[asked:]]
    assert len(prompts) == len(set(prompts)) > 0, "nothing is asked twice"
    assert "Propose changes with" in under(tab, place)
    assert apart(place, box(take))
    press(tab, "Leave the text as it is")
    press(tab, "Bring back the proposed changes")
    place = pressed(tab, take, times=2)
    wait_until(lambda: texts(studio, work)["s2"] != before["s2"], "the change")
    expect(tab.get_by_text("Taken: version 2.")).to_be_visible()
    drawn(tab)
    assert under(tab, place) == ""

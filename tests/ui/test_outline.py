"""The outline in a browser: choosing, dragging, and what is asked before anything changes."""

import pytest
from playwright.sync_api import Locator, Page, expect

from inkwright.agents.planning import outline_builder
from inkwright.app.api.outline import WorkOutline
from inkwright.memory.domain.brief import Brief, OutlineItem
from tests.builders import built
from tests.simserver.process import SimServer
from tests.ui.browser import Studio, click, opened, press, wait_until

pytestmark = pytest.mark.ui

OUTLINE = outline_builder.build_from_brief(
    Brief(
        request="Write of a harbour.",
        outline=tuple(
            OutlineItem(
                title=f"Quay {chapter}",
                sections=tuple(
                    OutlineItem(title=f"Berth {chapter}{n} <b>x</b>", words=100)
                    for n in range(1, 9)
                ),
            )
            for chapter in (1, 2, 3)
        ),
    ),
    "A harbour",
    "chapter",
    2400,
)


@pytest.fixture
def work(studio: Studio) -> str:
    """A planned work of three chapters of eight sections; the first two have text."""
    with opened(studio.home) as library, built(library) as made:
        made.plan(OUTLINE)
        made.draft("s1")
        made.draft("s2")
        return made.work


def order(work: str) -> list[tuple[str, str]]:
    """Return the chapter and id of every section, in reading order."""
    outline = WorkOutline(work).plan.outline
    titles = {h.id: h.title for h in outline.headings}
    return [(titles[s.chapter_id], s.id) for s in outline.sections]


def row(tab: Page, text: str) -> Locator:
    return tab.get_by_role("treeitem").filter(has_text=text)


def titled(tab: Page, title: str) -> Locator:
    """The field of the chosen section's title; that of the one before may go a moment later."""
    return tab.locator(f'input[aria-label=Title][value="{title}"]')


def drag(tab: Page, from_: Locator, to: Locator, at: float) -> None:
    """Drag a row onto another, ``at`` so much of its height."""
    from_.hover()
    tab.mouse.down()
    box = to.bounding_box()
    assert box is not None
    tab.mouse.move(box["x"] + 200, box["y"] + box["height"] * at, steps=8)
    tab.mouse.up()


def test_a_section_is_dragged_to_another_chapter_once_the_person_says_so(
    studio: Studio, tab: Page, work: str, model: SimServer
) -> None:
    before = order(work)
    tab.goto(studio.address("outline", work=work))
    drag(tab, row(tab, "Berth 13"), row(tab, "Berth 12"), 0.9)
    expect(tab.get_by_role("dialog")).to_have_count(0)
    drag(tab, row(tab, "Berth 11"), row(tab, "Berth 18"), 0.9)
    dialog = tab.get_by_role("dialog")
    expect(
        dialog.get_by_text("To move “Berth 11 <b>x</b>” after “Berth 18 <b>x</b>”")
    ).to_be_visible()
    click(dialog.get_by_text("Leave it as it is"))
    expect(dialog).to_have_count(0)
    assert order(work) == before
    drag(tab, row(tab, "Berth 11"), row(tab, "Quay 2"), 0.5)
    expect(dialog.get_by_text("before “Berth 21 <b>x</b>”")).to_be_visible()
    assert order(work) == before
    press(tab, "Change the outline")
    moved = [*before[1:8], ("Quay 2", "s1"), *before[8:]]
    wait_until(lambda: order(work) == moved, "the move")
    expect(dialog).to_have_count(0)
    expect(row(tab, "Berth 11")).to_contain_text("8")
    assert model.calls() == []


def test_a_section_far_down_is_reached_by_scrolling_and_escape_lets_it_be(
    studio: Studio, tab: Page, work: str
) -> None:
    before = order(work)
    tab.goto(studio.address("outline", work=work))
    rows = tab.get_by_role("tree")
    row(tab, "Berth 11").hover()
    tab.mouse.down()
    box = rows.bounding_box()
    assert box is not None
    tab.mouse.move(box["x"] + 200, box["y"] + box["height"] - 6, steps=8)
    tab.wait_for_function(
        "e => e.scrollTop + e.clientHeight > e.scrollHeight - 2", arg=rows.element_handle()
    )
    tab.keyboard.press("Escape")
    tab.mouse.up()
    expect(tab.get_by_role("dialog")).to_have_count(0)
    assert order(work) == before


def test_a_section_is_chosen_and_moved_with_the_keyboard_alone(
    studio: Studio, tab: Page, work: str
) -> None:
    before = order(work)
    tab.goto(studio.address("outline", work=work))
    expect(row(tab, "Berth 11")).to_be_visible()
    row(tab, "Quay 1").focus()
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        tab.keyboard.press(key)
    expect(row(tab, "Berth 12")).to_have_attribute("aria-selected", "true")
    expect(titled(tab, "Berth 12 <b>x</b>")).to_be_visible()
    tab.keyboard.press("Alt+ArrowUp")
    expect(tab.get_by_text("To move “Berth 12 <b>x</b>” up")).to_be_visible()
    expect(tab.get_by_role("button", name="Change the outline")).to_be_enabled()
    tab.keyboard.press("Control+Enter")
    wait_until(lambda: order(work)[:2] == [before[1], before[0]], "the move")


def test_a_section_is_added_where_the_person_stands_and_taken_out_again(
    studio: Studio, tab: Page, work: str
) -> None:
    whole = WorkOutline(work).plan.outline
    tab.goto(studio.address("outline", work=work))
    row(tab, "Berth 12").click()
    expect(titled(tab, "Berth 12 <b>x</b>")).to_be_visible()
    press(tab, "Add a section")
    dialog = tab.get_by_role("dialog")
    dialog.locator("input[aria-label=Title]").fill("Fog")
    dialog.locator("input[aria-label=Title]").press("Tab")
    click(dialog.get_by_role("button", name="See what it would do"))
    expect(dialog.get_by_text("To be written then")).to_be_visible()
    press(tab, "Change the outline")
    wait_until(lambda: WorkOutline(work).plan.outline.sections[2].title == "Fog", "the section")
    assert WorkOutline(work).plan.outline.target_words == whole.target_words + 400
    expect(dialog).to_have_count(0)
    row(tab, "Fog").click()
    expect(titled(tab, "Fog")).to_be_visible()
    press(tab, "Take out")
    expect(dialog.get_by_text("To take “Fog” out")).to_be_visible()
    press(tab, "Change the outline")
    wait_until(lambda: WorkOutline(work).plan.outline == whole, "the outline as it was")


@pytest.mark.parametrize("act", ["Take out", "Join with the next"])
def test_a_written_section_leaves_the_outline_and_the_piece_is_still_reviewed(
    studio: Studio, tab: Page, work: str, act: str
) -> None:
    before = order(work)
    tab.goto(studio.address("outline", work=work))
    row(tab, "Berth 11").click()
    expect(titled(tab, "Berth 11 <b>x</b>")).to_be_visible()
    press(tab, act)
    press(tab, "Change the outline")
    left = before[1:] if act == "Take out" else [before[0], *before[2:]]
    wait_until(lambda: order(work) == left, "the change")
    tab.goto(studio.address("review", work=work))
    expect(tab.get_by_text("Out of date").first).to_be_visible()
    expect(tab.get_by_test_id("stAlertContentError")).to_have_count(0)

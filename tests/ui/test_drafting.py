"""A section changed by instruction, drafted anew by candidates, and found by its words."""

import re

import pytest
from playwright.sync_api import Page, expect

from inkwright.memory.store import drafts
from tests.simserver.process import SimServer
from tests.ui.browser import Studio, click, opened, press, wait_until
from tests.ui.test_journeys import texts, written

pytestmark = pytest.mark.ui

SELECT = """(area, [from, to]) => {
  area.focus()
  area.setSelectionRange(from, to)
  area.dispatchEvent(new Event("select"))
}"""
SELECTED = "(area) => area.value.slice(area.selectionStart, area.selectionEnd)"


def stages(studio: Studio, work: str, section: str) -> list[str]:
    with opened(studio.home) as library:
        return [d.stage for d in drafts.versions(library, work, section)]


def test_selected_words_are_changed_as_told_and_nothing_else(
    studio: Studio, tab: Page, model: SimServer
) -> None:
    work = written(studio, model)
    before = texts(studio, work)
    at = before["s2"].index(". ") + 2
    second = before["s2"][at : before["s2"].index(". ", at) + 1]
    tab.goto(studio.address("text", work=work, section="s2"))
    area = tab.locator(".field textarea").first
    expect(area).to_have_value(before["s2"])
    asked = len(model.calls())
    area.evaluate(SELECT, [at, at + len(second)])
    click(tab.get_by_text("Have an editor change it"))
    expect(tab.get_by_text("In the sentences of these words:")).to_be_visible()
    tab.get_by_label("In your words").fill("Make it plainer.")
    tab.get_by_label("In your words").press("Enter")
    assert len(model.calls()) == asked, "nothing is sent before it is asked for"
    press(tab, f"Propose changes with {model.model}")
    expect(tab.get_by_role("button", name="Take 1 of 1 with")).to_be_visible()
    assert texts(studio, work) == before
    press(tab, "Take 1 of 1 with")
    wait_until(lambda: stages(studio, work, "s2")[-1] == "edited", "the change")
    after = texts(studio, work)
    assert after["s2"].startswith(before["s2"][:at])
    assert after["s2"].endswith(before["s2"][at + len(second) :])
    assert second not in after["s2"]
    assert {sid for sid in after if after[sid] != before[sid]} == {"s2"}
    expect(area).to_have_value(after["s2"])


def test_of_three_candidates_the_chosen_one_is_the_text(
    studio: Studio, tab: Page, model: SimServer
) -> None:
    work = written(studio, model)
    before = texts(studio, work)
    tab.goto(studio.address("text", work=work, section="s3"))
    click(tab.get_by_role("tab", name="New drafts"))
    note = tab.get_by_label("What a new draft should do otherwise")
    note.fill("More salt.")
    note.press("Enter")
    press(tab, f"Draft 3 candidates with {model.model}")
    expect(tab.get_by_text("Candidates are being drafted")).to_be_visible()
    expect(tab.get_by_text("Candidate 3", exact=True)).to_be_visible()
    assert stages(studio, work, "s3").count("candidate") == 3
    assert texts(studio, work) == before
    assert "More salt." in model.calls(role="writer")[-1].messages[-1]["content"]
    second = tab.get_by_role("button", name="Choose it").nth(1)
    expect(second).to_be_enabled()
    with opened(studio.home) as library:
        offered = [d for d in drafts.versions(library, work, "s3") if d.stage == "candidate"]
    click(second)
    wait_until(lambda: texts(studio, work)["s3"] == offered[1].text, "the choice")
    expect(tab.locator(".field textarea").first).to_have_value(offered[1].text)
    expect(tab.get_by_text("Candidate 3", exact=True)).to_have_count(0)
    assert stages(studio, work, "s3").count("candidate") == 3


def test_a_click_lands_on_the_words_it_is_about(
    studio: Studio, tab: Page, model: SimServer
) -> None:
    work = written(studio, model)
    words = re.findall(r"[^.]+\.", texts(studio, work)["s4"])[-1].strip()
    tab.goto(studio.address("text", work=work, section="s4", find=words.replace(" ", "%20")))
    area = tab.locator(".field textarea").first
    expect(area).to_be_visible()
    wait_until(lambda: area.evaluate(SELECTED) == words, "the words to be selected")
    assert area.evaluate("(area) => area === area.getRootNode().activeElement")
    press(tab, "Previous")
    expect(tab).not_to_have_url(re.compile("find="))

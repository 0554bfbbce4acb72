"""What a person does in a browser, from an empty library to a text put right."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from inkwright.app.config.settings import Settings
from inkwright.app.services import run_monitor
from inkwright.memory.domain.brief import Brief
from inkwright.memory.store import drafts, journal, ledger, works
from inkwright.memory.user_work import autosave, user_drafts
from tests.calling import calling
from tests.runs import writing
from tests.simserver.config import Fact, Need
from tests.simserver.process import SimServer
from tests.ui.browser import (
    Studio,
    click,
    opened,
    press,
    wait_until,
    write_into,
)

pytestmark = pytest.mark.ui

BRIEF = Brief(
    request="Write a report about the tides in a harbour.",
    title="On tides",
    continuity="strict",
    outline=tuple(
        writing.section(f"Pier {n}", subjects=("Mara",) if n in (2, 4) else ("Orla",))
        for n in range(1, 5)
    ),
)
GREEN = Fact(section="s2", subject="Mara", attribute="eye colour", value="green")
AGAIN = Need(section="s4", subject="Mara", attribute="eye colour", wrong="blue")


def begun(studio: Studio) -> str:
    with opened(studio.home) as library:
        return writing.begin(library, BRIEF)


def written(studio: Studio, model: SimServer) -> str:
    """Return a work that was written in full, outside the studio."""
    with opened(studio.home) as library:
        work = writing.begin(library, BRIEF)
        with ThreadPoolExecutor(1) as thread:  # the browser's own loop runs in this one
            thread.submit(writing.write, library, work, calling(model)).result()
    return work


def texts(studio: Studio, work: str) -> dict[str, str]:
    with opened(studio.home) as library:
        return writing.texts(library, work)


def status(studio: Studio, work: str) -> str:
    with opened(studio.home) as library:
        return works.get(library, work).status


def test_a_piece_is_written_from_the_empty_library(
    studio: Studio, tab: Page, model: SimServer
) -> None:
    for address in (studio.root, studio.address("works")):
        tab.goto(address)
        expect(tab.get_by_text("The library is empty.")).to_be_visible()
        expect(tab.get_by_role("dialog")).to_have_count(0)
    press(tab, "New work")
    write_into(tab, "Write three short diary entries of a lighthouse keeper, 150 words in all.")
    expect(tab.get_by_text("Kept.", exact=True)).to_be_visible()
    assert model.calls() == [], "nothing is sent before it is asked for"
    press(tab, f"Plan and write with {model.model}")
    expect(tab.get_by_text("sections done")).to_be_visible()
    work = wait_until(lambda: re.search(r"work=([^&]+)", tab.url), "the work's address")[1]
    wait_until(lambda: status(studio, work) in ("complete", "flagged"), "the end of the run")
    expect(tab.get_by_role("button", name="Stop")).to_have_count(0)
    click(tab.get_by_role("link", name="Text"))
    first = next(iter(texts(studio, work).values()))
    expect(tab.locator(".field textarea").first).to_have_value(first)


def test_a_run_outlives_reload_a_closed_tab_and_the_studio_itself(
    studio: Studio, window: BrowserContext, model: SimServer
) -> None:
    work = begun(studio)
    model.configure(decode_ms_per_token=25)
    tab = window.new_page()
    tab.goto(studio.address("write", work=work))
    press(tab, "Plan and write with")
    expect(tab.get_by_text("Drafting", exact=True)).to_be_visible()
    tab.reload()
    expect(tab.get_by_role("button", name="Pause")).to_be_visible()
    tab.close()
    studio.kill()
    studio.start()
    tab = window.new_page()
    tab.goto(studio.address("write", work=work))
    expect(tab.get_by_text("sections done")).to_be_visible()
    model.configure(decode_ms_per_token=0)
    wait_until(lambda: status(studio, work) in ("complete", "flagged"), "the end of the run")
    expect(tab.get_by_text("4 of 4 sections done")).to_be_visible()
    with opened(studio.home) as library:
        answered = len(journal.load_calls(library, work))
    asked = model.calls(kind="chat", status=200)
    assert len(asked) == answered, "nothing was asked twice"


def test_a_run_stopped_as_it_starts_ends_and_goes_on_when_it_is_started_again(
    studio: Studio, tab: Page, model: SimServer
) -> None:
    work = begun(studio)
    model.configure(faults=[{"fault": "hold"}])
    tab.goto(studio.address("write", work=work))
    press(tab, "Plan and write with")
    press(tab, "Stop")
    expect(tab.get_by_text("Last run: stopped")).to_be_visible()
    model.configure(faults=[])
    model.release()
    press(tab, "Plan and write with")
    wait_until(lambda: status(studio, work) in ("complete", "flagged"), "the end of the run")


def test_a_paused_run_goes_on_where_it_was(studio: Studio, tab: Page, model: SimServer) -> None:
    work = begun(studio)
    model.configure(decode_ms_per_token=15)
    tab.goto(studio.address("write", work=work))
    press(tab, "Plan and write with")
    expect(tab.get_by_text("Drafting", exact=True)).to_be_visible()
    press(tab, "Pause")
    going = tab.get_by_role("button", name=re.compile("^Go on writing|^Write with|^Review again"))
    expect(going.first).to_be_visible()
    with opened(studio.home) as library:
        assert works.find_lease_holder(library, work) is None
    model.configure(decode_ms_per_token=0)
    click(going.first)
    wait_until(lambda: status(studio, work) in ("complete", "flagged"), "the end of the run")


def test_a_fact_put_right_in_memory_reaches_the_sections_listed_and_no_other(
    studio: Studio, tab: Page, model: SimServer
) -> None:
    model.configure(facts=[GREEN], needs=[AGAIN])
    work = written(studio, model)
    before = texts(studio, work)
    assert "The eye colour of Mara is green." in before["s4"]
    tab.goto(studio.address("memory", work=work))
    grid = tab.get_by_test_id("stDataFrame").first
    expect(grid).to_be_visible()
    with opened(studio.home) as library:
        entries = ledger.load_entries(library, work)
        manifests = drafts.load_manifests(library, work)
    row = next(n for n, e in enumerate(entries) if e.attribute == "eye colour")
    tab.wait_for_function("document.querySelector('[data-testid=stDataFrame] canvas')")
    cell = {"x": 500, "y": 35 + 35 * row + 17}
    grid.locator("canvas").first.dblclick(position=cell, force=True)
    cell_field = tab.locator("#portal textarea")
    expect(cell_field).to_be_visible()
    cell_field.fill("amber.")
    cell_field.press("Enter")
    press(tab, "See what 1 change would do")
    expect(tab.get_by_text("Will be checked")).to_be_visible()
    listed = tab.locator("li").all_inner_texts()
    eyes = entries[row].id
    shown = {s for s, m in manifests.items() if eyes in {e.entry for e in m.shown}} | {"s2"}
    piers = {line.partition(":")[0] for line in listed if line.startswith("Pier ")}
    assert {pier.replace("Pier ", "s") for pier in piers} == shown
    assert "s1" not in shown
    press(tab, "Apply and settle with")
    wait_until(
        lambda: all("green" not in t for t in texts(studio, work).values()), "the run to settle"
    )
    wait_until(
        lambda: run_monitor.load_monitored_work(work, Settings.load()).activity == "idle", "its end"
    )
    after = texts(studio, work)
    assert {sid for sid in after if after[sid] != before[sid]} == {"s2", "s4"}
    for sid in ("s2", "s4"):
        assert after[sid] == before[sid].replace("Mara is green.", "Mara is amber.")


def test_two_windows_on_one_section_are_offered_both_texts(
    studio: Studio, browser: Browser, window: BrowserContext, model: SimServer
) -> None:
    work = written(studio, model)
    one = window.new_page()
    elsewhere = browser.new_context()
    other = elsewhere.new_page()
    for tab in (one, other):
        tab.goto(studio.address("text", work=work, section="s1"))
        expect(tab.locator(".field textarea").first).to_be_visible()
    write_into(one, " First window.", at_end=True)
    expect(one.get_by_text("Kept as you type.")).to_be_visible()
    write_into(other, " Second window.", at_end=True)
    expect(other.get_by_text("Another window has typed")).to_be_visible()
    expect(other.locator("del").filter(has_text="First")).to_be_visible()
    expect(other.locator("ins").filter(has_text="Second")).to_be_visible()
    press(other, "Keep what stands here")
    expect(other.get_by_text("Another window has typed")).to_have_count(0)
    press(other, "Make it version 2")
    wait_until(lambda: texts(studio, work)["s1"].endswith("Second window."), "the version")
    elsewhere.close()


def test_a_killed_studio_loses_no_typing(studio: Studio, tab: Page, model: SimServer) -> None:
    work = written(studio, model)
    tab.goto(studio.address("text", work=work, section="s2"))
    expect(tab.locator(".field textarea").first).to_be_visible()
    write_into(tab, " Kept before the cut.", at_end=True)
    expect(tab.get_by_text("Kept as you type.")).to_be_visible()
    write_into(tab, " Typed as it fell", at_end=True)
    studio.kill()
    with opened(studio.home) as library:
        kept = autosave.load_text(library, work, "s2").text
    assert "Kept before the cut." in kept
    write_into(tab, " and after.", at_end=True)
    studio.start()
    whole = "Kept before the cut. Typed as it fell and after."

    def all_of_it() -> bool:
        with opened(studio.home) as library:
            return autosave.load_text(library, work, "s2").text.endswith(whole)

    wait_until(all_of_it, "what was typed to come in again")
    expect(tab.locator(".field textarea").first).to_have_value(re.compile(re.escape(whole) + "$"))


def test_markup_in_a_text_is_shown_as_text(studio: Studio, tab: Page, model: SimServer) -> None:
    work = written(studio, model)
    wicked = '<script>document.title="stolen"</script><img src=x onerror="document.title=1"> ![x](http://192.0.2.1/x)'
    with opened(studio.home) as library, works.hold_lease(library, work) as lease:
        user_drafts.save_text(library, lease, "s1", wicked)
    for name in ("text", "write", "outline", "memory"):
        tab.goto(studio.address(name, work=work, section="s1"))
        expect(tab.get_by_role("link", name="Memory")).to_be_visible()
        assert tab.title() == "Inkwright" or "stolen" not in tab.title()
    tab.goto(studio.address("write", work=work))
    tab.wait_for_load_state("networkidle")
    assert tab.locator("img[src=x]").count() == 0

"""What a person does in a browser, from an empty library to a text put right."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from inkwright.app import watching
from inkwright.app.settings import Settings
from inkwright.memory import drafts, journal, ledger, typed, works
from inkwright.memory.brief import Brief
from tests.app.ui.browser import (
    CHROMIUM,
    FLAGS,
    Studio,
    opened,
    press,
    wait_until,
    write_into,
)
from tests.calling import calling
from tests.runs import writing
from tests.simserver.config import Fact, Need
from tests.simserver.process import SimServer

pytestmark = pytest.mark.ui

BRIEF = Brief(
    request="Write a report about the tides in a harbour.",
    title="On tides",
    continuity="strict",
    outline=tuple(
        writing.section(f"Pier {n}", subjects=("Mara",) if n in (1, 3) else ("Orla",))
        for n in range(1, 5)
    ),
)
GREEN = Fact(section="s1", subject="Mara", attribute="eye colour", value="green")
AGAIN = Need(section="s3", subject="Mara", attribute="eye colour", wrong="blue")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def window(browser: Browser) -> Iterator[BrowserContext]:
    """A browser window of one's own, which reaches nothing but this machine."""
    strayed: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    local = ("http://127.0.0.1", "data:", "blob:")
    context.on("request", lambda r: None if r.url.startswith(local) else strayed.append(r.url))
    yield context
    context.close()
    assert strayed == []


@pytest.fixture
def page(window: BrowserContext) -> Page:
    return window.new_page()


@pytest.fixture
def studio(home: Path, tmp_path: Path, model: SimServer) -> Iterator[Studio]:
    """A running studio whose model is the simulated server."""
    settings = {
        "INKWRIGHT_API_BASE": model.base,
        "INKWRIGHT_MODEL": model.model,
        "INKWRIGHT_EMBEDDER_MODEL": model.config.embedding_model,
    }
    running = Studio(home, tmp_path / "here", settings)
    running.start()
    yield running
    running.stop()
    assert "Traceback" not in running.log()


def begun(studio: Studio) -> str:
    with opened(studio.home) as library:
        return writing.begin(library, BRIEF)


def written(studio: Studio, model: SimServer) -> str:
    """Return a work that was written in full, outside the studio."""
    with opened(studio.home) as library:
        work = writing.begin(library, BRIEF)
        writing.write(library, work, calling(model))
    return work


def texts(studio: Studio, work: str) -> dict[str, str]:
    with opened(studio.home) as library:
        return writing.texts(library, work)


def status(studio: Studio, work: str) -> str:
    with opened(studio.home) as library:
        return works.get(library, work).status


def test_a_piece_is_written_from_the_empty_library(
    studio: Studio, page: Page, model: SimServer
) -> None:
    page.goto(studio.root)
    expect(page.get_by_text("The library is empty.")).to_be_visible()
    press(page, "New work")
    write_into(page, "Write three short diary entries of a lighthouse keeper, 150 words in all.")
    expect(page.get_by_text("Kept.", exact=True)).to_be_visible()
    assert model.calls() == [], "nothing is sent before it is asked for"
    press(page, f"Plan and write with {model.model}")
    expect(page.get_by_text("sections done")).to_be_visible()
    work = wait_until(lambda: re.search(r"work=([^&]+)", page.url), "the work's address")[1]
    wait_until(lambda: status(studio, work) in ("complete", "flagged"), "the end of the run")
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    page.get_by_role("link", name="Text").click()
    first = next(iter(texts(studio, work).values()))
    expect(page.locator("textarea").first).to_have_value(first)


def test_a_run_outlives_reload_a_closed_tab_and_the_studio_itself(
    studio: Studio, window: BrowserContext, model: SimServer
) -> None:
    work = begun(studio)
    model.configure(decode_ms_per_token=25)
    page = window.new_page()
    page.goto(studio.address("write", work=work))
    press(page, "Plan and write with")
    expect(page.get_by_text("Drafting", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.close()
    studio.kill()
    studio.start()
    page = window.new_page()
    page.goto(studio.address("write", work=work))
    expect(page.get_by_text("sections done")).to_be_visible()
    model.configure(decode_ms_per_token=0)
    wait_until(lambda: status(studio, work) in ("complete", "flagged"), "the end of the run")
    expect(page.get_by_text("4 of 4 sections done")).to_be_visible()
    with opened(studio.home) as library:
        answered = len(journal.calls(library, work))
    asked = model.calls(kind="chat", status=200)
    assert len(asked) == answered, "nothing was asked twice"


def test_a_paused_run_goes_on_where_it_was(studio: Studio, page: Page, model: SimServer) -> None:
    work = begun(studio)
    model.configure(decode_ms_per_token=15)
    page.goto(studio.address("write", work=work))
    press(page, "Plan and write with")
    expect(page.get_by_text("Drafting", exact=True)).to_be_visible()
    press(page, "Pause")
    going = page.get_by_role("button", name=re.compile("^Go on writing|^Write with|^Review again"))
    expect(going.first).to_be_visible()
    with opened(studio.home) as library:
        assert works.holder(library, work) is None
    model.configure(decode_ms_per_token=0)
    going.first.click()
    wait_until(lambda: status(studio, work) in ("complete", "flagged"), "the end of the run")


def test_a_fact_put_right_in_memory_reaches_the_sections_listed_and_no_other(
    studio: Studio, page: Page, model: SimServer
) -> None:
    model.configure(facts=[GREEN], needs=[AGAIN])
    work = written(studio, model)
    before = texts(studio, work)
    assert "The eye colour of Mara is green." in before["s3"]
    page.goto(studio.address("memory", work=work))
    grid = page.get_by_test_id("stDataFrame").first
    expect(grid).to_be_visible()
    with opened(studio.home) as library:
        entries = ledger.entries(library, work)
    row = next(n for n, e in enumerate(entries) if e.attribute == "eye colour")
    page.wait_for_function("document.querySelector('[data-testid=stDataFrame] canvas')")
    grid.locator("canvas").first.dblclick(position={"x": 500, "y": 35 + 35 * row + 17})
    page.keyboard.press("Control+a")
    page.keyboard.type("amber.")
    page.keyboard.press("Enter")
    press(page, "See what 1 change would do")
    expect(page.get_by_text("Will be checked")).to_be_visible()
    listed = page.locator("li").all_inner_texts()
    assert [line.split(" ")[0] for line in listed if line.startswith("s")] == ["s1", "s3"]
    press(page, "Apply and settle with")
    wait_until(
        lambda: all("green" not in t for t in texts(studio, work).values()), "the run to settle"
    )
    wait_until(lambda: watching.watch(work, Settings.load()).going == "idle", "its end")
    after = texts(studio, work)
    assert {sid for sid in after if after[sid] != before[sid]} == {"s1", "s3"}
    for sid in ("s1", "s3"):
        assert after[sid] == before[sid].replace("Mara is green.", "Mara is amber.")


def test_two_windows_on_one_section_are_offered_both_texts(
    studio: Studio, browser: Browser, window: BrowserContext, model: SimServer
) -> None:
    work = written(studio, model)
    one = window.new_page()
    elsewhere = browser.new_context()
    other = elsewhere.new_page()
    for page in (one, other):
        page.goto(studio.address("text", work=work, section="s1"))
        expect(page.locator("textarea").first).to_be_visible()
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


def test_a_killed_studio_loses_no_typing(studio: Studio, page: Page, model: SimServer) -> None:
    work = written(studio, model)
    page.goto(studio.address("text", work=work, section="s2"))
    expect(page.locator("textarea").first).to_be_visible()
    write_into(page, " Kept before the cut.", at_end=True)
    expect(page.get_by_text("Kept as you type.")).to_be_visible()
    write_into(page, " Typed as it fell", at_end=True)
    studio.kill()
    with opened(studio.home) as library:
        kept = typed.read(library, work, "s2").text
    assert "Kept before the cut." in kept
    write_into(page, " and after.", at_end=True)
    studio.start()
    whole = "Kept before the cut. Typed as it fell and after."

    def all_of_it() -> bool:
        with opened(studio.home) as library:
            return typed.read(library, work, "s2").text.endswith(whole)

    wait_until(all_of_it, "what was typed to come in again")
    expect(page.locator("textarea").first).to_have_value(re.compile(re.escape(whole) + "$"))


def test_markup_in_a_text_is_shown_as_text(studio: Studio, page: Page, model: SimServer) -> None:
    work = written(studio, model)
    wicked = '<script>document.title="stolen"</script><img src=x onerror="document.title=1"> ![x](http://192.0.2.1/x)'
    with opened(studio.home) as library, works.leased(library, work) as lease:
        drafts.by_person(library, lease, "s1", wicked)
    for name in ("text", "write", "outline", "memory"):
        page.goto(studio.address(name, work=work, section="s1"))
        expect(page.get_by_role("link", name="Memory")).to_be_visible()
        assert page.title() == "Inkwright" or "stolen" not in page.title()
    page.goto(studio.address("write", work=work))
    page.wait_for_load_state("networkidle")
    assert page.locator("img[src=x]").count() == 0

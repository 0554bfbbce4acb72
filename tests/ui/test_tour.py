"""Pictures of the main pages, light and dark, wide and narrow, and those of the README's tour.

``TOUR=app/ui/tour pytest -m ui tests/ui/test_tour.py`` makes the tour's anew; without TOUR all
pictures are left in the test's own folder.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from inkwright.app.briefs.loader import read_brief
from inkwright.memory.changes import entry_edits
from inkwright.memory.domain.brief import Remembered
from inkwright.memory.store import ledger
from tests.calling import calling
from tests.runs import writing
from tests.simserver.config import Fact
from tests.simserver.process import SimServer
from tests.ui.browser import Studio, click, opened, press

pytestmark = pytest.mark.ui

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("works", "brief", "outline", "write", "text", "memory", "review", "takeaway")
SIZE = {"width": 1280, "height": 860}
FACTS = (
    Fact(section="s2", subject="Gannet Point", attribute="landings a year", value="4,100"),
    Fact(section="s4", subject="Gannet Point", attribute="cost of shore power", value="12 million"),
    Fact(section="s7", subject="Ines Vale", attribute="office", value="harbour master"),
)


def written(studio: Studio, model: SimServer) -> str:
    brief = read_brief(str(ROOT / "app" / "examples" / "harbour-report.yaml"))
    model.configure(facts=FACTS)
    with opened(studio.home) as library:
        work = writing.begin(library, brief)
        with ThreadPoolExecutor(1) as thread:
            thread.submit(writing.write, library, work, calling(model)).result()
        given = Remembered(subject="Ines Vale", statement="She signs as I. Vale.", pinned=True)
        entry_edits.apply(library, work, entry_edits.build_addition([given]))
    return work


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 480)])
def test_pages_are_pictured(
    studio: Studio, browser: Browser, model: SimServer, tmp_path: Path, scheme: str, width: int
) -> None:
    folder = tmp_path
    work = written(studio, model)
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    for name in PAGES:
        page.goto(studio.address(name, work=work) if name != "works" else studio.root)
        _drawn(page, table=name in ("write", "memory"), tree=name == "outline")
        picture = folder / f"{name}-{scheme}-{width}.png"
        page.screenshot(path=picture)
        assert picture.stat().st_size > 10_000
    context.close()


def test_the_tour_is_pictured(
    studio: Studio, browser: Browser, model: SimServer, tmp_path: Path
) -> None:
    folder = ROOT / os.environ.get("TOUR", tmp_path)
    folder.mkdir(exist_ok=True)
    work = written(studio, model)
    with opened(studio.home) as library:
        entry = next(
            e for e in ledger.load_entries(library, work) if e.attribute == "landings a year"
        )
    light = browser.new_context(viewport=SIZE, color_scheme="light").new_page()
    dark = browser.new_context(viewport=SIZE, color_scheme="dark").new_page()

    def picture(page: Page, name: str, *, tree: bool = False) -> None:
        _drawn(page, tree=tree)
        page.mouse.move(SIZE["width"] - 20, SIZE["height"] - 20)
        page.screenshot(path=folder / f"{name}.png")
        assert 10_000 < (folder / f"{name}.png").stat().st_size < 200_000

    light.goto(studio.address("outline", work=work))
    light.get_by_role("treeitem").filter(has_text="Shore power").click()
    expect(light.locator("input[aria-label=Title]")).to_have_value("Shore power")
    picture(light, "outline", tree=True)
    light.goto(studio.address("text", work=work, section=entry.span.section if entry.span else ""))
    click(light.get_by_role("tab", name="New drafts"))
    press(light, "Draft 3 candidates with")
    expect(light.get_by_text("Candidate 3", exact=True)).to_be_visible()
    light.get_by_text("Candidate 1", exact=True).scroll_into_view_if_needed()
    light.get_by_role("button", name="Draft 3 candidates with").scroll_into_view_if_needed()
    picture(light, "candidates")
    light.goto(studio.address("inspect", work=work, section="s4"))
    expect(light.get_by_text("Sent as system").first).to_be_visible()
    picture(light, "inspect")
    dark.goto(studio.address("memory", work=work))
    _drawn(dark, table=True)
    _typed_over(dark, studio, work, entry.id)
    picture(dark, "memory")
    dark.goto(studio.address("review", work=work))
    click(dark.get_by_role("tab", name="Constraints"))
    click(dark.get_by_text("Say that the figures are illustrative.").first)
    picture(dark, "review")


def _typed_over(page: Page, studio: Studio, work: str, entry: str) -> None:
    """Type another value over an entry in the table, and ask what that would do."""
    with opened(studio.home) as library:
        row = [e.id for e in ledger.load_entries(library, work)].index(entry)
    canvas = page.get_by_test_id("stDataFrame").first.locator("canvas").first
    canvas.dblclick(position={"x": 500, "y": 35 + 35 * row + 17}, force=True)
    page.keyboard.press("Control+A")
    page.keyboard.type("3,900.", delay=20)
    page.keyboard.press("Enter")
    press(page, "See what 1 change would do")
    expect(page.get_by_text("Will be checked")).to_be_visible()


def _drawn(page: Page, *, table: bool = False, tree: bool = False) -> None:
    """Wait until Streamlit has nothing more to draw."""
    expect(page.locator("h1").first).to_be_visible()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    if table:
        expect(page.locator("[data-testid=stDataFrame] canvas").first).to_be_visible()
    if tree:
        expect(page.get_by_role("treeitem").first).to_be_visible()
    page.wait_for_load_state("networkidle")

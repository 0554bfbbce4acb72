"""Pictures of the main pages, light and dark, wide and narrow, for the README's tour.

They are left in the folder that TOUR names, or in the test's own.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from inkwright.app.brief_file import read_brief
from inkwright.memory import edits
from inkwright.memory.brief import Remembered
from tests.app.ui.browser import Studio, opened
from tests.calling import calling
from tests.runs import writing
from tests.simserver.config import Fact
from tests.simserver.process import SimServer

pytestmark = pytest.mark.ui

ROOT = Path(__file__).resolve().parents[3]
PAGES = ("works", "brief", "outline", "write", "text", "memory")
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
        edits.apply(library, work, edits.adding([given]))
    return work


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 480)])
def test_pages_are_pictured(
    studio: Studio, browser: Browser, model: SimServer, tmp_path: Path, scheme: str, width: int
) -> None:
    folder = Path(os.environ.get("TOUR") or tmp_path)
    work = written(studio, model)
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    for name in PAGES:
        page.goto(studio.address(name, work=work) if name != "works" else studio.root)
        _drawn(page, table=name in ("outline", "write", "memory"))
        picture = folder / f"{name}-{scheme}-{width}.png"
        page.screenshot(path=picture)
        assert picture.stat().st_size > 10_000
    context.close()


def _drawn(page: Page, *, table: bool) -> None:
    """Wait until Streamlit has nothing more to draw."""
    expect(page.locator("h1").first).to_be_visible()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    if table:
        expect(page.locator("[data-testid=stDataFrame] canvas").first).to_be_visible()
    page.wait_for_load_state("networkidle")

"""How fast does the studio react? ``python -m benchmarks.studio``.

A work of 200 sections and 2,000 entries is written on the simulated server, and every page is drawn
in a real browser (``CHROMIUM``, or Debian's): opened in a new window, turned to from another page,
and clicked on. Times are medians in milliseconds, from the press of a key or button, as the browser
sees it, to the frame that shows what was asked for.

``--live`` measures instead what the live page costs: the same run with nobody watching, and with
the Write page open in a browser beside it, in turns.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.harness import settings as of_server
from inkwright.agents.llm.config import Ablation
from inkwright.app.services import engine
from inkwright.app.services.run_options import RunOptions
from inkwright.memory.changes import entry_edits
from inkwright.memory.domain.brief import Brief, OutlineItem, Remembered
from inkwright.memory.ids import WorkId
from inkwright.memory.store import ledger, plans, works
from inkwright.memory.store.library import Library
from tests.simserver.config import Fact, SimConfig
from tests.simserver.process import SimServer
from tests.ui.browser import CHROMIUM, FLAGS, Studio

CHAPTERS, IN_CHAPTER = 20, 10
WORDS = 300
ENTRIES = 2_000
FACTS_A_SECTION = 8
LIVE_SECTIONS, LIVE_WORDS = 24, 250
PATIENCE_MS = 20_000

WAIT = """(shown) => {
  window.__took = null
  let began = null
  const start = () => { if (began === null) began = performance.now() }
  for (const kind of ["pointerdown", "keydown"])
    document.addEventListener(kind, start, { capture: true, once: true })
  const look = () => {
    if (began !== null && shown_(shown)) window.__took = performance.now() - began
    else requestAnimationFrame(look)
  }
  const shown_ = (code) => new Function("return " + code)()
  requestAnimationFrame(look)
}"""
FINDINGS = (
    "document.querySelector('[data-testid=stMain]')?.innerText"
    ".match(/Findings to answer\\s+(\\d+)/)?.[1]"
)
ANSWERED = "[...document.querySelectorAll('[data-testid=stCode]')].at(-1)?.innerText"
TEXT = "document.querySelector('[data-testid=stMain]')?.innerText"


@dataclass(frozen=True)
class Asked:
    """A page, how one sees that it is drawn, a click on it, and how one sees that it reacted."""

    name: str
    link: str
    drawn: str
    click: Any
    reacted: str
    before: Any = None
    """Brings the page to where the click is made, before the clock runs."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=9, help="measurements of each (9)")
    parser.add_argument("--pages", nargs="*", help="only these pages")
    parser.add_argument("--live", action="store_true", help="what the live page costs a run")
    parser.add_argument("--rounds", type=int, default=3, help="with --live: runs of each kind (3)")
    parser.add_argument("--home", type=Path, help="a folder that keeps the large work")
    asked = parser.parse_args()
    if asked.live:
        live(asked.rounds)
    else:
        reactions(asked.times, asked.home, asked.pages)


def reactions(times: int, home: Path | None, names: Sequence[str] | None) -> None:
    """Print how long each page of the large work takes."""
    with (
        SimServer(SimConfig(slots=16)) as server,
        tempfile.TemporaryDirectory(prefix="inkwright-") as folder,
    ):
        home = home or Path(folder) / "library"
        work = large(home, server)
        with shown(home, Path(folder), server) as studio, chromium() as browser:
            print(f"{'page':<10} {'opened':>8} {'turned to':>10} {'reacts':>8}   ms, medians")
            for page in (p for p in PAGES if not names or p.name in names):
                opened, turned, reacts = measured(browser, studio, work, page, times)
                line = f"{page.name:<10} {opened:>8.0f} {turned:>10.0f} {reacts:>8.0f}"
                print(line, flush=True)


def measured(
    browser: Browser, studio: Studio, work: WorkId, asked: Asked, times: int
) -> tuple[float, float, float]:
    """Return the median milliseconds to open a page, to turn to it, and of its reaction."""
    opened: list[float] = []
    turned: list[float] = []
    reacts: list[float] = []
    address = studio.address(asked.name, work=quote(work))
    if asked.name in ("works", "brief"):
        address = f"{studio.root}/{asked.name}"
    for _ in range(max(times // 3, 1)):
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        tab.set_default_timeout(PATIENCE_MS)
        tab.goto(address)
        tab.wait_for_function(asked.drawn)
        opened.append(tab.evaluate("performance.now()"))
        tab.close()
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    tab.set_default_timeout(PATIENCE_MS)
    for _ in range(times):
        start = "works" if asked.name != "works" else "outline"
        tab.goto(studio.address(start if start != "works" else "", work=quote(work)))
        tab.wait_for_function(DRAWN[start])
        idle(tab)
        turned.append(
            took(tab, lambda: tab.get_by_role("link", name=asked.link).click(), asked.drawn)
        )
        idle(tab)
        if asked.before is not None:
            asked.before(tab)
            idle(tab)
        reacts.append(took(tab, lambda: asked.click(tab), asked.reacted))
    tab.close()
    return statistics.median(opened), statistics.median(turned), statistics.median(reacts)


def took(tab: Page, act: Any, shown: str) -> float:
    """Return the milliseconds from the first press of ``act`` to the frame in which it shows."""
    tab.evaluate(WAIT, shown)
    act()
    tab.wait_for_function("window.__took !== null", polling=20)
    return float(tab.evaluate("window.__took"))


def idle(tab: Page) -> None:
    """Wait until the page has nothing more to draw."""
    tab.wait_for_function(
        "!document.querySelector('[data-testid=stStatusWidget], [data-testid=stSkeleton]')"
    )
    tab.wait_for_timeout(400)


def row(number: int) -> Any:
    """Return a click that chooses a row of the first table."""

    def click(tab: Page) -> None:
        grid = tab.get_by_test_id("stDataFrame").first
        grid.locator("canvas").first.click(
            position={"x": 15, "y": 35 + 35 * number + 17}, force=True
        )

    return click


def section(number: int) -> Any:
    """Return a click that chooses a section of the outline."""
    return lambda tab: tab.get_by_role("treeitem").filter(has_text=f"Berth {number}").first.click()


def next_section(tab: Page) -> None:
    tab.get_by_role("button", name="Next").first.click()


def says(words: str) -> str:
    """Return how one sees that the page says ``words``."""
    return f"{TEXT}?.includes({words!r})"


def note_shown(tab: Page) -> None:
    """Remember what a model answered for a draft, and open the list of drafts."""
    tab.wait_for_function(f"{says('Answered')} && {ANSWERED}")
    idle(tab)
    tab.evaluate(f"window.__shown = {ANSWERED}")
    tab.locator("[data-testid=stSelectbox] input").first.click()


def emptied(tab: Page) -> None:
    """Show the brief of a new work, with nothing in it."""
    tab.goto(tab.url.split("?")[0])
    tab.get_by_role("button", name="Empty").click()
    tab.wait_for_function("document.querySelector('input[aria-label=Title]')?.value === ''")


def note_findings(tab: Page) -> None:
    """Remember how many findings are to be answered."""
    tab.evaluate(f"window.__findings = {FINDINGS}")


DRAWN = {"works": says("New work"), "outline": says("Choose a section to change it")}
PAGES = (
    Asked(
        "works",
        "Works",
        says("changed "),
        lambda tab: tab.get_by_role("button", name="Import").click(),
        "document.querySelector('[role=dialog]')?.innerText.includes('Headings become')",
    ),
    Asked(
        "brief",
        "Brief",
        f"{says('Begin with')} || {says('A work keeps the brief')}",
        lambda tab: tab.get_by_role("button", name="A report").click(),
        "document.querySelector('input[aria-label=Title]')?.value.includes('Quieter')",
        before=emptied,
    ),
    Asked("outline", "Outline", DRAWN["outline"], section(4), says("Key points")),
    Asked(
        "write",
        "Write",
        says("sections done"),
        row(3),
        says("Berth 4"),
    ),
    Asked("text", "Text", says("Have an editor"), next_section, says("\nBerth 2\n")),
    Asked(
        "memory",
        "Memory",
        says("2,000 entries"),
        lambda tab: tab.get_by_label("Find").press("Enter"),
        f"{says('entries,')} && !({says('2,000 entries')})",
        before=lambda tab: tab.get_by_label("Find").fill("berth 17"),
    ),
    Asked(
        "review",
        "Review",
        says("Constraints met"),
        lambda tab: tab.get_by_role("button", name="Accept").first.click(),
        f"{FINDINGS} !== window.__findings",
        before=note_findings,
    ),
    Asked(
        "inspect",
        "Inspect",
        says("Shown from memory"),
        lambda tab: tab.get_by_role("option").nth(4).click(),
        f"{ANSWERED} && {ANSWERED} !== window.__shown",
        before=note_shown,
    ),
    Asked(
        "takeaway",
        "Take away",
        says("For editors and publishers"),
        lambda tab: tab.get_by_text("EPUB", exact=True).click(),
        says("For e-readers"),
    ),
)


def large(home: Path, server: SimServer) -> WorkId:
    """Return a work of 200 sections and 2,000 entries, written by the simulated server."""
    titles = [f"Berth {n}" for n in range(1, CHAPTERS * IN_CHAPTER + 1)]
    brief = Brief(
        request="Write the handbook of a harbour with two hundred berths.",
        title="A large harbour",
        continuity="chapter",
        outline=tuple(
            OutlineItem(
                title=f"Quay {chapter + 1}",
                sections=tuple(
                    OutlineItem(title=title, words=WORDS, subjects=(title,))
                    for title in titles[chapter * IN_CHAPTER : (chapter + 1) * IN_CHAPTER]
                ),
            )
            for chapter in range(CHAPTERS)
        ),
        constraints=(
            {
                "text": "Give the radio channel.",
                "kind": "pattern",
                "pattern": "VHF \\d+",
                "where": "every 20 from 2",
                "required": False,
            },
            {"text": "Stay calm.", "where": "all"},
        ),
    )
    server.configure(
        facts=[
            Fact(section=f"s{n}", subject=title, attribute=f"bollard {k}", value=f"{n * 10 + k}")
            for n, title in enumerate(titles, 1)
            for k in range(1, FACTS_A_SECTION + 1)
        ]
    )
    library = Library.open(home)
    work = works.begin(library, brief, Ablation(plan="given").model_dump()).id
    if works.get(library, work).status not in ("complete", "flagged"):
        began = time.monotonic()
        library.close()
        settings = of_server(server, home)
        asyncio.run(engine.write(work, RunOptions(settings)))
        print(f"the large work was written in {time.monotonic() - began:,.0f} s")
        library = Library.open(home)
    missing = ENTRIES - len(ledger.load_entries(library, work))
    given = [
        Remembered(subject=titles[n % len(titles)], attribute=f"note {n}", statement=f"It is {n}.")
        for n in range(missing)
    ]
    if given:
        entry_edits.apply(library, work, entry_edits.build_addition(given))
    plan = plans.current(library, work)
    assert plan is not None
    count = len(ledger.load_entries(library, work))
    print(f"{len(plan.outline.sections)} sections, {count:,} entries")
    library.close()
    return work


def live(rounds: int) -> None:
    """Print how long a run takes unwatched and watched."""
    config = SimConfig(slots=8, decode_ms_per_token=12.0)
    with (
        SimServer(config) as server,
        tempfile.TemporaryDirectory(prefix="inkwright-") as folder,
        chromium() as browser,
    ):
        home = Path(folder) / "library"
        alone: list[float] = []
        watched: list[float] = []
        one_run(home, server, 0, nullcontext())  # imports, caches
        with shown(home, Path(folder), server) as studio:
            for number in range(rounds):
                alone.append(one_run(home, server, 2 * number + 1, nullcontext()))
                seen = watching(browser, studio, home, 2 * number + 2)
                watched.append(one_run(home, server, 2 * number + 2, seen))
                print(f"unwatched {alone[-1]:.1f} s, watched {watched[-1]:.1f} s", flush=True)
    cost = statistics.median(watched) / statistics.median(alone) - 1
    print(f"the live page costs {cost:+.1%} of the run's time (medians of {rounds})")


def one_run(home: Path, server: SimServer, number: int, seen: Any) -> float:
    """Return the seconds that one work takes while ``seen`` lasts."""
    work = begun(home, number)
    with seen, ThreadPoolExecutor(1) as thread:  # Playwright has a loop running in this one
        began = time.monotonic()
        thread.submit(asyncio.run, engine.write(work, RunOptions(of_server(server, home)))).result()
        return time.monotonic() - began


def begun(home: Path, number: int) -> WorkId:
    """Return a work that is to be written; ``number`` makes it another one."""
    brief = Brief(
        request=f"Write of harbour {number}.",
        continuity="free",
        outline=tuple(
            OutlineItem(title=f"Pier {n}", words=LIVE_WORDS) for n in range(1, LIVE_SECTIONS + 1)
        ),
    )
    library = Library.open(home)
    work = works.begin(library, brief, Ablation(plan="given").model_dump()).id
    library.close()
    return work


@contextmanager
def watching(browser: Browser, studio: Studio, home: Path, number: int) -> Iterator[None]:
    """Keep the Write page of a work open."""
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    tab.goto(studio.address("write", work=quote(begun(home, number))))
    tab.locator("h1").first.wait_for()
    try:
        yield
    finally:
        tab.close()


@contextmanager
def shown(home: Path, folder: Path, server: SimServer) -> Iterator[Studio]:
    """Keep a studio open."""
    settings = {
        "INKWRIGHT_API_BASE": server.base,
        "INKWRIGHT_MODEL": server.model,
        "INKWRIGHT_EMBEDDER_MODEL": server.config.embedding_model,
    }
    studio = Studio(home, folder, settings)
    studio.start()
    try:
        yield studio
    finally:
        studio.stop()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Keep a browser open."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


if __name__ == "__main__":
    main()

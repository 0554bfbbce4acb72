"""Pages as Streamlit's own tests run them, without a browser or a server."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from streamlit.testing.v1 import AppTest

from inkwright.memory.store import works
from inkwright.memory.store.library import Library
from tests.app.conftest import cli as cli
from tests.app.conftest import home as home
from tests.app.conftest import model as model
from tests.builders import begun, drafted, established, planned
from tests.simserver.process import SimServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

    from tests.ui.browser import Studio

Page = Callable[..., AppTest]
TEXT = "Mara has green eyes. The lamp <script>alert(1)</script> went out."
TIMEOUT_S = 60


def _show(name: str) -> None:
    from inkwright.app.ui import page_list

    next(p for p in page_list.PAGES if p.name == name).show()


@pytest.fixture(autouse=True)
def _main_stays() -> Iterator[None]:
    """Put back the main module, in whose place Streamlit's tests leave a script of theirs.

    Processes that other tests fork would run that.
    """
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture
def page() -> Page:
    """Run a page and return it; ``work`` and others go into the address."""

    def run(name: str, **query: str) -> AppTest:
        app = AppTest.from_function(_show, kwargs={"name": name}, default_timeout=TIMEOUT_S)
        for key, value in query.items():
            app.query_params[key] = value
        return app.run()

    return run


@pytest.fixture
def work(library: Library) -> str:
    """A work of three sections: two are written, the second was shown what the first says."""
    made = begun(library, "Write of a harbour with a <b>lamp</b>.")
    with works.hold_lease(library, made) as lease:
        planned(library, lease, 3)
        eyes = established("s1.1", "Mara", "eye colour", "green", TEXT)
        drafted(library, lease, "s1", TEXT, delta=[eyes])
        text = "Mara looked out with her green eyes."
        drafted(library, lease, "s2", text, shown=[eyes], heard={"s1": 1}, known_until=1)
        works.record_status(library, lease, "partial")
    return made


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    from playwright.sync_api import sync_playwright

    from tests.ui.browser import CHROMIUM, FLAGS

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def window(browser: "Browser") -> "Iterator[BrowserContext]":
    """A browser window of one's own, which reaches nothing but this machine."""
    from tests.ui.browser import PATIENCE_S

    strayed: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_S * 1000)
    local = ("http://127.0.0.1", "data:", "blob:")
    context.on("request", lambda r: None if r.url.startswith(local) else strayed.append(r.url))
    yield context
    context.close()
    assert strayed == []


@pytest.fixture
def tab(window: "BrowserContext") -> Any:
    """One tab of the window."""
    return window.new_page()


@pytest.fixture
def studio(home: Path, tmp_path: Path, model: SimServer) -> "Iterator[Studio]":
    """A running studio whose model is the simulated server."""
    from tests.ui.browser import Studio

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


def fine(app: AppTest) -> AppTest:
    """Return the page, which drew itself without an error of any kind."""
    assert not app.exception
    assert [e.value for e in app.error] == []
    return app


def said(app: AppTest) -> str:
    """Return all the text of a page, as it reads."""
    kinds: tuple[Any, ...] = (app.markdown, app.caption, app.title, app.info, app.warning)
    told = "\n".join(str(element.value) for kind in kinds for element in kind)
    return told.replace("\\", "")


def labels(app: AppTest) -> list[str]:
    """Return what the buttons say, as it reads."""
    return [button.label.replace("\\", "") for button in app.button]

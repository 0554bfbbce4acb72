"""The studio as a person meets it: its own process, and a real browser."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Locator, Page, expect

from inkwright.memory.store.library import Library

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--no-first-run",
]
ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 90.0

expect.set_options(timeout=PATIENCE_S * 1000)


class Studio:
    """`inkwright ui` in a process of its own, on one port however often it is started."""

    def __init__(self, home: Path, folder: Path, environment: dict[str, str]) -> None:
        self.home, self._folder = home, folder
        self._environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("INKWRIGHT_")},
            "PYTHONPATH": str(ROOT),
            "INKWRIGHT_HOME": str(home),
            **environment,
        }
        with socket.socket() as trial:
            trial.bind(("127.0.0.1", 0))
            self.port = trial.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def address(self, page: str, **query: str) -> str:
        """Return the address of a page."""
        parameters = "&".join(f"{k}={v}" for k, v in query.items())
        return f"{self.root}/{page}?{parameters}"

    def start(self) -> None:
        """Start it, and return when it answers."""
        program = "from inkwright.__main__ import main; main()"
        with (self._folder / "studio.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", program, "ui", "--port", str(self.port), "--no-browser"],
                cwd=self._folder,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_until(self._answers, "the studio to answer")

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()

    def log(self) -> str:
        return (self._folder / "studio.log").read_text("utf-8", "replace")

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.root}/_stcore/health", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False


def wait_until(holds: Callable[[], Any], what: str) -> Any:
    """Return what ``holds`` returns once that is true of it."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if found := holds():
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited {PATIENCE_S:.0f} s for {what}")


@contextmanager
def opened(home: Path) -> Iterator[Library]:
    """Open the library beside the studio, and close it again."""
    library = Library.open(home)
    try:
        yield library
    finally:
        library.close()


def press(page: Page, label: str) -> None:
    """Press the button whose label begins so."""
    click(page.get_by_role("button", name=label).first)


def click(element: Locator) -> None:
    """Click what can be seen and is not covered, in one.

    A page that is still being drawn may move it between a mouse's press and release, which is no
    click to the browser; a person clicks again.
    """
    element.click(trial=True)
    element.evaluate("element => element.click()")


def write_into(page: Page, text: str, *, at_end: bool = False) -> None:
    """Type into the page's field, key by key, as a person does."""
    field = page.locator(".field textarea").first
    field.click()
    if at_end:
        page.keyboard.press("Control+End")
    page.keyboard.type(text, delay=15)

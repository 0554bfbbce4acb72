"""What every test stands on: a simulated model server, a library of its own, and no way out.

No test reaches another machine, and none sees settings from outside. ``sim`` is one server process
for the whole session, put back to its beginnings for each test that asks for it.
"""

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import hypothesis
import pytest

from inkwright.agents.llm.events import Event
from inkwright.memory.store.library import Library
from tests import loopback
from tests.builders import Built, built
from tests.simserver.process import SimServer

loopback.stay_on_loopback()
hypothesis.settings.register_profile("suite", max_examples=40, deadline=None, derandomize=True)
hypothesis.settings.load_profile("suite")

E = TypeVar("E", bound=Event)


def pytest_configure(config: pytest.Config) -> None:
    """Let pass what LiteLLM leaves behind when a call is cancelled before it was sent.

    And what Pydantic says of LiteLLM's own types, where it is imported in the middle of a call.
    """
    for what in ("coroutine 'BaseLLMHTTPHandler:RuntimeWarning", "Item .*ReadOnly:UserWarning"):
        config.addinivalue_line("filterwarnings", f"ignore:{what}")


def pytest_collection_finish() -> None:
    """Look for no garbage in what is imported by now: that took a tenth of a worker's time."""
    gc.collect()
    gc.freeze()


class Events(list[Event]):
    """A watcher that keeps what it is told."""

    def __call__(self, event: Event) -> None:
        self.append(event)

    def of(self, kind: type[E]) -> list[E]:
        """Return the events of one kind, in order."""
        return [event for event in self if isinstance(event, kind)]


@pytest.fixture(autouse=True)
def _on_its_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hide settings from outside, and fail a test that tried to leave this machine."""
    for name in [n for n in os.environ if n.startswith("INKWRIGHT_")]:
        monkeypatch.delenv(name)
    loopback.strayed.clear()
    yield
    assert not loopback.strayed, f"tried to leave this machine: {loopback.strayed}"


@pytest.fixture(scope="session")
def sim_process() -> Iterator[SimServer]:
    """The server itself, for what a whole module shares; ``sim`` puts it back."""
    with SimServer() as server:
        yield server


@pytest.fixture
def sim(sim_process: SimServer) -> SimServer:
    """The simulated server as it began: default behaviour, empty log, empty cache."""
    sim_process.restore()
    return sim_process


@pytest.fixture(scope="session")
def empty_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an empty library, to be copied: to make one takes as long as a small test."""
    home = tmp_path_factory.mktemp("empty") / "library"
    Library.open(home).close()
    return home


@pytest.fixture
def library(tmp_path: Path, empty_library: Path) -> Iterator[Library]:
    """An empty library, in the folder that ``home`` names in the environment."""
    opened = Library.open(shutil.copytree(empty_library, tmp_path / "library"))
    yield opened
    opened.close()


@pytest.fixture
def a_work(library: Library) -> Iterator[Built]:
    """A new work under a lease."""
    with built(library) as made:
        yield made


@pytest.fixture
def events() -> Events:
    """An empty watcher."""
    return Events()

"""A work to build on, small runs, and property tests with few examples."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from inkwright.memory.library import Library
from tests import properties
from tests.memory.building import Built, built
from tests.simserver.process import SimServer

if TYPE_CHECKING:
    from tests.agents.small_runs import Runs

properties.few()


@pytest.fixture
def a_work(library: Library) -> Iterator[Built]:
    """A new work under a lease."""
    with built(library) as made:
        yield made


@pytest.fixture(scope="module")
def runs(sim_process: SimServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator["Runs"]:
    """Runs small works, all in one library."""
    from tests.agents.small_runs import Runs

    library = Library.open(tmp_path_factory.mktemp("small-runs"))
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield Runs(sim_process, library, monkeypatch)
    library.close()

"""A work to build on, small runs, and property tests with few examples."""

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from inkwright.memory.store.library import Library
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


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def runs(
    sim_process: SimServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator["Runs"]:
    """Runs small works, all in one library."""
    from tests.agents.small_runs import Runs

    async with Runs.opened(sim_process, tmp_path_factory.mktemp("small-runs")) as opened:
        yield opened

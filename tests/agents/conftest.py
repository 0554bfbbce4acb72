"""Small runs."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.simserver.process import SimServer

if TYPE_CHECKING:
    from tests.agents.small_runs import Runs


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def runs(
    sim_process: SimServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator["Runs"]:
    """Runs small works, all in one library."""
    from tests.agents.small_runs import Runs

    async with Runs.opened(sim_process, tmp_path_factory.mktemp("small-runs")) as opened:
        yield opened

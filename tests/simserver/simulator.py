"""Everything that outlives a single request."""

import asyncio
from typing import Any

from tests.simserver.config import SimConfig
from tests.simserver.engine import Engine
from tests.simserver.faults import Faults
from tests.simserver.log import CallLog


class Simulator:
    """The configuration in force, and the state that goes with it."""

    def __init__(self, config: SimConfig, log: CallLog) -> None:
        self.config, self.log = config, log
        self.engine = Engine(config, log)
        self.faults = Faults(config.faults)
        self._gate = asyncio.Event()

    def configure(self, changes: dict[str, Any], *, afresh: bool = False) -> None:
        """Change some fields, or ``afresh`` all; raises ValueError when that is no configuration.

        New fault rules begin to count at nought.
        """
        kept = {} if afresh else self.config.model_dump(by_alias=True)
        config = SimConfig.model_validate(kept | changes)
        if afresh or "faults" in changes:
            self.faults = Faults(config.faults)
        self.engine.configure(config)
        self.config = config

    def reset(self, *, cache: bool) -> None:
        """Forget all calls and how often fault rules struck; with ``cache``, the prefixes too."""
        self.log.clear()
        self.faults.reset()
        if cache:
            self.engine.empty_cache()

    async def hold(self) -> None:
        """Wait for the next release."""
        await self._gate.wait()

    def release(self) -> None:
        """Let everything go on that is held now."""
        self._gate.set()
        self._gate = asyncio.Event()

"""How a run is to be done: settings, limits, and who watches."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inkwright.agents.llm.config import Limits
from inkwright.agents.llm.events import Watch, ignore_event
from inkwright.app.config.settings import Settings

if TYPE_CHECKING:
    from inkwright.agents.context.run_context import StreamSetting
    from inkwright.memory.store.library import Lease

UNLIMITED = Limits()


@dataclass(frozen=True)
class RunOptions:
    """How a run is to be done."""

    settings: Settings
    limits: Limits = UNLIMITED
    watch: Watch = ignore_event
    watch_text: "StreamSetting" = False
    """True: the watcher is sent text as it is written."""
    lease: "Lease | None" = None
    """The work's, where whoever asked for the run took it, with ``background.start``; None: the run
    takes it."""

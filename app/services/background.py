"""Runs in a process of their own, which nothing that started them can take down with it.

What such a run does is seen in the library, as of any other run (``app.services.run_monitor``).
"""

import pickle
import subprocess
import sys
import threading
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from inkwright.app.config import endpoints
from inkwright.app.config.settings import Settings
from inkwright.app.services import engine
from inkwright.app.services.run_options import RunOptions
from inkwright.app.services.signals import run_to_end
from inkwright.memory.errors import InkwrightError
from inkwright.memory.ids import SectionId, WorkId
from inkwright.memory.store import run_status
from inkwright.memory.store.library import Lease

BackgroundAction = Literal["plan", "write", "settle", "redraft", "remember", "candidates", "choose"]


@dataclass(frozen=True)
class RunOrder:
    """What a process of its own is to do; it is sent pickled."""

    action: BackgroundAction
    lease: Lease
    sections: tuple[SectionId, ...] | None
    note: str
    count: int
    version: int


def start(
    work_id: WorkId,
    action: BackgroundAction,
    settings: Settings,
    *,
    sections: Sequence[SectionId] | None = None,
    note: str = "",
    count: int = 3,
    version: int = 0,
    models: Mapping[str, str] | None = None,
) -> None:
    """Start a run of ``work_id`` in a process of its own; return before it does anything.

    It has the work's lease and is on record by then, so that it can be stopped from now on.
    ``models`` names, by role, other models than the settings do; ``count`` is how many candidates
    are drafted, ``version`` the one that is chosen. What goes wrong later is told in the library.

    Raises:
        BadInput: no model is set.
        WorkBusy: it is being written.
    """
    settings = settings.with_models(models or {})
    endpoints.resolve_models(settings)
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "inkwright.app.services.background"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stdin is not None
    try:
        with engine.open_library(settings) as library:
            lease = run_status.start(library, work_id, action, pid=process.pid)
    except BaseException:
        process.kill()
        process.communicate()
        raise
    order = RunOrder(
        action, lease, None if sections is None else tuple(sections), note, count, version
    )
    process.stdin.write(pickle.dumps((order, settings)))
    process.stdin.close()
    threading.Thread(target=process.wait, name=f"run of {work_id}", daemon=True).start()


def main() -> None:
    """Do what standard input orders, with the very settings of the process that started this one.

    Files are not read again: what is trusted, and what a person was asked, was settled there.
    """
    order: RunOrder
    settings: Settings
    order, settings = pickle.load(sys.stdin.buffer)
    try:
        run_to_end(_build_coroutine(order, RunOptions(settings, lease=order.lease)))
    except (InkwrightError, KeyboardInterrupt):
        sys.exit(1)  # told in the library


def _build_coroutine(order: RunOrder, run_options: RunOptions) -> Coroutine[object, object, object]:
    work_id, sections, note = order.lease.work_id, order.sections or (), order.note
    match order.action:
        case "plan":
            return engine.plan(work_id, run_options)
        case "write":
            return engine.write(work_id, run_options)
        case "settle":
            return engine.settle(work_id, run_options, only=order.sections)
        case "redraft":
            return engine.redraft(work_id, sections, run_options, note=note)
        case "candidates":
            return engine.candidates(
                work_id, sections[0], run_options, note=note, count=order.count
            )
        case "choose":
            return engine.choose(work_id, sections[0], order.version, run_options)
        case "remember":
            return engine.remember(work_id, run_options)


if __name__ == "__main__":
    main()

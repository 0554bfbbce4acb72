"""Runs in a process of their own, which nothing that started them can take down with it.

What such a run does is seen in the library, as of any other run (``app.services.run_monitor``).
"""

import pickle
import subprocess
import sys
import threading
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal

from inkwright.app.config import endpoints
from inkwright.app.config.settings import Settings
from inkwright.app.services import engine
from inkwright.app.services.run_options import RunOptions
from inkwright.app.services.signals import run_to_end
from inkwright.memory.errors import InkwrightError
from inkwright.memory.store import run_status
from inkwright.memory.store.library import Lease

What = Literal["plan", "write", "settle", "redraft", "remember", "candidates", "choose"]


def start(
    work: str,
    what: What,
    settings: Settings,
    *,
    sections: Sequence[str] | None = None,
    note: str = "",
    count: int = 3,
    version: int = 0,
    models: Mapping[str, str] | None = None,
) -> None:
    """Start a run of ``work`` in a process of its own; return before it does anything.

    It has the work's lease and is on record by then, so that it can be stopped from now on.
    ``models`` names, by role, other models than the settings do; ``count`` is how many candidates
    are drafted, ``version`` the one that is chosen. What goes wrong later is told in the library.

    Raises:
        BadInput: no model is set.
        WorkBusy: it is being written.
    """
    chosen = {f"{r}_model": model.strip() for r, model in (models or {}).items() if model.strip()}
    settings = settings.model_copy(update=chosen)
    endpoints.named(settings)
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "inkwright.app.services.background"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stdin is not None
    try:
        with engine.opened(settings) as library:
            lease = run_status.start(library, work, what, pid=process.pid)
    except BaseException:
        process.kill()
        process.communicate()
        raise
    order = {
        "what": what,
        "lease": asdict(lease),
        "sections": None if sections is None else list(sections),
        "note": note,
        "count": count,
        "version": version,
    }
    process.stdin.write(pickle.dumps((order, settings)))
    process.stdin.close()
    threading.Thread(target=process.wait, name=f"run of {work}", daemon=True).start()


def main() -> None:
    """Do what standard input orders, with the very settings of the process that started this one.

    Files are not read again: what is trusted, and what a person was asked, was settled there.
    """
    order: dict[str, Any]
    settings: Settings
    order, settings = pickle.load(sys.stdin.buffer)
    try:
        run_to_end(_ordered(order, RunOptions(settings, lease=Lease(**order["lease"]))))
    except (InkwrightError, KeyboardInterrupt):
        sys.exit(1)  # told in the library


def _ordered(order: dict[str, Any], job: RunOptions) -> Coroutine[Any, Any, object]:
    work, sections, note = order["lease"]["work"], order["sections"], order["note"]
    what: What = order["what"]
    match what:
        case "plan":
            return engine.plan(work, job)
        case "write":
            return engine.write(work, job)
        case "settle":
            return engine.settle(work, job, only=sections)
        case "redraft":
            return engine.redraft(work, sections or [], job, note=note)
        case "candidates":
            return engine.candidates(work, sections[0], job, note=note, count=order["count"])
        case "choose":
            return engine.choose(work, sections[0], order["version"], job)
        case "remember":
            return engine.remember(work, job)


if __name__ == "__main__":
    main()

"""Runs in a process of their own, which nothing that started them can take down with it.

What such a run does is seen in the library, as of any other run (``app.watching``).
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal

from inkwright.app import endpoints, engine
from inkwright.app.interrupt import run_to_end
from inkwright.app.job import Job
from inkwright.app.settings import Settings
from inkwright.memory import live
from inkwright.memory.errors import InkwrightError
from inkwright.memory.library import Lease

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
    chosen = {f"{role}_model": model for role, model in (models or {}).items() if model}
    endpoints.named(settings.model_copy(update=chosen))
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "inkwright.app.background"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=_environment(settings, chosen),
        text=True,
    )
    assert process.stdin is not None
    try:
        with engine.opened(settings) as library:
            lease = live.start(library, work, what, pid=process.pid)
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
    process.stdin.write(json.dumps(order))
    process.stdin.close()
    threading.Thread(target=process.wait, name=f"run of {work}", daemon=True).start()


def _environment(settings: Settings, models: Mapping[str, str]) -> dict[str, str]:
    chosen = {f"INKWRIGHT_{name.upper()}": model for name, model in models.items()}
    return {**os.environ, "INKWRIGHT_HOME": str(settings.home), **chosen}


def main() -> None:
    """Do what standard input orders."""
    order: dict[str, Any] = json.load(sys.stdin)
    try:
        run_to_end(_ordered(order, Job(Settings.load(), lease=Lease(**order["lease"]))))
    except (InkwrightError, KeyboardInterrupt):
        sys.exit(1)  # told in the library


def _ordered(order: dict[str, Any], job: Job) -> Coroutine[Any, Any, object]:
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

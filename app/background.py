"""Runs in a process of their own, which nothing that started them can take down with it.

What such a run does is seen in the library, as of any other run (``app.watching``).
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from inkwright.app import endpoints, engine
from inkwright.app.engine import Job
from inkwright.app.interrupt import run_to_end
from inkwright.app.settings import Settings
from inkwright.memory import live, works
from inkwright.memory.errors import InkwrightError, WorkBusy

What = Literal["plan", "write", "settle", "redraft", "remember"]


def start(
    work: str,
    what: What,
    settings: Settings,
    *,
    sections: Sequence[str] | None = None,
    note: str = "",
    models: Mapping[str, str] | None = None,
) -> None:
    """Start a run of ``work`` in a process of its own; return before it does anything.

    ``models`` names, by role, other models than the settings do. What goes wrong later is told in
    the library.

    Raises:
        BadInput: no model is set.
        WorkBusy: it is being written.
    """
    chosen = {f"{role}_model": model for role, model in (models or {}).items() if model}
    endpoints.named(settings.model_copy(update=chosen))
    with engine.opened(settings) as library:
        works.get(library, work)
        if (owner := works.holder(library, work)) is not None:
            raise WorkBusy(work, owner)
        live.begin(library, work, what, {"phase": "starting"})
    order = {
        "work": work,
        "what": what,
        "sections": None if sections is None else list(sections),
        "note": note,
    }
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
    process.stdin.write(json.dumps(order))
    process.stdin.close()
    threading.Thread(target=process.wait, name=f"run of {work}", daemon=True).start()


def _environment(settings: Settings, models: Mapping[str, str]) -> dict[str, str]:
    chosen = {f"INKWRIGHT_{name.upper()}": model for name, model in models.items()}
    return {**os.environ, "INKWRIGHT_HOME": str(settings.home), **chosen}


def main() -> None:
    """Do what standard input orders."""
    order: dict[str, Any] = json.load(sys.stdin)
    work, sections, note = order["work"], order["sections"], order["note"]
    settings = Settings.load()
    job = Job(settings)
    what: What = order["what"]
    try:
        if what == "plan":
            run_to_end(engine.plan(work, job))
        elif what == "write":
            run_to_end(engine.write(work, job))
        elif what == "settle":
            run_to_end(engine.settle(work, job, only=sections))
        elif what == "redraft":
            run_to_end(engine.redraft(work, sections or [], job, note=note))
        else:
            run_to_end(engine.remember(work, job))
    except (InkwrightError, KeyboardInterrupt):
        sys.exit(1)  # told in the library


if __name__ == "__main__":
    main()

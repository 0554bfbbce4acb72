"""Running to the end, or stopping cleanly on Ctrl-C and SIGTERM, in a process of ours."""

import asyncio
import gc
import os
import signal
import threading
from collections.abc import Coroutine
from typing import TypeVar

T = TypeVar("T")

GRACE_S = 8.0
"""Seconds a run has to end after the first signal; then the process ends where it stands, which
the library survives as it does a crash."""
INTERRUPTED = 130
COLLECTION_THRESHOLD = 10_000
"""New objects after which Python looks for cycles. At its own 700, a tenth of a run's time goes
there, since imports alone leave hundreds of thousands of objects to look through."""


def run_to_end(coroutine: Coroutine[object, object, T]) -> T:
    """Return what ``coroutine`` returns.

    Raises:
        KeyboardInterrupt: a signal ended it first. A second signal ends the process at once.
    """
    gc.set_threshold(COLLECTION_THRESHOLD, 10, 10)
    deadline = threading.Timer(GRACE_S, os._exit, (INTERRUPTED,))
    deadline.daemon = True
    try:
        return asyncio.run(_run_guarded(coroutine, deadline))
    finally:
        deadline.cancel()


async def _run_guarded(coroutine: Coroutine[object, object, T], deadline: threading.Timer) -> T:
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(coroutine)
    signalled = False

    def stop() -> None:
        nonlocal signalled
        if signalled:
            os._exit(INTERRUPTED)
        signalled = True
        deadline.start()
        task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        return await task
    except asyncio.CancelledError:
        if signalled:
            raise KeyboardInterrupt from None
        raise
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)

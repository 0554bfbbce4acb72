"""An event loop that does not wait: when all that is left is sleeping, its clock jumps ahead.

Time in it is real CPU time plus every sleep, so that parallel work overlaps as it would.
"""

import asyncio
import selectors
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Hurried(selectors.DefaultSelector):
    """Skips what it is asked to wait, unless a thread is at work."""

    def __init__(self) -> None:
        super().__init__()
        self.skipped_s = 0.0
        self.thread_count = 0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None or timeout <= 0 or self.thread_count:
            return super().select(timeout)
        ready = super().select(0)
        if not ready:
            self.skipped_s += timeout
        return ready


class _HurriedLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._hurried_selector = _Hurried()
        super().__init__(self._hurried_selector)

    def time(self) -> float:
        return time.monotonic() + self._hurried_selector.skipped_s

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., T], *args: Any
    ) -> "asyncio.Future[T]":
        future: asyncio.Future[T] = super().run_in_executor(executor, func, *args)
        self._hurried_selector.thread_count += 1
        future.add_done_callback(self._on_thread_done)
        return future

    def _on_thread_done(self, _future: object) -> None:
        self._hurried_selector.thread_count -= 1


def run_on_virtual_clock(coroutine: Coroutine[Any, Any, T]) -> tuple[T, float]:
    """Return what ``coroutine`` returns, and the seconds it would have taken had it slept."""
    loop = _HurriedLoop()
    try:
        started_at = loop.time()
        return loop.run_until_complete(coroutine), loop.time() - started_at
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()

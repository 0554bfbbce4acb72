"""Ctrl-C and SIGTERM end a run cleanly, and soon."""

import asyncio
import os
import signal

import pytest

from inkwright.app.services.signals import run_to_end


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_the_run_which_may_clean_up(number: signal.Signals):
    done = []

    async def run() -> None:
        asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), number)
        try:
            await asyncio.sleep(30)
        finally:
            await asyncio.sleep(0)
            done.append("cleaned up")

    with pytest.raises(KeyboardInterrupt):
        run_to_end(run())
    assert done == ["cleaned up"]


def test_what_is_not_interrupted_returns_its_value():
    async def run() -> int:
        return 7

    assert run_to_end(run()) == 7


def test_a_cancellation_of_its_own_is_no_interruption():
    async def run() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        run_to_end(run())

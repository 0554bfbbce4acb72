"""Starting vLLM, waiting until it is healthy, and staying with it until one of us is stopped."""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from types import FrameType

import httpx

from inkwright.memory.errors import BadInput

POLL_EVERY_S = 0.5
STDERR = 2
"""Where the server's own lines go: standard output has only ours."""
STOP_TIMEOUT_S = 20.0
"""Time to end after a signal; then it is killed."""


def serve(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    root: str,
    wait_s: float,
    when_ready: Callable[[], None],
) -> int:
    """Run the server until it ends or this process is told to; return its exit code, 0 if told to.

    Raises:
        BadInput: it ended, or was not healthy in time.
    """
    received_signals: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        received_signals.append(number)

    previous_handlers = {n: signal.signal(n, stop) for n in (signal.SIGINT, signal.SIGTERM)}
    process = subprocess.Popen(
        command, env=dict(environment), start_new_session=True, stdout=STDERR
    )
    try:
        if _wait_until_healthy(process, root, wait_s, received_signals):
            when_ready()
            while not received_signals and process.poll() is None:
                time.sleep(POLL_EVERY_S)
        return 0 if received_signals else process.returncode
    finally:
        _end_process(process)
        for number, handler in previous_handlers.items():
            signal.signal(number, handler)


def _wait_until_healthy(
    process: "subprocess.Popen[bytes]", root: str, wait_s: float, received_signals: Sequence[int]
) -> bool:
    """Wait until the server is healthy; False when told to stop first."""
    deadline = time.monotonic() + wait_s
    while not received_signals:
        if (code := process.poll()) is not None:
            raise BadInput(
                f"vLLM ended with code {code} before it was ready; its own lines say why"
            )
        if _is_healthy(root):
            return True
        if time.monotonic() > deadline:
            raise BadInput(
                f"vLLM was not ready in {wait_s:g} s; give it longer with --wait-minutes"
            )
        time.sleep(POLL_EVERY_S)
    return False


def _is_healthy(root: str) -> bool:
    try:
        return httpx.get(f"{root}/health", timeout=5.0).status_code == 200
    except httpx.HTTPError:
        return False


def _end_process(process: "subprocess.Popen[bytes]") -> None:
    """End the server in an orderly way; it ends its own children."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

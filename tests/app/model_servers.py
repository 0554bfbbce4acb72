"""Small model servers of each kind, over real HTTP on loopback: what they say, and how they err."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FORM = {"places": [{"name": "The mole", "kind": "wall"}], "enough": True}


def _listed(name: str, owner: str, **more: Any) -> dict[str, Any]:
    return {"object": "list", "data": [{"id": name, "object": "model", "owned_by": owner, **more}]}


@dataclass(frozen=True)
class Kind:
    """What one kind of server answers to questions about itself."""

    name: str
    answers: Mapping[str, Any]
    """JSON by path."""
    context_tokens: int | None
    """As ``doctor`` is to tell it."""


KINDS = (
    Kind("vLLM", {
        "/v1/models": _listed("q", "vllm", max_model_len=8192), "/version": {"version": "0.11"},
    }, 8192),
    Kind("SGLang", {
        "/v1/models": _listed("q", "sglang", max_model_len=9000),
        "/get_model_info": {"model_path": "q"},
    }, 9000),
    Kind("llama.cpp", {
        "/v1/models": _listed("q", "llamacpp", meta={"n_ctx_train": 32768}),
        "/props": {"default_generation_settings": {"n_ctx": 4096}, "build_info": "b6000"},
    }, 4096),
    Kind("Ollama", {
        "/v1/models": _listed("q", "library"),
        "/api/tags": {"models": [{"name": "q"}]},
        "/api/version": {"version": "0.12"},
        "/api/ps": {"models": [{"name": "q", "context_length": 4096}]},
    }, 4096),
    Kind("LM Studio", {
        "/v1/models": {"data": [{"id": "q", "owned_by": "organization_owner"},
                                {"id": "text-embedding-nomic", "owned_by": "organization_owner"}]},
        "/api/v0/models": {"data": [
            {"id": "q", "type": "llm", "state": "loaded", "loaded_context_length": 6000},
            {"id": "text-embedding-nomic", "type": "embeddings", "state": "not-loaded"},
        ]},
    }, 6000),
    Kind("KoboldCpp", {
        "/v1/models": _listed("q", "koboldcpp"),
        "/api/extra/version": {"result": "KoboldCpp", "version": "1.100"},
        "/api/extra/true_max_context_length": {"value": 5000},
        "/api/tags": {"models": [{"name": "q"}]},
        "/props": {"default_generation_settings": {"n_ctx": 5000}},
    }, 5000),
    Kind("TabbyAPI", {
        "/v1/models": _listed("q", "tabbyAPI"),
        "/v1/model": {"id": "q", "parameters": {"max_seq_len": 7000}},
    }, 7000),
)  # fmt: skip


@dataclass
class FakeModel:
    """How the model behind a server answers."""

    reads_tokens: int | None = None
    """Prompts are cut to so many tokens, and nothing is said. None: read whole."""
    ignores_schemas: bool = False
    refused: tuple[str, ...] = ()
    """Fields of a request that it answers with 400."""
    thinks: bool = False
    gives_usage: bool = True
    key: str = ""
    """What is served only to who has it."""
    requests: list[dict[str, Any]] = field(default_factory=list)
    """Bodies of the calls to the model."""
    keys: list[str] = field(default_factory=list)
    """``Authorization`` of all requests."""

    def answer(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.requests.append(body)
        for name in self.refused:
            if name in body:
                text = f"Unsupported parameter: '{name}' is not supported with this model."
                return 400, {"error": {"message": text, "param": name, "code": 400}}
        prompt = "\n".join(str(m["content"]) for m in body["messages"])
        limit = None if self.reads_tokens is None else self.reads_tokens * 4
        prompt = prompt if limit is None else prompt[-limit:]
        shows_form = "json" in prompt.lower()
        message: dict[str, Any] = {"role": "assistant"}
        if "response_format" in body and not (self.ignores_schemas and not shows_form):
            asks_word = "word" in json.dumps(body["response_format"])
            message["content"] = json.dumps({"word": "pong"} if asks_word else FORM)
        elif "cormorant" in prompt.lower():
            message["content"] = "Boats lie at the mole. Gulls wait. CORMORANT"
        else:
            message["content"] = "Boats lie at the mole."
        wants_thoughts = body.get("chat_template_kwargs", {}).get("enable_thinking", True)
        if self.thinks and wants_thoughts:
            message["reasoning_content"] = "Hm, a harbour has boats. " * 5
        usage = {"prompt_tokens": len(prompt) // 4, "completion_tokens": 12, "total_tokens": 0}
        return 200, {
            "id": "1", "object": "chat.completion", "created": 1, "model": body["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            **({"usage": usage} if self.gives_usage else {}),
        }  # fmt: skip


@contextmanager
def serving(kind: Kind, model: FakeModel | None = None) -> Iterator[int]:
    """Serve one kind of server, and yield its port."""
    behind = model or FakeModel()
    handler = type("Handler", (_Handler,), {"kind": kind, "model": behind})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    kind: Kind
    model: FakeModel

    def do_GET(self) -> None:
        if self._may_enter():
            answers = self.kind.answers
            self._send(200 if self.path in answers else 404, answers.get(self.path, {"error": 1}))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if not self._may_enter():
            return
        if self.path != "/v1/chat/completions":
            self._send(404, {"error": "none"})
            return
        status, answer = self.model.answer(body)
        if status == 200 and body.get("stream"):
            self._stream(answer)
        else:
            self._send(status, answer)

    def _may_enter(self) -> bool:
        sent = self.headers.get("Authorization", "")
        self.model.keys.append(sent)
        if self.model.key and sent != f"Bearer {self.model.key}":
            self._send(401, {"error": {"message": "no"}})
            return False
        return True

    def _stream(self, answer: dict[str, Any]) -> None:
        choice = answer["choices"][0]
        first = {"index": 0, "delta": choice["message"], "finish_reason": None}
        last = {"index": 0, "delta": {}, "finish_reason": "stop"}
        chunk = {**answer, "object": "chat.completion.chunk"}
        chunks = [{**chunk, "usage": None, "choices": [first]}, {**chunk, "choices": [last]}]
        text = "".join(f"data: {json.dumps(c)}\n\n" for c in chunks) + "data: [DONE]\n\n"
        self._send(200, text.encode(), "text/event-stream")

    def _send(self, status: int, body: Any, content_type: str = "application/json") -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass

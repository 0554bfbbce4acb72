"""The JSON of OpenAI's chat API, as vLLM speaks it."""

import json
import time
from json.encoder import encode_basestring_ascii
from typing import Any

from tests.simserver.ask import Ask, Refused
from tests.simserver.config import SimConfig
from tests.simserver.http import Connection, Request
from tests.simserver.log import Call


class Completion:
    """The forms in which one answer is sent."""

    def __init__(self, ask: Ask, call: Call, finish_reason: str) -> None:
        self._ask, self._call, self._finish_reason = ask, call, finish_reason
        self._head = {
            "id": f"chatcmpl-sim-{call.seq}",
            "created": int(time.time()),
            "model": ask.model,
        }
        self._before, self._after = self._event_parts()

    def whole(self) -> bytes:
        """Return the answer in one piece."""
        message = {"role": "assistant", "content": self._call.answer, "refusal": None}
        choice = {
            "index": 0,
            "message": message | {"tool_calls": []},
            "logprobs": None,
            "finish_reason": self._finish_reason,
            "stop_reason": None,
        }
        head = self._head | {"object": "chat.completion"}
        return _json(head | {"choices": [choice], "usage": self._usage()})

    def opening(self) -> bytes:
        """Return the first event of a stream: it names the role."""
        return self._event([_delta({"role": "assistant", "content": ""}, None)])

    def piece(self, text: str) -> bytes:
        """Return the event that adds ``text``."""
        return self._before + encode_basestring_ascii(text).encode() + self._after

    def closing(self) -> bytes:
        """Return the last events: the finish reason, the usage if it is wanted, and the end."""
        events = self._event([_delta({"content": ""}, self._finish_reason)])
        if self._ask.include_usage:
            events += self._event([], usage=self._usage())
        return events + b"data: [DONE]\n\n"

    def _event_parts(self) -> tuple[bytes, bytes]:
        """Return what stands before and after the text in the event of a piece."""
        mark = "\0"
        event = self._event([_delta({"content": mark}, None)])
        before, _, after = event.partition(json.dumps(mark).encode())
        return before, after

    def _event(self, choices: list[dict[str, Any]], **more: Any) -> bytes:
        body = self._head | {"object": "chat.completion.chunk", "choices": choices} | more
        return b"data: " + _json(body) + b"\n\n"

    def _usage(self) -> dict[str, Any]:
        call = self._call
        return {
            "prompt_tokens": call.prompt_tokens,
            "completion_tokens": call.completion_tokens,
            "total_tokens": call.prompt_tokens + call.completion_tokens,
            "prompt_tokens_details": {"cached_tokens": call.cached_tokens},
        }


def _delta(delta: dict[str, str], finish_reason: str | None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


def _json(body: Any) -> bytes:
    return json.dumps(body).encode()


def presented_key(request: Request) -> str | None:
    """Return the bearer token of a request."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else None


def check_key(request: Request, config: SimConfig) -> None:
    """Raise Refused when a key is required and another, or none, was presented."""
    if config.api_key is not None and presented_key(request) != config.api_key:
        raise Refused(401, "Unauthorized", "AuthenticationError")


def read_json(request: Request, config: SimConfig) -> Any:
    """Return the body of an authorised request; raises Refused."""
    check_key(request, config)
    try:
        return request.json()
    except ValueError as fault:
        raise Refused(400, f"the body is not JSON: {fault}") from None


def refuse(connection: Connection, refused: Refused) -> None:
    """Send an HTTP error."""
    body: dict[str, Any] = {"error": "Unauthorized"}
    if refused.status != 401:
        body = {
            "error": {
                "message": refused.message,
                "type": refused.kind,
                "param": None,
                "code": refused.status,
            }
        }
    after = refused.retry_after_s
    headers = {} if after is None else {"retry-after": f"{after:g}"}
    connection.reply_json(refused.status, body, headers)

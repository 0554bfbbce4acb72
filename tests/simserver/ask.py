"""What a chat request asks for, read from its body."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from tests.simserver.config import Role
from tests.simserver.dice import Dice
from tests.simserver.prompt import Prompt
from tests.simserver.tokens import tokenize, tokenize_again

ROLES: Mapping[str | None, Role] = {
    None: "writer",
    "Requirements": "planner",
    "Instructions": "planner",
    "Chapters": "planner",
    "Sections": "planner",
    "Cast": "planner",
    "WritingPlan": "planner",
    "RecurrentMemory": "planner",
    "RecurrentChoice": "planner",
    "Delta": "archivist",
    "PlanReview": "reviewer",
    "Verdicts": "reviewer",
    "Contradictions": "reviewer",
    "Breaches": "reviewer",
    "Seams": "reviewer",
    "Edits": "editor",
    "Rewording": "editor",
    "Cuts": "editor",
    "CitationPlan": "planner",
    "Choices": "reviewer",
    "Supports": "reviewer",
}
_SAMPLING = ("temperature", "top_p", "top_k", "min_p", "seed", "repetition_penalty", "stop")


class Refused(Exception):
    """The request is answered with an HTTP error, as vLLM words it."""

    def __init__(
        self,
        status: int,
        message: str,
        kind: str = "BadRequestError",
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.kind = status, message, kind
        self.retry_after_s = retry_after_s


@dataclass(frozen=True)
class Ask:
    """One chat request."""

    model: str
    messages: list[dict[str, Any]]
    prompt: Prompt
    role: Role
    schema_name: str | None
    schema: dict[str, Any] | None
    """JSON schema of the answer; None: prose."""
    max_tokens: int | None
    stop: tuple[str, ...]
    stream: bool
    include_usage: bool
    seed: int | None
    digest: str
    """Of messages, seed, sampling settings and schema name."""
    dice: Dice

    @classmethod
    def read(cls, body: Any, salt: str) -> Self:
        """Read the JSON ``body`` of a request; raises Refused when it is not one."""
        messages = _messages(body)
        name, schema = _answer_schema(body.get("response_format"))
        digest = _digest(messages, name, {key: body.get(key) for key in _SAMPLING})
        options = body.get("stream_options") or {}
        stop = body.get("stop") or ()
        return cls(
            model=str(body.get("model") or ""),
            messages=messages,
            prompt=Prompt(system=_text(messages, "system"), user=_text(messages, "user")),
            role=ROLES.get(name, "unknown"),
            schema_name=name,
            schema=schema,
            max_tokens=_max_tokens(body),
            stop=(stop,) if isinstance(stop, str) else tuple(stop),
            stream=bool(body.get("stream")),
            include_usage=bool(options.get("include_usage")),
            seed=body.get("seed"),
            digest=digest,
            dice=Dice(digest + salt),
        )

    def prompt_tokens(self) -> list[str]:
        """Return the tokens of the messages within a chat template."""
        tokens: list[str] = []
        for message in self.messages:
            text = text_of(message)
            again = message.get("role") == "system"
            tokens += ("<|im_start|>", str(message.get("role")), "\n")
            tokens += tokenize_again(text) if again else tokenize(text)
            tokens += ("<|im_end|>", "\n")
        return [*tokens, "<|im_start|>", "assistant", "\n"]


def text_of(message: Mapping[str, Any]) -> str:
    """Return the text of a message, whose content is a string or a list of parts."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)


def _messages(body: Any) -> list[dict[str, Any]]:
    if not isinstance(body, dict):
        raise Refused(400, "the body is not a JSON object")
    messages = body.get("messages")
    if not isinstance(messages, list) or not all(isinstance(m, dict) for m in messages):
        raise Refused(400, "messages: Field required, a list of objects")
    if not messages:
        raise Refused(400, "messages: List should have at least 1 item")
    if body.get("n") not in (None, 1):
        raise Refused(400, "n: this server gives one answer to a request")
    return messages


def _text(messages: list[dict[str, Any]], role: str) -> str:
    return "\n".join(text_of(m) for m in messages if m.get("role") == role)


def _max_tokens(body: Mapping[str, Any]) -> int | None:
    given = body.get("max_completion_tokens") or body.get("max_tokens")
    if given is not None and (not isinstance(given, int) or given < 1):
        raise Refused(400, f"max_tokens must be at least 1, got {given}.")
    return given


def _answer_schema(given: Any) -> tuple[str | None, dict[str, Any] | None]:
    if not given or given.get("type") == "text":
        return None, None
    if given.get("type") == "json_object":
        return "json_object", {"type": "object"}
    try:
        return str(given["json_schema"]["name"]), given["json_schema"]["schema"]
    except (KeyError, TypeError):
        raise Refused(400, "response_format: json_schema needs a name and a schema") from None


def _digest(messages: list[dict[str, Any]], name: str | None, sampling: dict[str, Any]) -> str:
    sha = hashlib.sha256(json.dumps([name, sampling], sort_keys=True).encode())
    for message in messages:
        sha.update(f"\0{message.get('role')}\0{text_of(message)}".encode("utf-8", "surrogatepass"))
    return sha.hexdigest()

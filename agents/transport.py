"""The one place that talks to LiteLLM: one call, with its retries, as a typed answer or error."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import numpy as np
from pydantic import BaseModel

from inkwright.agents.config import Calling, Endpoint, Role
from inkwright.agents.offline import stay_offline
from inkwright.agents.parse import schema_of
from inkwright.memory.errors import ModelError, ModelRefused, ModelUnreachable
from inkwright.memory.journal import Answer

T = TypeVar("T")

FIRST_WAIT_S = 0.25
LONGEST_WAIT_S = 30.0


@dataclass(frozen=True)
class Request:
    """One chat call as it goes over the wire."""

    role: Role
    messages: tuple[dict[str, str], ...]
    max_tokens: int
    temperature: float
    seed: int
    form: type[BaseModel] | None = None
    """The schema the answer must have; None for prose."""
    extra: dict[str, float] = field(default_factory=dict)


class Transport(Protocol):
    """Sends calls to models."""

    async def complete(
        self, request: Request, on_text: Callable[[str], None] | None = None
    ) -> Answer:
        """Return the answer; with ``on_text``, stream it there as it comes.

        Raises:
            ModelUnreachable: every try failed.
            ModelRefused: the endpoint rejects the call as it stands.
        """
        ...

    async def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Return one vector a text, shape (n, dimensions), float32."""
        ...


class LiteLLMTransport:
    """Calls over LiteLLM's Router: one model group a role, replicas sharing its load."""

    def __init__(self, calling: Calling) -> None:
        self._calling = calling
        stay_offline()
        import litellm
        from litellm.router import Router

        litellm.suppress_debug_info = True
        litellm.telemetry = False
        litellm.drop_params = False
        for name in ("LiteLLM", "LiteLLM Router"):  # it logs what it raises; the caller tells it
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._litellm = litellm
        self._router = Router(
            model_list=[
                deployment
                for role, endpoint in calling.endpoints.items()
                for deployment in _deployments(role, endpoint)
            ],
            num_retries=0,
            disable_cooldowns=True,
            timeout=calling.timeout_s,
        )

    async def complete(
        self, request: Request, on_text: Callable[[str], None] | None = None
    ) -> Answer:
        arguments: dict[str, Any] = {
            "model": request.role,
            "messages": [dict(m) for m in request.messages],
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "seed": request.seed,
        }
        if request.form is not None:
            arguments["response_format"] = {
                "type": "json_schema",
                "json_schema": {
                    "name": request.form.__name__,
                    "schema": schema_of(request.form),
                    "strict": True,
                },
            }
        if request.extra:
            arguments["extra_body"] = dict(request.extra)
        if on_text is None:
            return await self._tried(request.role, lambda: self._whole(arguments))
        return await self._tried(request.role, lambda: self._streamed(arguments, on_text))

    async def embed(self, texts: Sequence[str]) -> np.ndarray:
        async def once() -> np.ndarray:
            answer = await self._router.aembedding(
                model="embedder", input=list(texts), encoding_format="float"
            )
            return np.array([item["embedding"] for item in answer.data], dtype=np.float32)

        return await self._tried("embedder", once)

    async def _whole(self, arguments: dict[str, Any]) -> Answer:
        began = time.monotonic()
        answer = await self._router.acompletion(**arguments)
        choice = answer.choices[0]
        return _answer(
            choice.message.content or "",
            choice.finish_reason or "stop",
            answer.model,
            answer.usage,
            time.monotonic() - began,
        )

    async def _streamed(self, arguments: dict[str, Any], on_text: Callable[[str], None]) -> Answer:
        began = time.monotonic()
        pieces: list[str] = []
        finish, model, usage = None, "", None
        stream = await self._router.acompletion(
            **arguments, stream=True, stream_options={"include_usage": True}
        )
        async for chunk in stream:
            model = chunk.model or model
            usage = getattr(chunk, "usage", None) or usage
            if chunk.choices and (piece := chunk.choices[0].delta.content):
                pieces.append(piece)
                on_text(piece)
            if chunk.choices and chunk.choices[0].finish_reason:
                finish = chunk.choices[0].finish_reason
        if finish is None:
            raise ConnectionResetError("the stream ended before the answer did")
        return _answer("".join(pieces), finish, model, usage, time.monotonic() - began)

    async def _tried(self, role: Role, once: Callable[[], Awaitable[T]]) -> T:
        """Call ``once`` until it answers, at most ``tries`` times, waiting longer each time."""
        endpoint = self._calling.endpoints[role]
        wait = FIRST_WAIT_S
        for left in range(self._calling.tries - 1, -1, -1):
            try:
                return await once()
            except Exception as fault:
                error = self._typed(fault, endpoint)
                if not left or not isinstance(error, ModelUnreachable):
                    raise error from fault
                await asyncio.sleep(_asked_wait(fault) or wait)
                wait = min(wait * 2, LONGEST_WAIT_S)
        raise AssertionError("unreachable: the last try returns or raises")

    def _typed(self, fault: Exception, endpoint: Endpoint) -> ModelError:
        """Say what a fault of the transport means to the caller."""
        litellm = self._litellm
        where = f"{endpoint.model} at {', '.join(endpoint.api_bases) or 'its provider'}"
        said = _one_line(fault, endpoint.api_key)
        if isinstance(fault, litellm.AuthenticationError | litellm.PermissionDeniedError):
            return ModelRefused(f"{where} rejects the key: set INKWRIGHT_API_KEY ({said})")
        if isinstance(fault, litellm.NotFoundError):
            return ModelRefused(f"{where} is not served: check INKWRIGHT_MODEL ({said})")
        if isinstance(fault, litellm.ContextWindowExceededError):
            return ModelRefused(
                f"{where}: the prompt is too long: set INKWRIGHT_CONTEXT_TOKENS"
                f" to what the server takes ({said})"
            )
        if isinstance(fault, litellm.BadRequestError | litellm.UnprocessableEntityError):
            return ModelRefused(f"{where} rejects the call ({said})")
        if isinstance(fault, litellm.Timeout):
            return ModelUnreachable(f"{where} did not answer in {self._calling.timeout_s:g} s")
        return ModelUnreachable(
            f"{where} cannot be reached: start it, or set INKWRIGHT_API_BASE ({said})"
        )


def _deployments(role: Role, endpoint: Endpoint) -> list[dict[str, Any]]:
    return [
        {
            "model_name": role,
            "litellm_params": {
                "model": endpoint.model,
                "api_key": endpoint.api_key,
                **({"api_base": base} if base else {}),
            },
        }
        for base in endpoint.api_bases or (None,)
    ]


def _answer(text: str, finish: str, model: str | None, usage: Any, seconds: float) -> Answer:
    details = getattr(usage, "prompt_tokens_details", None)
    return Answer(
        text=text,
        finish=finish,
        model=model or "",
        prompt_tokens=getattr(usage, "prompt_tokens", 0) or 0,
        cached_tokens=getattr(details, "cached_tokens", 0) or 0,
        completion_tokens=getattr(usage, "completion_tokens", 0) or 0,
        seconds=seconds,
    )


def _asked_wait(fault: Exception) -> float | None:
    """Return the seconds a 429 or 503 asks to wait, if it says."""
    response = getattr(fault, "response", None)
    headers = getattr(response, "headers", None) or {}
    try:
        return min(float(headers.get("retry-after", "")), LONGEST_WAIT_S)
    except ValueError:
        return None


def _one_line(fault: Exception, key: str) -> str:
    said = " ".join(str(getattr(fault, "message", "") or fault).split())
    return (said.replace(key, "***") if key else said)[:200]

"""The one place that talks to LiteLLM: one call, with its retries, as a typed answer or error."""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from pydantic import BaseModel

from inkwright.agents.llm.config import CallSettings, Endpoint, Role
from inkwright.agents.llm.litellm_adapter import (
    create_unlogged_record,
    is_redirect,
    refuse_redirects,
)
from inkwright.agents.llm.load_balancer import LoadBalancer
from inkwright.agents.llm.offline import stay_offline
from inkwright.agents.llm.parsing import build_json_schema
from inkwright.memory.cleanup import CleanStream, clean
from inkwright.memory.errors import ModelError, ModelRefused, ModelUnreachable
from inkwright.memory.store.journal import JournaledAnswer

T = TypeVar("T")

FIRST_WAIT_S = 0.25
LONGEST_WAIT_S = 30.0


@dataclass(frozen=True)
class ChatRequest:
    """One chat call as it goes over the wire."""

    role: Role
    messages: tuple[dict[str, str], ...]
    max_tokens: int
    temperature: float
    seed: int
    response_schema: type[BaseModel] | None = None
    """The schema the answer must have; None for prose."""
    extra: dict[str, float] = field(default_factory=dict)
    work_id: str = ""
    """Calls of one work go to one replica while they can: it holds their common beginning."""
    before_retry: Callable[[], None] = lambda: None
    """Called before a try after the first, unless the server only had too many calls: what failed
    may be billed. It raises what forbids another."""


class Transport(Protocol):
    """Sends calls to models."""

    async def complete(
        self, request: ChatRequest, on_text: Callable[[str], None] | None = None
    ) -> JournaledAnswer:
        """Return the answer; with ``on_text``, stream it there as it comes.

        Raises:
            ModelUnreachable: every try failed.
            ModelRefused: the endpoint rejects the call as it stands.
        """
        ...

    async def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Return one vector a text, shape (n, dimensions), float32."""
        ...

    async def aclose(self) -> None:
        """Let go of what it holds. Nothing is called after that."""
        ...


class LiteLLMTransport:
    """Calls over LiteLLM, to one of a role's replicas.

    What failed is tried at the next. LiteLLM's Router would choose by chance, so that a call could
    be sent to a dead replica four times running, and costs as much CPU a call as all the rest of
    LiteLLM.
    """

    def __init__(self, call_settings: CallSettings) -> None:
        self._call_settings = call_settings
        self.on_pressure: Callable[[], None] = lambda: None
        """Called when a server says that it has too many requests."""
        stay_offline()
        import litellm

        litellm.suppress_debug_info = True
        litellm.telemetry = False
        litellm.drop_params = False
        for name in ("LiteLLM", "LiteLLM Router"):  # it logs what it raises; the caller tells it
            logging.getLogger(name).setLevel(logging.CRITICAL)
        refuse_redirects()
        self._litellm: Any = litellm
        self._load_balancer = LoadBalancer(call_settings.concurrency)
        self._loop: asyncio.AbstractEventLoop | None = None

    async def aclose(self) -> None:
        """Close the connections, which are LiteLLM's own, shared by all that call from one loop.

        The last of them does.
        """
        if self._loop is None:
            return
        users, self._loop = _USERS[self._loop], None
        users.discard(self)
        if not users:
            await _close_connections(self._litellm.in_memory_llm_clients_cache)

    async def complete(
        self, request: ChatRequest, on_text: Callable[[str], None] | None = None
    ) -> JournaledAnswer:
        arguments: dict[str, Any] = {
            "messages": [dict(m) for m in request.messages],
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "seed": request.seed,
        }
        if request.response_schema is not None:
            arguments["response_format"] = {
                "type": "json_schema",
                "json_schema": {
                    "name": request.response_schema.__name__,
                    "schema": build_json_schema(request.response_schema),
                    "strict": True,
                },
            }
        if request.extra:
            arguments["extra_body"] = dict(request.extra)
        if on_text is None:
            return await self._call_with_retries(
                request.role,
                request.work_id,
                lambda at: self._complete_whole({**at, **arguments}),
                request.before_retry,
            )
        return await self._call_with_retries(
            request.role,
            request.work_id,
            lambda at: self._complete_streamed({**at, **arguments}, on_text),
            request.before_retry,
        )

    async def embed(self, texts: Sequence[str]) -> np.ndarray:
        async def call_once(endpoint_arguments: dict[str, Any]) -> np.ndarray:
            log = create_unlogged_record(endpoint_arguments["model"])
            answer = await self._litellm.aembedding(
                **endpoint_arguments,
                input=list(texts),
                encoding_format="float",
                litellm_logging_obj=log,
            )
            return np.array([item["embedding"] for item in answer.data], dtype=np.float32)

        return await self._call_with_retries("embedder", "", call_once)

    async def _complete_whole(self, arguments: dict[str, Any]) -> JournaledAnswer:
        start_time = time.monotonic()
        log = create_unlogged_record(arguments["model"])
        answer = await self._litellm.acompletion(**arguments, litellm_logging_obj=log)
        choice = answer.choices[0]
        return _build_answer(
            choice.message.content or "",
            choice.finish_reason or "stop",
            answer.model,
            answer.usage,
            time.monotonic() - start_time,
        )

    async def _complete_streamed(
        self, arguments: dict[str, Any], on_text: Callable[[str], None]
    ) -> JournaledAnswer:
        start_time = time.monotonic()
        pieces: list[str] = []
        cleaning = CleanStream()
        finish, model, usage = None, "", None

        def bring(text: str) -> None:
            if text:
                pieces.append(text)
                on_text(text)

        options = {"include_usage": True}
        stream = await self._litellm.acompletion(
            **arguments,
            stream=True,
            stream_options=options,
            litellm_logging_obj=create_unlogged_record(arguments["model"], options),
        )
        async for chunk in stream:
            model = chunk.model or model
            usage = getattr(chunk, "usage", None) or usage
            if chunk.choices and (piece := chunk.choices[0].delta.content):
                bring(cleaning.add(piece))
            if chunk.choices and chunk.choices[0].finish_reason:
                finish = chunk.choices[0].finish_reason
        if finish is None:
            raise ConnectionResetError("the stream ended before the answer did")
        bring(cleaning.end())
        return _build_answer("".join(pieces), finish, model, usage, time.monotonic() - start_time)

    async def _call_with_retries(
        self,
        role: Role,
        work_id: str,
        call_once: Callable[[dict[str, Any]], Awaitable[T]],
        before_retry: Callable[[], None] = lambda: None,
    ) -> T:
        """Call ``call_once`` until it answers, as often as is set, waiting longer each time."""
        self._register_loop()
        endpoint = self._call_settings.endpoints[role]
        bases, tried_bases = endpoint.api_bases or ("",), set[str]()
        wait_s = FIRST_WAIT_S
        for tries_left in range(self._call_settings.tries - 1, -1, -1):
            base = self._load_balancer.choose(bases, work_id, tried_bases)
            try:
                with self._load_balancer.track_call(base):
                    answer = await call_once(self._build_endpoint_arguments(endpoint, base))
            except Exception as fault:
                error = self._convert_error(fault, endpoint)
                if isinstance(fault, self._litellm.RateLimitError):
                    self.on_pressure()
                elif isinstance(error, ModelUnreachable):
                    self._load_balancer.mark_failed(base)
                if not tries_left or not isinstance(error, ModelUnreachable):
                    raise error from fault
                if not isinstance(fault, self._litellm.RateLimitError):
                    before_retry()
                tried_bases = {*tried_bases, base} if len(tried_bases) + 1 < len(bases) else set()
                await asyncio.sleep(_read_requested_wait(fault) or wait_s)
                wait_s = min(wait_s * 2, LONGEST_WAIT_S)
            else:
                self._load_balancer.mark_available(base)
                return answer
        raise AssertionError("unreachable: the last try returns or raises")

    def _build_endpoint_arguments(self, endpoint: Endpoint, base: str) -> dict[str, Any]:
        """Return what LiteLLM is told about where a call goes."""
        return {
            "model": endpoint.model,
            "api_key": endpoint.api_key,
            "timeout": self._call_settings.timeout_s,
            "num_retries": 0,
            **({"api_base": base} if base else {}),
        }

    def _register_loop(self) -> None:
        """Count as one that uses the connections of the running event loop."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            _USERS.setdefault(self._loop, set()).add(self)

    def _convert_error(self, fault: Exception, endpoint: Endpoint) -> ModelError:
        """Say what a fault of the transport means to the caller."""
        litellm = self._litellm
        endpoint_text = f"{endpoint.model} at {endpoint.where or 'its provider'}"
        message = _format_on_one_line(fault, endpoint)
        if is_redirect(fault):
            message = (
                f"{endpoint_text} redirects, which is not followed:"
                f" set INKWRIGHT_API_BASE ({message})"
            )
            return ModelRefused(message, every_call=True)
        if isinstance(fault, litellm.AuthenticationError | litellm.PermissionDeniedError):
            message = f"{endpoint_text} rejects the key: set INKWRIGHT_API_KEY ({message})"
            return ModelRefused(message, every_call=True)
        if isinstance(fault, litellm.NotFoundError):
            message = f"{endpoint_text} is not served: check INKWRIGHT_MODEL ({message})"
            return ModelRefused(message, every_call=True)
        if isinstance(fault, litellm.ContextWindowExceededError):
            return ModelRefused(
                f"{endpoint_text}: the prompt is too long: set INKWRIGHT_CONTEXT_TOKENS"
                f" to what the server takes ({message})"
            )
        if isinstance(fault, litellm.BadRequestError | litellm.UnprocessableEntityError):
            return ModelRefused(f"{endpoint_text} rejects the call ({message})")
        if isinstance(fault, litellm.RateLimitError):
            return ModelUnreachable(
                f"{endpoint_text} has too many requests:"
                f" lower INKWRIGHT_CONCURRENCY, or try later ({message})"
            )
        if isinstance(fault, litellm.Timeout):
            return ModelUnreachable(
                f"{endpoint_text} did not answer in {self._call_settings.timeout_s:g} s"
            )
        return ModelUnreachable(
            f"{endpoint_text} cannot be reached: start it, or set INKWRIGHT_API_BASE ({message})"
        )


_USERS: WeakKeyDictionary[asyncio.AbstractEventLoop, set[LiteLLMTransport]] = WeakKeyDictionary()
"""Which transports have called from which event loop, and are not closed yet."""


async def _close_connections(cache: Any) -> None:
    """Close the connections that LiteLLM keeps for the running event loop; its keys end with it."""
    loop = asyncio.get_running_loop()
    for key in [key for key in cache.cache_dict if key.endswith(f"-{id(loop)}")]:
        client = cache.cache_dict.pop(key)
        with suppress(Exception):
            await client.close()


def _build_answer(
    text: str, finish: str, model: str | None, usage: Any, seconds: float
) -> JournaledAnswer:
    details = getattr(usage, "prompt_tokens_details", None)
    return JournaledAnswer(
        text=clean(text),
        finish=clean(finish),
        model=clean(model or ""),
        prompt_tokens=getattr(usage, "prompt_tokens", 0) or 0,
        cached_tokens=getattr(details, "cached_tokens", 0) or 0,
        completion_tokens=getattr(usage, "completion_tokens", 0) or 0,
        seconds=seconds,
    )


def _read_requested_wait(fault: Exception) -> float | None:
    """Return the seconds a 429 or 503 asks to wait, if it says.

    LiteLLM's own error has lost the headers; one of those it was raised from has them.
    """
    cause: BaseException | None = fault
    while cause is not None:
        headers = getattr(getattr(cause, "response", None), "headers", None) or {}
        try:
            wait_s = float(headers.get("retry-after", ""))
        except ValueError:
            wait_s = math.nan
        if wait_s >= 0:
            return min(wait_s, LONGEST_WAIT_S)
        cause = cause.__cause__ or cause.__context__
    return None


def _format_on_one_line(fault: Exception, endpoint: Endpoint) -> str:
    message = " ".join(clean(str(getattr(fault, "message", "") or fault)).split())
    return endpoint.masked(message.removeprefix("litellm."))[:200]

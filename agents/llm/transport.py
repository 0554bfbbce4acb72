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
from inkwright.agents.llm.litellm_adapter import is_redirect, refuse_redirects, unlogged
from inkwright.agents.llm.load_balancer import LoadBalancer
from inkwright.agents.llm.offline import stay_offline
from inkwright.agents.llm.parsing import schema_of
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
    form: type[BaseModel] | None = None
    """The schema the answer must have; None for prose."""
    extra: dict[str, float] = field(default_factory=dict)
    work: str = ""
    """Calls of one work go to one replica while they can: it holds their common beginning."""


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

    def __init__(self, calling: CallSettings) -> None:
        self._calling = calling
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
        self._replicas = LoadBalancer(calling.concurrency)
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
            return await self._tried(
                request.role, request.work, lambda at: self._whole({**at, **arguments})
            )
        return await self._tried(
            request.role,
            request.work,
            lambda at: self._streamed({**at, **arguments}, on_text),
        )

    async def embed(self, texts: Sequence[str]) -> np.ndarray:
        async def once(at: dict[str, Any]) -> np.ndarray:
            log = unlogged(at["model"])
            answer = await self._litellm.aembedding(
                **at, input=list(texts), encoding_format="float", litellm_logging_obj=log
            )
            return np.array([item["embedding"] for item in answer.data], dtype=np.float32)

        return await self._tried("embedder", "", once)

    async def _whole(self, arguments: dict[str, Any]) -> JournaledAnswer:
        began = time.monotonic()
        log = unlogged(arguments["model"])
        answer = await self._litellm.acompletion(**arguments, litellm_logging_obj=log)
        choice = answer.choices[0]
        return _answer(
            choice.message.content or "",
            choice.finish_reason or "stop",
            answer.model,
            answer.usage,
            time.monotonic() - began,
        )

    async def _streamed(
        self, arguments: dict[str, Any], on_text: Callable[[str], None]
    ) -> JournaledAnswer:
        began = time.monotonic()
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
            litellm_logging_obj=unlogged(arguments["model"], options),
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
        return _answer("".join(pieces), finish, model, usage, time.monotonic() - began)

    async def _tried(
        self, role: Role, work: str, once: Callable[[dict[str, Any]], Awaitable[T]]
    ) -> T:
        """Call ``once`` until it answers, at most ``tries`` times, waiting longer each time."""
        self._use_loop()
        endpoint = self._calling.endpoints[role]
        bases, tried = endpoint.api_bases or ("",), set[str]()
        wait = FIRST_WAIT_S
        for left in range(self._calling.tries - 1, -1, -1):
            base = self._replicas.choose(bases, work, tried)
            try:
                with self._replicas.calling(base):
                    found = await once(self._at(endpoint, base))
            except Exception as fault:
                error = self._typed(fault, endpoint)
                if isinstance(fault, self._litellm.RateLimitError):
                    self.on_pressure()
                elif isinstance(error, ModelUnreachable):
                    self._replicas.failed(base)
                if not left or not isinstance(error, ModelUnreachable):
                    raise error from fault
                tried = {*tried, base} if len(tried) + 1 < len(bases) else set()
                await asyncio.sleep(_asked_wait(fault) or wait)
                wait = min(wait * 2, LONGEST_WAIT_S)
            else:
                self._replicas.answered(base)
                return found
        raise AssertionError("unreachable: the last try returns or raises")

    def _at(self, endpoint: Endpoint, base: str) -> dict[str, Any]:
        """Return what LiteLLM is told about where a call goes."""
        return {
            "model": endpoint.model,
            "api_key": endpoint.api_key,
            "timeout": self._calling.timeout_s,
            "num_retries": 0,
            **({"api_base": base} if base else {}),
        }

    def _use_loop(self) -> None:
        """Count as one that uses the connections of the running event loop."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            _USERS.setdefault(self._loop, set()).add(self)

    def _typed(self, fault: Exception, endpoint: Endpoint) -> ModelError:
        """Say what a fault of the transport means to the caller."""
        litellm = self._litellm
        where = f"{endpoint.model} at {endpoint.where or 'its provider'}"
        said = _one_line(fault, endpoint)
        if is_redirect(fault):
            said = f"{where} redirects, which is not followed: set INKWRIGHT_API_BASE ({said})"
            return ModelRefused(said, every_call=True)
        if isinstance(fault, litellm.AuthenticationError | litellm.PermissionDeniedError):
            said = f"{where} rejects the key: set INKWRIGHT_API_KEY ({said})"
            return ModelRefused(said, every_call=True)
        if isinstance(fault, litellm.NotFoundError):
            said = f"{where} is not served: check INKWRIGHT_MODEL ({said})"
            return ModelRefused(said, every_call=True)
        if isinstance(fault, litellm.ContextWindowExceededError):
            return ModelRefused(
                f"{where}: the prompt is too long: set INKWRIGHT_CONTEXT_TOKENS"
                f" to what the server takes ({said})"
            )
        if isinstance(fault, litellm.BadRequestError | litellm.UnprocessableEntityError):
            return ModelRefused(f"{where} rejects the call ({said})")
        if isinstance(fault, litellm.RateLimitError):
            return ModelUnreachable(
                f"{where} has too many requests: lower INKWRIGHT_CONCURRENCY, or try later ({said})"
            )
        if isinstance(fault, litellm.Timeout):
            return ModelUnreachable(f"{where} did not answer in {self._calling.timeout_s:g} s")
        return ModelUnreachable(
            f"{where} cannot be reached: start it, or set INKWRIGHT_API_BASE ({said})"
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


def _answer(
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


def _asked_wait(fault: Exception) -> float | None:
    """Return the seconds a 429 or 503 asks to wait, if it says.

    LiteLLM's own error has lost the headers; one of those it was raised from has them.
    """
    cause: BaseException | None = fault
    while cause is not None:
        headers = getattr(getattr(cause, "response", None), "headers", None) or {}
        try:
            asked = float(headers.get("retry-after", ""))
        except ValueError:
            asked = math.nan
        if asked >= 0:
            return min(asked, LONGEST_WAIT_S)
        cause = cause.__cause__ or cause.__context__
    return None


def _one_line(fault: Exception, endpoint: Endpoint) -> str:
    said = " ".join(clean(str(getattr(fault, "message", "") or fault)).split())
    return endpoint.masked(said.removeprefix("litellm."))[:200]

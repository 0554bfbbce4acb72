"""The one place that talks to LiteLLM: one call, with its retries, as a typed answer or error."""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from inkwright.agents.llm.config import CallSettings, Endpoint, Role
from inkwright.agents.llm.dialect.answers import (
    WireAnswer,
    estimate_tokens,
    learn_from_answer,
    take_form_from_thoughts,
)
from inkwright.agents.llm.dialect.capability_records import CapabilityRecords
from inkwright.agents.llm.dialect.refusals import is_filtered, is_too_long, read_refusal
from inkwright.agents.llm.dialect.request import ChatRequest, build_arguments
from inkwright.agents.llm.dialect.thoughts import ThoughtSplitter
from inkwright.agents.llm.endpoint_info import get_served_name
from inkwright.agents.llm.litellm_adapter import (
    create_unlogged_record,
    has_wire_usage,
    is_redirect,
    read_server_words,
    read_wire_finish,
    refuse_redirects,
)
from inkwright.agents.llm.load_balancer import LoadBalancer
from inkwright.agents.llm.offline import stay_offline
from inkwright.memory.cleanup import CleanStream, clean
from inkwright.memory.errors import ModelError, ModelRefused, ModelUnreachable
from inkwright.memory.ids import NO_WORK, WorkId
from inkwright.memory.model_capabilities import ModelCapabilities
from inkwright.memory.store.journal import JournaledAnswer

T = TypeVar("T")

FIRST_WAIT_S = 0.25
LONGEST_WAIT_S = 30.0
ENDS_OF_TEXT = frozenset(".!?…。！？”\"'’)」』}*_`")
MAX_MESSAGE_LENGTH = 300
"""Characters of a server's own words that are shown."""
CONTENT_STATUSES = frozenset({400, 403, 413, 422, 500})
"""With these a server may refuse a prompt for its length or its content."""
MAX_ADJUSTMENTS = 8
"""Parts of one request that a server may refuse one after the other."""
ADJUSTABLE_STATUSES = frozenset({400, 415, 422, 500, 501})
"""With these a server may refuse a part of a request; a chat template that fails is a 500."""


class EmptyResponse(Exception):
    """An endpoint answered with success, and there is no answer in it."""


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

    def __init__(
        self, call_settings: CallSettings, capabilities: CapabilityRecords | None = None
    ) -> None:
        """``capabilities`` holds what is known of the models, and learns from their answers."""
        self._call_settings = call_settings
        self.capabilities = capabilities or CapabilityRecords()
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
        endpoint = self._call_settings.endpoints[request.role]
        return await self._call_with_retries(
            request.role,
            request.work_id,
            lambda at: self._ask_in_dialect(request, endpoint, at, on_text),
            request.before_retry,
        )

    async def _ask_in_dialect(
        self,
        request: ChatRequest,
        endpoint: Endpoint,
        endpoint_arguments: dict[str, Any],
        on_text: Callable[[str], None] | None,
    ) -> JournaledAnswer:
        """Send a request in the server's words, and once more where a refusal says how."""
        for adjustments_left in range(MAX_ADJUSTMENTS, -1, -1):
            record = self.capabilities.get(endpoint)
            arguments = build_arguments(request, endpoint, record)
            at = {**endpoint_arguments, **self._build_address(endpoint_arguments, record)}
            try:
                answer = await self._send(request, at, arguments, record, on_text)
            except Exception as fault:
                if not adjustments_left or not self._adjust(fault, arguments, endpoint, record):
                    raise
                if getattr(fault, "status_code", None) not in ADJUSTABLE_STATUSES:
                    request.before_retry()
            else:
                learn_from_answer(self.capabilities, endpoint, request, answer)
                return _build_answer(take_form_from_thoughts(answer, request))
        raise AssertionError("unreachable: the last try returns or raises")

    async def _send(
        self,
        request: ChatRequest,
        at: dict[str, Any],
        arguments: dict[str, Any],
        record: ModelCapabilities,
        on_text: Callable[[str], None] | None,
    ) -> WireAnswer:
        is_streamed = on_text is not None or record.streams_always or record.thinks
        if not is_streamed or "stream" in record.refused:
            answer = await self._complete_whole({**at, **arguments}, record)
            if on_text is not None:
                on_text(answer.text)
            return answer
        return await self._complete_streamed(
            {**at, **arguments}, record, on_text or (lambda _: None)
        )

    def _adjust(
        self,
        fault: Exception,
        arguments: dict[str, Any],
        endpoint: Endpoint,
        record: ModelCapabilities,
    ) -> bool:
        """Learn from a refusal; True when there is another way to send the request."""
        if isinstance(fault, self._litellm.Timeout):
            self.capabilities.learn(endpoint, streams_always=True)
            return False  # that was a try
        if getattr(fault, "status_code", None) not in ADJUSTABLE_STATUSES:
            return False
        if self.capabilities.get(endpoint) != record:
            return True  # another call has learned meanwhile
        message = read_server_words(fault)
        if is_too_long(message) or is_filtered(message):
            return False
        adjustment = read_refusal(message, arguments, endpoint, record)
        if adjustment is None:
            return False
        self.capabilities.learn(endpoint, adjustment.line, **adjustment.changes)
        return self.capabilities.get(endpoint) != record

    def _build_address(
        self, endpoint_arguments: dict[str, Any], record: ModelCapabilities
    ) -> dict[str, str]:
        base = endpoint_arguments.get("api_base", "")
        return {"api_base": f"{base}{record.path}"} if base and record.path else {}

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

        return await self._call_with_retries("embedder", NO_WORK, call_once)

    async def _complete_whole(
        self, arguments: dict[str, Any], record: ModelCapabilities
    ) -> WireAnswer:
        start_time = time.monotonic()
        log = create_unlogged_record(arguments["model"])
        answer = await self._litellm.acompletion(**arguments, litellm_logging_obj=log)
        if not answer.choices:
            raise EmptyResponse("the answer has no choices")
        choice = answer.choices[0]
        finish = choice.finish_reason or "stop"
        splitter = ThoughtSplitter(opens_in_thought=record.opens_in_thought)
        splitter.add(_clean_answer(choice.message.content or ""))
        splitter.end(was_cut=finish == "length")
        return _build_wire_answer(
            splitter,
            _clean_answer(getattr(choice.message, "reasoning_content", None) or ""),
            finish,
            answer.model,
            answer.usage,
            time.monotonic() - start_time,
        )

    async def _complete_streamed(
        self,
        arguments: dict[str, Any],
        record: ModelCapabilities,
        on_text: Callable[[str], None],
    ) -> WireAnswer:
        start_time = time.monotonic()
        cleaning, thought_cleaning = CleanStream(), CleanStream()
        splitter = ThoughtSplitter(opens_in_thought=record.opens_in_thought)
        reasoning_pieces: list[str] = []
        model, usage, has_chunks = "", None, False

        def bring(text: str) -> None:
            if text:
                on_text(text)

        options = {"include_usage": True}
        wants_usage = "stream_options" not in record.refused
        stream = await self._litellm.acompletion(
            **arguments,
            stream=True,
            **({"stream_options": options} if wants_usage else {}),
            litellm_logging_obj=create_unlogged_record(arguments["model"], options),
        )
        async for chunk in stream:
            model = chunk.model or model
            usage = getattr(chunk, "usage", None) or usage
            for choice in chunk.choices[:1]:
                has_chunks = True
                if thought := getattr(choice.delta, "reasoning_content", None):
                    reasoning_pieces.append(thought_cleaning.add(thought))
                if piece := choice.delta.content:
                    bring(splitter.add(_drop_broken(cleaning.add(piece))))
        finish = read_wire_finish(stream)
        if not has_chunks or not (finish or splitter.text or reasoning_pieces):
            raise EmptyResponse("the answer has no choices")
        bring(splitter.add(_drop_broken(cleaning.end())))
        bring(splitter.end(was_cut=finish == "length"))
        reasoning_pieces.append(thought_cleaning.end())
        return _build_wire_answer(
            splitter,
            "".join(reasoning_pieces),
            finish,
            model,
            usage if has_wire_usage(stream) else None,
            time.monotonic() - start_time,
        )

    async def _call_with_retries(
        self,
        role: Role,
        work_id: WorkId,
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
        message = endpoint.masked(clean(read_server_words(fault)))[:MAX_MESSAGE_LENGTH]
        if is_redirect(fault):
            message = (
                f"{endpoint_text} redirects, which is not followed:"
                f" set INKWRIGHT_API_BASE ({message})"
            )
            return ModelRefused(message, every_call=True)
        if isinstance(fault, EmptyResponse):
            return ModelUnreachable(f"{endpoint_text} sends answers with nothing in them")
        status = getattr(fault, "status_code", None)
        if refusal := _explain_content_refusal(status, message, endpoint_text):
            return refusal
        if isinstance(fault, litellm.AuthenticationError | litellm.PermissionDeniedError):
            message = f"{endpoint_text} rejects the key: set INKWRIGHT_API_KEY ({message})"
            return ModelRefused(message, every_call=True)
        if isinstance(fault, litellm.NotFoundError):
            return ModelRefused(
                f"{endpoint_text} {_explain_not_found(message, endpoint)} ({message})",
                every_call=True,
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
                f"{endpoint_text} did not answer in {self._call_settings.timeout_s:g} s:"
                " set INKWRIGHT_TIMEOUT_S if it needs longer"
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


def _clean_answer(text: str) -> str:
    return _drop_broken(clean(text))


def _drop_broken(text: str) -> str:
    """Return ``text`` without what is left of characters that a model did not send whole."""
    return text.replace("\ufffd", "")


def _build_wire_answer(
    splitter: ThoughtSplitter,
    reasoning: str,
    finish: str | None,
    model: str | None,
    usage: Any,
    seconds: float,
) -> WireAnswer:
    prompt_details = getattr(usage, "prompt_tokens_details", None)
    completion_details = getattr(usage, "completion_tokens_details", None)
    thoughts = "\n".join(filter(None, (reasoning.strip(), splitter.thoughts.strip())))
    thought_tokens = getattr(completion_details, "reasoning_tokens", 0) or 0
    return WireAnswer(
        text=splitter.text,
        thoughts=thoughts,
        finish=clean(finish) if finish else None,
        model=clean(model or ""),
        prompt_tokens=getattr(usage, "prompt_tokens", 0) or 0,
        cached_tokens=getattr(prompt_details, "cached_tokens", 0) or 0,
        completion_tokens=getattr(usage, "completion_tokens", 0) or 0,
        thought_tokens=thought_tokens or estimate_tokens(thoughts),
        seconds=seconds,
        has_closed_unopened=splitter.has_closed_unopened,
    )


def _build_answer(answer: WireAnswer) -> JournaledAnswer:
    """Return an answer as it is kept.

    A stream that closed without a reason counts as cut, unless it closed at a sentence's end.
    """
    ended_well = answer.text.rstrip()[-1:] in ENDS_OF_TEXT
    return JournaledAnswer(
        text=answer.text,
        finish=answer.finish or ("stop" if ended_well else "length"),
        model=answer.model,
        prompt_tokens=answer.prompt_tokens,
        cached_tokens=answer.cached_tokens,
        completion_tokens=answer.completion_tokens,
        seconds=answer.seconds,
        thoughts=answer.thoughts,
        thought_tokens=answer.thought_tokens,
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


def _explain_content_refusal(
    status: int | None, message: str, endpoint_text: str
) -> ModelRefused | None:
    """Return the error for a prompt that is too long, filtered or not paid for; else None."""
    if status == 402:
        return ModelRefused(f"{endpoint_text} wants to be paid ({message})", every_call=True)
    if status in CONTENT_STATUSES and is_too_long(message):
        return ModelRefused(
            f"{endpoint_text}: the prompt is too long: set INKWRIGHT_CONTEXT_TOKENS"
            f" to what the server takes ({message})"
        )
    if status in CONTENT_STATUSES and is_filtered(message):
        return ModelRefused(
            f"the content filter of {endpoint_text} refuses this prompt ({message})"
        )
    return None


def _explain_not_found(message: str, endpoint: Endpoint) -> str:
    """Say whether it is the model that is not there, or the path it is looked for at."""
    is_about_model = "model" in message.lower() or get_served_name(endpoint) in message
    if is_about_model or not endpoint.api_bases:
        return "is not served: check INKWRIGHT_MODEL"
    if "endpoint" in message.lower() or "parameter" in message.lower():
        return "refuses: what it wants may be set in INKWRIGHT_EXTRA_BODY"
    return (
        "has no chat/completions there: set INKWRIGHT_API_BASE to the address before"
        " /chat/completions, which often ends in /v1"
    )

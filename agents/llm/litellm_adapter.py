"""What bends LiteLLM, in one place: what it must not do, and what it hides of the wire.

A contract test fails when the library moves from under this.

For every answer it works out a price, several times over, and puts an entry together for callbacks
that nobody has set: as much CPU as the call itself. The journal is our record of what was asked.
And it follows redirects: a prompt and its key go to the address that is set, or nowhere.
"""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any


def create_unlogged_record(model: str, stream_options: Mapping[str, Any] | None = None) -> Any:
    """Return what a call is given as ``litellm_logging_obj``, so that nothing is made of it."""
    record = _load_unlogged_class()(
        model=model,
        messages=[],
        stream=stream_options is not None,
        call_type="acompletion",
        start_time=datetime.now(),  # noqa: DTZ005  LiteLLM subtracts times without a zone
        litellm_call_id="",
        function_id="",
        litellm_trace_id="unlogged",
    )
    record.update_environment_variables(
        model=model,
        user="",
        optional_params={},
        litellm_params={"api_base": ""},
        stream_options=stream_options,
    )
    return record


@cache
def _load_unlogged_class() -> Any:
    from litellm.litellm_core_utils.litellm_logging import Logging

    class Unlogged(Logging):
        """LiteLLM's record of one call; of its end nothing is told."""

        def response_cost_calculator(self, *_: Any, **__: Any) -> None:
            return None

        def claim_async_success_log(self) -> bool:
            return False

        def handle_sync_success_callbacks_for_async_calls(self, *_: Any, **__: Any) -> None:
            pass

        def success_handler(self, *_: Any, **__: Any) -> None:
            pass

        async def async_success_handler(self, *_: Any, **__: Any) -> None:
            pass

        def failure_handler(self, *_: Any, **__: Any) -> None:
            pass

        async def async_failure_handler(self, *_: Any, **__: Any) -> None:
            pass

    return Unlogged


@cache
def refuse_redirects() -> None:
    """Let no connection that LiteLLM makes from now on follow a redirect."""
    import litellm
    from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler
    from litellm.llms.openai.common_utils import BaseOpenAILLM

    create_client = AsyncHTTPHandler.create_client
    openai_client = BaseOpenAILLM._get_async_http_client

    def straight(client: Any) -> Any:
        client.follow_redirects = False
        return client

    def create(self: Any, *arguments: Any, **keywords: Any) -> Any:
        return straight(create_client(self, *arguments, **keywords))

    def create_for_openai(*arguments: Any, **keywords: Any) -> Any:
        return straight(openai_client(*arguments, **keywords))

    AsyncHTTPHandler.create_client = create  # type: ignore[method-assign]
    BaseOpenAILLM._get_async_http_client = staticmethod(create_for_openai)  # type: ignore[method-assign]
    straight(litellm.module_level_aclient.client)


def is_redirect(fault: Exception) -> bool:
    """True when an endpoint answered a call with a redirect."""
    cause: BaseException | None = fault
    while cause is not None:
        if getattr(getattr(cause, "response", None), "is_redirect", False):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def read_wire_finish(stream: Any) -> str | None:
    """Return why a stream ended as the server said; None: it did not.

    LiteLLM says ``stop`` then.
    """
    finish: str | None = stream.received_finish_reason or stream.intermittent_finish_reason
    return finish


def has_wire_usage(stream: Any) -> bool:
    """True when a stream brought token counts; LiteLLM puts its own in the place of none."""
    return any(getattr(chunk, "usage", None) is not None for chunk in stream.chunks)


def read_server_words(fault: BaseException) -> str:
    """Return what the server itself said, on one line, without LiteLLM's and Python's words."""
    words = next(filter(None, map(_read_body, _list_causes(fault))), "")
    if not words:
        message = str(getattr(fault, "message", "") or fault)
        words = _read_words(_PREFIX.sub("", message)) or type(fault).__name__
    return " ".join(words.split())


_PREFIX = re.compile(
    r"^(?:\s*(?:litellm\.)?[A-Za-z_.]*(?:Error|Exception|Timeout|litellm)\b\s*[:\-]\s*"
    r"|\s*Error code: \d+ - )+"
)
_WORDS_KEYS = ("message", "detail", "error", "msg", "error_description", "reason", "title")


def _list_causes(fault: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = fault
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _read_body(fault: BaseException) -> str:
    """Return the words in the body of the response that an error carries."""
    body = getattr(fault, "body", None)
    if body:
        return _find_words(body)
    try:
        return _read_words(fault.response.text)  # type: ignore[attr-defined]
    except Exception:  # there is none, or it was never read: the error's own message has it
        return ""


def _read_words(text: str) -> str:
    """Return the words of a JSON body, of Python's spelling of one, or of plain text."""
    text = text.strip()
    for read in (json.loads, ast.literal_eval):
        try:
            return _find_words(read(text))
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
    return text


def _find_words(body: Any) -> str:
    if isinstance(body, str):
        return _read_words(body) if body.lstrip().startswith(("{", "[")) else body
    if isinstance(body, list):
        return "; ".join(filter(None, map(_find_words, body[:5])))
    if not isinstance(body, dict):
        return ""
    words = next((w for key in _WORDS_KEYS if (w := _find_words(body.get(key)))), "")
    place = body.get("loc") or body.get("param")
    place_text = ".".join(map(str, place)) if isinstance(place, list) else place
    if isinstance(place_text, str) and place_text and place_text not in words:
        words = f"{place_text}: {words}"
    raw = (body.get("metadata") or {}).get("raw") if isinstance(body.get("metadata"), dict) else ""
    return f"{words} ({raw})" if isinstance(raw, str) and raw and raw not in words else words

"""What LiteLLM must not do, kept from it in one place: its own log of calls, and redirects.

For every answer it works out a price, several times over, and puts an entry together for callbacks
that nobody has set: as much CPU as the call itself. The journal is our record of what was asked.
And it follows redirects: a prompt and its key go to the address that is set, or nowhere.
"""

from collections.abc import Mapping
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

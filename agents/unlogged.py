"""A call over LiteLLM without what LiteLLM would make of it for its own log.

For every answer it works out a price, several times over, and puts an entry together for callbacks
that nobody has set: as much CPU as the call itself. The journal is our record of what was asked.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any


def unlogged(model: str, stream_options: Mapping[str, Any] | None = None) -> Any:
    """Return what a call is given as ``litellm_logging_obj``, so that nothing is made of it."""
    record = _unlogged()(
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
def _unlogged() -> Any:
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

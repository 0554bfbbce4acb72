"""Keeps LiteLLM from following a redirect: a prompt and its key go to the address set, or nowhere.

httpx sends a redirected prompt on to any other host, and with it every key that is not in the
``Authorization`` header (Azure's ``api-key``, Anthropic's ``x-api-key``). LiteLLM asks for that.
"""

from functools import cache
from typing import Any


@cache
def refuse_redirects() -> None:
    """Let no connection that LiteLLM makes from now on follow a redirect."""
    import litellm
    from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler
    from litellm.llms.openai.common_utils import BaseOpenAILLM

    create_client, openai_client = (
        AsyncHTTPHandler.create_client,
        BaseOpenAILLM._get_async_http_client,
    )

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

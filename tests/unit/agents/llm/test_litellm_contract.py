"""What the adapter rests on in LiteLLM: this fails when the library moves."""

import inspect
import json

import pytest

from inkwright.agents.llm import litellm_adapter
from inkwright.agents.llm.offline import stay_offline

stay_offline()


def test_a_stream_still_says_what_the_server_said_of_its_end():
    from litellm.litellm_core_utils.streaming_handler import CustomStreamWrapper

    source = inspect.getsource(CustomStreamWrapper.__init__)
    for name in ("received_finish_reason", "intermittent_finish_reason", "chunks"):
        assert f"self.{name}" in source, name


def test_the_record_of_a_call_still_has_the_hooks_that_are_switched_off():
    from litellm.litellm_core_utils.litellm_logging import Logging

    unlogged = litellm_adapter._load_unlogged_class()
    names = {name for name in vars(unlogged) if not name.startswith("__")}
    assert names <= set(dir(Logging))


def test_connections_are_still_made_where_redirects_are_refused():
    from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler
    from litellm.llms.openai.common_utils import BaseOpenAILLM

    assert callable(AsyncHTTPHandler.create_client)
    assert callable(BaseOpenAILLM._get_async_http_client)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (
            "litellm.BadRequestError: OpenAIException - Error code: 400 - "
            + str({"error": {"message": "no seed here", "type": "x"}}),
            "no seed here",
        ),
        (
            "litellm.BadRequestError: Hosted_vllmException - "
            + json.dumps({"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs"}]}),
            "body.seed: Extra inputs",
        ),
        ("litellm.InternalServerError: the template failed", "the template failed"),
    ],
)
def test_a_refusal_is_told_in_the_servers_words_alone(message, words):
    assert litellm_adapter.read_server_words(ValueError(message)) == words

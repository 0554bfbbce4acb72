"""How a question is put to each kind of server, and what its refusals teach."""

from typing import Any

import pytest

from inkwright.agents.llm import schemas
from inkwright.agents.llm.config import Endpoint
from inkwright.agents.llm.dialect import refusals, wire_schemas
from inkwright.agents.llm.dialect.capability_records import CapabilityRecords
from inkwright.agents.llm.dialect.model_names import guess_capabilities
from inkwright.agents.llm.dialect.prompt_check import PromptCheck
from inkwright.agents.llm.dialect.request import ChatRequest, build_arguments
from inkwright.memory.model_capabilities import ModelCapabilities

PLAIN = ModelCapabilities()
ENDPOINT = Endpoint(model="openai/m", api_bases=("http://127.0.0.1:1/v1",))
FORMS = [
    form
    for form in vars(schemas).values()
    if isinstance(form, type) and issubclass(form, schemas.ResponseSchema)
]


def a_request(**changes: Any) -> ChatRequest:
    messages = ({"role": "system", "content": "Rules."}, {"role": "user", "content": "Write."})
    plain = {
        "role": "writer",
        "messages": messages,
        "max_tokens": 100,
        "temperature": 0.7,
        "seed": 1,
    }
    return ChatRequest(**{**plain, **changes})


def built(record: ModelCapabilities = PLAIN, **changes: Any) -> dict[str, Any]:
    return build_arguments(a_request(**changes), ENDPOINT, record)


def learned(message: str, record: ModelCapabilities = PLAIN, **changes: Any) -> ModelCapabilities:
    """What is known after a refusal in these words."""
    adjustment = refusals.read_refusal(message, built(record, **changes), ENDPOINT, record)
    assert adjustment is not None
    assert "\n" not in adjustment.line
    return record.model_copy(update=adjustment.changes)


def test_a_plain_server_is_sent_what_it_always_was():
    assert built() == {
        "messages": [
            {"role": "system", "content": "Rules."},
            {"role": "user", "content": "Write."},
        ],
        "max_tokens": 100,
        "temperature": 0.7,
        "seed": 1,
    }
    assert PLAIN.list_request_changes() == {}


@pytest.mark.parametrize(
    ("message", "absent", "present"),
    [
        ("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
         "max_tokens", "max_completion_tokens"),
        ("'temperature' does not support 0.2 with this model.", "temperature", ""),
        ("invalid temperature: only 1 is allowed for this model", "temperature", ""),
        ("body.seed: Extra inputs are not permitted", "seed", ""),
    ],
)  # fmt: skip
def test_a_parameter_that_is_named_is_renamed_or_left_out(message, absent, present):
    arguments = built(learned(message))
    assert absent not in arguments
    assert not present or arguments["extra_body"][present] == 100


@pytest.mark.parametrize(
    "message",
    [
        "System role not supported",
        "Conversation roles must alternate user/assistant/user/assistant/...",
        "Developer instruction is not enabled for models/gemma-3-27b-it",
    ],
)
def test_a_server_without_a_system_role_gets_it_in_the_user_message(message):
    assert built(learned(message))["messages"] == [{"role": "user", "content": "Rules.\n\nWrite."}]


def test_a_form_is_asked_for_with_less_and_less_until_the_server_takes_it():
    ask = {"response_schema": schemas.Cuts}
    unbounded = learned("failed to parse grammar", **ask)
    assert unbounded.schema_level == "unbounded"
    anything = learned("This response_format type is unavailable now", **ask)
    assert built(anything, **ask)["response_format"] == {"type": "json_object"}
    in_words = learned("'response_format.type' must be 'json_schema' or 'text'", anything, **ask)
    arguments = built(in_words, **ask)
    assert "response_format" not in arguments
    assert '"sentences"' in arguments["messages"][-1]["content"]


def test_a_refusal_that_names_nothing_that_was_sent_teaches_nothing():
    for message in ("metadata.tenant is required", "Internal error", "No such model"):
        assert refusals.read_refusal(message, built(), ENDPOINT, PLAIN) is None


@pytest.mark.parametrize(
    "message",
    [
        "The number of tokens to keep from the initial prompt is greater than the context length",
        "the input length exceeds the context length",
        "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens",
        "the request exceeds the available context size, try increasing it",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "Please reduce the length of the messages or completion.",
    ],
)
def test_a_prompt_that_is_too_long_is_seen_in_every_servers_words(message):
    assert refusals.is_too_long(message)


@pytest.mark.parametrize(
    ("model", "server", "body"),
    [
        ("hosted_vllm/Qwen/Qwen3-32B", "vllm",
         {"chat_template_kwargs": {"enable_thinking": False, "thinking": False}}),
        ("openai/gpt-oss-20b", "", {"reasoning_effort": "low"}),
        ("openai/qwen3:8b", "ollama", {"think": False, "reasoning_effort": "none"}),
        ("openai/deepseek-v4-flash", "deepseek", {"thinking": {"type": "disabled"}}),
    ],
)  # fmt: skip
def test_each_server_is_told_not_to_think_in_its_own_words(model, server, body):
    endpoint = Endpoint(model=model, api_bases=ENDPOINT.api_bases)
    record = guess_capabilities(endpoint)
    switch = "unknown" if server in ("ollama", "deepseek") else record.thinking_switch
    record = record.model_copy(update={"server": server, "thinking_switch": switch, "thinks": True})
    arguments = build_arguments(a_request(thinking="off"), endpoint, record)
    assert arguments["extra_body"] == body


def test_there_is_room_for_thoughts_that_cannot_be_switched_off():
    record = ModelCapabilities(thinks=True, thinking_switch="none", thought_tokens=500)
    assert built(record, thinking="off")["max_tokens"] == 600
    assert built(record, thinking="off", room_tokens=300)["max_tokens"] == 300


def test_prose_alone_is_kept_from_repeating_itself_and_names_may_come_again():
    record = ModelCapabilities(samplers=("dry",))
    body = built(record, protected_names=("Mara",))["extra_body"]
    assert body["dry_multiplier"] == 0.8
    assert "Mara" in body["dry_sequence_breakers"]
    assert "extra_body" not in built(record, response_schema=schemas.Cuts)
    assert built(record, extra={"dry_multiplier": 0})["extra_body"]["dry_multiplier"] == 0


def test_what_the_user_puts_into_the_body_goes_as_it_is():
    record = ModelCapabilities(thinks=True, thinking_switch="enable_thinking")
    own = {"provider": {"order": ["a"]}, "chat_template_kwargs": {"x": 1}}
    body = built(record, thinking="off", extra_body=own)["extra_body"]
    assert body["provider"] == {"order": ["a"]}
    assert body["chat_template_kwargs"] == {"enable_thinking": False, "thinking": False, "x": 1}


def walk(node: Any):
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from walk(value)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_every_schema_is_small_enough_for_every_grammar_compiler(form):
    parts = list(walk(wire_schemas.build_bounded_schema(form)))
    lengths = [p["maxLength"] for p in parts if isinstance(p.get("maxLength"), int)]
    assert all(length < 2000 for length in lengths), "llama.cpp takes no 2,000 repetitions"
    assert sum(lengths) < 3000, "nor so many together"
    items = [p["maxItems"] for p in parts if isinstance(p.get("maxItems"), int)]
    product = 1
    for count in items:
        product *= count
    assert product < 2000
    unbounded = walk(wire_schemas.build_unbounded_schema(form))
    bounds = {"maxLength", "maxItems", "minimum", "maximum", "default"}
    assert not any(bounds & part.keys() for part in unbounded if "type" in part)


def test_what_is_learned_is_told_once_to_the_runs_that_listen():
    records, lines = CapabilityRecords(), []
    with records.report_to(lines.append):
        for _ in range(2):
            records.learn(ENDPOINT, "no seed", seed=False)
    records.learn(ENDPOINT, "no temperature", temperature=False)
    assert lines == ["no seed"]
    assert not records.get(ENDPOINT).seed


def test_a_prompt_that_was_cut_is_seen_by_how_the_server_counts_short_ones():
    check = PromptCheck()
    assert check.was_read(400, 280)
    assert check.was_read(1800, 1260)
    assert not check.was_read(2900, 1024)
    level = PromptCheck()
    assert level.was_read(4000, 4096)
    assert not level.was_read(6500, 4096)


@pytest.mark.parametrize(
    ("key", "text"),
    [("EMPTY", "the answer is EMPTY"), ("key", "a monkey's key"), ("k-12", "k-123 and k-12x")],
)
def test_a_short_key_is_not_masked_inside_words(key, text):
    masked = Endpoint(model="m", api_key=key).masked(text)
    assert masked == text.replace(" key", " ***") if key == "key" else masked == text

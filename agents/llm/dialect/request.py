"""Putting a question into a server's words: from a ``ChatRequest`` to what LiteLLM is given."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, JsonValue

from inkwright.agents.llm.config import Endpoint, Role, ThinkingLevel
from inkwright.agents.llm.dialect import model_names, wire_schemas
from inkwright.memory.ids import NO_WORK, WorkId
from inkwright.memory.model_capabilities import ModelCapabilities
from inkwright.memory.text.tokens import Tokenizer

DRY: Mapping[str, JsonValue] = {
    "dry_multiplier": 0.8,
    "dry_base": 1.75,
    "dry_allowed_length": 3,
    "dry_penalty_last_n": 2048,
}
"""Of one story of 700 tokens by a model of 1.5B, .000 was repeated with it, .573 without, and .209
with a repeat penalty of 1.1 (runs of eight words). llama.cpp refuses -1 for the last."""
SEQUENCE_BREAKERS = ("\n", ":", '"', "*")
MAX_BREAKERS = 40
MAX_BREAKER_LENGTH = 40
REPETITION_PENALTY = 1.05
"""Mild: vLLM and SGLang count the words of the prompt too, names among them."""
PENALTIES = frozenset(
    {"repeat_penalty", "repetition_penalty", "frequency_penalty", "presence_penalty"}
)
"""Settings against repetition beside DRY: who sets one of them gets nothing of ours."""
LITELLM_FIELDS = frozenset(
    {"temperature", "top_p", "frequency_penalty", "presence_penalty", "seed"}
)
"""What LiteLLM takes by name; other settings go into the body as they are."""


@dataclass(frozen=True)
class ChatRequest:
    """One chat call as the client means it; the dialect says how it goes over the wire."""

    role: Role
    messages: tuple[dict[str, str], ...]
    max_tokens: int
    """Of the answer itself, thoughts apart."""
    temperature: float
    seed: int
    response_schema: type[BaseModel] | None = None
    """The schema the answer must have; None for prose."""
    extra: Mapping[str, JsonValue] = field(default_factory=dict)
    """Sampling settings that the user has set; they replace ours."""
    work_id: WorkId = NO_WORK
    """Calls of one work go to one replica while they can: it holds their common beginning."""
    thinking: ThinkingLevel = "auto"
    """How much the model may think; ``auto``: as much as it likes."""
    is_thinking_set: bool = False
    """The user has set ``thinking``, so that a model is told of it that was never seen to think."""
    extra_body: Mapping[str, JsonValue] = field(default_factory=dict)
    room_tokens: int | None = None
    """What the context leaves for answer and thoughts together. None: more than is asked for."""
    shows_form: bool = False
    """The prompt has to show the form: an answer to the same question was not in it."""
    is_form_in_words: bool = False
    """No schema is sent: several answers to one had no form."""
    model: str = ""
    """Which of the role's models it is for; empty: its usual one."""
    protected_names: tuple[str, ...] = ()
    """Names that may come as often as the text needs them."""
    before_retry: Callable[[], None] = lambda: None
    """Called before the call is sent again after a failure that may be billed. It raises what
    forbids that."""


def build_arguments(
    request: ChatRequest, endpoint: Endpoint, capabilities: ModelCapabilities
) -> dict[str, Any]:
    """Return what LiteLLM is told to send, beside where it goes."""
    arguments: dict[str, Any] = {"messages": _build_messages(request, capabilities)}
    body: dict[str, Any] = {}
    if capabilities.token_field == "max_tokens":
        arguments["max_tokens"] = _count_answer_tokens(request, capabilities)
    elif capabilities.token_field == "max_completion_tokens":
        tokens = _count_answer_tokens(request, capabilities)
        (body if endpoint.api_bases else arguments)["max_completion_tokens"] = tokens
    if capabilities.temperature:
        arguments["temperature"] = request.temperature
    if capabilities.seed:
        arguments["seed"] = request.seed
    _add_response_format(arguments, request, capabilities)
    for name, value in _choose_sampling(request, capabilities).items():
        (arguments if name in LITELLM_FIELDS else body)[name] = value
    _add_thinking(arguments, body, request, endpoint, capabilities)
    for name, value in request.extra_body.items():
        own_value = body.get(name)
        if isinstance(value, dict) and isinstance(own_value, dict):
            body[name] = {**own_value, **value}
        else:
            body[name] = value
    for name in capabilities.refused:
        arguments.pop(name, None)
        body.pop(name, None)
    if body:
        arguments["extra_body"] = body
    return arguments


def bound_call_tokens(arguments: Mapping[str, Any], tokenizer: Tokenizer) -> tuple[int, int | None]:
    """Return the most tokens that prompt and answer of a call can have; None: nothing bounds it.

    A schema counts as part of the prompt, as it does for providers.
    """
    texts = [message["content"] for message in arguments["messages"]]
    if (answer_format := arguments.get("response_format")) is not None:
        texts.append(json.dumps(answer_format))
    fields = {**arguments, **arguments.get("extra_body", {})}
    bounds = [fields[name] for name in ("max_tokens", "max_completion_tokens") if name in fields]
    return sum(map(tokenizer.count, texts)), max(bounds, default=None)


def needs_form_in_prompt(request: ChatRequest, capabilities: ModelCapabilities) -> bool:
    """True when the prompt has to say what the answer's form is."""
    return request.response_schema is not None and (
        request.shows_form
        or capabilities.schema_in_prompt
        or capabilities.schema_level in ("object", "prompt")
    )


def may_think(level: ThinkingLevel, capabilities: ModelCapabilities) -> bool:
    """True when thoughts may come with an answer, for all that the server is told."""
    if not capabilities.thinks:
        return False
    is_off = level == "off" and capabilities.thinking_switch != "reasoning_effort"
    return not is_off or capabilities.thinking_switch in ("none", "unknown")


def _build_messages(request: ChatRequest, capabilities: ModelCapabilities) -> list[dict[str, str]]:
    messages = [dict(message) for message in request.messages]
    if request.response_schema is not None and needs_form_in_prompt(request, capabilities):
        form_text = wire_schemas.describe_form(request.response_schema)
        messages[-1]["content"] = f"{messages[-1]['content']}\n\n{form_text}"
    if _wants_no_think(request, capabilities):
        messages[-1]["content"] = f"{messages[-1]['content']}\n\n/no_think"
    if not capabilities.system_role and messages[0]["role"] == "system" and len(messages) > 1:
        first, second, *rest = messages
        content = f"{first['content']}\n\n{second['content']}"
        messages = [{**second, "content": content}, *rest]
    return messages


def _wants_no_think(request: ChatRequest, capabilities: ModelCapabilities) -> bool:
    return (
        capabilities.thinking_switch == "no_think"
        and request.thinking == "off"
        and (capabilities.thinks is True or request.is_thinking_set)
    )


def _count_answer_tokens(request: ChatRequest, capabilities: ModelCapabilities) -> int:
    """Return the tokens that the server may use: the answer's, and those for thoughts."""
    tokens = request.max_tokens
    if may_think(request.thinking, capabilities):
        tokens += capabilities.thought_tokens
    if request.room_tokens is not None:
        tokens = min(tokens, max(request.room_tokens, request.max_tokens))
    return min(tokens, capabilities.answer_tokens or tokens)


def _add_response_format(
    arguments: dict[str, Any], request: ChatRequest, capabilities: ModelCapabilities
) -> None:
    response_schema = request.response_schema
    is_in_words = request.is_form_in_words or capabilities.schema_level == "prompt"
    if response_schema is None or is_in_words:
        return
    if capabilities.schema_level == "object":
        arguments["response_format"] = {"type": "json_object"}
        return
    build = (
        wire_schemas.build_bounded_schema
        if capabilities.schema_level == "full"
        else wire_schemas.build_unbounded_schema
    )
    arguments["response_format"] = {
        "type": "json_schema",
        "json_schema": {
            "name": response_schema.__name__,
            "schema": build(response_schema),
            "strict": True,
        },
    }


def _choose_sampling(request: ChatRequest, capabilities: ModelCapabilities) -> dict[str, JsonValue]:
    """Return the sampling settings beyond temperature: what the server has, for prose alone."""
    own_settings: dict[str, JsonValue] = {}
    if request.response_schema is None and not PENALTIES & request.extra.keys():
        if "dry" in capabilities.samplers:
            own_settings |= DRY
            own_settings["dry_sequence_breakers"] = [*_list_breakers(request)]
        elif "repetition_penalty" in capabilities.samplers:
            own_settings["repetition_penalty"] = REPETITION_PENALTY
    return {**own_settings, **request.extra}


def _list_breakers(request: ChatRequest) -> list[str]:
    """Return where a repetition is no repetition: line ends, speech, and the plan's names."""
    names = [name for name in request.protected_names if 0 < len(name) <= MAX_BREAKER_LENGTH]
    return [*dict.fromkeys((*SEQUENCE_BREAKERS, *names))][:MAX_BREAKERS]


def _add_thinking(
    arguments: dict[str, Any],
    body: dict[str, Any],
    request: ChatRequest,
    endpoint: Endpoint,
    capabilities: ModelCapabilities,
) -> None:
    """Tell the server whether to think, in its own words; nothing where it may as it likes."""
    level, switch = request.thinking, capabilities.thinking_switch
    if level == "auto" or not (capabilities.thinks or request.is_thinking_set):
        return
    if switch == "unknown":
        switch = model_names.choose_switch(endpoint, capabilities.server)
    is_on = level != "off"
    match switch:
        case "enable_thinking":
            body["chat_template_kwargs"] = {"enable_thinking": is_on, "thinking": is_on}
        case "think":
            effort = level if is_on else "none"
            if endpoint.model.partition("/")[0] in ("ollama", "ollama_chat"):
                arguments["reasoning_effort"] = effort
            else:  # Ollama's OpenAI-compatible path, whose versions read one or the other
                body |= {"think": is_on, "reasoning_effort": effort}
        case "thinking":
            body["thinking"] = {"type": "enabled" if is_on else "disabled"}
        case "reasoning_effort":
            effort = level if is_on else "low"
            (body if endpoint.api_bases else arguments)["reasoning_effort"] = effort
        case _:
            return

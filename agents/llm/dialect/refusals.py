"""What a refusal says: which part of a request a server does not take, and what to send instead.

Servers name it in many words, so it is the part that was sent and is named that counts, not the
sentence around it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from inkwright.agents.llm.config import Endpoint
from inkwright.agents.llm.dialect import model_names
from inkwright.memory.model_capabilities import ModelCapabilities

_TOO_LONG = re.compile(
    r"context.?(?:length|window|size)|maximum (?:context|input|prompt)|max(?:imum)?.?model.?len"
    r"|n_ctx|n_keep|tokens to keep|input (?:length|is too long|tokens? exceed)"
    r"|prompt (?:is )?too long|too (?:many|long).{0,40}(?:input|prompt|context) ?tokens?"
    r"|(?:input|prompt|messages?|request).{0,40}(?:exceed|longer than|too large).{0,60}tokens?"
    r"|reduce the (?:length|number of tokens|prompt)|max_seq_len|上下文长度|输入.{0,8}过长",
    re.IGNORECASE,
)
_FILTERED = re.compile(
    r"content.?(?:filter|management|policy)|safety (?:system|filter|polic)|responsible.?ai"
    r"|moderation|data.?inspection|content_filter|flagged|敏感|内容审核",
    re.IGNORECASE,
)
_GRAMMAR = re.compile(
    r"grammar|gbnf|repetition|xgrammar|outlines|guidance|keyword|additionalProperties"
    r"|invalid (?:json )?schema|schema.{0,20}(?:feature|too (?:complex|large|deep))"
    r"|m(?:ax|in)(?:Length|Items|imum)",
    re.IGNORECASE,
)
_FORMAT = re.compile(
    r"response.?format|json.?schema|json.?object|json.?mode|structured.?output|guided.?(?:json|decod)"
    r"|output_config|output.?format",
    re.IGNORECASE,
)
_SCHEMA_OR_TEXT = re.compile(r"must be .{0,20}json_schema.{0,12}(?:or|and|,).{0,12}text", re.I)
_NO_SYSTEM = re.compile(
    r"system.{0,12}(?:role|message|prompt|instruction)|(?:role|instruction)s?.{0,24}\bsystem\b"
    r"|roles? must alternate|developer instruction|only user and assistant"
    r"|(?:first|start).{0,24}\buser\b.{0,16}(?:message|role)|系统消息",
    re.IGNORECASE,
)
_THINKING_NAMES = ("chat_template_kwargs", "reasoning_effort", "think", "thinking")
_TOO_MANY_ANSWER_TOKENS = re.compile(
    r"max(?:_completion|_output)?_tokens.{0,80}(?:too large|at most|less than|exceed|<=|between"
    r"|maximum)|(?:at most|maximum of|supports) \d[\d,]* (?:completion|output) tokens",
    re.IGNORECASE | re.DOTALL,
)
_NUMBER = re.compile(r"\d[\d,]{2,}")


@dataclass(frozen=True)
class Adjustment:
    """What a refusal teaches."""

    changes: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the model's record."""
    line: str = ""
    """One line for the report."""


def is_too_long(message: str) -> bool:
    """True when a refusal says that the prompt does not fit into the context."""
    return bool(_TOO_LONG.search(message))


def is_filtered(message: str) -> bool:
    """True when a refusal is about what the text says, not about how it was asked for."""
    return bool(_FILTERED.search(message))


def read_refusal(
    message: str, arguments: Mapping[str, Any], endpoint: Endpoint, record: ModelCapabilities
) -> Adjustment | None:
    """Return what to send instead; None when the refusal names nothing of what was sent.

    ``arguments`` is what LiteLLM was given, as ``build_arguments`` returns it.
    """
    model = endpoint.model
    if "response_format" in arguments and (
        adjustment := _read_format_refusal(message, arguments["response_format"], model, record)
    ):
        return adjustment
    if _has_system_message(arguments) and _NO_SYSTEM.search(message):
        line = f"{model} takes no system message: it stands in the user message"
        return Adjustment({"system_role": False}, line)
    return _read_parameter_refusal(message, arguments, endpoint, record)


def _read_format_refusal(
    message: str, response_format: Mapping[str, Any], model: str, record: ModelCapabilities
) -> Adjustment | None:
    is_object = response_format.get("type") == "json_object"
    if is_object and _SCHEMA_OR_TEXT.search(message):
        changes = {"schema_level": "prompt", "json_object": False}
        return Adjustment(changes, f"{model} takes no json_object: forms are asked for in words")
    if record.schema_level == "full" and _GRAMMAR.search(message):
        line = f"{model}'s grammar compiler refuses a form's bounds: forms are sent without them"
        return Adjustment({"schema_level": "unbounded"}, line)
    if not (_FORMAT.search(message) or _GRAMMAR.search(message)):
        return None
    if is_object or not record.json_object:
        line = f"{model} takes no response_format: the form stands in the prompt"
        return Adjustment({"schema_level": "prompt"}, line)
    line = f"{model} takes no json_schema: any JSON object is asked for, its form in the prompt"
    return Adjustment({"schema_level": "object"}, line)


def _read_parameter_refusal(
    message: str, arguments: Mapping[str, Any], endpoint: Endpoint, record: ModelCapabilities
) -> Adjustment | None:
    model = endpoint.model
    body = arguments.get("extra_body", {})
    sent_names = [n for n in (*arguments, *body) if n not in ("messages", "extra_body")]
    names = [name for name in sent_names if _names_parameter(message, name)]
    limit = _find_answer_limit(message, arguments, body)
    if limit is not None:
        return Adjustment(
            {"answer_tokens": limit}, f"{model} lets an answer have {limit:,} tokens at most"
        )
    if not names:
        return None
    changes: dict[str, Any] = {}
    for name in names:
        if name == "max_tokens":
            changes["token_field"] = "max_completion_tokens"
        elif name == "max_completion_tokens":
            changes["token_field"] = "none"
        elif name in ("temperature", "seed"):
            changes[name] = False
        elif name in _THINKING_NAMES:
            changes["thinking_switch"] = model_names.choose_next_switch(
                endpoint, record.thinking_switch
            )
        else:
            changes["refused"] = (*changes.get("refused", record.refused), name)
    remedy = "sent as max_completion_tokens" if names == ["max_tokens"] else "left out"
    pronoun = "it is" if len(names) == 1 else "they are"
    line = f"{model} takes no {' and no '.join(names)}: {pronoun} {remedy}"
    return Adjustment(changes, line)


def _find_answer_limit(
    message: str, arguments: Mapping[str, Any], body: Mapping[str, Any]
) -> int | None:
    """Return the most tokens of an answer, where the refusal names a number below ours."""
    sent_tokens = arguments.get("max_tokens") or body.get("max_completion_tokens") or 0
    if not _TOO_MANY_ANSWER_TOKENS.search(message):
        return None
    numbers = [int(text.replace(",", "")) for text in _NUMBER.findall(message)]
    lower_numbers = [number for number in numbers if 16 <= number < sent_tokens]
    return max(lower_numbers, default=None)


def _has_system_message(arguments: Mapping[str, Any]) -> bool:
    return any(message["role"] == "system" for message in arguments["messages"])


def _names_parameter(message: str, name: str) -> bool:
    """True when a refusal names this parameter as a word of its own, or in another spelling."""
    spelling = re.escape(name).replace("_", "[_ -]?")
    return bool(re.search(rf"(?<![\w]){spelling}(?![\w])", message, re.IGNORECASE))

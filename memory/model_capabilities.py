"""What served models were found to take and to do: one record for each address and model.

A record begins with what every OpenAI-like server takes. What differs is filled in by the server's
own account of itself, by `inkwright doctor`, and by the first refusals of a run.
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import ConfigDict, JsonValue

from inkwright.memory.base import Value
from inkwright.memory.judge_record import JudgeRecord

SchemaLevel = Literal["full", "unbounded", "object", "prompt"]
"""How a form is asked for: a JSON schema; one without bounds; any JSON object; in words alone."""
TokenField = Literal["max_tokens", "max_completion_tokens", "none"]
ThinkingSwitch = Literal[
    "unknown", "none", "enable_thinking", "no_think", "reasoning_effort", "think", "thinking"
]
"""How a server is told whether to think: ``enable_thinking`` among ``chat_template_kwargs`` (vLLM,
SGLang, llama.cpp), ``/no_think`` at the prompt's end (Qwen3), ``reasoning_effort`` (OpenAI,
gpt-oss, and LiteLLM for Anthropic and Gemini), ``think`` (Ollama), ``thinking`` (DeepSeek)."""
Sampler = Literal["dry", "repetition_penalty"]


class ModelCapabilities(Value):
    """What one model at one address takes and does. The defaults hold until it shows otherwise."""

    model_config = ConfigDict(extra="ignore")

    server: str = ""
    """The kind of server: ``vllm``, ``sglang``, ``llama.cpp``, ``ollama``, ``lm studio``,
    ``koboldcpp``, ``tabbyapi``; empty: it does not say."""
    schema_level: SchemaLevel = "full"
    json_object: bool = True
    """False when it takes only ``json_schema`` or ``text`` as the format of an answer."""
    schema_in_prompt: bool = False
    """True when it ignores schemas, so that the prompt has to show the form too."""
    system_role: bool = True
    """False when the system message has to stand in the user message: its template knows no system
    role, or wants user and assistant to alternate from the first message."""
    seed: bool = True
    temperature: bool = True
    token_field: TokenField = "max_tokens"
    refused: tuple[str, ...] = ()
    """Names of other parameters that it refused, which are left out since."""
    thinks: bool | None = None
    """Whether it was seen to think. None: no answer has shown."""
    thinking_switch: ThinkingSwitch = "unknown"
    opens_in_thought: bool | None = None
    """Whether its prose begins inside a block of thoughts that its template has opened. None: it
    has written no prose yet."""
    thought_tokens: int = 0
    """Tokens kept for thoughts beside an answer's own, where it may think or cannot be told not
    to."""
    samplers: tuple[Sampler, ...] = ()
    """What it has against repetition, beyond what every server has."""
    answers_in_reasoning: bool = False
    """True when it was seen to put a form where thoughts belong."""
    path: str = ""
    """What has to follow the address that is set: ``/v1``, where it was left out."""
    streams_always: bool = False
    """True when whole answers took too long, so that each is streamed: what comes shows life."""
    answer_tokens: int | None = None
    """The most tokens it lets an answer have."""
    context_tokens: int | None = None
    """Context in tokens that it really uses. None: it does not say."""
    reports_usage: bool | None = None
    honest_stream_end: bool | None = None
    """True when a stream has said why it ended, so that one that does not was cut. False: none did
    that was seen."""
    judges: Mapping[str, JudgeRecord] = {}
    """How well it judges, by purpose; nothing where it was never asked to."""

    def list_request_changes(self) -> dict[str, JsonValue]:
        """Return the fields that change what is sent, where they are not the defaults.

        They are part of the journal's key: a plain endpoint has none, and the key of old.
        """
        changes: dict[str, JsonValue] = self.model_dump(
            mode="json", include=_SHAPES_REQUESTS, exclude_defaults=True
        )
        if self.thinks is None or self.thinking_switch == "unknown":
            changes.pop("thinks", None)
        return changes


_SHAPES_REQUESTS = {
    "schema_level",
    "schema_in_prompt",
    "system_role",
    "seed",
    "temperature",
    "token_field",
    "refused",
    "thinks",
    "thinking_switch",
    "thought_tokens",
    "samplers",
}

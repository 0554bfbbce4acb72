"""What the name of a model says about it, before its first answer."""

import re

from inkwright.agents.llm.config import Endpoint
from inkwright.memory.model_capabilities import ModelCapabilities, ThinkingSwitch

GUESSED_THOUGHT_TOKENS = 2048
"""Kept for the thoughts of a model that is known to think, until an answer has shown how many."""
_THINKS = re.compile(
    r"qwen-?3(?!.*(?:instruct|coder|embed|reranker))|qwq|deepseek[-_/]?(?:r1|reasoner)|gpt-oss"
    r"|magistral|glm-?(?:4\.[5-9]|5|z1)|kimi.*think|seed-oss|exaone.*(?:deep|4)|smollm3"
    r"|thinking|reasoner|reasoning|minimax-m|nemotron.*(?:nano|super|ultra)|hunyuan"
    r"|(?:^|/)o[134](?:-|$)|(?:^|/)gpt-5|gemini-(?:2\.5|3)",
    re.IGNORECASE,
)
_TELLS_EFFORT = re.compile(r"gpt-oss|(?:^|/)o[134](?:-|$)|(?:^|/)gpt-5|gemini|claude", re.I)
_QWEN3 = re.compile(r"qwen-?3", re.I)
EFFORT_PROVIDERS = frozenset(
    {"anthropic", "azure", "bedrock", "gemini", "groq", "openrouter", "vertex_ai", "xai"}
)
"""Providers for which LiteLLM makes ``reasoning_effort`` into what each of them reads."""
TYPE_PROVIDERS = frozenset({"deepseek", "moonshot", "volcengine", "zhipu"})
"""Those that read ``thinking: {"type": "disabled"}``."""


def guess_capabilities(endpoint: Endpoint) -> ModelCapabilities:
    """Return what a model's name says: whether it thinks, and how it is told not to."""
    if not _THINKS.search(endpoint.model):
        return ModelCapabilities()
    return ModelCapabilities(
        thinks=True,
        thinking_switch=choose_switch(endpoint, ""),
        thought_tokens=GUESSED_THOUGHT_TOKENS,
    )


def choose_switch(endpoint: Endpoint, server: str) -> ThinkingSwitch:
    """Return the way of telling this model whether to think that is tried first."""
    provider = endpoint.model.partition("/")[0]
    if provider in ("ollama", "ollama_chat") or server == "ollama":
        return "think"
    if provider in EFFORT_PROVIDERS or _TELLS_EFFORT.search(endpoint.model):
        return "reasoning_effort"
    if {provider, server} & TYPE_PROVIDERS:
        return "thinking"
    return "enable_thinking"


def choose_next_switch(endpoint: Endpoint, switch: ThinkingSwitch) -> ThinkingSwitch:
    """Return what is tried after ``switch``, which the server refused or did not heed."""
    can_be_asked = _QWEN3.search(endpoint.model) and switch not in ("no_think", "none")
    return "no_think" if can_be_asked else "none"

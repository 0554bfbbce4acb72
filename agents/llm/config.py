"""What a run is set up with: models for roles, limits, and the arms of an ablation."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, JsonValue

from inkwright.memory.base import Value
from inkwright.memory.text.addresses import masked, without_secrets

Role = Literal["planner", "writer", "archivist", "reviewer", "editor", "embedder"]
ROLES: tuple[Role, ...] = (
    "planner",
    "writer",
    "archivist",
    "reviewer",
    "editor",
    "embedder",
)
CHAT_ROLES: tuple[Role, ...] = tuple(role for role in ROLES if role != "embedder")
ThinkingLevel = Literal["auto", "off", "low", "medium", "high"]
"""``auto``: the planner and the reviewer may think, as much as the model likes; others do not."""
THINKING_ROLES: frozenset[Role] = frozenset({"planner", "reviewer"})
"""Whom ``auto`` lets think."""
NO_KEY = "EMPTY"
"""What is sent where no key is set: LiteLLM would take one from the environment."""
SHORT_KEY = 8
"""A key of fewer characters is masked only where it stands apart: ``EMPTY`` and the like are also
parts of ordinary words."""


class Endpoint(Value):
    """Where a role's model answers."""

    model: str
    """LiteLLM's name, provider first: ``hosted_vllm/Qwen/Qwen3-8B``, ``openai/NAME``."""
    api_bases: tuple[str, ...] = Field(default=(), repr=False)
    """Replicas that share the load; empty: the provider's own address."""
    api_key: str = Field(default=NO_KEY, repr=False)

    @property
    def where(self) -> str:
        """The addresses as they may be shown; empty: the provider's own."""
        return ", ".join(map(without_secrets, self.api_bases))

    def masked(self, text: str) -> str:
        """Return ``text`` with the key, and the secret parts of addresses, as ``***``."""
        for base in self.api_bases:
            text = masked(text, base)
        if len(self.api_key) >= SHORT_KEY:
            return text.replace(self.api_key, "***")
        if not self.api_key or self.api_key == NO_KEY:
            return text
        return re.sub(rf"(?<!\w){re.escape(self.api_key)}(?!\w)", "***", text)


class TokenPrice(Value):
    """What a model's tokens cost: money for a million of them."""

    prompt: float = Field(ge=0)
    cached: float | None = Field(default=None, ge=0)
    """Of prompt tokens that the provider had kept from an earlier call. None: as ``prompt``."""
    completion: float = Field(ge=0)
    """Thoughts are among them: that is how providers count."""

    def compute_cost(self, prompt: float, cached: float, completion: float) -> float:
        """Return the money for so many tokens; the cached ones are among those of the prompt."""
        cached_price = self.prompt if self.cached is None else self.cached
        millions = (
            (prompt - cached) * self.prompt + cached * cached_price + completion * self.completion
        )
        return millions / 1e6

    def compute_worst_cost(self, prompt: float, completion: float) -> float:
        """Return the most that one call with so many tokens can cost, whatever is cached."""
        return self.compute_cost(
            prompt, prompt if (self.cached or 0.0) > self.prompt else 0.0, completion
        )


class CallSettings(Value):
    """How models are called."""

    endpoints: dict[Role, Endpoint]
    """``embedder`` may be missing: then the offline embedder is used."""
    concurrency: int = Field(default=8, ge=1, le=1024)
    """Model calls in flight at once."""
    context_tokens: int | None = Field(default=None, ge=1024)
    """Context length of the served models; None: ask the endpoint."""
    timeout_s: float = Field(default=600.0, gt=0)
    """Seconds without a sign of life after which a call counts as failed."""
    tries: int = Field(default=4, ge=1)
    """Attempts at one call before the endpoint counts as unreachable."""
    temperature: float = Field(default=0.7, ge=0, le=2)
    prompts: Path | None = None
    """Folder of prompt templates that replace ours."""
    prices: Mapping[str, TokenPrice] = {}
    """By the model's name in ``endpoints``; those whose price is not known are missing."""
    thinking: Mapping[Role, ThinkingLevel] = {}
    """How much each role's model may think; a role that is missing: ``auto``."""
    sampling: Mapping[Role, Mapping[str, JsonValue]] = {}
    """Sampling settings of a role for all its calls, such as ``top_p``; they replace our own."""
    prose_sampling: Mapping[str, JsonValue] = {}
    """The same for the prose of every role; a role's own come first."""
    extra_body: Mapping[Role, Mapping[str, JsonValue]] = {}
    """What goes into the body of a role's requests as it stands."""

    def get_thinking(self, role: Role) -> ThinkingLevel:
        return self.thinking.get(role, "auto")


class Ablation(Value):
    """Parts switched on or off. A part that is off makes no call."""

    plan: Literal["none", "given", "full"] = "full"
    memory: Literal["none", "last", "rolling", "vector", "full"] = "full"
    review: Literal["off", "rules", "full"] = "full"

    @property
    def name(self) -> str:
        return f"plan={self.plan} memory={self.memory} review={self.review}"


class Limits(Value):
    """What a run may spend. None: no limit. Answers from the journal are free."""

    max_calls: int | None = Field(default=None, ge=1)
    max_tokens: int | None = Field(default=None, ge=1)
    """Prompt and completion tokens together."""
    max_minutes: float | None = Field(default=None, gt=0)
    max_cost: float | None = Field(default=None, gt=0)
    """Money, in ``currency``. It is never passed: a call is sent when its worst case fits in."""
    currency: str = "USD"
    paused: Callable[[], bool] | None = Field(default=None, exclude=True)
    """True from the moment a person wants no more calls to be sent."""

"""What models cost: by the settings, else by the price list that LiteLLM carries.

The list is a file of LiteLLM's package, read without importing it, and never fetched. It is asked
of models at their provider alone: what another address takes for the same name, only its owner
knows.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from inkwright.agents.llm.config import CallSettings, Endpoint, Limits, TokenPrice
from inkwright.app.config.settings import Settings
from inkwright.memory.errors import BadInput
from inkwright.memory.store.journal import RoleUsage

LIST_FILE = "model_prices_and_context_window_backup.json"
LIST_CURRENCY = "USD"
PROVIDER_BY_HOST = {
    "api.anthropic.com": "anthropic",
    "api.cerebras.ai": "cerebras",
    "api.deepseek.com": "deepseek",
    "api.fireworks.ai": "fireworks_ai",
    "api.groq.com": "groq",
    "api.mistral.ai": "mistral",
    "api.moonshot.ai": "moonshot",
    "api.openai.com": "openai",
    "api.perplexity.ai": "perplexity",
    "api.together.xyz": "together_ai",
    "api.x.ai": "xai",
    "generativelanguage.googleapis.com": "gemini",
    "openrouter.ai": "openrouter",
}
"""Providers, as LiteLLM names them, by the host of their OpenAI-compatible address."""


class PriceList:
    """The prices of the models that these settings name, and of others by their names."""

    def __init__(self, settings: Settings, endpoints: Iterable[Endpoint]) -> None:
        self._settings = settings
        self._endpoint_by_model = {e.model: e for e in endpoints}

    @property
    def currency(self) -> str:
        return self._settings.currency

    @property
    def counts_tokens(self) -> bool:
        """False: the machine is paid by the hour, and calls side by side share it."""
        return self._settings.price_gpu_hour is None

    def find_price(self, model: str) -> TokenPrice | None:
        """Return the price of a model, named as LiteLLM names it; None: nobody has said."""
        settings = self._settings
        provider, _, name = model.partition("/")
        for own_name in (model, name):
            if own_name in settings.prices:
                return settings.prices[own_name]
        if settings.price_prompt is not None or settings.price_completion is not None:
            return TokenPrice(
                prompt=settings.price_prompt or 0.0,
                cached=settings.price_cached,
                completion=settings.price_completion or 0.0,
            )
        if settings.currency != LIST_CURRENCY:
            return None
        endpoint = self._endpoint_by_model.get(model)
        if endpoint is not None and endpoint.api_bases:
            hosts = {urlsplit(base).hostname or "" for base in endpoint.api_bases}
            providers = {PROVIDER_BY_HOST.get(host, "") for host in hosts}
            if len(providers) != 1 or not (provider := providers.pop()):
                return None
        return _find_listed_price(provider, name)

    def compute_usage_cost(self, usage: Sequence[RoleUsage]) -> float | None:
        """Return what calls cost; None: the price of a model among them is not known."""
        costs = list(self.compute_cost_by_model(usage).values())
        return sum(c for c in costs if c is not None) if costs and None not in costs else None

    def compute_cost_by_model(self, usage: Sequence[RoleUsage]) -> dict[str, float | None]:
        """Return what calls cost by the model that was asked; None: its price is not known."""
        costs: dict[str, float | None] = {}
        for u in usage:
            cost = self.compute_cost(u.requested_model, u.prompt, u.cached, u.completion, u.seconds)
            earlier_cost = costs.get(u.requested_model, 0.0)
            costs[u.requested_model] = (
                None if cost is None or earlier_cost is None else earlier_cost + cost
            )
        return costs

    def compute_cost(
        self, model: str, prompt: float, cached: float, completion: float, seconds: float
    ) -> float | None:
        """Return what so many tokens of a model cost, or so many seconds of the machine.

        None: its price is not known.
        """
        if self._settings.price_gpu_hour is not None:
            return seconds / 3600 * self._settings.price_gpu_hour
        price = self.find_price(model)
        return None if price is None else price.compute_cost(prompt, cached, completion)


def find_prices(
    settings: Settings, endpoints: Collection[Endpoint], embedded: Iterable[Endpoint]
) -> dict[str, TokenPrice]:
    """Return the price of every model that has one, by its name; ``embedded`` ones are free."""
    price_list = PriceList(settings, endpoints)
    prices = {e.model: TokenPrice(prompt=0.0, completion=0.0) for e in embedded}
    own_prices = {e.model: price_list.find_price(e.model) for e in endpoints}
    return prices | {model: price for model, price in own_prices.items() if price is not None}


def check_prices(call_settings: CallSettings, settings: Settings, limits: Limits) -> Limits:
    """Return ``limits`` as a run is held to them, after a look whether the one of money can be.

    Money by the hour of a machine is a limit of minutes.

    Raises:
        BadInput: money is limited, and a model has no known price.
    """
    if limits.max_cost is None:
        return limits
    if settings.price_gpu_hour is not None:
        return _limit_minutes(limits, settings.price_gpu_hour)
    unpriced = [
        endpoint.model
        for role, endpoint in call_settings.endpoints.items()
        if endpoint.model not in call_settings.prices and role != "embedder"
    ]
    if unpriced:
        name = unpriced[0].partition("/")[2]
        raise BadInput(
            f"money is limited, and no price is known of {unpriced[0]}: set INKWRIGHT_PRICES="
            f'\'{{"{name}": {{"prompt": 0.5, "completion": 1.5}}}}\' to what a million tokens cost'
            " (0 where they cost nothing)"
        )
    return limits.model_copy(update={"currency": settings.currency})


def _limit_minutes(limits: Limits, price_gpu_hour: float) -> Limits:
    if price_gpu_hour == 0 or limits.max_cost is None:
        return limits.model_copy(update={"max_cost": None})
    minutes = limits.max_cost / price_gpu_hour * 60
    return limits.model_copy(
        update={"max_cost": None, "max_minutes": min(minutes, limits.max_minutes or minutes)}
    )


def _find_listed_price(provider: str, name: str) -> TokenPrice | None:
    listed_models = _load_list()
    entry = listed_models.get(f"{provider}/{name}")
    if entry is None:
        entry = listed_models.get(name, {})
        if not str(entry.get("litellm_provider", "")).startswith(provider):
            return None
    prompt, completion = entry.get("input_cost_per_token"), entry.get("output_cost_per_token")
    if prompt is None or completion is None:
        return None
    cached = entry.get("cache_read_input_token_cost")
    return TokenPrice(
        prompt=prompt * 1e6,
        cached=None if cached is None else cached * 1e6,
        completion=max(completion, entry.get("output_cost_per_reasoning_token") or 0.0) * 1e6,
    )


@cache
def _load_list() -> dict[str, dict[str, Any]]:
    spec = find_spec("litellm")
    assert spec is not None, "LiteLLM is a dependency"
    assert spec.origin is not None, "it is a package of files"
    price_table: dict[str, dict[str, Any]] = json.loads(
        (Path(spec.origin).parent / LIST_FILE).read_text("utf-8")
    )
    return price_table

"""What ``inkwright doctor`` and ``connect`` do with servers: find, choose, try, and set one."""

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pydantic import JsonValue

from inkwright.agents.llm.config import NO_KEY
from inkwright.agents.llm.dialect.capability_records import CapabilityRecords
from inkwright.app.config.settings import Settings
from inkwright.app.servers import discovery
from inkwright.app.servers.connection import ServedChoice, find_choice, list_choices
from inkwright.app.servers.discovery import ModelServer
from inkwright.app.servers.settings_file import Value, format_setting, write_settings
from inkwright.app.servers.trial_calls import ModelTrial, TrialResult
from inkwright.app.services.engine import open_library
from inkwright.memory.errors import BadInput
from inkwright.memory.model_capabilities import ModelCapabilities
from inkwright.memory.served_models.capability_store import forget_capabilities, load_capabilities

JsonObject = dict[str, JsonValue]
Say = Callable[[str], None]
Choose = Callable[[Sequence[ServedChoice]], ServedChoice | None]
"""Asks a person which of several is meant; None: none of them."""
MAX_NAMED_MODELS = 12


@dataclass(frozen=True)
class ModelFindings:
    """What was found out of one model, and how it is set."""

    choice: ServedChoice
    results: tuple[TrialResult, ...]
    record: ModelCapabilities
    settings: dict[str, Value]
    is_usable: bool = field(default=True)
    """False when some kind of call did not work."""

    def as_json(self) -> JsonObject:
        return {
            "server": self.choice.server.kind,
            "address": self.choice.server.base,
            "model": self.choice.model.name,
            "trials": [{"name": r.name, "ok": r.ok, "message": r.message} for r in self.results],
            "record": self.record.model_dump(mode="json"),
            "settings": {**self.settings},
        }


def find_servers(url: str | None, settings: Settings) -> tuple[ModelServer, ...]:
    """Return the server at ``url``, or those on this machine.

    Raises:
        BadInput: ``url`` is no address.
        ModelError: no model server answers there.
    """
    if url is None:
        return asyncio.run(discovery.find_servers())
    if not url.startswith(("http://", "https://")):
        raise BadInput(f"{url!r} must begin with http:// or https://")
    return (asyncio.run(discovery.ask_server(url, get_key(url, settings, is_named=True))),)


def get_key(url: str, settings: Settings, *, is_named: bool) -> str:
    """Return the key that may be sent to an address: the settings', where they name the same host.

    An address that ``is_named`` on the command line may be sent the environment's, too.
    """
    hosts = {urlsplit(base).netloc for base in settings.api_base}
    is_same_host = urlsplit(url).netloc in hosts
    if settings.api_key is None or not (
        is_same_host or (is_named and os.environ.get("INKWRIGHT_API_KEY"))
    ):
        return ""
    return settings.api_key.get_secret_value()


def choose_model(
    servers: Sequence[ModelServer], model: str | None, ask: Choose | None
) -> ServedChoice | None:
    """Return the model that is meant: the one named, the only one, or the one a person chooses.

    Raises:
        BadInput: none is of that name, or there are several and nobody to ask.
    """
    if model is not None:
        return find_choice(servers, model)
    choices = list_choices(servers)
    if not choices:
        raise BadInput(_explain_no_models(servers))
    if ask is not None:
        return ask(choices)
    if len(choices) == 1:
        return choices[0]
    names = ", ".join(c.model.name for c in choices[:MAX_NAMED_MODELS])
    raise BadInput(f"there are several models: choose one with --model ({names})")


def try_model(
    choice: ServedChoice,
    settings: Settings,
    say: Say,
    *,
    asks_paid: bool = False,
    is_named: bool = False,
) -> ModelFindings:
    """Send a model the kinds of call that a run sends, and keep what it shows in the library.

    What was known of it is found out anew. ``is_named``: its address was, on the command line.

    Raises:
        BadInput: calls there may cost money, and nobody has said that they may.
    """
    if choice.server.is_paid and not asks_paid:
        raise BadInput(
            f"{choice.server.base} is not on this machine or its network, and calls there may cost"
            " money: --paid sends them"
        )
    endpoint = choice.build_endpoint(get_key(choice.server.base, settings, is_named=is_named))
    with open_library(settings) as library:
        forget_capabilities(library, endpoint.where, endpoint.model)
        records = CapabilityRecords(library)
        if choice.server.record_name:
            records.learn(endpoint, server=choice.server.record_name)
        trial = ModelTrial(endpoint, records, choice.model.context_tokens)
        results = asyncio.run(_collect(trial, say))
        capabilities = records.get(endpoint)
    return ModelFindings(
        choice=choice,
        results=results,
        record=capabilities,
        settings=choice.build_settings(capabilities),
        is_usable=all(r.ok for r in results),
    )


def build_settings(choice: ServedChoice, settings: Settings) -> dict[str, Value]:
    """Return the settings that lead to a model, with what the library knows of it."""
    endpoint = choice.build_endpoint()
    with open_library(settings) as library:
        return choice.build_settings(load_capabilities(library, endpoint.where, endpoint.model))


def load_settings_for(choice: ServedChoice) -> Settings:
    """Return the settings in force, but with this model; the key of another host is not sent."""
    key = get_key(choice.server.base, Settings.load(), is_named=False)
    return Settings.load(
        model=choice.setting, api_base=(choice.server.base,), api_key=key or NO_KEY
    )


def format_settings(settings: dict[str, Value]) -> list[str]:
    """Return the lines of ``inkwright.toml`` that make these settings, with a key hidden."""
    return [
        format_setting(name, "***" if name == "api_key" else value)
        for name, value in settings.items()
    ]


def explain_overrides(settings: dict[str, Value]) -> list[str]:
    """Say which variables of the environment come before these settings."""
    names = [f"INKWRIGHT_{name.upper()}" for name in settings]
    return [
        f"{name} is set in the environment and comes first: unset it"
        for name in names
        if os.environ.get(name) not in (None, "")
    ]


def save_settings(settings: Settings, changes: dict[str, Value]) -> str:
    """Write settings into the library's ``inkwright.toml``, and return where that is.

    Raises:
        BadInput: the file cannot be written.
    """
    return str(write_settings(settings.home, changes))


async def _collect(trial: ModelTrial, say: Say) -> tuple[TrialResult, ...]:
    results = []
    async for result in trial.run():
        say(str(result))
        results.append(result)
    return tuple(results)


def _explain_no_models(servers: Sequence[ModelServer]) -> str:
    if not servers:
        ports = ", ".join(f"{port} ({kind})" for port, kind in discovery.USUAL_PORTS.items())
        return f"no model server answers on this machine ({ports}): start one, or give its address"
    return f"{servers[0]}: load a model there, or name it with --model"

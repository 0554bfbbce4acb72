"""What is known of each served model, for all who call it from this process."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from inkwright.agents.llm.config import Endpoint
from inkwright.agents.llm.dialect import model_names
from inkwright.agents.llm.endpoint_info import ServedModel
from inkwright.memory.model_capabilities import ModelCapabilities, Sampler
from inkwright.memory.served_models.capability_store import load_capabilities, update_capabilities
from inkwright.memory.store.library import Library

SAMPLERS: Mapping[str, tuple[Sampler, ...]] = {
    "llama.cpp": ("dry",),
    "koboldcpp": ("dry",),
    "tabbyapi": ("dry",),
}
"""What each kind of server has against repetition."""
Report = Callable[[str], None]


class CapabilityRecords:
    """The record of every served model that this process has called, kept in the library.

    Without a library they last as long as this object.
    """

    def __init__(self, library: Library | None = None) -> None:
        self._library = library
        self._records: dict[tuple[str, str], ModelCapabilities] = {}
        self._listeners: list[Report] = []

    def get(self, endpoint: Endpoint) -> ModelCapabilities:
        """Return what is known of an endpoint's model; of a new one, what its name says."""
        key = (endpoint.where, endpoint.model)
        if key not in self._records:
            stored = load_capabilities(self._library, *key) if self._library else None
            self._records[key] = stored or model_names.guess_capabilities(endpoint)
        return self._records[key]

    def learn(self, endpoint: Endpoint, line: str = "", **changes: Any) -> ModelCapabilities:
        """Remember fields of ``ModelCapabilities``, and tell the runs that listen ``line``.

        What is known already changes nothing, and is not told again.
        """
        known_capabilities = self.get(endpoint)
        capabilities = known_capabilities.model_copy(update=changes)
        if capabilities == known_capabilities:
            return capabilities
        key = (endpoint.where, endpoint.model)
        self._records[key] = capabilities
        if self._library is not None:
            changes = {**known_capabilities.model_dump(exclude_defaults=True), **changes}
            update_capabilities(self._library, *key, changes)
        if line:
            for listener in self._listeners:
                listener(line)
        return capabilities

    def learn_from_probe(self, endpoint: Endpoint, served_model: ServedModel) -> ModelCapabilities:
        """Remember what a server says of itself and of its model."""
        record = self.get(endpoint)
        changes: dict[str, Any] = {"path": served_model.path}
        if served_model.server:
            changes |= {
                "server": served_model.server,
                "samplers": SAMPLERS.get(served_model.server, ()),
            }
        if served_model.server == "lm studio":
            changes["json_object"] = False
        if served_model.max_model_len:
            changes["context_tokens"] = served_model.max_model_len
        if record.thinking_switch in ("unknown", "enable_thinking") and record.thinks:
            changes["thinking_switch"] = model_names.choose_switch(endpoint, served_model.server)
        if served_model.template and "think" not in served_model.template.lower():
            changes |= {"opens_in_thought": False}
        return self.learn(endpoint, **changes)

    @contextmanager
    def report_to(self, listener: Report) -> Iterator[None]:
        """Tell ``listener`` each line that is learned from now on."""
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)

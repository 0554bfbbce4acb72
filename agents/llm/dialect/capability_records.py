"""What is known of each served model, for all who call it from this process."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from inkwright.agents.llm.config import Endpoint
from inkwright.agents.llm.dialect import model_names
from inkwright.memory.store.library import Library
from inkwright.memory.store.model_capabilities import (
    ModelCapabilities,
    load_capabilities,
    update_capabilities,
)

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

    @contextmanager
    def report_to(self, listener: Report) -> Iterator[None]:
        """Tell ``listener`` each line that is learned from now on."""
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)

"""A library that the examples of a property share."""

from collections.abc import Iterator

import pytest

from inkwright.memory.store.library import Library


@pytest.fixture(scope="module")
def shared_library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """One library for all examples of a property: each takes a work of its own."""
    opened = Library.open(tmp_path_factory.mktemp("shared"))
    yield opened
    opened.close()

"""A work to build on, and property tests with few examples."""

from collections.abc import Iterator

import pytest

from inkwright.memory.store.library import Library
from tests import properties
from tests.memory.building import Built, built

properties.few()


@pytest.fixture
def a_work(library: Library) -> Iterator[Built]:
    """A new work under a lease."""
    with built(library) as made:
        yield made


@pytest.fixture(scope="module")
def shared_library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """One library for all examples of a property: each takes a work of its own."""
    opened = Library.open(tmp_path_factory.mktemp("shared"))
    yield opened
    opened.close()

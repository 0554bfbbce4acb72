"""The one server of all fakes, and a library of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.families.serving import Town
from tests.families.whole_run import Desk


@pytest.fixture(scope="session")
def town() -> Iterator[Town]:
    with Town() as running:
        yield running


@pytest.fixture
def desk(town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A library of its own; ``connect`` sets which fake answers."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return Desk(town, folder, monkeypatch)

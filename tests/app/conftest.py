"""A library and a current folder of one's own for each test, and no settings from outside."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.simserver.process import SimServer

Cli = Callable[..., Any]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The library folder; the current folder is empty."""
    for name in [n for n in os.environ if n.startswith("INKWRIGHT_")]:
        monkeypatch.delenv(name)
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("INKWRIGHT_HOME", str(tmp_path / "library"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("inkwright.app.servers.discovery.USUAL_PORTS", {})
    return tmp_path / "library"


@pytest.fixture
def cli() -> Cli:
    """Run a command line in this process; the result has exit_code, stdout and stderr."""
    runner = CliRunner()

    def run(*arguments: str | Path, **keywords: Any) -> Any:
        from inkwright.app.cli.main import app

        result = runner.invoke(app, [str(a) for a in arguments], **keywords)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture(scope="module")
def server() -> Iterator[SimServer]:
    """A simulated model server for the tests of a module."""
    with SimServer() as running:
        yield running


@pytest.fixture
def model(server: SimServer, monkeypatch: pytest.MonkeyPatch) -> SimServer:
    """The server, set as the model of every role, as it began."""
    server.restore()
    monkeypatch.setenv("INKWRIGHT_API_BASE", server.base)
    monkeypatch.setenv("INKWRIGHT_MODEL", server.model)
    monkeypatch.setenv("INKWRIGHT_EMBEDDER_MODEL", server.config.embedding_model)
    return server

"""A library and a current folder of one's own for each test, and the command line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.simserver.process import SimServer

Cli = Callable[..., Any]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The library folder; the current folder is empty."""
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


@pytest.fixture
def model(sim: SimServer, monkeypatch: pytest.MonkeyPatch) -> SimServer:
    """The server, set as the model of every role, as it began."""
    monkeypatch.setenv("INKWRIGHT_API_BASE", sim.base)
    monkeypatch.setenv("INKWRIGHT_MODEL", sim.model)
    monkeypatch.setenv("INKWRIGHT_EMBEDDER_MODEL", sim.config.embedding_model)
    return sim

"""Servers for the whole session, and for each test a database, an index and a folder of its own."""

import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from inkwright.memory.store.library import Library
from tests.app.conftest import cli as cli
from tests.app.conftest import home as home
from tests.batch.conftest import model as model
from tests.cluster import servers

Started = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with servers.postgres() as address:
        yield address


@pytest.fixture(scope="session")
def chroma() -> Iterator[str]:
    with servers.chroma() as address:
        yield address


@pytest.fixture
def database(postgres: str) -> str:
    """The address of an empty database."""
    import psycopg

    name = f"d{uuid.uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as db:
        db.execute(f"CREATE DATABASE {name}")
    return f"{postgres.rpartition('/')[0]}/{name}"


@dataclass(frozen=True)
class Shared:
    """A library on PostgreSQL with its index on a Chroma server."""

    database: str
    index: str
    home: Path

    def open(self) -> Library:
        """Return the library, open."""
        return Library.open(self.home, self.database, self.index)


@pytest.fixture
def shared(home: Path, database: str, chroma: str, monkeypatch: pytest.MonkeyPatch) -> Shared:
    """The library that the environment names."""
    index = f"{chroma}/{database.rpartition('/')[2]}"
    monkeypatch.setenv("INKWRIGHT_LIBRARY_URL", database)
    monkeypatch.setenv("INKWRIGHT_INDEX_URL", index)
    return Shared(database, index, home)


@pytest.fixture
def start() -> Iterator[Started]:
    """Start a command line in a process of its own; what still runs at the end is killed."""
    begun: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> "subprocess.Popen[str]":
        code = "from inkwright.__main__ import main; main()"
        process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        begun.append(process)
        return process

    yield run
    for process in begun:
        process.kill()
        process.communicate()

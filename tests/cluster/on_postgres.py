"""Run other tests with their libraries on PostgreSQL: ``pytest -p tests.cluster.on_postgres``.

Every library folder has a schema of its own in one database, whose server runs while the tests do.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from inkwright.memory.library import Library


@pytest.fixture(autouse=True)
def _on_postgres(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    opened = Library.open
    base = os.environ["PGURL"]

    def elsewhere(home: Path, url: str | None = None) -> Library:
        if url is not None:
            return opened(home, url)
        name = (
            "s" + hashlib.sha256(str(Path(home).expanduser().resolve()).encode()).hexdigest()[:20]
        )
        with psycopg.connect(base, autocommit=True) as db:
            db.execute(f"CREATE SCHEMA IF NOT EXISTS {name}")
        return opened(home, f"{base}?options=-csearch_path%3D{name}")

    monkeypatch.setattr(Library, "open", staticmethod(elsewhere))
    return

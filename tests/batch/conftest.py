"""A library, a current folder and a model server for each test, and a batch to run there."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.app.conftest import cli as cli
from tests.app.conftest import home as home
from tests.app.conftest import model as model
from tests.simserver.process import SimServer

Lines = Sequence[dict[str, Any] | str]
WORDS = 60


@pytest.fixture
def batch(cli: Any, model: SimServer) -> Callable[..., Any]:
    """Run ``inkwright batch in.jsonl --out out.jsonl`` over these lines, with more options."""

    def run(lines: Lines | None = None, *options: str) -> Any:
        if lines is not None:
            put(lines)
        return cli("batch", "in.jsonl", "--out", "out.jsonl", *options)

    return run


def put(lines: Lines, name: str = "in.jsonl") -> None:
    """Write lines to a file; a text goes in as it stands."""
    told = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    Path(name).write_text("".join(f"{line}\n" for line in told))


def results(name: str = "out.jsonl") -> dict[str, dict[str, Any]]:
    """Return the lines of an output by id; every one is whole, and no id is there twice."""
    text = Path(name).read_text()
    assert text.endswith("\n") or not text
    found = [json.loads(line) for line in text.splitlines()]
    assert len({r["id"] for r in found}) == len(found)
    return {r["id"]: r for r in found}


def short(own_id: str, **more: Any) -> dict[str, Any]:
    """Return a line for a piece of two short sections, which needs no planner but for its cast."""
    outline = [
        {"title": f"{side} of {own_id}", "purpose": f"Tell of {own_id}.", "words": WORDS}
        for side in ("North", "South")
    ]
    told = {"request": f"Write about the harbour called {own_id}.", "outline": outline}
    return {"id": own_id, **told, **more}

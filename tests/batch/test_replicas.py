"""Several servers of one model: a work stays with the one that holds its prefix while it lives."""

from pathlib import Path

import pytest

from tests.batch.conftest import put, results, short
from tests.batch.test_trouble import asked_twice, names
from tests.runs import child
from tests.simserver.process import SimServer


@pytest.fixture
def other(model, monkeypatch):
    with SimServer() as server:
        monkeypatch.setenv("INKWRIGHT_API_BASE", f"{model.base},{server.base}")
        yield server


def told_of(server: SimServer, name: str) -> int:
    return sum(f"called {name}." in str(c.messages) for c in server.calls(kind="chat"))


def test_a_work_stays_with_one_replica_and_works_are_spread(batch, model, other):
    done = batch([short(name, continuity="strict") for name in names(4)], "--concurrency", "8")
    assert done.exit_code == 0, done.output
    told = [(told_of(model, name), told_of(other, name)) for name in names(4)]
    assert all(min(pair) == 0 < max(pair) for pair in told)
    assert sum(here > 0 for here, _ in told) == 2


def test_works_of_a_replica_that_dies_move_and_are_finished(model, other, home):
    put([short(name, continuity="strict") for name in names(4)])
    other.configure(faults=[{"fault": "hold", "match": {"role": "writer", "nth": [2]}}])
    command = ("batch", "in.jsonl", "--out", "out.jsonl", "--concurrency", "8")
    with child.commanding(*command) as run:
        other.wait_for(2, "started", role="writer")
        other.kill()
        run.join(60)
        assert run.exitcode == 0, Path("said.txt").read_text()
    assert {r["status"] for r in results().values()} == {"complete"}
    assert set(results()) == set(names(4))
    assert asked_twice(model) == []

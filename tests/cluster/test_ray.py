"""A batch on a Ray cluster of several nodes, with processes that are lost in mid-run."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

import inkwright
from inkwright.memory.store import schema, works
from tests.batch.conftest import put, results, short
from tests.batch.test_trouble import asked_twice
from tests.cluster import servers
from tests.cluster.conftest import Shared, Started
from tests.runs import writing
from tests.simserver.process import SimServer

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
ENDS_S = 120
NAMES = [f"harbour{n}" for n in range(6)]


@pytest.fixture(scope="module")
def cluster() -> Iterator[servers.RayCluster]:
    """Three nodes: one is lost on the way."""
    with servers.ray_cluster(nodes=3, cpus=1) as running:
        yield running


@pytest.fixture(autouse=True)
def _there(
    cluster: servers.RayCluster, shared: Shared, model: SimServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", cluster.address)


def on_ray(concurrency: int = 4, *options: str) -> tuple[str, ...]:
    """Return the command line of a batch by two workers."""
    asked = ("batch", "in.jsonl", "--out", "out.jsonl", "--engine", "ray", "--workers", "2")
    return (*asked, "--concurrency", str(concurrency), *options)


def writers(shared: Shared) -> dict[int, list[str]]:
    """Return the works that are under way, by the process that writes them."""
    library, found = shared.open(), {}
    with library.read() as db:
        rows = db.execute(select(schema.works.c.id, schema.works.c.lease_owner)).all()
    library.close()
    for work, owner in rows:
        if owner is not None:
            found.setdefault(int(owner.rsplit(":", 2)[1]), []).append(work)
    return found


def most_at_once(model: SimServer) -> int:
    """Return how many chat calls were in their slots together, at the most."""
    spans = [c.span for c in model.calls(kind="chat") if c.end is not None and c.start is not None]
    return max(sum(a <= start < b for a, b in spans) for start, _ in spans)


@pytest.mark.parametrize("lost", ["worker", "machine"])
def test_works_of_a_lost_worker_go_on_elsewhere_with_nothing_asked_again(
    start: Started, shared: Shared, model: SimServer, cluster: servers.RayCluster, lost: str
) -> None:
    put([short(name) for name in NAMES])
    model.configure(faults=[{"fault": "hold", "match": {"role": "writer", "nth": [5, 6, 7, 8]}}])
    run = start(*on_ray(4))
    model.wait_for(8, "started", role="writer")
    busy = writers(shared)
    assert len(busy) == 2
    library = shared.open()
    going = {w: writing.journaled(library, w) for held in busy.values() for w in held}
    accepted = {work: writing.accepted(library, work) for work in going}
    assert any(going.values())

    if lost == "worker":
        os.kill(next(iter(busy)), signal.SIGKILL)
    else:
        cluster.lose_a_node(busy)
    asked_before = model.calls()[-1].seq
    model.configure(faults=[])
    model.release()
    said, _ = run.communicate(timeout=ENDS_S)
    assert run.returncode == 0, said
    assert "a worker was lost" in said

    assert set(results()) == set(NAMES)
    assert {r["status"] for r in results().values()} == {"complete"}
    later = [writing.said(c.messages) for c in model.calls(kind="chat") if c.seq > asked_before]
    for work, known in going.items():
        assert known.isdisjoint(later)
        for sid, versions in accepted[work].items():
            assert writing.accepted(library, work)[sid][: len(versions)] == versions
    assert {w.status for w in works.list_works(library)} == {"complete"}
    library.close()
    assert len(asked_twice(model)) <= 4
    assert writers(shared) == {}


def test_all_workers_together_have_no_more_calls_in_flight_than_asked_for(
    start: Started, model: SimServer
) -> None:
    put([short(name, continuity="free") for name in NAMES])
    run = start(*on_ray(3, "--format", "docx"))
    said, _ = run.communicate(timeout=ENDS_S)
    assert run.returncode == 0, said
    assert "6 complete" in said
    assert most_at_once(model) <= 3
    assert all(Path(r["files"]["docx"]).read_bytes()[:2] == b"PK" for r in results().values())

    model.reset_log()
    again = start(*on_ray(3))
    again.communicate(timeout=ENDS_S)
    assert again.returncode == 0
    assert model.calls() == []


def test_a_spent_budget_ends_it_with_few_works_unfinished_and_a_higher_one_goes_on(
    start: Started, model: SimServer
) -> None:
    put([short(name) for name in NAMES])
    run = start(*on_ray(2, "--max-calls", "15"))
    said, _ = run.communicate(timeout=ENDS_S)
    assert run.returncode == 1, said
    assert "the limit of 15 calls is used up" in said
    begun = {s.work for s in inkwright.status()}
    assert len(begun) - len(results()) <= 2
    assert len(begun) < 6

    run = start(*on_ray(2, "--max-calls", "1000"))
    said, _ = run.communicate(timeout=ENDS_S)
    assert run.returncode == 0, said
    assert set(results()) == set(NAMES)
    assert asked_twice(model) == []


def test_a_batch_that_is_ended_leaves_no_worker_behind_and_goes_on(
    start: Started, shared: Shared, model: SimServer
) -> None:
    put([short(name) for name in NAMES])
    model.configure(faults=[{"fault": "hold", "match": {"role": "writer", "nth": [5, 6]}}])
    run = start(*on_ray(2))
    model.wait_for(6, "started", role="writer")
    run.send_signal(signal.SIGTERM)
    said, _ = run.communicate(timeout=30)
    assert run.returncode == 130, said
    assert writers(shared) == {}
    model.configure(faults=[])
    model.release()

    again = start(*on_ray(2))
    said, _ = again.communicate(timeout=ENDS_S)
    assert again.returncode == 0, said
    assert set(results()) == set(NAMES)
    assert len(asked_twice(model)) <= 2

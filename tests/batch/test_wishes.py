"""A work of a batch is stopped or paused like any other, and the others go on."""

import asyncio
import itertools
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

import inkwright
from inkwright.app.batch.input import FieldNames, build_lines
from inkwright.app.batch.options import BatchOptions
from inkwright.app.batch.ray_worker import Worker
from inkwright.app.config import endpoints
from inkwright.app.config.settings import Settings
from inkwright.app.services import run_monitor, run_recorder
from inkwright.memory.store import run_status, works
from inkwright.memory.store.library import Library
from tests.batch.conftest import results, short
from tests.runs import writing as runs
from tests.simserver.process import SimServer

NAMES = ("reef", "quay", "mole")
HELD = {"fault": "hold", "match": {"role": "writer", "contains": "reef"}}


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_recorder, "RECORD_EVERY_S", 0.05)


def held(model: SimServer, library: Library) -> str:
    """Return the one work whose calls are held, once one is."""
    for count in itertools.count(1):
        model.wait_for(count, "started", role="writer")
        if any("reef" in runs.said(c.messages) for c in model.calls(role="writer")):
            break
    (found,) = (w.id for w in works.list_works(library) if "reef" in w.brief.request)
    assert run_monitor.load_monitored_work(found, Settings.load()).activity == "running"
    return found


@contextmanager
def writing(model: SimServer) -> "Iterator[Future[inkwright.Batch]]":
    """Yield a batch that goes on in another thread; calls of one of its works are held."""
    model.configure(faults=[HELD])
    with ThreadPoolExecutor(1) as thread:
        try:
            yield thread.submit(inkwright.write_batch, [short(n) for n in NAMES], out="out.jsonl")
        finally:
            model.configure(faults=[])
            model.release()


@pytest.mark.parametrize("what", ["stop", "pause"])
def test_a_work_asked_to_end_is_left_for_the_next_run_and_the_others_are_written(
    model: SimServer, library: Library, what: run_status.StopRequest
) -> None:
    with writing(model) as batch:
        work = held(model, library)
        run_monitor.request_stop(work, what, Settings.load())
        if what == "pause":
            model.configure(faults=[])
            model.release()
        found = batch.result()
    assert found.outcome.count_by_reason == {"unfinished": 1, "untouched": 0}
    assert {r.id: r.status for r in found.results} == {"quay": "complete", "mole": "complete"}
    assert set(results()) == {"quay", "mole"}
    assert works.find_lease_holder(library, work) is None
    again = inkwright.write_batch([short(n) for n in NAMES], out="out.jsonl")
    assert {r.status for r in again.results} == {"complete"}
    assert len(again.results) == 3


def test_a_worker_on_a_cluster_hears_what_is_asked_of_its_works(
    model: SimServer, library: Library
) -> None:
    model.configure(faults=[HELD])
    (line,) = build_lines([short("reef")], FieldNames(), BatchOptions().ablation)

    async def write() -> object:
        with endpoints.serve_models(Settings.load()) as calling:
            worker = Worker(Settings.load(), calling, BatchOptions())
            await worker.take(line)
            work = await asyncio.to_thread(held, model, library)
            run_monitor.request_stop(work, "stop", Settings.load())
            written = await worker.written(line.id)
            await worker.end()
        return written.result

    try:
        assert asyncio.run(write()) == "unfinished"
    finally:
        model.configure(faults=[])
        model.release()

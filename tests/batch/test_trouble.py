"""Batches that are stopped, starved or badly served: nothing twice, nothing lost."""

import asyncio
import os
import signal
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import update

import inkwright
from inkwright.agents.llm.config import Limits
from inkwright.app.batch import work
from inkwright.memory.store import schema, works
from inkwright.memory.store.library import Library
from tests.batch.conftest import put, results, short
from tests.runs import child
from tests.runs.writing import question
from tests.simserver.process import SimServer

MIXED = (
    "500", "503", "429", "drop", "drop_before", "garbage", "truncate", "cut_json", "no_json",
    "wrong_keys", "empty", "refusal", "wrong_language", "oversized",
)  # fmt: skip


def names(number: int) -> list[str]:
    return [f"harbour{n}" for n in range(number)]


def asked_twice(model: SimServer) -> list[str]:
    """Return what was answered more than once."""
    told = Counter(question(c) for c in model.calls(kind="chat", status=200))
    return [q for q, n in told.items() if n > 1]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_batch_that_is_ended_goes_on_with_nothing_twice_and_nothing_lost(
    batch, model, home, number
):
    put([short(name) for name in names(6)])
    model.configure(faults=[{"fault": "hold", "match": {"role": "writer", "nth": [7, 8]}}])
    command = ("batch", "in.jsonl", "--out", "out.jsonl", "--concurrency", "2")
    with child.commanding(*command) as run:
        model.wait_for(8, "started", role="writer")
        assert run.pid
        os.kill(run.pid, number)
        model.configure(faults=[])
        model.release()
        run.join(30)
        ended = run.exitcode
    assert ended == (-9 if number == signal.SIGKILL else 130), Path("said.txt").read_text()
    assert 0 < len(results()) < 6

    done = batch(None, "--concurrency", "2")
    assert done.exit_code == 0, done.output
    assert set(results()) == set(names(6))
    assert {r["status"] for r in results().values()} == {"complete"}
    in_flight = 2
    assert len(asked_twice(model)) <= in_flight


@pytest.mark.parametrize("left", [1, 40, -1])
def test_a_torn_last_line_is_written_again_from_the_library(batch, model, left):
    batch([short("brest"), short("ostend")])
    before = results()
    whole = Path("out.jsonl").read_bytes()
    last = whole.splitlines(keepends=True)[-1]
    Path("out.jsonl").write_bytes(whole[: len(whole) - len(last)] + last[:left])
    model.reset_log()

    assert batch().exit_code == 0
    after = results()
    assert model.calls() == []
    assert {i: r["text"] for i, r in after.items()} == {i: r["text"] for i, r in before.items()}


def test_a_lost_output_is_made_again_without_a_call(batch, model):
    batch([short("brest")])
    before = results()["brest"]
    Path("out.jsonl").unlink()
    model.reset_log()
    assert batch().exit_code == 0
    assert model.calls() == []
    assert results()["brest"]["text"] == before["text"]


def test_a_spent_budget_leaves_few_works_unfinished_and_a_higher_one_goes_on(batch, model):
    lines = [short(name) for name in names(8)]
    done = batch(lines, "--concurrency", "2", "--max-calls", "20")
    assert done.exit_code == 1
    assert "the limit of 20 calls is used up" in done.stdout
    last = [line for line in done.stdout.splitlines() if " of 8 done" in line][-1]
    assert f"] {len(results())} of 8 done (" in last
    assert "2 unfinished)" in last
    spent = len(model.calls(kind="chat"))
    assert spent == 20
    begun = {s.work for s in inkwright.status()}
    assert len(begun) - len(results()) <= 2
    assert len(begun) < 8

    batch(None, "--concurrency", "2", "--max-calls", "20")
    assert len(model.calls(kind="chat")) == spent

    assert batch(None, "--concurrency", "2", "--max-calls", "1000").exit_code == 0
    assert set(results()) == set(names(8))
    assert asked_twice(model) == []


def test_a_brief_that_spends_its_own_budget_is_partial_and_the_others_go_on(batch, model):
    long = short("long")
    long["outline"] = [{"title": f"Part {n}", "purpose": "Tell.", "words": 60} for n in range(9)]
    done = batch([long, short("brest")], "--each-max-calls", "12")
    assert done.exit_code == 1
    found = results()
    assert (found["long"]["status"], found["long"]["unfinished"]) == ("partial", True)
    assert "limit of 12 calls" in found["long"]["error"]
    assert found["brest"]["status"] == "complete"

    model.reset_log()
    assert batch(None, "--each-max-calls", "12").exit_code == 1
    assert model.calls() == []
    assert batch(None, "--each-max-calls", "100").exit_code == 0
    assert results()["long"]["status"] == "complete"
    assert asked_twice(model) == []


def test_many_calls_failing_in_mixed_ways_lose_nothing_and_double_nothing(batch, model):
    lines = [short(name) for name in names(6)]
    model.configure(
        faults=[
            {
                "fault": fault,
                "match": {"probability": 0.4 / len(MIXED)},
                "times_each": 1,
                "retry_after_s": 0.01,
            }
            for fault in MIXED
        ],
    )
    batch(lines)
    found = results()
    assert set(found) == set(names(6))
    assert {r["status"] for r in found.values()} <= {"complete", "flagged"}
    assert {r["sections"]["done"] for r in found.values()} == {2}
    struck = [c for c in model.calls(kind="chat") if c.fault]
    assert len(struck) > 3
    needed = sum(r["calls"]["total"] for r in found.values())
    assert len(model.calls(kind="chat")) <= needed + len(struck)


def test_a_model_that_is_gone_ends_the_batch_soon_and_no_line_says_so(batch, model):
    model.configure(faults=[{"fault": "500"}])
    done = batch([short(name) for name in names(4)], "--concurrency", "4")
    assert done.exit_code == 3, done.output
    assert not Path("out.jsonl").exists() or results() == {}
    model.configure(faults=[])
    assert batch().exit_code == 0
    assert set(results()) == set(names(4))


@pytest.mark.parametrize(
    "place", ["run_result.build_run_manuscript", "works.begin", "build_textless_result", "run.run"]
)
def test_an_error_nobody_expected_is_told_on_its_line_and_tried_again(
    batch, model, monkeypatch, caplog, place
):
    lines = [short("brest"), short("ostend"), {"id": "bad"}]
    options = ("--plan-only",) if place == "build_textless_result" else ()
    module, _, name = place.rpartition(".")
    owner = getattr(work, module) if module else work
    act = getattr(owner, name)

    def fails_for_brest(*arguments, **keywords):
        if "brest" in str(arguments) and (
            place != "build_textless_result" or "planned" in arguments
        ):
            raise KeyError("sections of brest")
        return act(*arguments, **keywords)

    with monkeypatch.context() as broken:
        broken.setattr(owner, name, fails_for_brest)
        done = batch(lines, *options)
    assert done.exit_code == 1, done.output
    found = results()
    assert (found["brest"]["status"], found["brest"]["unfinished"]) == ("failed", True)
    assert found["brest"]["error"] == "unexpected KeyError: 'sections of brest'"
    assert (found["brest"]["work"] is None) == (place == "works.begin")
    assert found["ostend"]["status"] == ("planned" if options else "complete")
    assert "brest: failed: unexpected KeyError" in done.stdout
    assert [r.message for r in caplog.records if r.exc_info] == ["line 1 (brest): unexpected error"]

    assert batch(None, *options).exit_code == 1, "one line is no brief"
    assert results()["brest"]["status"] == results()["ostend"]["status"]
    assert asked_twice(model) == []


def test_a_work_that_another_process_takes_over_is_left_to_it(batch, model, home):
    model.configure(faults=[{"fault": "hold", "match": {"role": "writer"}}])
    put([short("brest")])
    with child.commanding("batch", "in.jsonl", "--out", "out.jsonl") as overtaken:
        model.wait_for(1, "started", role="writer")
        library = Library.open(home)
        with library.write() as db:
            db.execute(update(schema.works).values(lease_owner=None, lease_until=0.0))
        with works.hold_lease(library, inkwright.status()[0].work):
            model.configure(faults=[])
            model.release()
            overtaken.join(60)
        library.close()
    assert overtaken.exitcode == 1, Path("said.txt").read_text()
    assert "1 being written by another process" in Path("said.txt").read_text()
    assert not Path("out.jsonl").exists() or results() == {}
    assert batch().exit_code == 0
    assert results()["brest"]["status"] == "complete"


def test_a_second_batch_does_not_write_into_the_same_output(batch, model):
    put([short("brest")])
    model.configure(faults=[{"fault": "hold", "match": {"role": "writer"}}])
    with child.commanding("batch", "in.jsonl", "--out", "out.jsonl") as first:
        model.wait_for(1, "started", role="writer")
        done = batch()
        assert done.exit_code == 2
        assert "is being written by another batch" in done.stderr
        model.configure(faults=[])
        model.release()
        first.join(60)
        assert first.exitcode == 0, Path("said.txt").read_text()


def test_from_python_results_come_in_the_order_of_the_briefs(model, home):
    told = []
    found = inkwright.write_batch(
        [short("b"), "A note of 80 words about lamps.", short("a"), {"id": "bad"}],
        concurrency=2,
        on_result=lambda r: told.append(r.id),
    )
    assert [r.status for r in found.results] == ["complete", "complete", "complete", "failed"]
    assert [r.id for r in found.results][::2] == ["b", "a"]
    assert sorted(told) == sorted(r.id for r in found.results)

    found = asyncio.run(inkwright.awrite_batch([short("b")], each=Limits(max_calls=1000)))
    assert (found.results[0].status, found.outcome.calls) == ("complete", 0)


def test_short_works_are_not_held_up_by_a_long_one(batch, model):
    long = short("long")
    long["continuity"] = "free"
    long["outline"] = [{"title": f"Part {n}", "purpose": "Tell.", "words": 60} for n in range(20)]
    batch([long, *(short(name) for name in names(2))], "--concurrency", "4")
    assert list(results())[-1] == "long"


def test_what_is_begun_is_finished_before_new_works_begin(batch, model):
    batch([short(name, continuity="free") for name in names(6)], "--concurrency", "2")
    calls = model.calls(role="writer")
    for name in names(6):
        own = [n for n, c in enumerate(calls) if f"called {name}." in str(c.messages)]
        assert len(own) == 2
        assert max(own) - min(own) <= 3

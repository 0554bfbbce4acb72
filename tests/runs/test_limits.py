"""Runs that are stopped: by a limit they were given, or by the person."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress

import pytest

from inkwright.agents.config import Limits
from inkwright.agents.run import run
from inkwright.memory import works
from inkwright.memory.brief import Brief
from inkwright.memory.errors import BudgetSpent
from inkwright.memory.library import Library
from tests.calling import calling
from tests.runs import writing
from tests.runs.harbour import TROUBLE, harbour
from tests.runs.outcome import Outcome, outcome
from tests.simserver.process import SimServer

BRIEF: Brief = harbour("chapter", chapters=3, sections=2)
"""More than thirty calls when all goes wrong that ``TROUBLE`` plants."""


@pytest.fixture
def expected(sim: SimServer, library: Library) -> Iterator[Outcome]:
    """What a run without limits makes of the piece; the log begins after it."""
    sim.configure(**TROUBLE)
    work = writing.begin(library, BRIEF)
    writing.write(library, work, calling(sim))
    yield outcome(library, work)


def test_a_limit_on_calls_is_never_exceeded_and_later_runs_go_on_to_the_same_end(
    sim: SimServer, library: Library, expected: Outcome
) -> None:
    work, how = writing.begin(library, BRIEF, fresh=True), calling(sim)
    stops = 0
    while True:
        sim.reset_log()
        try:
            result = writing.write(library, work, how, limits=Limits(max_calls=9))
        except BudgetSpent:
            result = None
        assert len(sim.calls(kind="chat")) <= 9
        if result is not None and result.status != "partial":
            break
        assert result is None or any("limit of 9 calls" in line for line in result.problems)
        stops += 1
    assert stops >= 3
    assert outcome(library, work) == expected


@pytest.mark.parametrize(
    "limits", [Limits(max_tokens=12_000), Limits(max_calls=20)], ids=["tokens", "calls"]
)
def test_a_run_at_its_limit_ends_partial_and_says_how_to_go_on(
    sim: SimServer, library: Library, expected: Outcome, limits: Limits
) -> None:
    work, how = writing.begin(library, BRIEF, fresh=True), calling(sim, concurrency=2)
    result = writing.write(library, work, how, limits=limits)
    assert result.status == "partial"
    assert any("is used up" in line and f"resume {work}" in line for line in result.problems)
    assert works.get(library, work).status == "partial"
    assert writing.write(library, work, how).status == "complete"
    assert writing.manuscript(library, work) == expected.manuscript


def test_a_limit_reached_before_the_plan_stands_is_an_error_and_what_was_answered_is_kept(
    sim: SimServer, library: Library
) -> None:
    work, how = writing.begin(library, BRIEF), calling(sim)
    with pytest.raises(BudgetSpent, match="limit of 1 calls"):
        writing.write(library, work, how, limits=Limits(max_calls=1))
    assert len(writing.journaled(library, work)) == 1
    with pytest.raises(BudgetSpent, match="minutes"):
        writing.write(library, work, how, limits=Limits(max_minutes=1e-9))
    assert len(writing.journaled(library, work)) == 1


def test_answers_from_the_journal_are_free(sim: SimServer, library: Library) -> None:
    work, how = writing.begin(library, BRIEF), calling(sim)
    writing.write(library, work, how)
    assert writing.write(library, work, how, limits=Limits(max_calls=1)).status == "complete"


@pytest.mark.parametrize(
    "held", [{"schema": "Cast"}, {"role": "writer"}, {"schema": "Contradictions"}], ids=str
)
def test_a_cancelled_run_ends_cleanly_and_is_resumed_to_the_same_end(
    sim: SimServer, library: Library, expected: Outcome, held: dict[str, str]
) -> None:
    sim.reset_log()
    sim.configure(faults=[{"fault": "hold", "match": held}])
    work, how = writing.begin(library, BRIEF, fresh=True), calling(sim)

    async def cancelled() -> None:
        task = asyncio.create_task(
            run(
                work,
                library=library,
                calling=how,
                limits=writing.UNLIMITED,
                watch=lambda _: None,
            )
        )
        role = {"Cast": "planner", "Contradictions": "reviewer"}.get(held.get("schema", ""))
        count = 2 if role == "planner" else 1
        await asyncio.to_thread(sim.wait_for, count, "started", role=role or "writer")
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        assert task.cancelled()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(cancelled())
    with works.leased(library, work):
        pass
    sim.configure(faults=[])
    writing.write(library, work, how)
    assert outcome(library, work) == expected

"""Runs that are stopped: by a limit they were given, or by the person."""

import asyncio

import pytest

from inkwright.agents.llm.config import CallSettings, Limits
from inkwright.agents.llm.events import PhaseBegan, ignore_event
from inkwright.agents.orchestration.run import RunInputs, run
from inkwright.memory.domain.brief import Brief
from inkwright.memory.errors import BudgetSpent
from inkwright.memory.store import works
from inkwright.memory.store.library import Library
from tests.calling import calling
from tests.conftest import Events
from tests.runs import writing
from tests.runs.harbour import TROUBLE, harbour
from tests.runs.outcome import Outcome, outcome
from tests.simserver.process import SimServer

BRIEF: Brief = harbour("chapter", chapters=3, sections=2)
"""More than thirty calls when all goes wrong that ``TROUBLE`` plants."""


def _end(library: Library, work: str, how: CallSettings, limits: Limits) -> str:
    """Run once, and return all that the run had to say."""
    try:
        return "\n".join(writing.write(library, work, how, limits=limits).problems)
    except BudgetSpent as spent:
        return str(spent)


@pytest.fixture(autouse=True)
def _trouble(sim: SimServer) -> None:
    sim.configure(**TROUBLE)


@pytest.fixture(scope="module")
def expected(sim_process: SimServer, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What a run without limits makes of the piece."""
    sim_process.restore()
    sim_process.configure(**TROUBLE)
    library = Library.open(tmp_path_factory.mktemp("expected"))
    work = writing.begin(library, BRIEF)
    writing.write(library, work, calling(sim_process))
    found = outcome(library, work)
    library.close()
    return found


def test_a_limit_on_calls_is_never_exceeded_and_later_runs_go_on_to_the_same_end(
    sim: SimServer, library: Library, expected: Outcome
) -> None:
    work, how = writing.begin(library, BRIEF), calling(sim)
    ends: list[str] = []
    while not ends or "used up" in ends[-1]:
        sim.reset_log()
        ends.append(_end(library, work, how, Limits(max_calls=9)))
        assert len(sim.calls(kind="chat")) <= 9
    assert len(ends) >= 4
    assert outcome(library, work) == expected


def test_however_low_the_limit_every_call_that_was_paid_for_counts(
    sim: SimServer, library: Library
) -> None:
    brief = harbour("chapter", chapters=1, sections=2)
    work, how = writing.begin(library, brief), calling(sim)
    while "used up" in _end(library, work, how, Limits(max_calls=1)):
        pass
    asked = writing.questions(sim)
    assert len(asked) == len(set(asked)) == len(writing.journaled(library, work))


@pytest.mark.parametrize(
    "limits", [Limits(max_tokens=12_000), Limits(max_calls=20)], ids=["tokens", "calls"]
)
def test_a_run_at_its_limit_ends_partial_and_says_how_to_go_on(
    sim: SimServer, library: Library, expected: Outcome, limits: Limits
) -> None:
    work, how = writing.begin(library, BRIEF), calling(sim)
    result = writing.write(library, work, how, limits=limits)
    assert result.status == works.get(library, work).status == "partial"
    assert any("is used up" in line and f"resume {work}" in line for line in result.problems)
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
    ("role", "count", "held"),
    [
        pytest.param("planner", 2, {"schema": "Cast"}, id="planning"),
        pytest.param("writer", 3, {"role": "writer"}, id="drafting"),
        pytest.param("reviewer", 1, {"schema": "Contradictions"}, id="settling"),
    ],
)
def test_a_cancelled_run_ends_cleanly_and_is_resumed_to_the_same_end(
    sim: SimServer,
    library: Library,
    expected: Outcome,
    role: str,
    count: int,
    held: dict[str, str],
) -> None:
    sim.configure(faults=[{"fault": "hold", "match": held}])
    work, how = writing.begin(library, BRIEF), calling(sim)

    async def cancelled() -> None:
        going = run(
            work,
            RunInputs(library=library, calling=how, limits=writing.UNLIMITED, watch=ignore_event),
        )
        await writing.interrupted(sim, going, role=role, count=count)
        left = {repr(task.get_coro()) for task in asyncio.all_tasks()}
        assert not [coro for coro in left if "inkwright" in coro]

    asyncio.run(cancelled())
    with works.hold_lease(library, work):
        pass
    sim.configure(faults=[])
    writing.write(library, work, how)
    assert outcome(library, work) == expected


def test_a_limit_reached_while_settling_flags_the_piece_and_says_how_to_go_on(
    sim: SimServer, library: Library, expected: Outcome
) -> None:
    work, how = writing.begin(library, BRIEF), calling(sim)
    settling = PhaseBegan(work, "settling")
    statuses = []
    while True:
        seen = Events()
        result = writing.write(library, work, how, limits=Limits(max_calls=5), watch=seen)
        statuses.append(result.status)
        if settling in seen:
            break
    stopped = next(line for line in result.problems if "is used up" in line)
    assert stopped.startswith("settling stopped: the limit of 5 calls is used up")
    assert f"`inkwright resume {work}` goes on" in stopped
    assert set(statuses) == {"partial", "flagged"}
    assert stopped in writing.problems(library, work)
    assert works.get(library, work).status == "flagged"
    assert writing.write(library, work, how).status == "complete"
    assert writing.manuscript(library, work) == expected.manuscript

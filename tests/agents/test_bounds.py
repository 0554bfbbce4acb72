"""A server that never answers: a run ends by itself, within a stated number of calls.

A role is given up when FAILURES_IN_A_ROW of its calls, one after another, have used up their
tries. Calls that were under way by then (one for each slot) use up theirs, so that no role is
sent more than ``tries x (concurrency + FAILURES_IN_A_ROW)`` requests. The embedder is asked for
the sections that are made ready ahead besides.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from inkwright.agents.llm import transport
from inkwright.agents.llm.client import MAX_FAILURES_IN_A_ROW
from inkwright.agents.orchestration.scheduler import CALLS_PER_EXTRA_SECTION
from inkwright.memory.errors import ModelRefused, ModelUnreachable
from tests.agents.small_runs import Runs, Small
from tests.simserver.process import SimServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

TRIES, CONCURRENCY = 2, 3
MOST = TRIES * (CONCURRENCY + MAX_FAILURES_IN_A_ROW)
BOATS = Small(
    request="A report for the harbour office on the state of its boats.",
    brief={
        "outline": [{"title": f"Boat {n}", "purpose": f"{n}", "words": 40} for n in range(1, 15)],
        "continuity": "free",
        "constraints": [{"text": "It must be kind to the boats", "where": "all"}],
    },
    sim={"judge_fails": [{"constraint": "c1"}]},
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def runs(
    sim_process: SimServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Runs]:
    home = tmp_path_factory.mktemp("bounds")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(transport, "FIRST_WAIT_S", 0.001)
        async with Runs.opened(sim_process, home, tries=TRIES, concurrency=CONCURRENCY) as opened:
            yield opened


def always(fault: str, **match: Any) -> list[dict[str, Any]]:
    return [{"fault": fault, "match": match, "retry_after_s": 0.001}]


FAULTS = ["500", "503", "429", "drop_before", "garbage"]


@pytest.mark.parametrize("fault", FAULTS)
async def test_when_nothing_ever_answers_a_run_ends_at_its_first_question(runs, fault):
    with pytest.raises(ModelUnreachable, match="INKWRIGHT_") as caught:
        await runs.run(BOATS, always(fault))
    assert len(runs.sim.calls(kind="chat")) == TRIES
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("fault", FAULTS)
async def test_when_writers_never_answer_a_run_ends_within_its_bound(runs, fault):
    with pytest.raises(ModelUnreachable, match="INKWRIGHT_") as caught:
        await runs.run(BOATS, always(fault, role="writer"))
    assert TRIES * MAX_FAILURES_IN_A_ROW <= len(runs.sim.calls(role="writer")) <= MOST
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("role", "status"), [("archivist", "complete"), ("reviewer", "flagged"), ("editor", "flagged")]
)
async def test_a_role_that_never_answers_is_given_up_and_the_piece_comes_out(runs, role, status):
    outcome = await runs.run(BOATS, always("500", role=role))
    assert outcome.status == status
    assert len(outcome.texts) == 14
    assert len(runs.sim.calls(role=role)) <= MOST
    assert "is given up after" in outcome.problems
    assert "set INKWRIGHT_API_BASE" in outcome.problems


async def test_without_an_embedder_that_answers_recall_goes_on_without_vectors(runs):
    outcome = await runs.run(BOATS, always("500", role="embedder"))
    assert outcome.status == "complete"
    assert len(runs.sim.calls(kind="embeddings")) <= MOST + TRIES * (
        CONCURRENCY // CALLS_PER_EXTRA_SECTION
    )
    assert "vector search is off" in outcome.problems


async def test_a_rejected_key_ends_a_run_at_its_first_question(runs):
    with pytest.raises(ModelRefused, match="set INKWRIGHT_API_KEY"):
        await runs.run(BOATS, always("401"))
    assert len(runs.sim.calls(kind="chat")) == 1

"""``kill -9`` at any moment, and writing goes on as if nothing had happened."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from inkwright.memory.domain.brief import Continuity
from inkwright.memory.store.library import Library
from tests.calling import calling
from tests.runs import child, writing
from tests.runs.harbour import TROUBLE, harbour
from tests.runs.outcome import Outcome, outcome
from tests.simserver.process import SimServer

CONCURRENCY = 4
Uninterrupted = Callable[[SimServer, Continuity], Outcome]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Uninterrupted:
    """Write the piece in one go, once for each continuity."""
    known: dict[Continuity, Outcome] = {}

    def written(sim: SimServer, continuity: Continuity) -> Outcome:
        if continuity not in known:
            library = Library.open(tmp_path_factory.mktemp(continuity))
            work = writing.begin(library, harbour(continuity))
            writing.write(library, work, calling(sim, concurrency=CONCURRENCY))
            known[continuity] = outcome(library, work)
            library.close()
            sim.reset_log()
        return known[continuity]

    return written


@pytest.mark.parametrize(
    ("continuity", "role", "held", "matching"),
    [
        pytest.param("chapter", "planner", 1, {"schema": "Cast"}, id="planning"),
        pytest.param("chapter", "writer", 3, {"nth": (2, 3, 4)}, id="three-sections-in-flight"),
        pytest.param("chapter", "reviewer", 1, {"schema": "Contradictions"}, id="settling"),
        pytest.param("chapter", "editor", 1, {"contains": "<entries>"}, id="settling-patch"),
        pytest.param("strict", "writer", 1, {"nth": 4}, id="strict-drafting"),
        pytest.param("free", "reviewer", 2, {"schema": "Contradictions"}, id="free-settling"),
    ],
)
def test_a_run_killed_and_resumed_writes_what_the_uninterrupted_one_did(
    sim: SimServer,
    library: Library,
    uninterrupted: Uninterrupted,
    continuity: Continuity,
    role: str,
    held: int,
    matching: dict[str, Any],
) -> None:
    sim.configure(**TROUBLE)
    expected = uninterrupted(sim, continuity)
    work = writing.begin(library, harbour(continuity))
    how = calling(sim, concurrency=CONCURRENCY)
    sim.configure(faults=[{"fault": "hold", "match": {"role": role, **matching}}])

    with child.writing(library.home, work, how) as process:
        sim.wait_for(held, "started", role=role)
        child.kill(process)
    sim.configure(faults=[])
    asked_before = sim.calls()[-1].seq
    journaled = writing.journaled(library, work)
    accepted = writing.accepted(library, work)
    result = writing.write(library, work, how)

    assert result.status == "complete"
    assert outcome(library, work) == expected
    assert expected.settled == (continuity != "strict")
    asked_again = [c for c in sim.calls(kind="chat") if c.seq > asked_before]
    assert journaled.isdisjoint(writing.said(c.messages) for c in asked_again)
    repeated = [q for q, times in Counter(writing.questions(sim)).items() if times > 1]
    assert len(repeated) <= CONCURRENCY
    for sid, versions in accepted.items():
        assert writing.accepted(library, work)[sid][: len(versions)] == versions

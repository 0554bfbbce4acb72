"""A section written anew: what rests on it is settled, also when the redraft was interrupted."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from inkwright.agents.llm.config import CallSettings
from inkwright.agents.llm.events import ignore_event
from inkwright.agents.orchestration.run import RunInputs, redraft
from inkwright.memory.changes import staleness
from inkwright.memory.errors import BadInput
from inkwright.memory.store import drafts
from inkwright.memory.store.library import Library
from tests.calling import calling
from tests.runs import writing
from tests.runs.mara import GREEN, HAZEL, finished
from tests.simserver.process import SimServer


def redrafted(
    library: Library, work: str, how: CallSettings, note: str = ""
) -> Coroutine[Any, Any, Any]:
    return redraft(
        work,
        RunInputs(library=library, calling=how, limits=writing.UNLIMITED, watch=ignore_event),
        ["s1"],
        note=note,
    )


@pytest.fixture
def work(sim: SimServer, library: Library) -> str:
    """A finished work whose third section repeats what the first established."""
    return finished(sim, library)


def test_a_redraft_writes_one_section_anew_and_settles_its_readers(
    sim: SimServer, library: Library, work: str
) -> None:
    before = writing.texts(library, work)
    result = asyncio.run(redrafted(library, work, calling(sim), "Give her other eyes."))

    assert (result.status, result.problems) == ("complete", ())
    after = writing.texts(library, work)
    assert {c.section for c in sim.calls(role="writer")} == {"s1"}
    assert "Give her other eyes." in sim.calls(role="writer")[0].messages[-1]["content"]
    assert HAZEL in after["s1"]
    assert after["s1"] != before["s1"]
    assert after["s2"] == before["s2"]
    assert after["s3"] == before["s3"].replace(GREEN, HAZEL)
    assert staleness.find_reasons(library, work) == {}


@pytest.mark.parametrize(
    ("role", "held"),
    [
        ("writer", {"role": "writer"}),
        ("archivist", {"role": "archivist"}),
        ("reviewer", {"schema": "Contradictions"}),
        ("editor", {"role": "editor"}),
    ],
    ids=["writing", "remembering", "settling", "patching"],
)
def test_a_redraft_that_was_interrupted_is_finished_by_the_next_run(
    sim: SimServer, library: Library, work: str, role: str, held: dict[str, str]
) -> None:
    before = writing.texts(library, work)
    how = calling(sim)
    sim.configure(faults=[{"fault": "hold", "match": held}])
    asyncio.run(writing.interrupted(sim, redrafted(library, work, how), role=role))
    sim.configure(faults=[])
    result = writing.write(library, work, how)

    assert (result.status, result.problems) == ("complete", ())
    after = writing.texts(library, work)
    assert HAZEL in after["s1"]
    assert after["s3"] == before["s3"].replace(GREEN, HAZEL)
    assert staleness.find_reasons(library, work) == {}
    assert drafts.load_section_rows(library, work)["s1"].state == "accepted"


def test_a_section_that_is_not_there_is_named_with_those_that_are(
    sim: SimServer, library: Library, work: str
) -> None:
    with pytest.raises(BadInput, match="no section 's9'; it has s1 to s3"):
        asyncio.run(
            redraft(
                work,
                RunInputs(
                    library=library,
                    calling=calling(sim),
                    limits=writing.UNLIMITED,
                    watch=ignore_event,
                ),
                ["s9"],
            )
        )
    assert sim.calls() == []

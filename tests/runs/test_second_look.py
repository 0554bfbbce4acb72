"""Where archivist and judge make mistakes, what the one has seen makes up for the other."""

import pytest

from inkwright.agents.extraction import missed_facts
from inkwright.memory.changes import staleness
from inkwright.memory.domain.brief import Brief
from inkwright.memory.store import ledger
from inkwright.memory.store.library import Library
from tests.calling import calling
from tests.conftest import Events
from tests.runs import writing
from tests.simserver.config import Fact, Need
from tests.simserver.process import SimServer

FACT = Fact(
    section="s1",
    subject="Mara Voss",
    attribute="trade",
    value="rope making",
    aliases=("the pilot",),
)
ALIAS = Fact(
    section="s2", subject="Mara Voss", attribute="birthplace", value="Selm", aliases=("the pilot",)
)
NEED = Need(section="s3", subject="the pilot", attribute="trade", wrong="glass blowing")
WRONG, RIGHT = "The trade of the pilot is glass blowing.", "The trade of the pilot is rope making."
MISSED = {"fault": "400", "match": {"role": "archivist", "section": "s1", "nth": 1}}


def brief(continuity: str) -> Brief:
    return Brief.model_validate(
        {
            "request": "Write a report about the tides in a harbour.",
            "continuity": continuity,
            "outline": [
                writing.chapter("One", writing.section("Pier 1")),
                writing.chapter("Two", writing.section("Pier 2")),
                writing.chapter("Three", writing.section("Pier 3", subjects=("the pilot",))),
            ],
        }
    )


def written(
    sim: SimServer, library: Library, continuity: str = "chapter", **trouble: object
) -> str:
    usual = {"facts": (FACT, ALIAS), "needs": [NEED], "slots": 8}
    sim.configure(**usual | trouble)
    work = writing.begin(library, brief(continuity))
    writing.write(library, work, calling(sim, concurrency=8), watch=Events())
    return work


def asked(sim: SimServer, section: str) -> list[str]:
    judged = sim.calls(role="reviewer", schema_name="Contradictions", section=section)
    return [str(call.messages[-1]["content"]) for call in judged]


def test_what_the_archivist_passed_over_is_found_at_a_second_look_and_settled(
    sim: SimServer, library: Library
) -> None:
    work = written(sim, library, faults=[MISSED])
    assert RIGHT in writing.texts(library, work)["s3"]
    first, again = sim.calls(role="archivist", section="s1")
    assert first.status == 400
    shown = str(again.messages[-1]["content"]).partition("<draft>")[2].partition("</draft>")[0]
    assert shown.strip() == "The trade of Mara Voss is rope making."
    told = [e for e in ledger.load_entries(library, work) if e.attribute == "trade"]
    assert {e.statement for e in told} == {"rope making."}
    assert told[0].subject == "Mara Voss"
    assert staleness.find_reasons(library, work) == {}


def test_each_further_look_is_another_draw(sim: SimServer, library: Library) -> None:
    always = {"fault": "400", "match": {"role": "archivist", "section": "s1"}}
    written(sim, library, faults=[always])
    seeds = [call.seed for call in sim.calls(role="archivist", section="s1")]
    assert len(set(seeds)) == len(seeds) == 1 + missed_facts.MAX_LOOKS


def test_a_chain_that_heard_everything_is_not_looked_at_again(
    sim: SimServer, library: Library
) -> None:
    work = written(sim, library, "strict", faults=[MISSED])
    assert RIGHT in writing.texts(library, work)["s3"], "its prompt showed the sentence itself"
    assert len(sim.calls(role="archivist")) == 3


def test_the_judge_is_asked_again_about_what_memory_takes_for_a_contradiction(
    sim: SimServer, library: Library
) -> None:
    work = written(sim, library, judge_miss=1.0, control_errors=0.0)
    assert len(asked(sim, "s3")) == 1 + staleness.MAX_REPEAT_QUESTIONS
    assert WRONG in writing.texts(library, work)["s3"]


@pytest.mark.parametrize(("false", "times"), [(0.0, 1), (1.0, 2)])
def test_what_only_the_judge_has_found_counts_when_it_says_so_twice(
    sim: SimServer, library: Library, false: float, times: int
) -> None:
    written(sim, library, needs=[], judge_false=false, control_errors=0.15)
    judged = asked(sim, "s3")
    assert len(judged) == times
    assert all("rope making" in prompt for prompt in judged)

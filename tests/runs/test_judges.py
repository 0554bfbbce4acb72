"""Whole runs with judges that are worth nothing, and with one that errs in a tenth."""

import pytest

from inkwright.memory.domain.brief import Brief, Constraint, Placement
from inkwright.memory.store import drafts, works
from inkwright.memory.store.library import Library
from tests.calling import calling
from tests.runs import writing
from tests.simserver.config import JudgeFail
from tests.simserver.process import SimServer

BRISK = Constraint(text="The tone must be brisk and dry", where=Placement(scope="all"))
YES = {"judge_miss": 1.0}
"""To every question, as the 1.5B says it."""
NO = {"judge_false": 1.0}
CHANCE = {"judge_miss": 0.5, "judge_false": 0.5}


def brief(sections: int = 3, request: str = "Write a report about tides.") -> Brief:
    return Brief(
        request=request,
        continuity="free",
        outline=writing.outline(*(f"Pier {n}" for n in range(1, sections + 1))),
        constraints=(BRISK,),
    )


def statuses(library: Library, work: str) -> set[str]:
    reviews = [d.review for d in drafts.current(library, work).values()]
    return {f.status for r in reviews if r for f in r.findings if f.constraint == "c1"}


def control_calls(sim: SimServer) -> int:
    return len(sim.calls(section="judge"))


@pytest.mark.parametrize(
    "errors", [YES, {"judge_false": 1.0}, {"judge_miss": 0.5, "judge_false": 0.5}]
)
def test_a_judge_that_proves_nothing_leaves_all_that_it_would_judge_not_reviewed(
    sim: SimServer, library: Library, errors: dict[str, float]
) -> None:
    sim.configure(judge_fails=[JudgeFail(constraint="brisk")], **errors)
    work = writing.begin(library, brief())
    result = writing.write(library, work, calling(sim))
    assert result.status == "flagged"
    assert statuses(library, work) == {"not reviewed"}
    assert any("is no judge of requirements" in line for line in result.problems)
    asked = {c.section for c in sim.calls(schema_name="Verdicts")}
    assert asked == {"judge"}, "it is asked about no text"
    record = works.get(library, work).run_state.judges["check"]
    assert not record.can_judge


def test_a_judge_that_errs_in_a_tenth_is_a_good_one_and_asked_once_a_library(
    sim: SimServer, library: Library
) -> None:
    sim.configure(judge_miss=0.1, judge_false=0.1)
    work = writing.begin(library, brief())
    writing.write(library, work, calling(sim))
    assert "met" in statuses(library, work)
    assert control_calls(sim) == 3
    record = works.get(library, work).run_state.judges["check"]
    assert record.can_judge
    assert record.asked == 23 + 4, "two sections had two more among the real questions"

    other = writing.begin(library, brief(request="Write a report about ebbs."))
    writing.write(library, other, calling(sim))
    assert control_calls(sim) == 3
    assert "met" in statuses(library, other)


@pytest.mark.parametrize("review", ["rules", "off"])
def test_without_a_judge_no_control_question_is_asked(
    sim: SimServer, library: Library, review: str
) -> None:
    work = writing.begin(library, brief(), review=review)
    writing.write(library, work, calling(sim))
    assert control_calls(sim) == 0


def test_control_questions_are_less_than_a_tenth_of_the_calls_of_an_ordinary_work(
    sim: SimServer, library: Library
) -> None:
    work = writing.begin(library, brief(sections=20))
    result = writing.write(library, work, calling(sim))
    assert result.status == "complete"
    assert control_calls(sim) <= 0.1 * len(sim.calls())

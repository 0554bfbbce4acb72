"""What a section's own judge passed over is looked for once more, many sections in one call."""

import json

from inkwright.memory import drafts
from inkwright.memory.brief import Brief, Constraint, Placement
from inkwright.memory.library import Library
from tests.calling import calling
from tests.runs import writing
from tests.simserver.process import SimServer

PHRASE = "high water"
SPOKEN = Constraint(text=f'Somebody speaks of "{PHRASE}"', where=Placement(scope="all"))


def brief(*constraints: Constraint, sections: int = 14) -> Brief:
    return Brief(
        request="Write a report about the tides in a harbour.",
        continuity="free",
        outline=writing.outline(*(f"Pier {n}" for n in range(1, sections + 1))),
        constraints=constraints,
    )


def lacking(texts: dict[str, str]) -> set[str]:
    return {sid for sid, text in texts.items() if PHRASE not in text}


def named(sim: SimServer) -> set[str]:
    """Return the sections that were named at the second reading."""
    answers = [json.loads(c.answer) for c in sim.calls(schema_name="Breaches")]
    return {b["section"] for a in answers for b in a["breaches"]}


def test_what_the_judge_passed_over_is_found_and_mended(sim: SimServer, library: Library) -> None:
    sim.configure(forget_probability=1.0, judge_miss=0.3)
    work = writing.begin(library, brief(SPOKEN))
    writing.write(library, work, calling(sim))
    current = drafts.current(library, work)
    accepted = {
        sid: next(d for d in drafts.versions(library, work, sid) if d.review).text
        for sid in current
    }
    mended = lacking(accepted) - lacking(writing.texts(library, work))
    assert len(mended) >= 2
    assert mended <= named(sim)
    assert len(sim.calls(schema_name="Breaches")) == 2, "twelve sections, and two more"


def test_what_is_found_and_not_mended_is_reported(sim: SimServer, library: Library) -> None:
    sim.configure(forget_probability=1.0, judge_miss=0.3, editor_ignores=1.0)
    work = writing.begin(library, brief(SPOKEN))
    result = writing.write(library, work, calling(sim))
    found = {sid: d.review for sid, d in drafts.current(library, work).items() if d.review}
    told = {sid for sid, review in found.items() if review.broken}
    assert result.status == "flagged"
    assert named(sim)
    assert len(named(sim) - told) <= len(named(sim)) / 2, "but for those a vote cleared"
    assert all(f.evidence == SPOKEN.text for review in found.values() for f in review.broken)


def test_nothing_is_read_again_where_rules_see_everything(sim: SimServer, library: Library) -> None:
    by_rule = SPOKEN.model_copy(update={"kind": "must_contain", "phrases": (PHRASE,)})
    work = writing.begin(library, brief(by_rule, sections=3))
    assert writing.write(library, work, calling(sim)).status == "complete"
    assert not sim.calls(schema_name="Breaches")


def test_a_judge_that_cannot_be_had_for_it_changes_nothing(
    sim: SimServer, library: Library
) -> None:
    sim.configure(faults=[{"fault": "no_json", "match": {"schema": "Breaches"}}])
    work = writing.begin(library, brief(SPOKEN, sections=3))
    result = writing.write(library, work, calling(sim))
    assert result.status == "complete"
    assert any("s1 to s3 were not read once more" in line for line in result.problems)


def test_a_finished_reading_is_not_repeated(sim: SimServer, library: Library) -> None:
    sim.configure(forget_probability=1.0, judge_miss=0.3)
    work = writing.begin(library, brief(SPOKEN))
    first = writing.write(library, work, calling(sim))
    sim.reset_log()
    again = writing.write(library, work, calling(sim))
    assert not sim.calls(kind="chat")
    assert again.status == first.status

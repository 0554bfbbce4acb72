"""What a review finds leads to bounded revision, and what it cannot find out is said."""

from typing import Any

import pytest

from inkwright.agents.llm.events import SectionRevised
from inkwright.memory.domain.brief import Brief, Constraint, Placement
from inkwright.memory.store import drafts
from inkwright.memory.store.library import Library
from tests.calling import calling
from tests.conftest import Events
from tests.runs import writing
from tests.simserver.config import JudgeFail
from tests.simserver.process import SimServer

EVERYWHERE = Placement(scope="all")
BRISK = Constraint(text="The tone must be brisk and dry", where=EVERYWHERE)


def brief(*constraints: Constraint, sections: int = 3, **more: Any) -> Brief:
    return Brief(
        request="Write a report about the tides in a harbour.",
        continuity="free",
        outline=writing.outline(*(f"Pier {n}" for n in range(1, sections + 1))),
        constraints=constraints,
        **more,
    )


def phrase(words: str) -> Constraint:
    return Constraint(
        text=f'It must say "{words}"', kind="must_contain", phrases=(words,), where=EVERYWHERE
    )


def test_a_judge_that_fails_a_section_causes_one_revision_of_it_that_quotes_the_constraint(
    sim: SimServer, library: Library, events: Events
) -> None:
    sim.configure(judge_fails=[JudgeFail(constraint="brisk", section="s7")])
    work = writing.begin(library, brief(BRISK, sections=8))
    result = writing.write(library, work, calling(sim), watch=events)

    assert result.status == "complete"
    assert events.of(SectionRevised) == [SectionRevised(work, "s7", 1, ("c1",))]
    revision, *others = sim.calls(role="editor")
    assert others == []
    assert revision.section == "s7"
    assert BRISK.text in revision.messages[-1]["content"]
    rounds = {sid: draft.rounds for sid, draft in drafts.current(library, work).items()}
    assert rounds == {f"s{n}": int(n == 7) for n in range(1, 9)}


def test_an_editor_that_ignores_everything_ends_at_the_last_round(
    sim: SimServer, library: Library, events: Events
) -> None:
    sim.configure(judge_fails=[JudgeFail(constraint="brisk", section="s2")], editor_ignores=1.0)
    work = writing.begin(library, brief(BRISK))
    result = writing.write(library, work, calling(sim), watch=events)

    assert result.status == "flagged"
    assert any(line.startswith("c1 is broken") for line in result.problems)
    assert [e.round for e in events.of(SectionRevised)] == [1, 2]
    assert [d.version for d in drafts.versions(library, work, "s2")] == [1]


def test_of_an_editor_that_goes_back_and_forth_the_best_version_is_kept(
    sim: SimServer, library: Library, events: Events
) -> None:
    sim.configure(forget_probability=1.0, editor_oscillates=True)
    work = writing.begin(library, brief(phrase("high water"), phrase("slack water"), sections=1))
    result = writing.write(library, work, calling(sim), watch=events)

    assert result.status == "flagged"
    assert [e.round for e in events.of(SectionRevised)] == [1, 2]
    kept = drafts.current(library, work)["s1"]
    assert kept.review is not None
    assert len(kept.review.broken_findings) == 1
    assert sum(words in kept.text for words in ("high water", "slack water")) == 1


def test_a_revision_that_makes_things_worse_is_not_kept(sim: SimServer, library: Library) -> None:
    """The editor's marker for the judge holds a word that is forbidden."""
    forbidden = Constraint(
        text='It must not say "required"',
        kind="must_not_contain",
        phrases=("required",),
        where=EVERYWHERE,
    )
    sim.configure(judge_fails=[JudgeFail(constraint="brisk")], editor_oscillates=True)
    wish = BRISK.model_copy(update={"required": False})
    work = writing.begin(library, brief(wish, forbidden, sections=1))
    result = writing.write(library, work, calling(sim))

    assert result.status == "complete"
    assert "required" not in writing.texts(library, work)["s1"]


@pytest.mark.parametrize("fault", ["500", "drop_before", "no_json"])
def test_a_judge_that_cannot_be_had_means_not_reviewed_and_everything_is_written(
    sim: SimServer, library: Library, fault: str
) -> None:
    sim.configure(faults=[{"fault": fault, "match": {"role": "reviewer"}}])
    work = writing.begin(library, brief(BRISK, sections=6))
    result = writing.write(library, work, calling(sim, tries=1))

    assert result.status == "flagged"
    current = drafts.current(library, work)
    assert len(current) == 6
    assert {f.status for d in current.values() if d.review for f in d.review.findings} == {
        "not reviewed"
    }
    assert any("not reviewed" in line for line in result.problems)
    assert "simulated" not in writing.manuscript(library, work)


def test_a_judge_that_is_down_does_not_take_the_writers_down(
    sim: SimServer, library: Library
) -> None:
    """Reviews fail at once while writers are at work, several in a row."""
    sim.configure(
        faults=[
            {"fault": "500", "match": {"role": "reviewer"}},
            {"fault": "slow", "match": {"role": "writer"}, "delay_s": 0.2},
        ]
    )
    work = writing.begin(library, brief(BRISK, sections=12), memory="none")
    result = writing.write(library, work, calling(sim, tries=1, concurrency=4))
    assert result.status == "flagged"
    assert len(writing.texts(library, work)) == 12


def test_a_section_in_order_takes_one_call_to_the_judge_for_all_its_judged_constraints(
    sim: SimServer, library: Library
) -> None:
    others = [BRISK.model_copy(update={"text": f"It must seem {mood}"}) for mood in ("old", "odd")]
    work = writing.begin(library, brief(BRISK, *others, phrase("high water")))
    assert writing.write(library, work, calling(sim)).status == "complete"
    sections = sorted(c.section for c in sim.calls(schema_name="Verdicts") if c.section != "judge")
    assert sections == ["s1", "s2", "s3"]


def test_a_false_alarm_is_put_to_the_judge_again_and_rarely_counts(
    sim: SimServer, library: Library
) -> None:
    sim.configure(judge_false=0.3)
    work = writing.begin(library, brief(BRISK, sections=20))
    result = writing.write(library, work, calling(sim, concurrency=16))
    checks = sim.calls(schema_name="Verdicts")
    again = {c.section for c in checks if "<findings>" in c.messages[-1]["content"]}
    assert len(again) >= 3
    current = drafts.current(library, work).values()
    broken = [f for d in current if d.review for f in d.review.broken_findings]
    assert len(broken) < len(again) / 2
    assert (result.status == "flagged") == bool(broken)


def test_of_several_edits_those_that_would_break_a_rule_are_not_made(
    sim: SimServer, library: Library
) -> None:
    """The editor's words for the judge hold one that is forbidden; what else it mends stays."""
    forbidden = Constraint(
        text='It must not say "required"',
        kind="must_not_contain",
        phrases=("required",),
        where=EVERYWHERE,
    )
    sim.configure(forget_probability=1.0, judge_fails=[JudgeFail(constraint="brisk")])
    wish = BRISK.model_copy(update={"required": False})
    missing = phrase("high water")
    work = writing.begin(library, brief(wish, missing, sections=2))
    writing.write(library, work, calling(sim))
    assert all("high water" in text for text in writing.texts(library, work).values())

    sim.configure(forget_probability=0.0)
    barred = writing.begin(library, brief(wish, missing, forbidden, sections=2))
    assert writing.write(library, barred, calling(sim)).status == "complete"
    texts = writing.texts(library, barred).values()
    assert all("required" not in text and "high water" in text for text in texts)

"""What a section's own judge passed over is looked for once more, many sections in one call."""

from inkwright.agents.llm.events import Event, PhaseBegan, Watch
from inkwright.memory.domain.brief import Brief, Constraint, Placement
from inkwright.memory.store import drafts
from inkwright.memory.store.library import Library
from tests.calling import calling
from tests.runs import writing
from tests.simserver.config import Fact, JudgeFail, Need
from tests.simserver.process import SimServer

PHRASE = "high water"
SPOKEN = Constraint(text=f'Somebody speaks of "{PHRASE}"', where=Placement(scope="all"))


def brief(*constraints: Constraint, sections: int = 13) -> Brief:
    return Brief(
        request="Write a report about the tides in a harbour.",
        continuity="free",
        outline=writing.outline(*(f"Pier {n}" for n in range(1, sections + 1))),
        constraints=constraints,
    )


def lacking(texts: dict[str, str]) -> set[str]:
    return {sid for sid, text in texts.items() if PHRASE not in text}


def waking(sim: SimServer) -> Watch:
    """Return what has the judge see nothing while sections are written, and all that is after."""

    def watch(event: Event) -> None:
        if isinstance(event, PhaseBegan):
            sim.configure(judge_miss=0.0 if event.phase == "reviewing" else 1.0, control_errors=0.0)

    return watch


def test_what_the_judge_passed_over_is_found_and_mended(sim: SimServer, library: Library) -> None:
    sim.configure(forget_probability=1.0)
    work = writing.begin(library, brief(SPOKEN))
    result = writing.write(library, work, calling(sim), watch=waking(sim))
    current = drafts.current(library, work)
    accepted = {
        sid: next(d for d in drafts.versions(library, work, sid) if d.review).text
        for sid in current
    }
    assert lacking(accepted) == set(current)
    assert lacking(writing.texts(library, work)) == set()
    assert result.status == "complete"
    assert len(sim.calls(schema_name="Breaches")) == 2, "of twelve sections, and of one more"


def test_what_is_found_and_not_mended_is_reported(sim: SimServer, library: Library) -> None:
    sim.configure(forget_probability=1.0, editor_ignores=1.0)
    work = writing.begin(library, brief(SPOKEN, sections=3))
    result = writing.write(library, work, calling(sim), watch=waking(sim))
    assert result.status == "flagged"
    for draft in drafts.current(library, work).values():
        assert draft.review is not None
        (finding,) = draft.review.findings
        assert (finding.status, finding.evidence) == ("broken", SPOKEN.text)


def test_what_settling_takes_out_of_a_section_is_put_back(sim: SimServer, library: Library) -> None:
    kind = Constraint(text="It must be kind to the boats", where=Placement(scope="all"))
    told = {"subject": "Mara", "attribute": "eye colour"}
    later = [f"s{n}" for n in range(2, 9)]
    sim.configure(
        judge_fails=[JudgeFail(constraint="c1")],
        salt="b",  # with it, words of c1 stand in a sentence that settling mends
        facts=[Fact(section="s1", value="green", **told)],
        needs=[Need(section=sid, wrong="brown", **told) for sid in later],
    )
    work = writing.begin(library, brief(kind, sections=8))
    result = writing.write(library, work, calling(sim))
    settled = [
        next(d for d in drafts.versions(library, work, sid) if d.stage == "settled")
        for sid in later
    ]
    assert any(d.review and d.review.broken_findings for d in settled), (
        "settling took words of c1 out"
    )
    texts = writing.texts(library, work)
    assert all("as required by c1" in text for text in texts.values())
    assert not any("Mara is brown" in text for text in texts.values())
    assert result.status == "complete"


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
    sim.configure(forget_probability=1.0)
    work = writing.begin(library, brief(SPOKEN, sections=3))
    first = writing.write(library, work, calling(sim), watch=waking(sim))
    sim.reset_log()
    again = writing.write(library, work, calling(sim))
    assert not sim.calls(kind="chat")
    assert again.status == first.status

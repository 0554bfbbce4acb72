"""What the outline decides: who is written after whom, and what an edit of it sets going."""

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import select

from inkwright.agents.orchestration.run import RunInputs, settle
from inkwright.agents.review.judge_proof import STEP
from inkwright.memory.changes import staleness
from inkwright.memory.domain.brief import Brief, Constraint, Continuity, Placement
from inkwright.memory.domain.outline import Outline, Section
from inkwright.memory.store import drafts, plans, schema, works
from inkwright.memory.store.library import Lease, Library
from tests.calling import calling
from tests.runs import writing
from tests.simserver.config import Fact, JudgeFail, Need
from tests.simserver.log import Call
from tests.simserver.process import SimServer

GREEN = "The eye colour of Mara is green."
BRIEF = Brief(
    request="Write a report about the tides in a harbour.",
    continuity="chapter",
    outline=(
        writing.chapter(
            "One",
            writing.section("The Quay", subjects=("Mara",)),
            writing.section("The Light", subjects=("Mara",)),
        ),
        writing.chapter("Two", writing.section("The Bar", subjects=("Mara",))),
    ),
)


def edit(library: Library, work: str, change: Callable[[Outline], Outline]) -> None:
    """Adopt a person's new version of the outline."""
    plan = writing.plan(library, work)
    with works.hold_lease(library, work) as lease:
        plans.adopt(library, lease, change(plan.outline), plan.constraints, author="person")


def lease_held(library: Library, work: str) -> Lease:
    """Return the lease that a run holds now, for an edit made within its process."""
    columns = schema.works.c
    with library.read() as db:
        row = db.execute(select(columns.lease_fence, columns.lease_owner)).one()
    return Lease(work, row.lease_fence, row.lease_owner)


def inserted(outline: Outline) -> Outline:
    """Return the outline with a new section after the first."""
    first, *rest = outline.sections
    new = Section(
        id="s9",
        title="The Ferry",
        level=first.level,
        within=first.within,
        purpose="Say who runs the ferry.",
        target_words=60,
        subjects=("Mara",),
    )
    return outline.with_sections((first, new, *rest))


def shortened(outline: Outline) -> Outline:
    """Return the outline without its first section."""
    return outline.with_sections(outline.sections[1:])


def reworded(outline: Outline) -> Outline:
    """Return the outline with another purpose for its last section."""
    *rest, last = outline.sections
    return outline.with_sections((*rest, last.model_copy(update={"purpose": "Tell of Mara."})))


def end(call: Call) -> float:
    assert call.end is not None
    return call.end


@pytest.mark.parametrize("continuity", ["strict", "chapter", "free"])
def test_a_summary_placed_first_is_written_last_and_shown_the_others(
    sim: SimServer, library: Library, continuity: Continuity
) -> None:
    sim.configure(
        facts=[Fact(section="s4", subject="Mara", attribute="eye colour", value="green")],
        needs=[Need(section="s1", subject="Mara", attribute="eye colour", wrong="blue")],
    )
    others = writing.outline("The Quay", "The Light", "The Bar", subjects=("Mara",))
    summary = writing.section("Summary", subjects=("Mara",), depends_on=("all",))
    brief = BRIEF.model_copy(update={"outline": (summary, *others), "continuity": continuity})
    work = writing.begin(library, brief)
    assert writing.write(library, work, calling(sim)).status == "complete"

    written, *_ = sim.calls(role="writer", section="s1")
    ends = [(c.section, end(c)) for c in sim.calls(role="archivist") if c.section != "s1"]
    landed = dict(reversed(ends)).values()  # the first of each: what it landed with
    assert len(landed) == 3
    assert max(landed) <= written.arrival
    assert set(drafts.load_manifests(library, work)["s1"].heard) == {"s2", "s3", "s4"}
    assert GREEN in written.answer
    piece = writing.manuscript(library, work)
    assert piece.index("Summary") < piece.index("The Quay")


def test_a_section_is_written_once_what_it_depends_on_has_landed(
    sim: SimServer, library: Library
) -> None:
    work = writing.begin(library, BRIEF)
    writing.write(library, work, calling(sim))
    written, *_ = sim.calls(role="writer", section="s2")
    (remembered,) = sim.calls(role="archivist", section="s1")
    assert end(remembered) <= written.arrival
    first, second = writing.texts(library, work)["s1"], written.messages[-1]["content"]
    assert first.rsplit("\n\n", 1)[-1] in second


def test_sections_of_other_chapters_do_not_wait_for_each_other(
    sim: SimServer, library: Library
) -> None:
    sim.configure(faults=[{"fault": "hold", "match": {"role": "archivist", "section": "s1"}}])
    work = writing.begin(library, BRIEF)
    with writing.writing(sim, library, work, calling(sim)) as run:
        sim.wait_for(1, role="archivist")
        sim.wait_for(2, "started", role="archivist")
        assert {c.section for c in sim.calls(role="writer")} == {"s1", "s3"}
        sim.release()
        assert run.result().status in ("complete", "flagged")  # flagged: for its length


def test_a_section_added_between_runs_is_written_and_those_after_it_settled(
    sim: SimServer, library: Library
) -> None:
    sim.configure(
        facts=[Fact(section="s9", subject="Mara", attribute="eye colour", value="green")],
        needs=[Need(section="s3", subject="Mara", attribute="eye colour", wrong="blue")],
    )
    work, how = writing.begin(library, BRIEF), calling(sim)
    writing.write(library, work, how)
    before = writing.texts(library, work)

    edit(library, work, inserted)
    sim.reset_log()
    result = writing.write(library, work, how)

    assert (result.status, result.problems) == ("complete", ())
    assert {c.section for c in sim.calls(role="writer")} == {"s9"}
    after = writing.texts(library, work)
    assert GREEN in after["s9"]
    assert after["s1"] == before["s1"]
    assert after["s2"] == before["s2"]
    assert after["s3"] == before["s3"].replace("is blue.", "is green.")
    assert set(drafts.load_manifests(library, work)["s9"].heard) == {"s1"}
    assert staleness.find_reasons(library, work) == {}
    titles = ["The Quay", "The Ferry", "The Light", "The Bar"]
    piece = writing.manuscript(library, work)
    assert sorted(titles, key=piece.index) == titles


def test_a_section_taken_out_between_runs_is_gone_and_those_that_knew_it_are_settled(
    sim: SimServer, library: Library
) -> None:
    work, how = writing.begin(library, BRIEF), calling(sim)
    sim.configure(
        facts=[Fact(section="s1", subject="Mara", attribute="trade", value="rope making")]
    )
    writing.write(library, work, how)
    edit(library, work, shortened)
    assert staleness.find_reasons(library, work) == {
        "s2": ("Mara: what memory said was retracted",)
    }

    sim.reset_log()
    result = writing.write(library, work, how)
    assert (result.status, result.problems) == ("complete", ())
    assert {c.section for c in sim.calls(kind="chat") if c.schema_name != "Seams"} == {"s2"}
    assert staleness.find_reasons(library, work) == {}
    assert "The Quay" not in writing.manuscript(library, work)


def test_a_section_taken_out_while_it_is_revised_ends_without_taking_the_run_down(
    sim: SimServer, library: Library
) -> None:
    tone = Constraint(text="The tone must be brisk", where=Placement(scope="all"))
    sim.configure(
        judge_fails=[JudgeFail(constraint="brisk")],
        faults=[
            {"fault": "hold", "match": {"role": "reviewer", "section": "s1"}},
            {"fault": "hold", "match": {"role": "writer", "section": "s3"}},
        ],
    )
    work = writing.begin(library, BRIEF.model_copy(update={"constraints": (tone,)}))
    with writing.writing(sim, library, work, calling(sim)) as run:
        sim.wait_for(1, "started", role="reviewer")
        sim.wait_for(2, "started", role="writer")
        plan, lease = writing.plan(library, work), lease_held(library, work)
        plans.adopt(library, lease, shortened(plan.outline), plan.constraints, author="person")
        sim.wait_for(2, role="archivist")
        sim.configure(faults=[])
        sim.release()
        assert run.result().status in ("complete", "flagged")  # flagged: for its length
    assert {"s2", "s3"} <= set(writing.texts(library, work))


def test_a_section_whose_purpose_was_changed_is_stale_until_it_is_settled(
    sim: SimServer, library: Library
) -> None:
    work, how = writing.begin(library, BRIEF), calling(sim)
    writing.write(library, work, how)
    before = writing.texts(library, work)

    edit(library, work, reworded)
    assert staleness.find_reasons(library, work) == {
        "s3": ("what the outline says of it was changed",)
    }
    sim.reset_log()
    asyncio.run(
        settle(
            work,
            RunInputs(library=library, calling=how, limits=writing.UNLIMITED, watch=lambda _: None),
        )
    )

    (judged,) = (c for c in sim.calls(schema_name="Contradictions") if c.section != STEP)
    assert judged.section == "s3"
    assert "Tell of Mara." in judged.messages[-1]["content"]
    assert sim.calls(role="writer") == []
    assert staleness.find_reasons(library, work) == {}
    assert writing.texts(library, work) == before


def test_resuming_after_an_edit_of_the_outline_settles_what_it_made_stale(
    sim: SimServer, library: Library
) -> None:
    work, how = writing.begin(library, BRIEF), calling(sim)
    writing.write(library, work, how)
    edit(library, work, reworded)
    assert writing.write(library, work, how).status == "complete"
    assert staleness.find_reasons(library, work) == {}


def test_a_section_added_while_others_are_written_is_written_too(
    sim: SimServer, library: Library
) -> None:
    sim.configure(faults=[{"fault": "hold", "match": {"role": "writer"}, "times": 2}])
    work, how = writing.begin(library, BRIEF), calling(sim)
    with writing.writing(sim, library, work, how) as run:
        sim.wait_for(2, "started", role="writer")
        plan, lease = writing.plan(library, work), lease_held(library, work)
        plans.adopt(library, lease, inserted(plan.outline), plan.constraints, author="person")
        sim.release()
        assert run.result().status == "complete"
    assert set(writing.texts(library, work)) == {"s1", "s2", "s3", "s9"}

"""A section that fails is a named gap; writing goes on around it, and a second run fills it."""

import pytest

from inkwright.agents.llm.events import SectionFailed
from inkwright.memory.changes import staleness
from inkwright.memory.domain.brief import Brief, Constraint, Placement
from inkwright.memory.errors import ModelRefused, ModelUnreachable
from inkwright.memory.store import drafts
from inkwright.memory.store.library import Library
from tests.calling import calling
from tests.conftest import Events
from tests.runs import writing
from tests.simserver.config import Fact, Need
from tests.simserver.process import SimServer

BRIEF = Brief(
    request="Write a report about the tides in a harbour.",
    continuity="strict",
    outline=writing.outline("The Quay", "The Light", "The Bar", "The Buoy", subjects=("Mara",)),
)
SECOND = {"role": "writer", "section": "s2"}
FACT = Fact(section="s2", subject="Mara", attribute="eye colour", value="green")
CONTRADICTION = Need(section="s4", subject="Mara", attribute="eye colour", wrong="blue")


@pytest.mark.parametrize("fault", ["400", "empty", "refusal", "wrong_language", "drop"])
def test_one_section_that_cannot_be_written_is_a_named_gap_among_the_others(
    sim: SimServer, library: Library, events: Events, fault: str
) -> None:
    sim.configure(faults=[{"fault": fault, "match": SECOND}])
    work = writing.begin(library, BRIEF)
    result = writing.write(library, work, calling(sim, tries=1), watch=events)

    assert result.status == "partial"
    assert [e.section for e in events.of(SectionFailed)] == ["s2"]
    assert set(writing.texts(library, work)) == {"s1", "s3", "s4"}
    assert any(line.startswith("s2 is missing: ") for line in result.problems)
    piece = writing.manuscript(library, work)
    assert "Missing: section s2, “The Light”" in piece
    assert "simulated" not in piece
    assert "sorry" not in piece


def test_a_second_run_fills_the_gap_and_settles_what_follows_it(
    sim: SimServer, library: Library, events: Events
) -> None:
    sim.configure(faults=[{"fault": "400", "match": SECOND}], facts=[FACT], needs=[CONTRADICTION])
    work = writing.begin(library, BRIEF)
    writing.write(library, work, calling(sim))
    before = writing.texts(library, work)
    assert "The eye colour of Mara is blue." in before["s4"]

    sim.configure(faults=[])
    sim.reset_log()
    result = writing.write(library, work, calling(sim), watch=events)

    assert (result.status, result.problems) == ("complete", ())
    assert {c.section for c in sim.calls(role="writer")} == {"s2"}
    after = writing.texts(library, work)
    assert after["s1"] == before["s1"]
    assert after["s4"] == before["s4"].replace("is blue.", "is green.")
    assert staleness.find_reasons(library, work) == {}
    assert drafts.load_section_rows(library, work)["s2"].failure is None


def test_a_section_that_depends_on_a_gap_is_written_without_it(
    sim: SimServer, library: Library
) -> None:
    sim.configure(faults=[{"fault": "400", "match": SECOND}])
    work = writing.begin(library, BRIEF)
    writing.write(library, work, calling(sim))
    assert set(drafts.load_manifests(library, work)["s3"].heard) == {"s1"}


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("500", ModelUnreachable), ("drop_before", ModelUnreachable), ("401", ModelRefused)],
)
def test_a_server_that_always_fails_ends_the_run_within_a_few_calls(
    sim: SimServer, library: Library, fault: str, kind: type[Exception]
) -> None:
    sim.configure(faults=[{"fault": fault}])
    work = writing.begin(library, BRIEF)
    with pytest.raises(kind, match="INKWRIGHT_"):
        writing.write(library, work, calling(sim, tries=2))
    assert len(sim.calls(kind="chat")) <= 2


def test_a_server_that_dies_while_sections_are_written_ends_the_run_and_a_later_one_goes_on(
    sim: SimServer, library: Library
) -> None:
    free = BRIEF.model_copy(update={"continuity": "free"})
    other = writing.begin(library, free, fresh=True)
    writing.write(library, other, calling(sim))

    sim.reset_log()
    sim.configure(
        faults=[{"fault": "500", "match": {"role": "writer", "nth": tuple(range(2, 99))}}]
    )
    work = writing.begin(library, free, fresh=True)
    with pytest.raises(ModelUnreachable, match="INKWRIGHT_API_BASE|nothing more is tried"):
        writing.write(library, work, calling(sim, tries=1, concurrency=2))
    assert len(sim.calls(role="writer")) <= 4

    sim.configure(faults=[])
    assert writing.write(library, work, calling(sim)).status == "complete"
    assert set(writing.texts(library, work)) == {"s1", "s2", "s3", "s4"}


@pytest.mark.parametrize("role", ["writer", "archivist", "reviewer"])
def test_a_key_that_is_refused_in_the_middle_ends_the_run_at_once_and_nothing_is_lost(
    sim: SimServer, library: Library, role: str
) -> None:
    judged = Constraint(text="It stays calm.", where=Placement(scope="all"))
    brief = BRIEF.model_copy(update={"constraints": (judged,)})
    whole = writing.begin(library, brief, fresh=True)
    writing.write(library, whole, calling(sim))

    late = {"role": role, "nth": tuple(range(2, 99))}
    sim.configure(faults=[{"fault": "401", "match": late}])
    sim.reset_log()
    work = writing.begin(library, brief, fresh=True)
    with pytest.raises(ModelRefused, match="INKWRIGHT_API_KEY"):
        writing.write(library, work, calling(sim))
    assert len(sim.calls(status=401)) == 1
    assert all(row.failure is None for row in drafts.load_section_rows(library, work).values())

    sim.configure(faults=[])
    assert writing.write(library, work, calling(sim)).status == "complete"
    assert writing.texts(library, work) == writing.texts(library, whole)


def test_a_key_that_is_refused_ends_sections_that_are_written_side_by_side_too(
    sim: SimServer, library: Library
) -> None:
    work = writing.begin(library, BRIEF.model_copy(update={"continuity": "free"}))
    sim.configure(faults=[{"fault": "401", "match": {"role": "writer"}}])
    with pytest.raises(ModelRefused, match="INKWRIGHT_API_KEY"):
        writing.write(library, work, calling(sim, concurrency=2))
    assert 1 <= len(sim.calls(role="writer")) <= 2

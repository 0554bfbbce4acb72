"""One brief, seed and arm is one work, whose calls are made once; ``fresh`` begins it again."""

from pathlib import Path

from inkwright.memory.domain.brief import Brief
from inkwright.memory.store.library import Library
from tests.calling import calling
from tests.runs import writing
from tests.simserver.process import SimServer


def brief(seed: int) -> Brief:
    return Brief(
        request="Write a report about the tides in a harbour.",
        outline=writing.outline("The Quay", "The Light"),
        seed=seed,
    )


def test_each_seed_is_a_set_of_calls_and_the_same_seed_again_is_none(
    sim: SimServer, library: Library
) -> None:
    how = calling(sim)
    asked: dict[int, set[str]] = {}
    pieces: dict[int, str] = {}
    for seed in (1, 2, 3):
        sim.reset_log()
        work = writing.begin(library, brief(seed))
        writing.write(library, work, how)
        asked[seed], pieces[seed] = set(writing.questions(sim)), writing.manuscript(library, work)
    assert asked[1].isdisjoint(asked[2])
    assert asked[3].isdisjoint(asked[1] | asked[2])
    assert len(set(pieces.values())) == 3

    sim.reset_log()
    work = writing.begin(library, brief(1))
    result = writing.write(library, work, how)
    assert sim.calls() == []
    assert (result.status, result.calls) == ("complete", 0)
    assert writing.manuscript(library, work) == pieces[1]


def test_fresh_asks_everything_again_beside_the_old_work(sim: SimServer, library: Library) -> None:
    how = calling(sim)
    old = writing.begin(library, brief(1))
    writing.write(library, old, how)
    asked, piece = writing.questions(sim), writing.manuscript(library, old)

    sim.reset_log()
    new = writing.begin(library, brief(1), fresh=True)
    writing.write(library, new, how)
    assert new != old
    assert sorted(writing.questions(sim)) == sorted(asked)
    assert writing.manuscript(library, old) == writing.manuscript(library, new) == piece
    assert writing.begin(library, brief(1)) == new


def test_a_work_planned_first_and_written_later_is_the_same_as_one_written_at_once(
    sim: SimServer, library: Library, tmp_path: Path
) -> None:
    how = calling(sim)
    work = writing.begin(library, brief(1))
    writing.write(library, work, how)
    asked = sorted(writing.questions(sim))

    sim.reset_log()
    other = Library.open(tmp_path / "other")
    writing.begin(other, brief(1))
    result = writing.write(other, work, how, until="planned")
    assert result.status == "planned"
    assert {call.role for call in sim.calls(kind="chat")} == {"planner"}
    writing.write(other, work, how)
    assert sorted(writing.questions(sim)) == asked
    assert writing.manuscript(other, work) == writing.manuscript(library, work)
    other.close()

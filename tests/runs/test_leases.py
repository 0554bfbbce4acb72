"""One process drafts a work at a time, and one that was overtaken writes nothing more."""

import asyncio

import pytest
from sqlalchemy import func, select, update

from inkwright.agents.orchestration.run import RunInputs, settle
from inkwright.memory.domain.brief import Brief
from inkwright.memory.errors import LeaseLost, WorkBusy
from inkwright.memory.store import schema, works
from inkwright.memory.store.library import Library
from tests.calling import calling
from tests.runs import child, writing
from tests.simserver.process import SimServer

BRIEF = Brief(
    request="Write a report about the tides in a harbour.",
    continuity="free",
    outline=writing.outline("The Quay", "The Light"),
)
HOLD = {"fault": "hold", "match": {"role": "writer"}}


def rows(library: Library) -> dict[str, int]:
    """Return how many rows each table has."""
    with library.read() as db:
        return {
            table.name: db.execute(select(func.count()).select_from(table)).scalar_one()
            for table in schema.metadata.sorted_tables
        }


def test_a_second_run_of_a_work_in_the_same_process_is_refused(
    sim: SimServer, library: Library
) -> None:
    sim.configure(faults=[HOLD])
    work, how = writing.begin(library, BRIEF), calling(sim)
    with writing.writing(sim, library, work, how) as first:
        sim.wait_for(2, "started", role="writer")
        with pytest.raises(WorkBusy, match="being written by another process"):
            writing.write(library, work, how)
        with pytest.raises(WorkBusy):
            asyncio.run(
                settle(
                    work,
                    RunInputs(
                        library=library, calling=how, limits=writing.UNLIMITED, watch=lambda _: None
                    ),
                )
            )
        with pytest.raises(WorkBusy):
            works.purge(library, work)
        sim.release()
        assert first.result().status == "complete"


def test_a_work_that_another_process_writes_is_busy_until_that_process_is_dead(
    sim: SimServer, library: Library
) -> None:
    sim.configure(faults=[HOLD])
    work, how = writing.begin(library, BRIEF), calling(sim)
    with child.writing(library.home, work, how) as process:
        sim.wait_for(2, "started", role="writer")
        with pytest.raises(WorkBusy, match=str(process.pid)):
            writing.write(library, work, how)
        child.kill(process)
    sim.configure(faults=[])
    assert writing.write(library, work, how).status == "complete"


def test_other_works_of_the_library_are_written_meanwhile(sim: SimServer, library: Library) -> None:
    sim.configure(faults=[HOLD | {"times": 2}])
    work, how = writing.begin(library, BRIEF), calling(sim)
    with writing.writing(sim, library, work, how) as first:
        sim.wait_for(2, "started", role="writer")
        other = writing.begin(library, BRIEF.model_copy(update={"seed": 2}))
        assert writing.write(library, other, how).status == "complete"
        sim.release()
        assert first.result().status == "complete"


def test_a_run_that_was_overtaken_commits_nothing_more(sim: SimServer, library: Library) -> None:
    """As after a laptop's sleep: the lease ran out, and another machine took the work over."""
    sim.configure(faults=[HOLD])
    work, how = writing.begin(library, BRIEF), calling(sim)
    with writing.writing(sim, library, work, how) as overtaken:
        sim.wait_for(2, "started", role="writer")
        with library.write() as db:
            elsewhere = {"lease_owner": "another-machine:1:1", "lease_until": 0.0}
            db.execute(update(schema.works).values(elsewhere))
        with works.hold_lease(library, work):
            before = rows(library)
            sim.release()
            with pytest.raises(LeaseLost, match="taken over"):
                overtaken.result()
            assert rows(library) == before
            with library.read() as db:
                assert db.execute(select(schema.works.c.lease_owner)).scalar_one() is not None
    sim.configure(faults=[])
    assert writing.write(library, work, how).status == "complete"

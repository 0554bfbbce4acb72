"""Works: the same brief is the same work; one process writes it; purged, no byte of it is left."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from inkwright.app.services.purge import purge_work
from inkwright.memory.domain.brief import Brief
from inkwright.memory.domain.check_record import RepairAttempt
from inkwright.memory.domain.draft import Review
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.domain.source import Source
from inkwright.memory.errors import BadInput, WorkBusy, WorkNotFound
from inkwright.memory.retrieval.vector_index import ChromaIndex
from inkwright.memory.store import drafts, run_state, schema, sources, works
from inkwright.memory.store.journal import CallKey, Journal, JournaledAnswer
from inkwright.memory.store.run_state import RunSettings, RunState
from tests.builders import ARMS, built, fact, outline, sections, span

STORY = Brief(request="A story about a lamp.", seed=7)
PLANTED = "xylophonewitch"


def test_the_same_brief_seed_and_arms_are_the_same_work(library):
    first = works.begin(library, STORY, ARMS)
    assert works.begin(library, Brief(request="A story about a lamp.", seed=7), ARMS) == first
    assert works.count(library) == 1


@pytest.mark.parametrize(
    "changes",
    [{"seed": 8}, {"request": "A story about a lamp!"}, {"words": 300}, {"language": "en"}],
)
def test_anything_else_in_the_brief_is_another_work(library, changes):
    first = works.begin(library, STORY, ARMS)
    other = works.begin(library, STORY.model_copy(update=changes), ARMS)
    assert other.id != first.id


def test_another_arm_is_another_work(library):
    first = works.begin(library, STORY, ARMS)
    assert works.begin(library, STORY, {**ARMS, "memory": "none"}).id != first.id


def test_begun_afresh_it_is_the_next_generation_beside_the_old(library):
    first = works.begin(library, STORY, ARMS)
    second = works.begin(library, STORY, ARMS, fresh=True)
    third = works.begin(library, STORY, ARMS, fresh=True)
    assert [w.generation for w in (first, second, third)] == [1, 2, 3]
    assert len({first.id, second.id, third.id}) == 3
    assert works.begin(library, STORY, ARMS) == third


def test_the_first_begun_afresh_is_still_the_first(library):
    assert works.begin(library, STORY, ARMS, fresh=True).generation == 1


def test_a_works_id_can_be_read_and_typed(library):
    assert works.begin(library, STORY, ARMS).id.startswith("a-story-about-a-lamp-")
    assert works.begin(library, Brief(request="写一个灯塔的故事。"), ARMS).id.startswith("work-")


@given(st.text(min_size=1, max_size=80))
def test_any_title_gives_an_id_of_plain_characters(shared_library, title):
    brief = Brief(request="A story.", title=title)
    work = works.begin(shared_library, brief, ARMS)
    assert set(work.id) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")
    assert works.get(shared_library, work.id).brief == brief


def test_a_work_that_is_not_there_names_the_nearest(library):
    work = works.begin(library, STORY, ARMS)
    with pytest.raises(WorkNotFound, match=f"did you mean {work.id}"):
        works.get(library, work.id[:-1])
    with pytest.raises(WorkNotFound, match="inkwright status"):
        works.get(library, "zzz")


def test_what_is_pinned_stays_beside_what_was(a_work):
    first = RunSettings(context_tokens=4096, tokenizer_factor=1.5, slots=4, embedder="e")
    run_state.pin_settings(a_work.library, a_work.lease, first)
    run_state.require_settling(a_work.library, a_work.lease)
    run_state.pin_request(a_work.library, a_work.lease, "Write of a lamp.")
    work = works.get(a_work.library, a_work.work)
    assert work.run_settings == first.model_copy(update={"request": "Write of a lamp."})
    assert work.run_state == RunState()


def test_works_are_listed_the_last_changed_first(library):
    first = works.begin(library, STORY, ARMS)
    second = works.begin(library, STORY, ARMS, fresh=True)
    with works.hold_lease(library, first.id) as lease:
        works.record_status(library, lease, "planned")
    assert [w.id for w in works.list_works(library)] == [first.id, second.id]


# The lease


def test_a_work_that_is_being_written_is_busy(library):
    with (
        built(library) as made,
        pytest.raises(WorkBusy) as caught,
        works.hold_lease(library, made.work),
    ):
        pytest.fail("two leases at once")
    assert isinstance(caught.value, BadInput)
    assert str(os.getpid()) in str(caught.value)


def test_a_lease_is_given_back_even_when_the_run_fails(library):
    work = works.begin(library, STORY, ARMS)
    with pytest.raises(ZeroDivisionError), works.hold_lease(library, work.id):
        raise ZeroDivisionError
    with works.hold_lease(library, work.id) as lease:
        assert lease.fence == 2


def leave_lease(library, owner: str, until: float) -> works.Work:
    work = works.begin(library, STORY, ARMS)
    with library.write() as db:
        db.execute(update(schema.works).values(lease_owner=owner, lease_until=until, lease_fence=3))
    return work


def test_the_lease_of_a_dead_process_is_taken_over(library):
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    owner = f"{socket.gethostname()}:{int(dead.stdout)}:123"
    work = leave_lease(library, owner, until=9e9)
    with works.hold_lease(library, work.id) as lease:
        assert lease.fence == 4


@pytest.fixture
def unreaped(tmp_path: Path) -> Iterator[int]:
    """A process that was killed and that nobody has reaped; its name looks like states do."""
    program = tmp_path / "a) S (b) R"
    program.symlink_to(sys.executable)
    child = subprocess.Popen([program, "-c", "input()"], stdin=subprocess.PIPE)
    child.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and stays
    yield child.pid
    child.communicate()


def test_a_lease_that_a_killed_process_held_is_free_though_nobody_reaped_it(library, unreaped):
    work = works.begin(library, STORY, ARMS)
    with library.write() as db:
        works.take_lease(db, work.id, unreaped)
    assert works.find_lease_holder(library, work.id) is None
    with works.hold_lease(library, work.id) as lease:
        assert lease.fence == 2


@pytest.mark.skipif(shutil.which("ps") is None, reason="there is no ps here")
def test_where_there_is_no_proc_the_state_of_a_process_is_asked_of_ps(
    library, unreaped, monkeypatch
):
    monkeypatch.setattr(sys, "platform", "darwin")
    work = works.begin(library, STORY, ARMS)
    with library.write() as db:
        works.take_lease(db, work.id, unreaped)
    with works.hold_lease(library, work.id):
        assert works.find_lease_holder(library, work.id) is not None
        with pytest.raises(WorkBusy), works.hold_lease(library, work.id):
            pytest.fail("this process lives")


def test_a_later_process_with_the_same_number_does_not_hold_the_lease(library):
    work = leave_lease(library, f"{socket.gethostname()}:{os.getpid()}:1", until=9e9)
    with works.hold_lease(library, work.id) as lease:
        assert lease.fence == 4


def test_a_lease_of_another_machine_lasts_until_it_runs_out(library):
    work = leave_lease(library, "another-machine:1:1", until=9e9)
    with pytest.raises(WorkBusy), works.hold_lease(library, work.id):
        pytest.fail("it lives")
    leave_lease(library, "another-machine:1:1", until=1.0)
    with works.hold_lease(library, work.id) as lease:
        assert lease.fence == 4


# Purging


def planted(library) -> str:
    """Fill every table of a work with a word, and return the work's id."""
    text = f"In {PLANTED} it rained. " * 40
    with built(library, f"A story about {PLANTED}.", title=PLANTED) as made:
        parts = [s.model_copy(update={"purpose": text}) for s in sections("s1", "s2")]
        made.plan(outline(*parts), entries=[fact("p.1", PLANTED, text)])
        made.draft("s1", text, entries=[fact("s1.1", PLANTED, text, span=span("s1"))])
        made.patch("s1", text + "More.")
        number = made.freeze("s2")
        landed = drafts.save_first_draft(
            library, made.lease, "s2", text, manifest_id=number, summary=text, delta=()
        )
        drafts.add_stamps(library, made.lease, landed, [RepairAttempt(PLANTED)])
        drafts.accept(library, made.lease, landed, text=text, review=Review(), rounds=0)
        drafts.record_failure(library, made.lease, "s2", PLANTED)
        sources.add_sources(
            library, made.lease, [Source(title=PLANTED, text=text, authors=(PLANTED,))]
        )
        key = CallKey(
            step="plan", role="writer", purpose=Purpose.WRITE, subject=PLANTED, digest="d"
        )
        answer = JournaledAnswer(
            text=text, finish="stop", model=PLANTED, prompt_tokens=1, cached_tokens=0,
            completion_tokens=1, seconds=0.1,
        )  # fmt: skip
        Journal(library, made.lease).store_answer(
            key, [{"role": "user", "content": text}], answer, requested_model=PLANTED
        )
        works.record_status(library, made.lease, "partial", problems=[PLANTED])
        run_state.pin_request(library, made.lease, PLANTED)
        index = ChromaIndex(library.home / "index", "e")
        index.add(made.work, {"s1@1#1": np.ones(3, np.float32)})
        return made.work


def holding(folder: Path, word: str) -> list[str]:
    """Return the files below ``folder`` in which a word stands."""
    wanted = word.encode()
    return [p.name for p in folder.rglob("*") if p.is_file() and wanted in p.read_bytes()]


def test_purged_no_byte_of_a_work_is_left_in_any_file(library):
    work = planted(library)
    other = works.begin(library, STORY, ARMS)
    (library.home / "library.before-0001.db").write_bytes(PLANTED.encode())
    assert {"library.db-wal", "library.before-0001.db"} <= set(holding(library.home, PLANTED))
    purge_work(library, work)
    assert holding(library.home, PLANTED) == []
    assert works.get(library, other.id) == other
    library.close()
    assert holding(library.home, PLANTED) == []


def test_purged_no_byte_is_left_that_an_earlier_process_wrote_to_the_file(library):
    work = planted(library)
    library.close()  # moves the write-ahead log into the file
    assert [n for n in holding(library.home, PLANTED) if n.startswith("library.")] == ["library.db"]
    works.purge(library, work)
    assert holding(library.home, PLANTED) == []


def test_every_table_that_knows_works_is_emptied_of_a_purged_one(library):
    work = planted(library)
    works.purge(library, work)
    with library.read() as db:
        left = [t.name for t in schema.metadata.sorted_tables if db.execute(t.select()).all()]
    assert left == []
    with pytest.raises(WorkNotFound):
        works.get(library, work)


def test_a_work_that_is_being_written_cannot_be_purged(library):
    with built(library) as made, pytest.raises(WorkBusy):
        works.purge(library, made.work)
    assert works.get(library, made.work)

"""A library on real PostgreSQL: all that people do with a work, and many processes at once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import select

from inkwright.agents.llm.config import Ablation
from inkwright.memory.domain.brief import Brief
from inkwright.memory.errors import LeaseLost, WorkBusy
from inkwright.memory.store import journal, schema, works
from inkwright.memory.store.database import build_engine
from inkwright.memory.store.library import Library
from tests.batch.conftest import put, results, short
from tests.cluster.conftest import Shared
from tests.simserver.process import SimServer

pytestmark = pytest.mark.cluster
ARMS = Ablation().model_dump()
AT_ONCE = 8
MIGRATIONS = Path(schema.__file__).parent / "migrations"
OLD_ROWS = """
INSERT INTO works (id, created_at, updated_at, title, brief, arms, generation, status, approved,
    problems, lease_fence, lease_until)
VALUES ('w', 0, 0, 'W', '{}', '{}', 1, 'partial', false, '[]', 0, 0);
INSERT INTO journal (work, step, role, purpose, sample, refused, digest, created_at, asked_for,
    model, parts, answer, finish, prompt_tokens, cached_tokens, completion_tokens, seconds)
VALUES ('w', 's1', 'editor', 'repair c1 1', 0, 0, 'd', 0, 'm', 'm', '[]', 'A.', 'stop', 1, 0, 1, 1)
"""
"""A work and one call of it, by the tables of schema 0004."""


def connections(shared: Shared) -> int:
    """Return how many connections to the library's database are open."""
    import psycopg

    with psycopg.connect(shared.database) as db:
        mine = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        return int(db.execute(mine).fetchone()[0]) - 1


def at_once(shared: Shared, act: Callable[[Library], Any]) -> list[Any]:
    """Return what ``act`` returns or raises for so many libraries at the same moment."""
    begin = threading.Barrier(AT_ONCE)

    def one(_: int) -> Any:
        begin.wait(30)
        try:
            with closing(shared.open()) as library:
                return act(library)
        except Exception as fault:
            return fault

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(one, range(AT_ONCE)))


def test_every_command_works_on_it_and_leaves_no_connection_open(
    cli: Any, model: SimServer, shared: Shared
) -> None:
    put([short("brest"), short("ostend")])
    asked = ("batch", "in.jsonl", "--out", "out.jsonl", "--format", "docx")
    done = cli(*asked)
    assert done.exit_code == 0, done.output
    model.reset_log()
    assert cli(*asked).exit_code == 0
    assert model.calls() == []
    work = results()["brest"]["work"]

    status = cli("status")
    assert "brest" in status.stdout
    assert "ostend" in status.stdout
    assert cli("memory", "list", work).exit_code == 0
    added = cli("memory", "add", work, "the harbour", "It has nine cranes.")
    assert added.exit_code == 0, added.output
    assert "nine cranes" in cli("memory", "list", work).stdout
    assert cli("settle", work).exit_code in (0, 4)
    redrafted = cli("redraft", work, "s1")
    assert redrafted.exit_code in (0, 4), redrafted.output
    assert cli("export", work, "--format", "archive").exit_code == 0
    assert cli("doctor").exit_code == 0
    assert cli("purge", work, "--yes").exit_code == 0
    assert work not in cli("status").stdout
    assert connections(shared) == 0


def test_a_library_first_opened_by_many_at_once_is_made_once(shared: Shared) -> None:
    found = at_once(shared, works.count)
    assert found == [0] * AT_ONCE
    assert connections(shared) == 0


def test_a_brief_begun_by_many_at_once_is_one_work(shared: Shared) -> None:
    brief = Brief(request="A story of a harbour.")
    found = at_once(shared, lambda library: works.begin(library, brief, ARMS).id)
    assert len(set(found)) == 1, found


def test_of_many_that_take_a_lease_at_once_one_has_it(shared: Shared) -> None:
    with closing(shared.open()) as library:
        work = works.begin(library, Brief(request="A story of a harbour."), ARMS).id
    others = threading.Barrier(AT_ONCE)

    def take(library: Library) -> str:
        try:
            with works.hold_lease(library, work):
                others.wait(30)  # it is held until every other has tried
                return "held"
        except WorkBusy:
            others.wait(30)
            return "busy"

    assert sorted(at_once(shared, take)) == ["busy"] * (AT_ONCE - 1) + ["held"]


def test_a_lease_that_was_taken_over_commits_nothing_more(shared: Shared) -> None:
    with closing(shared.open()) as library, closing(shared.open()) as other:
        work = works.begin(library, Brief(request="A story of a harbour."), ARMS).id
        with works.hold_lease(library, work) as lease:
            with library.write() as db:  # as if its machine had not been heard of for a minute
                gone = {"lease_owner": "elsewhere:1:1", "lease_until": 0.0}
                db.execute(schema.works.update().values(gone))
            with works.hold_lease(other, work), pytest.raises(LeaseLost):
                works.record_status(library, lease, "planned", title="Too late")
        assert works.get(library, work).title != "Too late"


def test_a_reader_sees_one_state_while_another_writes(shared: Shared) -> None:
    titles = select(schema.works.c.title)
    with closing(shared.open()) as library, closing(shared.open()) as other:
        work = works.begin(library, Brief(request="A story of a harbour."), ARMS).id
        with library.read() as db:
            before = db.execute(titles).scalar_one()
            with works.hold_lease(other, work) as lease:
                works.record_status(other, lease, "planned", title="Another")
            assert db.execute(titles).scalar_one() == before
        assert works.get(library, work).title == "Another"


def test_the_schema_is_upgraded_as_on_one_machine(shared: Shared) -> None:
    engine = build_engine(shared.database)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        connection.exec_driver_sql(OLD_ROWS)
        connection.commit()
    engine.dispose()
    with closing(shared.open()) as library:
        with library.engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
        (call,) = journal.load_calls(library, "w")
    assert (call.purpose, call.subject, call.attempt) == ("repair", "c1", 1)

"""The library: its schema, opened safely, written in transactions by whoever holds the lease."""

import os
import sqlite3
import stat
from contextlib import closing

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, select

from inkwright.memory.domain.brief import Brief
from inkwright.memory.errors import LeaseLost, LibraryUnusable
from inkwright.memory.store import schema, works
from inkwright.memory.store.library import Lease, Library
from tests.builders import ARMS, built, fact

AS_ROOT = os.getuid() == 0


def test_the_schema_that_migrations_make_is_the_one_the_code_uses(library):
    with library.read() as db:
        context = MigrationContext.configure(db, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []
        assert context.get_current_revision() == schema.REVISION


def test_a_library_folder_is_made_private(tmp_path):
    home = tmp_path / "a" / "library"
    Library.open(home).close()
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_library_opened_again_has_its_works(library):
    work = works.begin(library, Brief(request="A story."), ARMS)
    again = Library.open(library.home)
    assert works.get(again, work.id) == work
    again.close()


def test_a_library_of_a_newer_version_is_refused_and_left_alone(library):
    works.begin(library, Brief(request="A story."), ARMS)
    with library.write() as db:
        db.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(LibraryUnusable, match=r"newer Inkwright.*9999.*upgrade Inkwright"):
        Library.open(library.home)
    with library.read() as db:
        assert db.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == "9999"


def test_an_older_library_is_copied_whole_before_it_is_upgraded(library, monkeypatch):
    work = works.begin(library, Brief(request="A story."), ARMS)
    upgraded = []
    monkeypatch.setattr(schema, "REVISION", "0009")
    monkeypatch.setattr("inkwright.memory.store.migrations.upgrade.upgrade", upgraded.append)
    Library.open(library.home).close()
    copy = library.home / "library.before-0009.db"
    assert len(upgraded) == 1
    with closing(sqlite3.connect(copy)) as db:  # its rows were only in the write-ahead log
        assert db.execute("SELECT id FROM works").fetchall() == [(work.id,)]


def test_a_new_library_leaves_no_copy(library):
    assert not list(library.home.glob("*.before-*"))


@pytest.mark.parametrize("content", [b"garbage" * 1000, b"SQLite format 3\0" + b"x" * 5000])
def test_a_damaged_library_is_one_line(tmp_path, content):
    (tmp_path / "library.db").write_bytes(content)
    with pytest.raises(LibraryUnusable, match="library.db is") as caught:
        Library.open(tmp_path)
    assert "\n" not in str(caught.value)
    assert (tmp_path / "library.db").read_bytes() == content


def test_a_file_in_place_of_the_folder_is_one_line(tmp_path):
    (tmp_path / "library").write_text("no folder")
    with pytest.raises(LibraryUnusable, match="set INKWRIGHT_HOME"):
        Library.open(tmp_path / "library")


@pytest.mark.skipif(AS_ROOT, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(LibraryUnusable, match="INKWRIGHT_HOME"):
        Library.open(tmp_path / "library")


def test_a_transaction_that_fails_leaves_nothing(a_work):
    def write_and_fail() -> None:
        row = {"work": a_work.work, "number": 1, "title": "t", "text": "x"}
        with a_work.library.write(a_work.lease) as db:
            db.execute(insert(schema.sources).values(row))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    with a_work.library.read() as db:
        assert db.execute(select(schema.sources)).all() == []


def test_only_the_newest_lease_may_write(library):
    with built(library) as made:
        stale = Lease(made.work, made.lease.fence - 1, "somebody")
        with pytest.raises(LeaseLost), library.write(stale) as db:
            db.execute(insert(schema.sources).values(work=made.work, number=1, title="", text=""))
        with library.read() as db:
            assert db.execute(select(schema.sources)).all() == []


def test_a_purged_work_is_written_no_more(library):
    with built(library) as made:
        pass
    works.purge(library, made.work)
    with pytest.raises(LeaseLost, match="purged"):
        made.write(fact("p.1", "Mara"))


def test_a_reader_sees_one_state_while_another_writes(a_work):
    with a_work.library.read() as db:
        before = db.execute(select(schema.entries)).all()
        a_work.write(fact("p.1", "Mara"))
        assert db.execute(select(schema.entries)).all() == before == []
    assert a_work.ledger.latest()


def test_a_url_names_another_database(tmp_path):
    file = tmp_path / "elsewhere.db"
    opened = Library.open(tmp_path / "home", f"sqlite:///{file}")
    works.begin(opened, Brief(request="A story."), ARMS)
    opened.close()
    assert file.exists()
    assert not (tmp_path / "home" / "library.db").exists()

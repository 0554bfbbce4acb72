"""The library's schema: migrations make the tables that the code uses, and lose nothing."""

import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from inkwright.app.services import library_status
from inkwright.memory.errors import LibraryUnusable
from inkwright.memory.store import drafts, schema, works
from inkwright.memory.store.library import Library
from tests.builders import begun, drafted, planned

MIGRATIONS = Path(schema.__file__).parent / "migrations"
FIRST_JOURNAL = """
CREATE TABLE journal (
    id INTEGER NOT NULL, work TEXT NOT NULL, step TEXT NOT NULL, role TEXT NOT NULL,
    purpose TEXT NOT NULL, sample INTEGER NOT NULL, refused INTEGER NOT NULL, digest TEXT NOT NULL,
    created_at FLOAT NOT NULL, asked_for TEXT NOT NULL, model TEXT NOT NULL, parts JSON NOT NULL,
    answer TEXT NOT NULL, finish TEXT NOT NULL, prompt_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, seconds FLOAT NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(work) REFERENCES works (id),
    UNIQUE (work, step, role, purpose, sample, refused, digest)
)
"""
TEXT = "The lamp went out. Nobody came."


def test_migrations_make_exactly_the_tables_that_the_code_uses(library: Library) -> None:
    with library.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []


def test_status_reads_the_newest_schema() -> None:
    assert library_status.KNOWN_SCHEMA == schema.REVISION


def _downgraded(home: Path) -> None:
    """Make of a library what the first release would have left."""
    with sqlite3.connect(home / "library.db") as db:
        db.execute("ALTER TABLE drafts DROP COLUMN held")
        for column in ("about", "dropped"):
            db.execute(f"ALTER TABLE sources DROP COLUMN {column}")
        for column in ("thoughts", "thought_tokens", "usage_estimated"):
            db.execute(f"ALTER TABLE journal DROP COLUMN {column}")
        for table in ("findings", "runs", "live", "typed", "capabilities"):
            db.execute(f"DROP TABLE {table}")
        db.execute("DROP TABLE sightings")
        db.execute("DROP TABLE journal")
        db.execute(FIRST_JOURNAL)
        db.execute("UPDATE alembic_version SET version_num = '0001'")
    db.close()


def test_an_older_library_is_upgraded_with_all_it_holds_and_a_copy_is_kept(tmp_path: Path) -> None:
    home = tmp_path / "home"
    old = Library.open(home)
    work = begun(old)
    with works.hold_lease(old, work) as lease:
        planned(old, lease, 1)
        drafted(old, lease, "s1", TEXT)
    old.close()
    _downgraded(home)

    upgraded = Library.open(home)
    draft = drafts.current(upgraded, work)["s1"]
    upgraded.close()
    assert (draft.text, draft.held) == (TEXT, ())
    copy = home / f"library.before-{schema.REVISION}.db"
    assert copy.stat().st_mode & 0o077 == 0
    with sqlite3.connect(copy) as db:
        assert db.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
        assert db.execute("SELECT text FROM drafts").fetchone() == (TEXT,)
    db.close()


def test_the_first_schema_and_the_upgrade_from_it_are_the_migrations_themselves(
    tmp_path: Path,
) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'library.db'}")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.commit()
    engine.dispose()
    library = Library.open(tmp_path)
    with library.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
    library.close()


def test_a_library_of_a_newer_release_is_refused(library: Library) -> None:
    with library.write() as db:
        db.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(LibraryUnusable, match="newer Inkwright"):
        Library.open(library.home)

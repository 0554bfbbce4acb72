"""The library: one database that holds every work, opened safely and written in transactions."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, bindparam, inspect, text, update
from sqlalchemy.exc import DBAPIError

from inkwright.memory.errors import BadInput, LeaseLost, LibraryUnusable
from inkwright.memory.ids import WorkId
from inkwright.memory.store import schema
from inkwright.memory.store.database import (
    ALONE,
    LEASED,
    WRITE_OPTION,
    build_engine,
    build_read_engine,
)


@dataclass(frozen=True)
class Lease:
    """The right to write a work, with the fencing number that every commit checks."""

    work_id: WorkId
    fence: int
    owner: str


class Library:
    """All works of one person or one installation.

    ``home`` is a private folder (mode 0700) with the SQLite file and the vector index; ``url``
    names another database instead, and ``index_url`` a Chroma server.
    """

    def __init__(self, engine: Engine, home: Path, index_url: str | None = None) -> None:
        self.engine, self.home, self.index_url = engine, home, index_url
        self._read_engine = build_read_engine(engine)
        self._exclusive_engine, self._leased_engine = (
            engine.execution_options(**{WRITE_OPTION: mode}) for mode in (ALONE, LEASED)
        )

    @classmethod
    def open(cls, home: Path, url: str | None = None, index_url: str | None = None) -> "Library":
        """Open the library in ``home``, creating or upgrading it where needed.

        Raises:
            LibraryUnusable: unwritable, damaged, or written by a newer Inkwright.
        """
        home = home.expanduser().resolve()
        try:
            home.mkdir(parents=True, exist_ok=True)
            if home.stat().st_uid == os.getuid():
                home.chmod(0o700)
        except OSError as fault:
            raise LibraryUnusable(
                f"cannot use {home} as the library folder: {fault.strerror}; "
                "set INKWRIGHT_HOME to a folder you can write to"
            ) from fault
        file = home / "library.db"
        engine = build_engine(url or f"sqlite:///{file}")
        library = cls(engine, home, index_url)
        try:
            with _translate_faults(home):
                library._upgrade_schema(file if url is None else None)
        except BaseException:
            library.close()
            raise
        return library

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one consistent state."""
        with _translate_faults(self.home), self._read_engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self, lease: Lease | None = None) -> Iterator[Connection]:
        """One transaction: all of it is kept, or none.

        Raises:
            LeaseLost: ``lease`` is not the work's newest; nothing was written.
            LibraryUnusable: disk full, read-only, or another fault of the medium.
        """
        with (
            _translate_faults(self.home),
            (
                self._exclusive_engine if lease is None else self._leased_engine
            ).begin() as connection,
        ):
            if lease is not None:
                _check_fence(connection, lease)
            yield connection

    def pack(self) -> bool:
        """Rewrite the database without the pages that hold what was deleted, and empty its log.

        False when another process keeps that from being done now. What was deleted is overwritten
        in the database itself then too, and the log goes when the last process closes it.
        """
        if self.engine.dialect.name != "sqlite":
            return True
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
            raw: sqlite3.Connection = db.connection.driver_connection  # type: ignore[assignment]
            try:
                raw.execute("VACUUM")
                (busy, _, _) = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except sqlite3.OperationalError:
                return False
        return not busy

    def _upgrade_schema(self, file: Path | None) -> None:
        with self.engine.connect() as connection:
            is_versioned = inspect(connection).has_table("alembic_version")
            revision = (
                connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
                if is_versioned
                else None
            )
        if revision == schema.REVISION:
            return
        if revision is not None and revision > schema.REVISION:
            raise LibraryUnusable(
                f"the library in {self.home} was written by a newer Inkwright "
                f"(schema {revision}, this one knows {schema.REVISION}); upgrade Inkwright"
            )
        if revision is not None and file is not None:
            _back_up(file, file.with_suffix(f".before-{schema.REVISION}.db"))
        from inkwright.memory.store.migrations.upgrade import upgrade

        upgrade(self.engine)


def now() -> float:
    """Seconds since the epoch, as rows are stamped."""
    return time.time()


def _back_up(file: Path, backup_file: Path) -> None:
    """Copy a library with what its write-ahead log holds; the copy is private like the original."""
    backup_file.unlink(missing_ok=True)
    backup_file.touch(mode=0o600)
    with (
        closing(sqlite3.connect(file)) as original_db,
        closing(sqlite3.connect(backup_file)) as backup_db,
    ):
        original_db.backup(backup_db)


_TOUCH_WORK = (
    update(schema.works)
    .where(
        schema.works.c.id == bindparam("held_work"),
        schema.works.c.lease_fence == bindparam("held_fence"),
    )
    .values(updated_at=bindparam("touched_at"))
)


def _check_fence(connection: Connection, lease: Lease) -> None:
    """Mark the work as changed now, which only the holder of its newest lease can do."""
    parameters = {"held_work": lease.work_id, "held_fence": lease.fence, "touched_at": now()}
    result = connection.execute(_TOUCH_WORK, parameters)
    if result.rowcount != 1:
        raise LeaseLost(f"{lease.work_id} was taken over by another process, or purged")


@contextmanager
def _translate_faults(home: Path) -> Iterator[None]:
    """Turn faults of the medium into one clear line."""
    try:
        yield
    except UnicodeEncodeError as fault:
        raise BadInput(
            f"text with half of a character in it cannot be stored or found: {fault.object[:60]!a}"
        ) from fault
    except (DBAPIError, sqlite3.Error) as fault:
        message = str(fault.orig if isinstance(fault, DBAPIError) else fault).lower()
        causes = {
            "readonly": "the library is read-only",
            "read-only": "the library is read-only",
            "full": "the disk is full",
            "unable to open": "the library cannot be opened or created",
            "not a database": "library.db is not a library",
            "malformed": "library.db is damaged",
            "locked": "another process keeps the library locked",
            "disk i/o": "the disk cannot be read or written",
        }
        if (
            "connection" in message
            and "sqlite" not in type(getattr(fault, "orig", fault)).__module__
        ):
            raise LibraryUnusable(
                "the library's database cannot be reached; start it, or correct "
                "INKWRIGHT_LIBRARY_URL"
            ) from fault
        for fragment, cause in causes.items():
            if fragment in message:
                raise LibraryUnusable(
                    f"{cause} ({home}); put that right, or set INKWRIGHT_HOME to another folder"
                ) from fault
        raise

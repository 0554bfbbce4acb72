"""The databases that can hold a library, each set up so that reading and writing mean the same.

A read sees one consistent state. A write that holds no work's lease is alone; writes under leases
go side by side where the database can do that, and wait for each other on their work's row.
"""

import sqlite3

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import ArgumentError

from inkwright.memory.errors import LibraryUnusable
from inkwright.memory.install_command import build_extra_command

BUSY_TIMEOUT_S = 30
WRITE_OPTION = "inkwright_write"
"""Option of a connection that is to write; ``ALONE`` or ``LEASED``."""
ALONE, LEASED = "alone", "leased"
ADVISORY_LOCK = 0x1A7B
"""Number of PostgreSQL's advisory lock that writes take."""


def build_engine(url: str) -> Engine:
    """Return the database at ``url``, which nothing has been asked of yet.

    Raises:
        LibraryUnusable: it is no address of a database, or its driver is not installed.
    """
    return _build_sqlite_engine(url) if url.startswith("sqlite") else _build_server_engine(url)


def build_read_engine(engine: Engine) -> Engine:
    """Return the same database for reading: every statement of a read sees one state."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ")
    return engine


def _build_sqlite_engine(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S}, pool_use_lifo=True)

    @event.listens_for(engine, "connect")
    def _set_up(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("PRAGMA secure_delete=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = WRITE_OPTION in connection.get_execution_options()
        raw: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
        raw.execute("BEGIN IMMEDIATE" if writes else "BEGIN")  # by itself, ten times as fast

    return engine


def _build_server_engine(url: str) -> Engine:
    """Return a database that a server holds; of PostgreSQL by psycopg, unless the URL says how."""
    scheme, address = url.split("://", 1) if "://" in url else ("", "")
    if scheme in ("postgresql", "postgres"):
        url = f"postgresql+psycopg://{address}"
    try:
        engine = create_engine(url, pool_pre_ping=True)
    except ArgumentError as fault:
        raise LibraryUnusable(
            "the library's address is not a database's: set INKWRIGHT_LIBRARY_URL to something "
            "like postgresql://user@host/name"
        ) from fault
    except ModuleNotFoundError as fault:
        raise LibraryUnusable(
            f"this database needs the package {fault.name}: {build_extra_command('postgres')}"
        ) from fault

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        """Let a write without a lease in alone, as SQLite does with all."""
        mode = connection.get_execution_options().get(WRITE_OPTION)
        if mode is not None and engine.dialect.name == "postgresql":
            lock_suffix = "_shared" if mode == LEASED else ""
            connection.exec_driver_sql(
                f"SELECT pg_advisory_xact_lock{lock_suffix}({ADVISORY_LOCK})"
            )

    return engine

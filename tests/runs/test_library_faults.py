"""A library that cannot be used: one clear line, and nothing half-written."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from inkwright.memory.errors import LibraryUnusable
from inkwright.memory.store.library import Library
from tests.calling import calling
from tests.runs import writing
from tests.runs.harbour import TROUBLE, harbour
from tests.runs.outcome import outcome
from tests.simserver.process import SimServer

BRIEF = harbour("chapter", chapters=2, sections=1)
NOBODY = 65534


@contextmanager
def without_privileges() -> Iterator[None]:
    """Let permissions hold for root as well."""
    if os.getuid() != 0:
        yield
        return
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@pytest.fixture
def shelf() -> Iterator[Path]:
    """A folder that everyone can reach, with a library folder in it."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    (folder / "library").mkdir(mode=0o777)
    yield folder / "library"
    shutil.rmtree(folder)


def test_a_folder_that_may_not_be_written_is_refused_when_the_library_is_opened(
    shelf: Path, library: Library
) -> None:
    shelf.chmod(0o555)
    with without_privileges(), pytest.raises(LibraryUnusable, match="INKWRIGHT_HOME") as fault:
        Library.open(shelf)
    assert str(shelf) in str(fault.value)
    assert "\n" not in str(fault.value)
    assert list(shelf.iterdir()) == []


def test_a_library_that_may_not_be_written_says_so_and_stays_as_it_is(
    shelf: Path, library: Library
) -> None:
    opened = Library.open(shelf)
    writing.begin(opened, BRIEF)
    opened.close()
    for path in (*shelf.iterdir(), shelf):
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = (shelf / "library.db").read_bytes()

    with without_privileges(), pytest.raises(LibraryUnusable, match="read-only|cannot be"):
        writing.begin(Library.open(shelf), BRIEF.model_copy(update={"seed": 2}))
    assert (shelf / "library.db").read_bytes() == before


def test_a_database_opened_read_only_refuses_to_write(library: Library) -> None:
    url = f"sqlite:///file:{library.home}/library.db?mode=ro&uri=true"
    with pytest.raises(LibraryUnusable, match="the library is read-only"):
        writing.begin(Library.open(library.home, url), BRIEF)


@pytest.mark.parametrize("name", ["a-file", "a-file/library"])
def test_a_file_where_the_folder_should_be_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "a-file").write_text("Something else.")
    with pytest.raises(LibraryUnusable, match="cannot use .* as the library folder"):
        Library.open(tmp_path / name)
    assert (tmp_path / "a-file").read_text() == "Something else."


def test_a_file_that_is_no_library_is_refused_and_left_alone(tmp_path: Path) -> None:
    text = "This is the novel, by mistake.\n" * 100
    (tmp_path / "library.db").write_text(text)
    with pytest.raises(LibraryUnusable, match="is not a library"):
        Library.open(tmp_path)
    assert (tmp_path / "library.db").read_text() == text


def test_a_library_of_a_newer_version_is_refused_and_left_alone(library: Library) -> None:
    library.close()
    with sqlite3.connect(library.home / "library.db") as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    db.close()
    before = (library.home / "library.db").read_bytes()
    with pytest.raises(LibraryUnusable, match="newer Inkwright.*9999.*upgrade Inkwright"):
        Library.open(library.home)
    assert (library.home / "library.db").read_bytes() == before


def test_a_disk_that_fills_up_ends_the_run_in_one_line_and_a_later_run_goes_on(
    sim: SimServer, library: Library, tmp_path: Path
) -> None:
    sim.configure(**TROUBLE)
    how = calling(sim)
    work = writing.begin(library, BRIEF)
    at_first = pages(library)
    writing.write(library, work, how)
    expected = outcome(library, work)

    for size in range(at_first, pages(library), 2):
        full = Library.open(tmp_path / str(size))
        writing.begin(full, BRIEF)
        full.close()
        event.listen(full.engine, "connect", _limited_to(size))
        with pytest.raises(LibraryUnusable, match="the disk is full") as fault:
            writing.write(full, work, how)
        assert "\n" not in str(fault.value)
        full.close()

        room = Library.open(full.home)
        assert writing.write(room, work, how).status == "complete"
        assert outcome(room, work) == expected
        room.close()


def pages(library: Library) -> int:
    with library.read() as db:
        found: int = db.exec_driver_sql("PRAGMA page_count").scalar_one()
        return found


def _limited_to(size: int) -> Any:
    """Return what keeps a database at so many pages, as a full disk would."""

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count={size}")

    return limit

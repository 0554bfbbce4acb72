"""``inkwright purge``: no byte of a work stays in library, index, journal or temporary files."""

import sqlite3
from contextlib import closing
from pathlib import Path

from inkwright.app.files import output_folder
from inkwright.memory.ids import WorkId
from inkwright.memory.store import works
from inkwright.memory.store.library import Library

UPGRADE_COPIES = "*.before-*.db"
"""What an upgrade left: the library as it was before."""
BUSY_TIMEOUT_S = 30


def purge_work(library: Library, work_id: WorkId) -> bool:
    """Remove every trace of a work; a copy made before an upgrade loses it too.

    Its index goes first, the library's rows last: interrupted, the work is still there to be purged
    again. False: as ``works.purge``.

    Raises:
        WorkNotFound: there is none of this id.
        WorkBusy: it is being written.
    """
    with works.hold_lease(library, work_id):
        from inkwright.memory.retrieval.chroma_server import INDEX_FOLDER, open_index

        if library.index_url or (library.home / INDEX_FOLDER).exists():
            with closing(open_index(library, "")) as index:
                index.delete_work(work_id)
        for copy in sorted(library.home.glob(UPGRADE_COPIES)):
            _purge_copy(copy, work_id)
        output_folder.remove_temporary_files(library, work_id)
    return works.purge(library, work_id)


def _purge_copy(file: Path, work_id: WorkId) -> None:
    """Remove a work from an old copy of the library, whatever its schema; else the whole copy."""
    try:
        with closing(sqlite3.connect(file, timeout=BUSY_TIMEOUT_S)) as db:
            db.execute("PRAGMA secure_delete=ON")
            tables = [n for (n,) in db.execute("SELECT name FROM sqlite_master WHERE type='table'")]
            for table in tables:
                columns = {row[1] for row in db.execute(f'PRAGMA table_info("{table}")')}
                if "work" in columns:
                    db.execute(f'DELETE FROM "{table}" WHERE work = ?', (work_id,))
            if "works" in tables:
                db.execute("DELETE FROM works WHERE id = ?", (work_id,))
            db.commit()
            db.execute("VACUUM")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            db.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.DatabaseError:
        for part in (file, *file.parent.glob(f"{file.name}-*")):
            part.unlink(missing_ok=True)

"""What stands in the library, at a glance: for ``inkwright status`` and the studio's works.

Importing SQLAlchemy and pydantic takes longer than answering may take, so an up-to-date SQLite
library is read with the standard library alone; any other by the same queries through
SQLAlchemy, which upgrades it first.
"""

import difflib
import re
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from inkwright.memory.errors import BadInput, LibraryUnusable, WorkNotFound
from inkwright.memory.ids import SectionId, WorkId

KNOWN_SCHEMA = "0006"
"""The schema these queries read. A test holds it to ``memory.store.schema.REVISION``."""

_WHOLE_ID = re.compile(r"[a-z0-9-]+-[0-9a-f]{10}(\.[0-9]+)?")
_BEGINNING = re.compile(r"[a-z0-9-]+(\.[0-9]*)?")

_PLANNED_SECTIONS = """
WITH newest AS (SELECT work, MAX(version) AS version FROM plans GROUP BY work),
planned AS (
    SELECT plans.work, item.key AS place, {item_id} AS section, {item_title} AS title,
           {item_words} AS target
    FROM plans JOIN newest USING (work, version) CROSS JOIN {items})
"""
_SECTION_JOINS = """
    LEFT JOIN planned ON planned.work = works.id
    LEFT JOIN sections ON sections.work = works.id AND sections.section = planned.section
    LEFT JOIN drafts ON drafts.work = works.id AND drafts.section = sections.section
        AND drafts.version = sections.draft
"""
_SELECT_WORKS = f"""{_PLANNED_SECTIONS}
SELECT works.id AS work, works.title, works.status, COALESCE(SUM(drafts.words), 0) AS words,
       COALESCE(SUM(planned.target), {{brief_words}}, 0) AS target_words,
       SUM(CASE WHEN sections.state = 'accepted' THEN 1 ELSE 0 END) AS done,
       COUNT(planned.section) AS "of", works.updated_at AS changed_at
FROM works {_SECTION_JOINS} GROUP BY works.id ORDER BY works.updated_at DESC
"""
_SELECT_SECTIONS = f"""{_PLANNED_SECTIONS}
SELECT planned.section, planned.title, sections.state, COALESCE(drafts.words, 0) AS words,
       planned.target AS target_words, sections.failure
FROM works {_SECTION_JOINS} WHERE works.id = :work AND planned.section IS NOT NULL
ORDER BY planned.place
"""
_SQLITE = {
    "items": "json_each(plans.outline, '$.sections') AS item",
    "item_id": "json_extract(item.value, '$.id')",
    "item_title": "json_extract(item.value, '$.title')",
    "item_words": "json_extract(item.value, '$.target_words')",
    "brief_words": "json_extract(works.brief, '$.words')",
}
_POSTGRESQL = {
    "items": "LATERAL json_array_elements(plans.outline -> 'sections')"
    " WITH ORDINALITY AS item(value, key)",
    "item_id": "item.value ->> 'id'",
    "item_title": "item.value ->> 'title'",
    "item_words": "CAST(item.value ->> 'target_words' AS INTEGER)",
    "brief_words": "CAST(works.brief ->> 'words' AS INTEGER)",
}
"""What the two databases call the parts of a JSON column."""


@dataclass(frozen=True)
class WorkSummary:
    """Where one work stands."""

    work: WorkId
    title: str
    status: str
    words: int
    target_words: int
    done: int
    """Accepted sections."""
    of: int
    changed_at: float
    """When it was last changed, in seconds since the epoch."""

    def as_json(self) -> dict[str, object]:
        """Return the form that ``status --json`` promises."""
        return {
            "work": self.work,
            "title": self.title,
            "status": self.status,
            "words": self.words,
            "target_words": self.target_words,
            "sections": {"done": self.done, "of": self.of},
        }


@dataclass(frozen=True)
class SectionSummary:
    """Where one section stands."""

    section: SectionId
    title: str
    state: str
    words: int
    target_words: int
    failure: str | None
    round: int = 0
    """Of its revision, while a run goes on."""


Summary = TypeVar("Summary", WorkSummary, SectionSummary)


def load_work_summaries(home: Path, url: str | None = None) -> list[WorkSummary]:
    """Return every work in the library, the last changed first.

    Raises:
        LibraryUnusable: it cannot be read, or a newer Inkwright wrote it.
    """
    if url is None and not (home / "library.db").exists():
        return []
    return _select(home, url, _SELECT_WORKS, WorkSummary)


def load_section_summaries(
    home: Path, work_id: WorkId, url: str | None = None
) -> list[SectionSummary]:
    """Return the sections of a work in reading order; none before it is planned."""
    return _select(home, url, _SELECT_SECTIONS, SectionSummary, work=work_id)


def match_work_id(work_ids: Iterable[WorkId], prefix: str) -> WorkId:
    """Return the one work whose id is ``prefix`` or begins with it.

    Raises:
        WorkNotFound: none does, or several do.
    """
    all_ids = list(work_ids)
    if (work_id := _beginning(all_ids, prefix)) is None:
        raise WorkNotFound(
            prefix, tuple(difflib.get_close_matches(prefix, all_ids, n=1, cutoff=0.4))
        )
    return work_id


def _beginning(work_ids: Sequence[WorkId], id_prefix: str) -> WorkId | None:
    """Return the one work whose id ``given`` is or begins; None: there is none."""
    if id_prefix in work_ids:
        return WorkId(id_prefix)
    matching_ids = [work for work in work_ids if id_prefix and work.startswith(id_prefix)]
    if len(matching_ids) > 1:
        more = f", or {len(matching_ids) - 2} more" if len(matching_ids) > 2 else ""
        raise BadInput(
            f"{id_prefix!r} could be {matching_ids[0]} or {matching_ids[1]}{more}; write more of it"
        )
    return matching_ids[0] if matching_ids else None


def find_work_id(home: Path, url: str | None, prefix: str) -> WorkId:
    """Return the one work of a library whose id is ``prefix`` or begins with it.

    Raises:
        WorkNotFound: none does, or several do.
    """
    return match_work_id((s.work for s in load_work_summaries(home, url)), prefix)


def work_in_place_of_brief(home: Path, url: str | None, brief_argument: str) -> WorkId | None:
    """Return the work that is named where a brief may stand; None: it is a brief.

    Raises:
        WorkNotFound: it has the form of a work's id, and there is none.
        BadInput: it begins the ids of several works.
    """
    if not _BEGINNING.fullmatch(brief_argument):
        return None
    work_ids = [s.work for s in load_work_summaries(home, url)]
    return (
        match_work_id(work_ids, brief_argument)
        if _WHOLE_ID.fullmatch(brief_argument)
        else _beginning(work_ids, brief_argument)
    )


def _select(
    home: Path, url: str | None, query: str, summary: type[Summary], **values: str
) -> list[Summary]:
    """Return a summary for each row, by the standard library alone where that can read them."""
    if url is None:
        summaries = _select_directly(home, query.format(**_SQLITE), summary, values)
        if summaries is not None:
            return summaries
    from sqlalchemy import text

    from inkwright.memory.store.library import Library

    with closing(Library.open(home, url)) as library, library.read() as db:
        words = _POSTGRESQL if db.dialect.name == "postgresql" else _SQLITE
        rows = db.execute(text(query.format(**words)), values).mappings()
        return [summary(**row) for row in rows]


def _select_directly(
    home: Path, query: str, summary: type[Summary], values: dict[str, str]
) -> list[Summary] | None:
    """Return a summary for each row, or None when this library is not one to read directly."""
    file = home / "library.db"
    try:
        with closing(_open_read_only(file)) as db:
            schema_row = db.execute("SELECT version_num FROM alembic_version").fetchone()
            if schema_row is None or schema_row[0] != KNOWN_SCHEMA:
                return None
            return [summary(**row) for row in db.execute(query, values)]
    except sqlite3.OperationalError as fault:
        if "no such table" in str(fault):
            return None
        raise LibraryUnusable(
            f"the library in {home} cannot be read: {fault}; check the folder's permissions, "
            "or set INKWRIGHT_HOME to another"
        ) from fault
    except sqlite3.DatabaseError as fault:
        raise LibraryUnusable(f"{file} is not a library, or is damaged: {fault}") from fault


def _open_read_only(file: Path) -> sqlite3.Connection:
    """Open read-only; a folder that cannot be written is read as it stands."""
    for mode in ("mode=ro", "immutable=1"):
        db = sqlite3.connect(f"{file.resolve().as_uri()}?{mode}", uri=True, timeout=5)
        db.row_factory = sqlite3.Row
        try:
            db.execute("SELECT 1 FROM sqlite_master").fetchone()
        except sqlite3.OperationalError as fault:
            db.close()
            wal = file.with_name(file.name + "-wal")
            readonly = "unable to open" in str(fault) or "readonly" in str(fault)
            if mode == "mode=ro" and readonly and not (wal.exists() and wal.stat().st_size):
                continue
            raise
        return db
    raise AssertionError("the loop returns or raises")

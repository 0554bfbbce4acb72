"""What stands in the library, at a glance: for ``inkwright status`` and the studio's works.

Importing SQLAlchemy and pydantic takes longer than answering may take, so an up-to-date SQLite
library is read with the standard library alone. Any other goes through ``memory``.
"""

import difflib
import re
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from inkwright.memory.errors import BadInput, LibraryUnusable, WorkNotFound
from inkwright.memory.ids import SectionId, WorkId

if TYPE_CHECKING:
    from inkwright.memory.store.library import Library

KNOWN_SCHEMA = "0006"
"""The schema these queries read. A test holds it to ``memory.store.schema.REVISION``."""

_WHOLE_ID = re.compile(r"[a-z0-9-]+-[0-9a-f]{10}(\.[0-9]+)?")
_BEGINNING = re.compile(r"[a-z0-9-]+(\.[0-9]*)?")

_PLANNED_SECTIONS = """
WITH newest AS (SELECT work, MAX(version) AS version FROM plans GROUP BY work),
planned AS (
    SELECT plans.work, each.key AS place, json_extract(each.value, '$.id') AS section,
           json_extract(each.value, '$.title') AS title,
           json_extract(each.value, '$.target_words') AS target
    FROM plans JOIN newest USING (work, version), json_each(plans.outline, '$.sections') AS each)
"""
_SECTION_JOINS = """
    LEFT JOIN planned ON planned.work = works.id
    LEFT JOIN sections ON sections.work = works.id AND sections.section = planned.section
    LEFT JOIN drafts ON drafts.work = works.id AND drafts.section = sections.section
        AND drafts.version = sections.draft
"""
_SELECT_WORKS = f"""{_PLANNED_SECTIONS}
SELECT works.id, works.title, works.status, works.problems,
       COALESCE(SUM(drafts.words), 0) AS words,
       COALESCE(SUM(planned.target), json_extract(works.brief, '$.words'), 0) AS target_words,
       COALESCE(SUM(sections.state = 'accepted'), 0) AS done, COUNT(planned.section) AS total,
       works.updated_at
FROM works {_SECTION_JOINS} GROUP BY works.id ORDER BY works.updated_at DESC
"""
_SELECT_SECTIONS = f"""{_PLANNED_SECTIONS}
SELECT planned.section, planned.title, sections.state, sections.failure,
       COALESCE(drafts.words, 0) AS words, planned.target AS target_words
FROM works {_SECTION_JOINS} WHERE works.id = ? AND planned.section IS NOT NULL
ORDER BY planned.place
"""


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


def load_work_summaries(home: Path, url: str | None = None) -> list[WorkSummary]:
    """Return every work in the library, the last changed first.

    Raises:
        LibraryUnusable: it cannot be read, or a newer Inkwright wrote it.
    """
    if url is None and not (home / "library.db").exists():
        return []
    if (rows := _select_rows(home, url, _SELECT_WORKS)) is not None:
        return [
            WorkSummary(
                work=r["id"],
                title=r["title"],
                status=r["status"],
                words=r["words"],
                target_words=r["target_words"],
                done=r["done"],
                of=r["total"],
                changed_at=r["updated_at"],
            )
            for r in rows
        ]
    return _load_work_summaries_by_memory(home, url)


def load_section_summaries(
    home: Path, work_id: WorkId, url: str | None = None
) -> list[SectionSummary]:
    """Return the sections of a work in reading order; none before it is planned."""
    rows = _select_rows(home, url, _SELECT_SECTIONS, work_id)
    if rows is None:
        return _load_section_summaries_by_memory(home, work_id, url)
    return [
        SectionSummary(
            r["section"], r["title"], r["state"], r["words"], r["target_words"], r["failure"]
        )
        for r in rows
    ]


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


def _select_rows(home: Path, url: str | None, query: str, *values: str) -> list[sqlite3.Row] | None:
    """Return the rows, or None when this library is not one to read directly."""
    if url is not None:
        return None
    file = home / "library.db"
    try:
        with closing(_open_read_only(file)) as db:
            schema_row = db.execute("SELECT version_num FROM alembic_version").fetchone()
            if schema_row is None or schema_row[0] != KNOWN_SCHEMA:
                return None
            return db.execute(query, values).fetchall()
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


def _load_work_summaries_by_memory(home: Path, url: str | None) -> list[WorkSummary]:
    from inkwright.memory.store import works
    from inkwright.memory.store.library import Library

    summaries = []
    with closing(Library.open(home, url)) as library:
        for work in works.list_works(library):
            section_summaries = _build_section_summaries(library, work.id)
            summaries.append(
                WorkSummary(
                    work=work.id,
                    title=work.title,
                    status=work.status,
                    words=sum(p.words for p in section_summaries),
                    target_words=sum(p.target_words for p in section_summaries)
                    or work.brief.words
                    or 0,
                    done=sum(p.state == "accepted" for p in section_summaries),
                    of=len(section_summaries),
                    changed_at=work.updated_at,
                )
            )
    return summaries


def _load_section_summaries_by_memory(
    home: Path, work_id: WorkId, url: str | None
) -> list[SectionSummary]:
    from inkwright.memory.store.library import Library

    with closing(Library.open(home, url)) as library:
        return _build_section_summaries(library, work_id)


def _build_section_summaries(library: "Library", work_id: WorkId) -> list[SectionSummary]:
    from inkwright.memory.store import drafts, plans

    plan = plans.current(library, work_id)
    rows = drafts.load_section_rows(library, work_id)
    current_drafts = drafts.current(library, work_id, plan.outline) if plan else {}
    return [
        SectionSummary(
            section=s.id,
            title=s.title,
            state=rows[s.id].state,
            words=current_drafts[s.id].words if s.id in current_drafts else 0,
            target_words=s.target_words,
            failure=rows[s.id].failure,
        )
        for s in (plan.outline.sections if plan else ())
    ]

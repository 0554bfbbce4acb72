"""A work as a .zip: what a person reads, and every row of the library that belongs to it.

The rows, one JSON object a line in ``tables/``, are what an import reads; the other files are for
people. Where works were written to on this machine stays here, and so does the journal unless it is
asked for.
"""

import json
import zipfile
from io import BytesIO
from typing import Any

from sqlalchemy import Connection, Table, select

from inkwright.app.config.version import VERSION
from inkwright.app.export.formats import RenderedFile, build_file_name
from inkwright.app.manuscripts import citation_report
from inkwright.app.reports.memory_json import format_memory_file
from inkwright.memory.ids import WorkId
from inkwright.memory.store import drafts, plans, schema, sources, works
from inkwright.memory.store.library import Library
from inkwright.memory.store.plans import Plan
from inkwright.memory.transfer.restore_work import LOCAL_TABLES

FORMAT_NAME = "inkwright-archive"
ARCHIVE_VERSION = 1
ABOUT_NAME = "inkwright.json"
JOURNAL_TABLES = ("journal", "parts")
_LEASE = {"lease_owner": None, "lease_fence": 0, "lease_until": 0.0}


def list_tables(*, journal: bool) -> list[Table]:
    """Return the tables of an archive, each after those that it refers to."""
    excluded_names = (*LOCAL_TABLES, *(() if journal else JOURNAL_TABLES))
    return [t for t in schema.WORK_TABLES if t.name not in excluded_names]


def build_member_name(table: Table) -> str:
    """Return the name under which an archive holds a table's rows."""
    return f"tables/{table.name}.jsonl"


def build_archive(library: Library, work_id: WorkId, *, journal: bool = False) -> RenderedFile:
    """Return a work as an archive.

    Raises:
        WorkNotFound: there is none of this id.
    """
    work, plan = works.get(library, work_id), plans.current(library, work_id)
    current_drafts = drafts.current(library, work_id, plan.outline) if plan else {}
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        with library.read() as db:
            counts = {
                t.name: _write_rows(file, db, t, work_id) for t in list_tables(journal=journal)
            }
        about = {
            "format": FORMAT_NAME,
            "version": ARCHIVE_VERSION,
            "schema": schema.REVISION,
            "inkwright": VERSION,
            "work": work_id,
            "title": work.title,
            "journal": journal,
            "rows": counts,
        }
        file.writestr(ABOUT_NAME, _format_json(about))
        file.writestr("brief.json", _format_json(work.brief.model_dump(mode="json")))
        if plan is not None:
            file.writestr("outline.json", _format_json(_dump_outline(plan)))
            manuscript = citation_report.build_manuscript(
                plan.outline, current_drafts, work.brief, sources.load_sources(library, work_id)
            )
            file.writestr("manuscript.md", manuscript.encode("utf-8", "replace"))
            file.writestr("memory.json", format_memory_file(library, work_id, plan.outline.title))
    words = sum(draft.words for draft in current_drafts.values())
    return RenderedFile(build_file_name(work.title, "archive"), buffer.getvalue(), words, (), ())


def _write_rows(file: zipfile.ZipFile, db: Connection, table: Table, work_id: WorkId) -> int:
    """Write a work's rows of one table in the order of their keys, and return how many."""
    row_count = 0
    column = table.c.id if table is schema.works else table.c.work
    query = select(table).where(column == work_id).order_by(*table.primary_key.columns)
    with file.open(build_member_name(table), "w", force_zip64=True) as member_file:
        for row in db.execute(query).mappings():
            row_fields = {**row, **_LEASE} if table is schema.works else dict(row)
            line = json.dumps(row_fields, ensure_ascii=False, separators=(",", ":"))
            member_file.write(line.encode("utf-8", "replace") + b"\n")
            row_count += 1
    return row_count


def _dump_outline(plan: Plan) -> dict[str, Any]:
    return {
        "version": plan.version,
        "outline": plan.outline.model_dump(mode="json"),
        "constraints": [c.model_dump(mode="json") for c in plan.constraints],
    }


def _format_json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"

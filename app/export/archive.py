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
from inkwright.app.export.result import Made, file_name
from inkwright.app.manuscripts import citation_report
from inkwright.app.reports.memory_json import memory_file
from inkwright.memory.store import drafts, plans, schema, sources, works
from inkwright.memory.store.library import Library
from inkwright.memory.store.plans import Plan
from inkwright.memory.transfer.restore_work import STAYS

FORMAT = "inkwright-archive"
ARCHIVE_VERSION = 1
ABOUT = "inkwright.json"
JOURNAL = ("journal", "parts")
_LEASE = {"lease_owner": None, "lease_fence": 0, "lease_until": 0.0}


def tables(*, journal: bool) -> list[Table]:
    """Return the tables of an archive, each after those that it refers to."""
    left_out = (*STAYS, *(() if journal else JOURNAL))
    return [t for t in schema.metadata.sorted_tables if t.name not in left_out]


def member(table: Table) -> str:
    """Return the name under which an archive holds a table's rows."""
    return f"tables/{table.name}.jsonl"


def archive(library: Library, work: str, *, journal: bool = False) -> Made:
    """Return a work as an archive.

    Raises:
        WorkNotFound: there is none of this id.
    """
    known, plan = works.get(library, work), plans.current(library, work)
    texts = drafts.current(library, work, plan.outline) if plan else {}
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        with library.read() as db:
            counts = {t.name: _put_rows(file, db, t, work) for t in tables(journal=journal)}
        about = {
            "format": FORMAT,
            "version": ARCHIVE_VERSION,
            "schema": schema.REVISION,
            "inkwright": VERSION,
            "work": work,
            "title": known.title,
            "journal": journal,
            "rows": counts,
        }
        file.writestr(ABOUT, _pretty(about))
        file.writestr("brief.json", _pretty(known.brief.model_dump(mode="json")))
        if plan is not None:
            file.writestr("outline.json", _pretty(_outline(plan)))
            manuscript = citation_report.manuscript(
                plan.outline, texts, known.brief, sources.kept(library, work)
            )
            file.writestr("manuscript.md", manuscript.encode("utf-8", "replace"))
            file.writestr("memory.json", memory_file(library, work, plan.outline.title))
    words = sum(draft.words for draft in texts.values())
    return Made(file_name(known.title, "archive"), content.getvalue(), words, (), ())


def _put_rows(file: zipfile.ZipFile, db: Connection, table: Table, work: str) -> int:
    """Write a work's rows of one table in the order of their keys, and return how many."""
    count = 0
    column = table.c.id if table is schema.works else table.c.work
    chosen = select(table).where(column == work).order_by(*table.primary_key.columns)
    with file.open(member(table), "w", force_zip64=True) as lines:
        for row in db.execute(chosen).mappings():
            told = {**row, **_LEASE} if table is schema.works else dict(row)
            line = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
            lines.write(line.encode("utf-8", "replace") + b"\n")
            count += 1
    return count


def _outline(plan: Plan) -> dict[str, Any]:
    return {
        "version": plan.version,
        "outline": plan.outline.model_dump(mode="json"),
        "constraints": [c.model_dump(mode="json") for c in plan.constraints],
    }


def _pretty(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"

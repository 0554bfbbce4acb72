"""An archive brought back as a work: read in place, and never unpacked to the disk."""

import json
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from inkwright.agents.llm.config import Ablation
from inkwright.app.export.archive import ABOUT_NAME, ARCHIVE_VERSION, FORMAT_NAME, build_member_name
from inkwright.app.manuscripts.import_file import Imported
from inkwright.memory.errors import BadInput
from inkwright.memory.ids import WorkId
from inkwright.memory.store import drafts, plans, schema, works
from inkwright.memory.store.library import Library
from inkwright.memory.transfer.restore_work import restore_work

MAX_BYTES = 500_000_000
MAX_UNPACKED_BYTES = 2_000_000_000
MAX_RATIO = 300
"""So many times its own size an archive may unpack to; text comes to 5 or 10."""
SMALL_BYTES = 20_000_000
"""Up to here the ratio does not matter."""
MAX_MEMBERS = 100
MAX_LINE_BYTES = 64_000_000
MAX_ABOUT_BYTES = 1_000_000
_FOR_PEOPLE = {"brief.json", "outline.json", "manuscript.md", "memory.json"}


class _About(BaseModel):
    """What an archive says of itself; other keys are for people."""

    format: str
    version: int
    schema_: str
    work: WorkId

    @classmethod
    def parse(cls, content: bytes) -> "_About":
        about_fields = json.loads(content)
        return cls.model_validate({**about_fields, "schema_": about_fields.get("schema")})


def is_archive(file: Path) -> bool:
    """True for a file that is called as an archive is."""
    return file.suffix.lower() == ".zip"


def import_archive(library: Library, file: Path) -> Imported:
    """Make a work of an archive: all of it, or nothing.

    It keeps its id, unless the library has that already: then it gets the next one.

    Raises:
        BadInput: one line that names the file and what is wrong; nothing is stored.
    """
    file = file.expanduser()
    with _open_archive(file) as archive, ExitStack() as exit_stack:

        def read_rows(table: str) -> Iterator[dict[str, Any]]:
            return exit_stack.enter_context(closing(_yield_rows(archive, table)))

        try:
            about = _read_about(archive)
            _check_members(archive)
            work_id = restore_work(library, read_rows)
        except BadInput as fault:
            raise BadInput(f"{file}: {fault}") from fault
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as fault:
            raise BadInput(f"{file}: the archive is damaged ({fault})") from fault
    return _build_result(library, work_id, about.work)


@contextmanager
def _open_archive(file: Path) -> Iterator[zipfile.ZipFile]:
    if not file.is_file():
        raise BadInput(f"{file}: {'not a file' if file.exists() else 'no such file'}")
    if (size := file.stat().st_size) > MAX_BYTES:
        raise BadInput(f"{file}: {size:,} bytes; at most {MAX_BYTES:,} are read")
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as fault:
        raise BadInput(f"{file}: not a .zip archive, or a damaged one") from fault
    with archive:
        yield archive


def _read_about(archive: zipfile.ZipFile) -> _About:
    """Return what the archive says of itself, if it is one that can be read here."""
    if ABOUT_NAME not in archive.namelist():
        raise BadInput("no archive of Inkwright's; `inkwright export --format archive` makes them")
    member_info = archive.getinfo(ABOUT_NAME)
    if member_info.file_size > MAX_ABOUT_BYTES or member_info.flag_bits & 1:
        raise BadInput(f"{ABOUT_NAME} in it cannot be read")
    try:
        about = _About.parse(archive.read(member_info))
    except (ValueError, AttributeError, ValidationError) as fault:
        raise BadInput(f"{ABOUT_NAME} in it cannot be read") from fault
    if about.format != FORMAT_NAME:
        raise BadInput("no archive of Inkwright's; `inkwright export --format archive` makes them")
    if about.version > ARCHIVE_VERSION or about.schema_ > schema.REVISION:
        raise BadInput(
            f"written by a newer Inkwright (archive {about.version}, schema {about.schema_}; "
            f"this one reads {ARCHIVE_VERSION} and {schema.REVISION}); upgrade Inkwright"
        )
    return about


def _check_members(archive: zipfile.ZipFile) -> None:
    """Refuse what no export makes, before anything of it is unpacked."""
    members = archive.infolist()
    known_names = {
        ABOUT_NAME,
        *_FOR_PEOPLE,
        *(build_member_name(t) for t in schema.WORK_TABLES),
    }
    names = [info.filename for info in members]
    if len(members) > MAX_MEMBERS or len(set(names)) != len(names):
        raise BadInput(f"it has {len(members):,} parts, some of them twice or too many")
    if unknown_names := [name for name in names if name not in known_names]:
        raise BadInput(f"it has a part that no archive has: {unknown_names[0][:80]!r}")
    if any(info.flag_bits & 1 for info in members):
        raise BadInput("it is protected by a password; an archive has none")
    unpacked_bytes, packed_bytes = (sum(sizes) for sizes in _list_sizes(members))
    if unpacked_bytes > MAX_UNPACKED_BYTES or unpacked_bytes > max(
        SMALL_BYTES, packed_bytes * MAX_RATIO
    ):
        raise BadInput(f"it would unpack to {unpacked_bytes:,} bytes, too many to be an archive")


def _list_sizes(members: list[zipfile.ZipInfo]) -> tuple[list[int], list[int]]:
    return [p.file_size for p in members], [p.compress_size for p in members]


def _yield_rows(archive: zipfile.ZipFile, table: str) -> Generator[dict[str, Any], None, None]:
    """Yield the rows of one table; none where the archive has no such part."""
    name = build_member_name(schema.metadata.tables[table])
    if name not in archive.namelist():
        return
    with archive.open(name) as member_file:
        while line := member_file.readline(MAX_LINE_BYTES):
            try:
                row = json.loads(line)
                if table == schema.works.name:
                    Ablation.model_validate(row["arms"])
            except (ValueError, RecursionError, TypeError, KeyError) as fault:
                raise BadInput(f"a row of {table} in it cannot be read") from fault
            yield row


def _build_result(library: Library, work_id: WorkId, archived_id: str) -> Imported:
    work, plan = works.get(library, work_id), plans.current(library, work_id)
    current_drafts = drafts.current(library, work_id, plan.outline) if plan else {}
    sections = plan.outline.sections if plan else ()
    notices: tuple[str, ...] = ()
    if work_id != archived_id:
        notices = (f"a work called {archived_id} is here already: this one is beside it",)
    return Imported(
        work=work_id,
        title=work.title,
        sections=len(sections),
        unwritten=tuple(s.title for s in sections if s.id not in current_drafts),
        words=sum(draft.words for draft in current_drafts.values()),
        notices=notices,
        new=True,
    )

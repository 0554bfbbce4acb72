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
from inkwright.app.export.archive import ABOUT, ARCHIVE_VERSION, FORMAT, member
from inkwright.app.manuscripts.import_file import Imported
from inkwright.memory.errors import BadInput
from inkwright.memory.store import drafts, plans, schema, works
from inkwright.memory.store.library import Library
from inkwright.memory.transfer.restore_work import restore

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
    work: str

    @classmethod
    def read(cls, content: bytes) -> "_About":
        told = json.loads(content)
        return cls.model_validate({**told, "schema_": told.get("schema")})


def is_archive(file: Path) -> bool:
    """True for a file that is called as an archive is."""
    return file.suffix.lower() == ".zip"


def bring_back(library: Library, file: Path) -> Imported:
    """Make a work of an archive: all of it, or nothing.

    It keeps its id, unless the library has that already: then it gets the next one.

    Raises:
        BadInput: one line that names the file and what is wrong; nothing is stored.
    """
    file = file.expanduser()
    with _opened(file) as archive, ExitStack() as reading:

        def rows(table: str) -> Iterator[dict[str, Any]]:
            return reading.enter_context(closing(_rows(archive, table)))

        try:
            about = _about(archive)
            _check_members(archive)
            work = restore(library, rows)
        except BadInput as fault:
            raise BadInput(f"{file}: {fault}") from fault
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as fault:
            raise BadInput(f"{file}: the archive is damaged ({fault})") from fault
    return _imported(library, work, about.work)


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
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


def _about(archive: zipfile.ZipFile) -> _About:
    """Return what the archive says of itself, if it is one that can be read here."""
    if ABOUT not in archive.namelist():
        raise BadInput("no archive of Inkwright's; `inkwright export --format archive` makes them")
    found = archive.getinfo(ABOUT)
    if found.file_size > MAX_ABOUT_BYTES or found.flag_bits & 1:
        raise BadInput(f"{ABOUT} in it cannot be read")
    try:
        about = _About.read(archive.read(found))
    except (ValueError, AttributeError, ValidationError) as fault:
        raise BadInput(f"{ABOUT} in it cannot be read") from fault
    if about.format != FORMAT:
        raise BadInput("no archive of Inkwright's; `inkwright export --format archive` makes them")
    if about.version > ARCHIVE_VERSION or about.schema_ > schema.REVISION:
        raise BadInput(
            f"written by a newer Inkwright (archive {about.version}, schema {about.schema_}; "
            f"this one reads {ARCHIVE_VERSION} and {schema.REVISION}); upgrade Inkwright"
        )
    return about


def _check_members(archive: zipfile.ZipFile) -> None:
    """Refuse what no export makes, before anything of it is unpacked."""
    parts = archive.infolist()
    known = {ABOUT, *_FOR_PEOPLE, *(member(t) for t in schema.metadata.sorted_tables)}
    names = [part.filename for part in parts]
    if len(parts) > MAX_MEMBERS or len(set(names)) != len(names):
        raise BadInput(f"it has {len(parts):,} parts, some of them twice or too many")
    if strange := [name for name in names if name not in known]:
        raise BadInput(f"it has a part that no archive has: {strange[0][:80]!r}")
    if any(part.flag_bits & 1 for part in parts):
        raise BadInput("it is protected by a password; an archive has none")
    unpacked, packed = (sum(sizes) for sizes in _sizes(parts))
    if unpacked > MAX_UNPACKED_BYTES or unpacked > max(SMALL_BYTES, packed * MAX_RATIO):
        raise BadInput(f"it would unpack to {unpacked:,} bytes, too many to be an archive")


def _sizes(parts: list[zipfile.ZipInfo]) -> tuple[list[int], list[int]]:
    return [p.file_size for p in parts], [p.compress_size for p in parts]


def _rows(archive: zipfile.ZipFile, table: str) -> Generator[dict[str, Any], None, None]:
    """Yield the rows of one table; none where the archive has no such part."""
    name = member(schema.metadata.tables[table])
    if name not in archive.namelist():
        return
    with archive.open(name) as lines:
        while line := lines.readline(MAX_LINE_BYTES):
            try:
                row = json.loads(line)
                if table == schema.works.name:
                    Ablation.model_validate(row["arms"])
            except (ValueError, RecursionError, TypeError, KeyError) as fault:
                raise BadInput(f"a row of {table} in it cannot be read") from fault
            yield row


def _imported(library: Library, work: str, before: str) -> Imported:
    known, plan = works.get(library, work), plans.current(library, work)
    texts = drafts.current(library, work, plan.outline) if plan else {}
    sections = plan.outline.sections if plan else ()
    notices: tuple[str, ...] = ()
    if work != before:
        notices = (f"a work called {before} is here already: this one is beside it",)
    return Imported(
        work=work,
        title=known.title,
        sections=len(sections),
        unwritten=tuple(s.title for s in sections if s.id not in texts),
        words=sum(draft.words for draft in texts.values()),
        notices=notices,
        new=True,
    )

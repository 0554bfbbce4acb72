"""The output folder: written whole or not at all, and never over what a person has changed."""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from sqlalchemy import delete, insert, select

from inkwright.memory.errors import BadInput
from inkwright.memory.ids import WorkId
from inkwright.memory.store import schema
from inkwright.memory.store.library import Library

_TEMPORARY = re.compile(r"\.(?P<name>.+)\.[a-z0-9_]{8}")
"""Names that ``_replace_file`` gives to files before they are whole."""


def prepare_folder(folder: Path) -> Path:
    """Make the folder and see that files can be written there.

    Raises:
        BadInput: it cannot be used; the message says why.
    """
    folder = folder.expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as trial:
            trial.write(b" ")
        return folder.resolve()
    except FileExistsError as fault:
        raise BadInput(f"--out {folder}: not a folder") from fault
    except OSError as fault:
        raise _build_unusable_error(folder, fault) from fault


def write_files(
    library: Library, work_id: WorkId, folder: Path, files: dict[str, str]
) -> dict[str, Path]:
    """Write each text to its name in ``folder`` and return the path it went to.

    A file that was changed since it was written, or that something else wrote, is left alone: the
    text goes to ``name-2`` beside it, or the next number that is free.

    Raises:
        BadInput: the folder cannot be written; no file is left half-written.
    """
    return {
        name: write_file(library, work_id, folder / name, text.encode("utf-8", "replace"))
        for name, text in files.items()
    }


def write_file(library: Library, work_id: WorkId, file: Path, content: bytes) -> Path:
    """Write one file as ``write_files`` does, and return the path it went to.

    Raises:
        BadInput: its folder cannot be written; nothing is left half-written.
    """
    try:
        path = next(p for p in _yield_names(file) if _is_ours(library, p, content))
        _replace_file(library, work_id, path, content)
    except OSError as fault:
        raise _build_unusable_error(file.parent, fault) from fault
    return path


def remove_temporary_files(library: Library, work_id: WorkId) -> None:
    """Remove what an interrupted write of this work's files left beside them."""
    with library.read() as db:
        table = schema.outputs
        paths = [
            Path(p)
            for p in db.execute(select(table.c.path).where(table.c.work == work_id)).scalars()
        ]
    names = {p.name for p in paths}
    for folder in {p.parent for p in paths if p.parent.is_dir()}:
        for file in folder.iterdir():
            match = _TEMPORARY.fullmatch(file.name)
            is_ours = match is not None and match["name"] in names
            if is_ours and file.is_file() and not file.is_symlink():
                file.unlink(missing_ok=True)


def _yield_names(path: Path) -> Iterator[Path]:
    yield path
    for number in count(2):
        yield path.with_name(f"{path.stem}-{number}{path.suffix}")


def _is_ours(library: Library, path: Path, content: bytes) -> bool:
    """True when nothing would be lost by writing ``content`` to ``path``."""
    try:
        stored_content = path.read_bytes()
    except FileNotFoundError:
        return not path.is_symlink()
    except OSError:
        path.lstat()  # it may be there and not be readable; a name that cannot be is an error
        return False
    if stored_content == content:
        return True
    with library.read() as db:
        digest_rows = db.execute(
            select(schema.outputs.c.digest).where(schema.outputs.c.path == str(path))
        ).scalars()
        return _digest(stored_content) in {digest for row in digest_rows for digest in row.split()}


def _replace_file(library: Library, work_id: WorkId, path: Path, content: bytes) -> None:
    """Put ``content`` in place in one step.

    The digest is recorded first, beside the one before: killed between the two steps, either file
    is still known as ours, and so is what was left half-written beside it.
    """
    _record_digest(library, work_id, path, _digest(content))
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _record_digest(library: Library, work_id: WorkId, path: Path, new_digest: str) -> None:
    old_digests = [_digest(path.read_bytes())] if path.exists() else []
    table = schema.outputs
    with library.write() as db:
        db.execute(delete(table).where(table.c.path == str(path)))
        db.execute(
            insert(table).values(
                work=work_id, path=str(path), digest=" ".join([new_digest, *old_digests])
            )
        )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _build_unusable_error(folder: Path, fault: OSError) -> BadInput:
    return BadInput(
        f"cannot write to {folder}: {fault.strerror or fault}; "
        "make room or give another folder with --out; the work is safe in the library"
    )

"""Manuscripts of a batch as files, in a folder beside its output; each line says where its are."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from inkwright.app.batch.results import Result
from inkwright.app.exporting.export import Format, Wanted, export, suffix_of
from inkwright.memory.errors import ExportFailed
from inkwright.memory.library import Library

LONGEST_NAME = 60
MARK_CHARS = 8
"""How much of a line's digest tells files apart whose ids read alike."""
_ODD = re.compile(r"[^\w.-]+")


def folder_beside(out: Path) -> Path:
    """Return the folder for the files of a batch with this output."""
    return out.with_name(f"{out.stem}-files")


def check(formats: Collection[Format]) -> None:
    """See, before anything is written, that these can be made here.

    Raises:
        BadInput: a package is missing; the message says which.
    """
    if set(formats) - {"md", "archive"}:
        from inkwright.app.exporting.pandoc import pandoc

        pandoc()


def missing(files: Mapping[str, str], formats: Collection[Format], out: Path) -> bool:
    """True when a line's manuscript is not there in each of ``formats``."""
    return any(f not in files or not (out.parent / files[f]).exists() for f in formats)


def with_files(library: Library, result: Result, formats: Collection[Format], out: Path) -> Result:
    """Return the line with its manuscript written to each of ``formats``.

    What cannot be made is one of its problems.

    Raises:
        BadInput: the folder cannot be written.
    """
    if result.work is None or not result.text:
        return result
    folder, files, problems = folder_beside(out), dict(result.files), list(result.problems)
    folder.mkdir(exist_ok=True)
    for format in formats:
        file = folder / f"{_name(result)}{suffix_of(format)}"
        try:
            made = export(library, result.work, Wanted(format=format), file)
        except ExportFailed as fault:
            problems.append(f"no {format} file: {fault}")
        else:
            files[format] = str(Path(folder.name) / made.path.name)
    return result.model_copy(update={"files": files, "problems": tuple(problems)})


def _name(result: Result) -> str:
    """Return what to call a line's files: its id, with a mark where that is not a file's name."""
    name = _ODD.sub("-", result.id).strip("-.")[:LONGEST_NAME]
    if name == result.id and name == name.lower():
        return name
    return f"{name}-{result.digest[:MARK_CHARS]}".lstrip("-")

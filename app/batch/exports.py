"""Manuscripts of a batch as files, in a folder beside its output; each line says where its are."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from inkwright.app.batch.error_line import explain
from inkwright.app.batch.results import Result
from inkwright.app.export.export import render_file
from inkwright.app.export.formats import ExportOptions, Format, get_suffix
from inkwright.app.files import output_folder
from inkwright.app.files.pandoc import find_pandoc
from inkwright.memory.errors import LibraryUnusable
from inkwright.memory.ids import WorkId
from inkwright.memory.store.library import Library

MAX_NAME_CHARS = 60
LONGEST_NAME_BYTES = 200
"""With what is put before and after it, a file's name has at most 255."""
DIGEST_SUFFIX_CHARS = 8
"""How much of a line's digest tells files apart whose ids read alike."""
_UNSAFE_CHARACTERS = re.compile(r"[^\w.-]+")


def find_export_folder(out: Path) -> Path:
    """Return the folder for the files of a batch with this output."""
    return out.with_name(f"{out.stem}-files")


def prepare(formats: Collection[Format], out: Path) -> None:
    """See, before anything is sent, that these can be made and kept here.

    Raises:
        BadInput: a package is missing, or the folder cannot be used; the message says which.
    """
    if formats:
        output_folder.prepare_folder(find_export_folder(out.expanduser()))
    if {"docx", "epub", "pdf"} & set(formats):
        find_pandoc()
    if "pdf" in formats:
        from inkwright.app.export.pdf import check_typst

        check_typst()


def has_missing_files(files: Mapping[str, str], formats: Collection[Format], out: Path) -> bool:
    """True when a line's manuscript is not there in each of ``formats``."""
    return any(f not in files or not (out.parent / files[f]).exists() for f in formats)


def write_files(library: Library, result: Result, formats: Collection[Format], out: Path) -> Result:
    """Return the line with its manuscript written to each of ``formats``.

    A file that cannot be made or written is the first of its problems, whatever the error is. There
    is no file of a manuscript in which all is missing.

    Raises:
        LibraryUnusable: nothing can be kept any more.
    """
    if result.work is None or not result.words:
        return result
    work_id = WorkId(result.work)
    folder, files, problems = find_export_folder(out), dict(result.files), list[str]()
    for format in formats:
        file = folder / f"{_build_file_stem(result)}{get_suffix(format)}"
        try:
            rendered_file = render_file(library, work_id, ExportOptions(format=format))
            path = output_folder.write_file(library, work_id, file.resolve(), rendered_file.content)
        except LibraryUnusable:
            raise
        except Exception as fault:  # whatever it is, it is about this file alone
            why = explain(fault, f"line {result.line} ({result.id}), {format} file")
            problems.append(f"no {format} file: {why}")
        else:
            files[format] = str(Path(folder.name) / path.name)
    return result.model_copy(update={"files": files, "problems": (*problems, *result.problems)})


def _build_file_stem(result: Result) -> str:
    """Return what to call a line's files: its id, with a mark where that is not a file's name."""
    name = _UNSAFE_CHARACTERS.sub("-", result.id).strip("-.")[:MAX_NAME_CHARS]
    name = name.encode()[:LONGEST_NAME_BYTES].decode("utf-8", "ignore")
    if name == result.id and name == name.lower():
        return name
    return f"{name}-{result.digest[:DIGEST_SUFFIX_CHARS]}".lstrip("-")

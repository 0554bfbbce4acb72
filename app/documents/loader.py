"""From what a brief names as sources to the sources themselves."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from inkwright.app.config.validation_messages import describe_error
from inkwright.app.documents.process import SUFFIXES, DocumentText, read_all
from inkwright.app.files.text_files import normalise_text
from inkwright.memory.base import Value
from inkwright.memory.cleanup import storable
from inkwright.memory.domain.source import Source
from inkwright.memory.errors import BadInput

MAX_FILES = 5_000
MAX_CHARS = 200_000_000
"""Of all sources of one brief together."""
_SOURCE_KEYS = ("path", "text", "key", "title", "authors", "date")


class LoadedSources(Value):
    """The sources of a brief, and what could not be read."""

    sources: tuple[Source, ...]
    unread: tuple[str, ...] = ()
    """One line each."""


def load_sources(source_specs: Any, folder: Path, name: str) -> LoadedSources:
    """Read the sources that a brief in ``folder`` gives: paths, folders, or texts.

    A path must lie in ``folder``: a brief from somebody else can't reach other files. What can't
    be read costs that one document. What was gathered already is taken as it is.

    Raises:
        BadInput: what is given is no source, lies elsewhere, or is too much.
    """
    if isinstance(source_specs, LoadedSources):
        return source_specs
    items = [source_specs] if isinstance(source_specs, (str, dict)) else source_specs
    if not isinstance(items, (list, tuple)):
        raise BadInput(f"{name}: sources: expected a list of files, folders or texts")
    sources: list[Source] = []
    files: dict[Path, dict[str, Any]] = {}
    """Each with what is told of it, wherever it is named."""
    for position, item in enumerate(items, 1):
        where = f"{name}: sources.{position}"
        source_fields = _check_source_fields(item, where)
        if "text" in source_fields:
            sources.append(
                _build_source(
                    {**source_fields, "text": normalise_text(source_fields["text"])}, where
                )
            )
            continue
        extra_fields = {k: v for k, v in source_fields.items() if k != "path"}
        for file in _find_files(str(source_fields["path"]), folder, where):
            files[file] = {**files.get(file, {}), **extra_fields}
    _check_count(len(sources) + len(files), name)
    sources_by_file, unread_lines = read_files(list(files))
    for file, extra_fields in files.items():
        for source in sources_by_file.get(file, ()):
            updated_fields = {**source.model_dump(), **extra_fields} if extra_fields else None
            sources.append(_build_source(updated_fields, name) if updated_fields else source)
    if sum(len(s.text) for s in sources) > MAX_CHARS:
        raise BadInput(f"{name}: sources: at most {MAX_CHARS:,} characters together")
    return LoadedSources(sources=tuple(sources), unread=tuple(unread_lines))


def _check_source_fields(item: Any, where: str) -> dict[str, Any]:
    """Return what is told of a source: its path or its text, and what else is known of it."""
    source_fields = {"path": item} if isinstance(item, str) else item
    if not isinstance(source_fields, dict) or len({"path", "text"} & source_fields.keys()) != 1:
        raise BadInput(f"{where}: expected a path, or `text:` with the text itself")
    if unknown_keys := [k for k in source_fields if k not in _SOURCE_KEYS]:
        raise BadInput(
            f"{where}: unknown key {unknown_keys[0]!r}; known are {', '.join(_SOURCE_KEYS)}"
        )
    if not isinstance(source_fields.get("text", ""), str):
        raise BadInput(f"{where}: text: expected text; put it in quotes")
    return source_fields


def _check_count(count: int, name: str) -> None:
    if count > MAX_FILES:
        raise BadInput(f"{name}: sources: {count:,} files; at most {MAX_FILES:,}")


def read_files(files: Sequence[Path]) -> tuple[dict[Path, tuple[Source, ...]], list[str]]:
    """Return the sources in each file that can be read, and one line for what can't."""
    sources_by_file: dict[Path, tuple[Source, ...]] = {}
    unread_lines: list[str] = []
    for document in read_all(files):
        sources_by_file[document.file] = document.sources
        unread_lines += _format_notes(document)
    return sources_by_file, unread_lines


def list_documents(path: Path) -> list[Path]:
    """Return the documents in a folder and the folders in it, or the one file, in order.

    What is hidden is left out, and so are the files by which Office locks a document.
    """
    if not path.is_dir():
        return [path]
    documents = (f for f in sorted(path.rglob("*")) if f.suffix.lower() in SUFFIXES and f.is_file())
    visible_files = (f for f in documents if not _is_hidden(f.relative_to(path)))
    root = path.resolve()
    return [f for f in visible_files if f.resolve().is_relative_to(root)]


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "~$")) for part in path.parts)


def resolve_path(path_text: str, folder: Path, where: str, kind_text: str) -> Path:
    """Return the path of a file or folder that a brief in ``folder`` names.

    Raises:
        BadInput: it is not there, or lies elsewhere, be it by a link; or it is to be fetched.
    """
    if "://" in path_text:
        raise BadInput(
            f"{where}: {path_text}: nothing is fetched; save it as a file beside the brief"
        )
    root = folder.resolve()
    try:
        path = (root / path_text).resolve()
        is_inside, path_exists = path.is_relative_to(root), path.exists()
    except (OSError, ValueError, RuntimeError) as fault:  # a name no file can have, a ring of links
        raise BadInput(f"{where}: {path_text[:80]!r}: not the name of a file") from fault
    if not is_inside:
        hint = (
            "; `inkwright sources add` takes files from anywhere" if kind_text == "a source" else ""
        )
        raise BadInput(f"{where}: {path_text}: {kind_text} must lie in the brief's folder{hint}")
    if not path_exists or not path_text.strip():
        raise BadInput(
            f"{where}: {path_text if path_text.strip() else repr(path_text)}: no such file"
        )
    return path


def _format_notes(document: DocumentText) -> Iterator[str]:
    name = " ".join(storable(document.file.name).split())
    if document.unread:
        yield f"source {name} was not read: {document.unread}"
    for note in document.notes:
        yield f"source {name}: {note}"


def _find_files(path_text: str, folder: Path, where: str) -> list[Path]:
    files = list_documents(resolve_path(path_text, folder, where, "a source"))
    if not files:
        raise BadInput(f"{where}: {path_text}: no document in this folder ({', '.join(SUFFIXES)})")
    return files


def _build_source(fields: dict[str, Any], where: str) -> Source:
    source_fields = {k: v for k, v in fields.items() if v is not None}
    if isinstance(source_fields.get("authors"), str):
        source_fields["authors"] = (source_fields["authors"],)
    if "date" in source_fields:
        source_fields["date"] = str(source_fields["date"])
    try:
        source = Source.model_validate(source_fields)
    except ValidationError as fault:
        raise BadInput(f"{where}: {describe_error(fault.errors()[0])}") from fault
    if source.kind == "document" and not source.text.strip():
        raise BadInput(f"{where}: the text is empty")
    return source

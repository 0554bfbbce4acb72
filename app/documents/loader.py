"""From what a brief names as sources to the sources themselves."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from inkwright.app.config.validation_messages import said
from inkwright.app.documents.process import SUFFIXES, DocumentText, read_all
from inkwright.app.files.text_files import normal
from inkwright.memory.base import Value
from inkwright.memory.cleanup import storable
from inkwright.memory.domain.source import Source
from inkwright.memory.errors import BadInput

MAX_FILES = 5_000
MAX_CHARS = 200_000_000
"""Of all sources of one brief together."""
_KEYS = ("path", "text", "key", "title", "authors", "date")


class LoadedSources(Value):
    """The sources of a brief, and what could not be read."""

    sources: tuple[Source, ...]
    unread: tuple[str, ...] = ()
    """One line each."""


def gather(given: Any, folder: Path, name: str) -> LoadedSources:
    """Read the sources that a brief in ``folder`` gives: paths, folders, or texts.

    A path must lie in ``folder``: a brief from somebody else can't reach other files. What can't
    be read costs that one document. What was gathered already is taken as it is.

    Raises:
        BadInput: what is given is no source, lies elsewhere, or is too much.
    """
    if isinstance(given, LoadedSources):
        return given
    items = [given] if isinstance(given, (str, dict)) else given
    if not isinstance(items, (list, tuple)):
        raise BadInput(f"{name}: sources: expected a list of files, folders or texts")
    sources: list[Source] = []
    files: dict[Path, dict[str, Any]] = {}
    """Each with what is told of it, wherever it is named."""
    for place, item in enumerate(items, 1):
        where = f"{name}: sources.{place}"
        about = _told(item, where)
        if "text" in about:
            sources.append(_source({**about, "text": normal(about["text"])}, where))
            continue
        told = {k: v for k, v in about.items() if k != "path"}
        for file in _files(str(about["path"]), folder, where):
            files[file] = {**files.get(file, {}), **told}
    _check_count(len(sources) + len(files), name)
    read, unread = read_files(list(files))
    for file, told in files.items():
        for source in read.get(file, ()):
            changed = {**source.model_dump(), **told} if told else None
            sources.append(_source(changed, name) if changed else source)
    if sum(len(s.text) for s in sources) > MAX_CHARS:
        raise BadInput(f"{name}: sources: at most {MAX_CHARS:,} characters together")
    return LoadedSources(sources=tuple(sources), unread=tuple(unread))


def _told(item: Any, where: str) -> dict[str, Any]:
    """Return what is told of a source: its path or its text, and what else is known of it."""
    about = {"path": item} if isinstance(item, str) else item
    if not isinstance(about, dict) or len({"path", "text"} & about.keys()) != 1:
        raise BadInput(f"{where}: expected a path, or `text:` with the text itself")
    if unknown := [k for k in about if k not in _KEYS]:
        raise BadInput(f"{where}: unknown key {unknown[0]!r}; known are {', '.join(_KEYS)}")
    if not isinstance(about.get("text", ""), str):
        raise BadInput(f"{where}: text: expected text; put it in quotes")
    return about


def _check_count(count: int, name: str) -> None:
    if count > MAX_FILES:
        raise BadInput(f"{name}: sources: {count:,} files; at most {MAX_FILES:,}")


def read_files(files: Sequence[Path]) -> tuple[dict[Path, tuple[Source, ...]], list[str]]:
    """Return the sources in each file that can be read, and one line for what can't."""
    found: dict[Path, tuple[Source, ...]] = {}
    unread: list[str] = []
    for read in read_all(files):
        found[read.file] = read.sources
        unread += _lines(read)
    return found, unread


def within(path: Path) -> list[Path]:
    """Return the documents in a folder and the folders in it, or the one file, in order.

    What is hidden is left out, and so are the files by which Office locks a document.
    """
    if not path.is_dir():
        return [path]
    inside = (f for f in sorted(path.rglob("*")) if f.suffix.lower() in SUFFIXES and f.is_file())
    shown = (f for f in inside if not _is_hidden(f.relative_to(path)))
    root = path.resolve()
    return [f for f in shown if f.resolve().is_relative_to(root)]


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "~$")) for part in path.parts)


def beside(given: str, folder: Path, where: str, what: str) -> Path:
    """Return the path of a file or folder that a brief in ``folder`` names.

    Raises:
        BadInput: it is not there, or lies elsewhere, be it by a link; or it is to be fetched.
    """
    if "://" in given:
        raise BadInput(f"{where}: {given}: nothing is fetched; save it as a file beside the brief")
    root = folder.resolve()
    try:
        path = (root / given).resolve()
        inside, there = path.is_relative_to(root), path.exists()
    except (OSError, ValueError, RuntimeError) as fault:  # a name no file can have, a ring of links
        raise BadInput(f"{where}: {given[:80]!r}: not the name of a file") from fault
    if not inside:
        more = "; `inkwright sources add` takes files from anywhere" if what == "a source" else ""
        raise BadInput(f"{where}: {given}: {what} must lie in the brief's folder{more}")
    if not there or not given.strip():
        raise BadInput(f"{where}: {given if given.strip() else repr(given)}: no such file")
    return path


def _lines(read: DocumentText) -> Iterator[str]:
    name = " ".join(storable(read.file.name).split())
    if read.unread:
        yield f"source {name} was not read: {read.unread}"
    for note in read.notes:
        yield f"source {name}: {note}"


def _files(given: str, folder: Path, where: str) -> list[Path]:
    found = within(beside(given, folder, where, "a source"))
    if not found:
        raise BadInput(f"{where}: {given}: no document in this folder ({', '.join(SUFFIXES)})")
    return found


def _source(fields: dict[str, Any], where: str) -> Source:
    told = {k: v for k, v in fields.items() if v is not None}
    if isinstance(told.get("authors"), str):
        told["authors"] = (told["authors"],)
    if "date" in told:
        told["date"] = str(told["date"])
    try:
        source = Source.model_validate(told)
    except ValidationError as fault:
        raise BadInput(f"{where}: {said(fault.errors()[0])}") from fault
    if source.kind == "document" and not source.text.strip():
        raise BadInput(f"{where}: the text is empty")
    return source

"""From what a person typed after ``inkwright write`` to a brief."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from inkwright.app.briefs.outline_markdown import read_headings
from inkwright.app.config.validation_messages import nearest, path_of, said
from inkwright.app.documents.loader import beside, gather
from inkwright.app.files.strict_yaml import Lines
from inkwright.app.files.text_files import MARKUP, PROSE, normal, read_markup, read_text
from inkwright.memory.domain import constraint_consistency
from inkwright.memory.domain.brief import (
    MAX_REQUEST_CHARS,
    Brief,
    CitationStyle,
    Constraint,
    Csl,
    OutlineItem,
    Placement,
    Remembered,
)
from inkwright.memory.errors import BadInput

KEYS = tuple(f for f in Brief.model_fields if f != "unread")
"""What a brief file may say."""
_MODELS: dict[str, type[BaseModel]] = {
    "constraints": Constraint,
    "outline": OutlineItem,
    "memory": Remembered,
}
_SWITCHES = ("required", "pinned", "proposals", "only_there", "absent")
_TELLING = ("extra_forbidden", "literal_error")
"""Errors told first: others may only follow from them."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_EXPORTED = ("id", "version", "origin", "from_section", "section", "status", "sources")
"""What ``memory.json`` says about an entry beyond what a brief can give."""


def read_brief(given: str, *, outline: Path | None = None, **changes: Any) -> Brief:
    """Return the brief in ``given``: a sentence, or the path of a file.

    ``changes`` (``words``, ``continuity``, ``seed``) that are not None replace what it says.

    Raises:
        BadInput: one line that names the file, the line and what to change.
    """
    lines: Lines = {}
    name, folder = "the brief", Path.cwd()
    if (file := _file_of(given)) is None:
        found: dict[str, Any] = {"request": normal(given)}
    else:
        name, folder = str(file), file.parent
        text = read_text(file)
        if file.suffix.lower() in PROSE:
            found = {"request": text}
        else:
            found, lines = _read_keys(text, name)
    if outline is not None:
        found["outline"] = str(outline.expanduser().resolve())
    _resolve(found, name, folder, own=True)
    options = {key: value for key, value in changes.items() if value is not None}
    brief = _validated({**found, **options}, name, lines, options)
    check(brief, name)
    return brief


def brief_of(fields: Mapping[str, Any], name: str = "the brief") -> Brief:
    """Return the brief with these keys, as a brief file has them.

    An outline is a list, or Markdown headings; memory is a list.

    Raises:
        BadInput: one line that names the key and what to change.
    """
    found = dict(fields)
    if isinstance(outline := found.get("outline"), str):
        found["outline"] = f"{outline}\n"
    return read_mapping(found, name, Path.cwd())


def read_mapping(found: Mapping[str, Any], name: str, folder: Path, *, own: bool = False) -> Brief:
    """Return the brief whose keys are given; ``name`` says in errors where they stand.

    Paths are relative to ``folder``. Files that lie elsewhere may be named only in what is the
    person's ``own``: keys may come from anyone. Sources never lie elsewhere.

    Raises:
        BadInput: as ``read_brief``.
    """
    found = dict(found)
    _resolve(found, name, folder, own=own)
    brief = _validated(found, name, {}, {})
    check(brief, name)
    return brief


def check(brief: Brief, name: str = "the brief") -> None:
    """Refuse a brief whose constraints cannot all be met.

    Raises:
        BadInput: naming the constraint, or both.
    """
    total = _leaves(brief.outline) if brief.outline else None
    titles = list(_titles(brief.outline)) if brief.outline else None
    try:
        constraint_consistency.check(brief.constraints, total, brief.words, titles)
    except BadInput as fault:
        raise BadInput(f"{name}: {fault}") from fault


def _file_of(given: str) -> Path | None:
    """Return the file that ``given`` names, or None when it is the request itself."""
    if "\n" in given or len(given) > 1000:
        return None
    path = Path(given).expanduser()
    suffix = path.suffix.lower()
    if suffix in (*PROSE, *MARKUP):
        return path
    spaced = any(c.isspace() for c in given)
    if re.fullmatch(r"\S+\.[A-Za-z0-9]{2,5}", given) and not given.startswith("http"):
        raise BadInput(f"{given}: a brief is a sentence or a .txt, .md, .yaml or .json file")
    if given.startswith(("/", "./", "../", "~/")) or (re.search(r"[/\\]", given) and not spaced):
        if path.exists() and suffix not in (*PROSE, *MARKUP):
            raise BadInput(f"{given}: a brief is a .txt, .md, .yaml or .json file")
        return path
    if not spaced and path.is_file():
        raise BadInput(f"{given}: a brief is a .txt, .md, .yaml or .json file; rename it")
    return None


def _read_keys(text: str, name: str) -> tuple[dict[str, Any], Lines]:
    value, lines = read_markup(text, name)
    if value is None:
        raise BadInput(f"{name}: the brief is empty; give it a `request`")
    if not isinstance(value, dict):
        raise BadInput(f"{name}: expected keys with values, such as `request: ...`")
    return value, lines


def _resolve(found: dict[str, Any], name: str, folder: Path, *, own: bool) -> None:
    """Put in place what a brief may name or shorten: its outline, its memory, its sources."""
    if sources := found.pop("sources", None):
        gathered = gather(sources, folder, name)
        found["sources"], found["unread"] = gathered.sources, gathered.unread
    found |= {"cite": _style(found["cite"], name, folder)} if found.get("cite") else {}
    _read_named(found, name, folder, own=own)
    if isinstance(outline := found.get("outline"), list):
        found["outline"] = [_item(item) for item in outline]
    if isinstance(found.get("banned"), str):
        found["banned"] = [found["banned"]]
    for key in [key for key, value in found.items() if value is None and key in KEYS]:
        del found[key]


def _read_named(found: dict[str, Any], name: str, folder: Path, *, own: bool) -> None:
    """Read the files that stand for an outline, for memory and for a sample."""

    def file(given: str, key: str) -> Path:
        if own:
            return folder / Path(given.strip()).expanduser()
        return beside(given.strip(), folder, f"{name}: {key}", "this file")

    if isinstance(outline := found.get("outline"), str):
        if "\n" in outline or outline.lstrip().startswith("#"):
            title, found["outline"] = read_headings(outline, f"{name}: outline")
        else:
            title, found["outline"] = _read_outline(file(outline, "outline"))
        if title and not found.get("title"):
            found["title"] = title
    if isinstance(memory := found.get("memory"), str):
        found["memory"] = _read_memory(file(memory, "memory"))
    if isinstance(sample := found.get("sample"), str) and _names_file(sample):
        found["sample"] = read_text(file(sample, "sample"))


def _style(given: Any, name: str, folder: Path) -> Any:
    """Return a style of citations: one of ours, or the one in a file of the brief's folder."""
    if given in get_args(CitationStyle):
        return given
    where = f"{name}: cite"
    if isinstance(given, Csl):
        return given
    if isinstance(given, str) and given.lower().endswith(".csl"):
        from inkwright.app.manuscripts import citeproc

        return citeproc.read_csl(beside(given, folder, where, "a style"), where)
    ours = ", ".join(get_args(CitationStyle))
    raise BadInput(f"{where}: expected {ours}, or the name of a .csl file beside the brief")


def _names_file(given: str) -> bool:
    """True when a sample is not the words themselves, but the name of a text file."""
    line = given.strip()
    named = "\n" not in line and Path(line).suffix.lower() in (".txt", ".md")
    return named and " " not in line


def _read_outline(file: Path) -> tuple[str | None, Any]:
    """Read an outline from a file: Markdown headings, YAML or JSON."""
    text = read_text(file)
    if file.suffix.lower() not in MARKUP:
        return read_headings(text, str(file))
    value, lines = read_markup(text, str(file))
    title = None
    if isinstance(value, dict) and "outline" in value:
        if unknown := sorted(set(value) - {"title", "outline"}):
            raise BadInput(f"{file}: unknown key {unknown[0]!r}; known are title, outline")
        title, value = value.get("title"), value["outline"]
        lines = {path[1:]: line for path, line in lines.items() if path[:1] == ("outline",)}
    if not isinstance(value, list) or not value:
        raise BadInput(f"{file}: expected a list of sections")
    shifted = {("outline", *path): line for path, line in lines.items()}
    items = [_item(item) for item in value]
    _validated({"request": "-", "outline": items}, str(file), shifted, {})
    return title, items


def _item(given: Any) -> Any:
    """A heading may be given by its title alone."""
    if isinstance(given, str):
        return {"title": given}
    if isinstance(given, dict) and isinstance(given.get("sections"), list):
        return {**given, "sections": [_item(part) for part in given["sections"]]}
    return given


def read_memory(file: Path) -> tuple[Remembered, ...]:
    """Return the entries in a file: a list of them, or a ``memory.json``. Retracted ones are not.

    Raises:
        BadInput: it is neither, or an entry lacks something; the message says which.
    """
    found = []
    for number, entry in enumerate(_read_memory(file), 1):
        try:
            found.append(Remembered.model_validate(entry))
        except ValidationError as fault:
            first = fault.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise BadInput(f"{file}: entry {number}: {where}: {first['msg']}") from fault
    return tuple(found)


def _read_memory(file: Path) -> list[Any]:
    """Read entries from a list, or from the ``memory.json`` of an earlier work."""
    value, _ = read_markup(read_text(file), str(file))
    if isinstance(value, dict):
        value = value.get("entries")
    if not isinstance(value, list):
        raise BadInput(f"{file}: expected a list of entries, or a memory.json that inkwright wrote")
    return [
        {key: part for key, part in entry.items() if key not in _EXPORTED}
        if isinstance(entry, dict)
        else entry
        for entry in value
        if not (isinstance(entry, dict) and entry.get("status", "live") != "live")
    ]


def _validated(found: dict[str, Any], name: str, lines: Lines, options: Mapping[str, Any]) -> Brief:
    request = found.get("request")
    if isinstance(request, str):
        if not request.strip():
            raise BadInput(f"{name}: the request is empty; say what to write")
        if len(request) > MAX_REQUEST_CHARS:
            raise BadInput(
                f"{name}: the request is {len(request):,} characters long; "
                f"at most {MAX_REQUEST_CHARS:,} are read; shorten it"
            )
    _check_values(found, (), name, lines)
    try:
        return Brief.model_validate(found)
    except ValidationError as fault:
        errors = fault.errors(include_url=False)
        telling = [e for kind in _TELLING for e in errors if e["type"] == kind]
        error = next(iter(telling), errors[0])
        raise BadInput(_described(error, name, lines, options)) from fault


def _check_values(value: Any, path: tuple[str | int, ...], name: str, lines: Lines) -> None:
    """Refuse what pydantic would let through: true for 1, and text no database can hold."""
    fault = None
    if isinstance(value, bool) and path[-1] not in _SWITCHES:
        fault = "true, false, yes and no mean a switch here; put a word in quotes"
    elif isinstance(value, str) and "\0" in value:
        fault = "holds a NUL character; remove it"
    elif isinstance(value, str) and not value.isascii() and _SURROGATE.search(value):
        fault = "holds half of a Unicode character; save the file as UTF-8"
    if fault:
        raise BadInput(f"{_place(path, name, lines)}: {path_of(path)}: {fault}")
    if isinstance(value, dict):
        for key, part in value.items():
            _check_values(part, (*path, key), name, lines)
    elif isinstance(value, (list, tuple)):
        for index, part in enumerate(value):
            _check_values(part, (*path, index), name, lines)


def _described(error: ErrorDetails, name: str, lines: Lines, options: Mapping[str, Any]) -> str:
    location = error["loc"]
    if len(location) == 1 and location[0] in options:
        return f"--{location[0]}: {said(error)}"
    place = _place(location, name, lines)
    if error["type"] == "extra_forbidden":
        return (
            f"{place}: unknown key {location[-1]!r}{nearest(str(location[-1]), _known(location))}"
        )
    if error["type"] == "missing" and not location[:-1]:
        return f"{place}: `{location[0]}` is missing"
    return f"{place}: {path_of(location)}: {said(error)}"


def _known(location: Sequence[str | int]) -> tuple[str, ...]:
    if len(location) == 1:
        return KEYS
    model = Placement if location[-2] == "where" else _MODELS.get(str(location[0]))
    return tuple(model.model_fields) if model else ()


def _place(location: tuple[str | int, ...], name: str, lines: Lines) -> str:
    for end in range(len(location), 0, -1):
        if location[:end] in lines:
            return f"{name}: line {lines[location[:end]]}"
    return name


def _leaves(items: Sequence[OutlineItem]) -> int:
    return sum(_leaves(item.sections) if item.sections else 1 for item in items)


def _titles(items: Sequence[OutlineItem]) -> Iterator[str]:
    for item in items:
        yield item.title
        yield from _titles(item.sections)

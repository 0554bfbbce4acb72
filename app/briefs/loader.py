"""From what a person typed after ``inkwright write`` to a brief."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from inkwright.app.briefs.outline_markdown import read_headings
from inkwright.app.config.validation_messages import describe_error, format_location, suggest_name
from inkwright.app.documents.loader import load_sources, resolve_path
from inkwright.app.files.strict_yaml import LineNumbers
from inkwright.app.files.text_files import (
    MARKUP_SUFFIXES,
    PROSE_SUFFIXES,
    normalise_text,
    read_markup,
    read_text,
)
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

BRIEF_KEYS = tuple(f for f in Brief.model_fields if f != "unread")
"""What a brief file may say."""
_MODEL_BY_KEY: dict[str, type[BaseModel]] = {
    "constraints": Constraint,
    "outline": OutlineItem,
    "memory": Remembered,
}
_BOOLEAN_KEYS = ("required", "pinned", "proposals", "only_there", "absent")
_PRIORITY_ERROR_TYPES = ("extra_forbidden", "literal_error")
"""Errors told first: others may only follow from them."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_EXPORT_ONLY_KEYS = ("id", "version", "origin", "from_section", "section", "status", "sources")
"""What ``memory.json`` says about an entry beyond what a brief can give."""


def read_brief(request_or_path: str, *, outline: Path | None = None, **changes: Any) -> Brief:
    """Return the brief in ``request_or_path``: a sentence, or the path of a file.

    ``changes`` (``words``, ``continuity``, ``seed``) that are not None replace what it says.

    Raises:
        BadInput: one line that names the file, the line and what to change.
    """
    lines: LineNumbers = {}
    name, folder = "the brief", Path.cwd()
    if (file := _find_file(request_or_path)) is None:
        brief_values: dict[str, Any] = {"request": normalise_text(request_or_path)}
    else:
        name, folder = str(file), file.parent
        text = read_text(file)
        if file.suffix.lower() in PROSE_SUFFIXES:
            brief_values = {"request": text}
        else:
            brief_values, lines = _read_keys(text, name)
    if outline is not None:
        brief_values["outline"] = str(outline.expanduser().resolve())
    _resolve_references(brief_values, name, folder, own=True)
    options = {key: value for key, value in changes.items() if value is not None}
    brief = _validate_brief({**brief_values, **options}, name, lines, options)
    check_brief(brief, name)
    return brief


def build_brief(fields: Mapping[str, Any], name: str = "the brief") -> Brief:
    """Return the brief with these keys, as a brief file has them.

    An outline is a list, or Markdown headings; memory is a list.

    Raises:
        BadInput: one line that names the key and what to change.
    """
    brief_values = dict(fields)
    if isinstance(outline := brief_values.get("outline"), str):
        brief_values["outline"] = f"{outline}\n"
    return read_mapping(brief_values, name, Path.cwd())


def read_mapping(
    brief_values: Mapping[str, Any], name: str, folder: Path, *, own: bool = False
) -> Brief:
    """Return the brief whose keys are given; ``name`` says in errors where they stand.

    Paths are relative to ``folder``. Files that lie elsewhere may be named only in what is the
    person's ``own``: keys may come from anyone. Sources never lie elsewhere.

    Raises:
        BadInput: as ``read_brief``.
    """
    brief_values = dict(brief_values)
    _resolve_references(brief_values, name, folder, own=own)
    brief = _validate_brief(brief_values, name, {}, {})
    check_brief(brief, name)
    return brief


def check_brief(brief: Brief, name: str = "the brief") -> None:
    """Refuse a brief whose constraints cannot all be met.

    Raises:
        BadInput: naming the constraint, or both.
    """
    section_count = _count_leaves(brief.outline) if brief.outline else None
    titles = list(_iterate_titles(brief.outline)) if brief.outline else None
    try:
        constraint_consistency.check(brief.constraints, section_count, brief.words, titles)
    except BadInput as fault:
        raise BadInput(f"{name}: {fault}") from fault


def _find_file(request_or_path: str) -> Path | None:
    """Return the file that ``request_or_path`` names, or None when it is the request itself."""
    if "\n" in request_or_path or len(request_or_path) > 1000:
        return None
    path = Path(request_or_path).expanduser()
    suffix = path.suffix.lower()
    if suffix in (*PROSE_SUFFIXES, *MARKUP_SUFFIXES):
        return path
    has_spaces = any(c.isspace() for c in request_or_path)
    if re.fullmatch(r"\S+\.[A-Za-z0-9]{2,5}", request_or_path) and not request_or_path.startswith(
        "http"
    ):
        raise BadInput(
            f"{request_or_path}: a brief is a sentence or a .txt, .md, .yaml or .json file"
        )
    if request_or_path.startswith(("/", "./", "../", "~/")) or (
        re.search(r"[/\\]", request_or_path) and not has_spaces
    ):
        if path.exists() and suffix not in (*PROSE_SUFFIXES, *MARKUP_SUFFIXES):
            raise BadInput(f"{request_or_path}: a brief is a .txt, .md, .yaml or .json file")
        return path
    if not has_spaces and path.is_file():
        raise BadInput(f"{request_or_path}: a brief is a .txt, .md, .yaml or .json file; rename it")
    return None


def _read_keys(text: str, name: str) -> tuple[dict[str, Any], LineNumbers]:
    value, lines = read_markup(text, name)
    if value is None:
        raise BadInput(f"{name}: the brief is empty; give it a `request`")
    if not isinstance(value, dict):
        raise BadInput(f"{name}: expected keys with values, such as `request: ...`")
    return value, lines


def _resolve_references(
    brief_values: dict[str, Any], name: str, folder: Path, *, own: bool
) -> None:
    """Put in place what a brief may name or shorten: its outline, its memory, its sources."""
    if sources := brief_values.pop("sources", None):
        loaded_sources = load_sources(sources, folder, name)
        brief_values["sources"] = loaded_sources.sources
        brief_values["unread"] = loaded_sources.unread
    brief_values |= (
        {"cite": _read_citation_style(brief_values["cite"], name, folder)}
        if brief_values.get("cite")
        else {}
    )
    _read_named_files(brief_values, name, folder, own=own)
    if isinstance(outline := brief_values.get("outline"), list):
        brief_values["outline"] = [_normalise_item(item) for item in outline]
    if isinstance(brief_values.get("banned"), str):
        brief_values["banned"] = [brief_values["banned"]]
    for key in [key for key, value in brief_values.items() if value is None and key in BRIEF_KEYS]:
        del brief_values[key]


def _read_named_files(brief_values: dict[str, Any], name: str, folder: Path, *, own: bool) -> None:
    """Read the files that stand for an outline, for memory and for a sample."""

    def locate_file(path_text: str, key: str) -> Path:
        if own:
            return folder / Path(path_text.strip()).expanduser()
        return resolve_path(path_text.strip(), folder, f"{name}: {key}", "this file")

    if isinstance(outline := brief_values.get("outline"), str):
        if "\n" in outline or outline.lstrip().startswith("#"):
            title, brief_values["outline"] = read_headings(outline, f"{name}: outline")
        else:
            title, brief_values["outline"] = _read_outline(locate_file(outline, "outline"))
        if title and not brief_values.get("title"):
            brief_values["title"] = title
    if isinstance(memory := brief_values.get("memory"), str):
        brief_values["memory"] = _read_entries(locate_file(memory, "memory"))
    if isinstance(sample := brief_values.get("sample"), str) and _is_file_name(sample):
        brief_values["sample"] = read_text(locate_file(sample, "sample"))


def _read_citation_style(style: Any, name: str, folder: Path) -> Any:
    """Return a style of citations: one of ours, or the one in a file of the brief's folder."""
    if style in get_args(CitationStyle):
        return style
    location = f"{name}: cite"
    if isinstance(style, Csl):
        return style
    if isinstance(style, str) and style.lower().endswith(".csl"):
        from inkwright.app.manuscripts import citeproc

        return citeproc.read_csl(resolve_path(style, folder, location, "a style"), location)
    style_names = ", ".join(get_args(CitationStyle))
    raise BadInput(
        f"{location}: expected {style_names}, or the name of a .csl file beside the brief"
    )


def _is_file_name(sample_text: str) -> bool:
    """True when a sample is not the words themselves, but the name of a text file."""
    line = sample_text.strip()
    has_text_suffix = "\n" not in line and Path(line).suffix.lower() in (".txt", ".md")
    return has_text_suffix and " " not in line


def _read_outline(file: Path) -> tuple[str | None, Any]:
    """Read an outline from a file: Markdown headings, YAML or JSON."""
    text = read_text(file)
    if file.suffix.lower() not in MARKUP_SUFFIXES:
        return read_headings(text, str(file))
    value, lines = read_markup(text, str(file))
    title = None
    if isinstance(value, dict) and "outline" in value:
        if unknown_keys := sorted(set(value) - {"title", "outline"}):
            raise BadInput(f"{file}: unknown key {unknown_keys[0]!r}; known are title, outline")
        title, value = value.get("title"), value["outline"]
        lines = {path[1:]: line for path, line in lines.items() if path[:1] == ("outline",)}
    if not isinstance(value, list) or not value:
        raise BadInput(f"{file}: expected a list of sections")
    shifted_lines = {("outline", *path): line for path, line in lines.items()}
    items = [_normalise_item(item) for item in value]
    _validate_brief({"request": "-", "outline": items}, str(file), shifted_lines, {})
    return title, items


def _normalise_item(item: Any) -> Any:
    """A heading may be given by its title alone."""
    if isinstance(item, str):
        return {"title": item}
    if isinstance(item, dict) and isinstance(item.get("sections"), list):
        return {**item, "sections": [_normalise_item(part) for part in item["sections"]]}
    return item


def read_memory(file: Path) -> tuple[Remembered, ...]:
    """Return the entries in a file: a list of them, or a ``memory.json``. Retracted ones are not.

    Raises:
        BadInput: it is neither, or an entry lacks something; the message says which.
    """
    entries = []
    for number, entry in enumerate(_read_entries(file), 1):
        try:
            entries.append(Remembered.model_validate(entry))
        except ValidationError as fault:
            first_error = fault.errors()[0]
            location = ".".join(str(part) for part in first_error["loc"])
            raise BadInput(f"{file}: entry {number}: {location}: {first_error['msg']}") from fault
    return tuple(entries)


def _read_entries(file: Path) -> list[Any]:
    """Read entries from a list, or from the ``memory.json`` of an earlier work."""
    value, _ = read_markup(read_text(file), str(file))
    if isinstance(value, dict):
        value = value.get("entries")
    if not isinstance(value, list):
        raise BadInput(f"{file}: expected a list of entries, or a memory.json that inkwright wrote")
    return [
        {key: part for key, part in entry.items() if key not in _EXPORT_ONLY_KEYS}
        if isinstance(entry, dict)
        else entry
        for entry in value
        if not (isinstance(entry, dict) and entry.get("status", "live") != "live")
    ]


def _validate_brief(
    brief_values: dict[str, Any], name: str, lines: LineNumbers, options: Mapping[str, Any]
) -> Brief:
    request = brief_values.get("request")
    if isinstance(request, str):
        if not request.strip():
            raise BadInput(f"{name}: the request is empty; say what to write")
        if len(request) > MAX_REQUEST_CHARS:
            raise BadInput(
                f"{name}: the request is {len(request):,} characters long; "
                f"at most {MAX_REQUEST_CHARS:,} are read; shorten it"
            )
    _check_values(brief_values, (), name, lines)
    try:
        return Brief.model_validate(brief_values)
    except ValidationError as fault:
        errors = fault.errors(include_url=False)
        priority_errors = [e for kind in _PRIORITY_ERROR_TYPES for e in errors if e["type"] == kind]
        error = next(iter(priority_errors), errors[0])
        raise BadInput(_describe_error(error, name, lines, options)) from fault


def _check_values(value: Any, path: tuple[str | int, ...], name: str, lines: LineNumbers) -> None:
    """Refuse what pydantic would let through: true for 1, and text no database can hold."""
    fault = None
    if isinstance(value, bool) and path[-1] not in _BOOLEAN_KEYS:
        fault = "true, false, yes and no mean a switch here; put a word in quotes"
    elif isinstance(value, str) and "\0" in value:
        fault = "holds a NUL character; remove it"
    elif isinstance(value, str) and not value.isascii() and _SURROGATE.search(value):
        fault = "holds half of a Unicode character; save the file as UTF-8"
    if fault:
        raise BadInput(f"{_describe_position(path, name, lines)}: {format_location(path)}: {fault}")
    if isinstance(value, dict):
        for key, part in value.items():
            _check_values(part, (*path, key), name, lines)
    elif isinstance(value, (list, tuple)):
        for index, part in enumerate(value):
            _check_values(part, (*path, index), name, lines)


def _describe_error(
    error: ErrorDetails, name: str, lines: LineNumbers, options: Mapping[str, Any]
) -> str:
    location = error["loc"]
    if len(location) == 1 and location[0] in options:
        return f"--{location[0]}: {describe_error(error)}"
    place = _describe_position(location, name, lines)
    if error["type"] == "extra_forbidden":
        suggestion = suggest_name(str(location[-1]), _list_known_keys(location))
        return f"{place}: unknown key {location[-1]!r}{suggestion}"
    if error["type"] == "missing" and not location[:-1]:
        return f"{place}: `{location[0]}` is missing"
    return f"{place}: {format_location(location)}: {describe_error(error)}"


def _list_known_keys(location: Sequence[str | int]) -> tuple[str, ...]:
    if len(location) == 1:
        return BRIEF_KEYS
    model = Placement if location[-2] == "where" else _MODEL_BY_KEY.get(str(location[0]))
    return tuple(model.model_fields) if model else ()


def _describe_position(location: tuple[str | int, ...], name: str, lines: LineNumbers) -> str:
    for end in range(len(location), 0, -1):
        if location[:end] in lines:
            return f"{name}: line {lines[location[:end]]}"
    return name


def _count_leaves(items: Sequence[OutlineItem]) -> int:
    return sum(_count_leaves(item.sections) if item.sections else 1 for item in items)


def _iterate_titles(items: Sequence[OutlineItem]) -> Iterator[str]:
    for item in items:
        yield item.title
        yield from _iterate_titles(item.sections)

"""What a batch is asked for: one brief a line, each with an id, and bad lines by their number."""

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from inkwright.agents.llm.config import Ablation
from inkwright.app.batch.error_line import explain
from inkwright.app.briefs.loader import BRIEF_KEYS, check_brief, read_brief, read_mapping
from inkwright.app.display.formatting import whole
from inkwright.app.documents.loader import load_sources
from inkwright.app.files.strict_yaml import read_json
from inkwright.app.files.text_files import normalise_text, read_markup, read_text
from inkwright.memory.base import digest
from inkwright.memory.domain.brief import Brief, Csl
from inkwright.memory.errors import BadInput
from inkwright.memory.store import works

ID_FIELD = "id"
MERGED_KEYS = ("constraints", "memory")
"""Lists of the defaults to which a line's own are added; any other key of a line replaces."""
_OUTLINE_TITLE = "title of the outline"
"""In the defaults: the title that their outline gives a piece, which goes with that outline."""
KEY_SIMILARITY = 0.8
"""A field this similar to a brief's key is taken for a slip of the pen."""
MAX_ID_CHARS = 500
DIGEST_CHARS = 16


@dataclass(frozen=True)
class FieldNames:
    """Where a line says what: for files that were made for something else."""

    prompt: str | None = None
    """Field with the request. None: lines have the keys of a brief file."""
    id: str | None = None
    """Field with the id. None: ``id``, where there is one."""
    defaults: Mapping[str, Any] | None = None
    """Keys of a brief that every line shares."""


@dataclass(frozen=True)
class BatchLine:
    """One line of a batch: a brief with its id, or what is wrong with it."""

    number: int
    """Counted from 1, blank lines too."""
    id: str
    digest: str
    """Of the brief and the arms, together with the id. Another digest is another work."""
    input_fields: dict[str, Any]
    """The line's own fields, as they were given."""
    brief: Brief | None = None
    fault: str = ""
    """Why there is no brief."""


@dataclass(frozen=True)
class _Read:
    """A line as it was read, before the lines are told apart."""

    number: int
    input_fields: dict[str, Any]
    id: str = ""
    """Empty: it has none of its own."""
    brief: Brief | None = None
    fault: str = ""
    raw: str = ""
    """What stands there, when it is no object."""


def read_lines(file: Path, field_names: FieldNames, ablation: Ablation) -> tuple[BatchLine, ...]:
    """Return the lines of a JSONL file.

    Raises:
        BadInput: the file cannot be read, holds nothing, or two lines have the same id.
    """
    try:
        content = file.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as fault:
        raise BadInput(f"{file}: {fault.strerror}") from fault
    parsed_lines = [
        _parse_line(number, raw, file, field_names)
        for number, raw in enumerate(content.split(b"\n"), 1)
        if raw.strip()
    ]
    if not parsed_lines:
        raise BadInput(f"{file} holds no line; give each brief one, as a JSON object")
    return tuple(_assign_ids(parsed_lines, ablation, str(file)))


def build_lines(
    briefs: Iterable[Brief | Mapping[str, Any] | str | Path],
    field_names: FieldNames,
    ablation: Ablation,
) -> tuple[BatchLine, ...]:
    """Return the lines of briefs that are at hand already.

    Raises:
        BadInput: two of them have the same id.
    """
    parsed_lines = [
        _parse_brief(number, brief_like, field_names) for number, brief_like in enumerate(briefs, 1)
    ]
    return tuple(_assign_ids(parsed_lines, ablation, "the briefs"))


def read_defaults(file: Path) -> dict[str, Any]:
    """Return the keys of a brief that all lines share, from a YAML or JSON file.

    What it names is read once: sources beside this file, an outline or memory wherever they lie.

    Raises:
        BadInput: it cannot be read, or says what no brief can.
    """
    value, _ = read_markup(read_text(file), str(file))
    if not isinstance(value, dict):
        raise BadInput(f"{file}: expected keys with values, such as `words: 2000`")
    if sources := value.get("sources"):
        value["sources"] = load_sources(sources, file.parent, str(file))
    shared_brief = read_mapping({"request": "-", **value}, str(file), file.parent, own=True)
    if isinstance(shared_brief.cite, Csl):
        value["cite"] = shared_brief.cite
    if isinstance(value.get("outline"), str) and not value.get("title"):
        value[_OUTLINE_TITLE] = shared_brief.title
    file_values = {
        "outline": list(shared_brief.outline or ()),
        "memory": list(shared_brief.memory),
        "sample": shared_brief.sample,
    }
    return {**value, **{key: file_value for key, file_value in file_values.items() if file_value}}


def _parse_line(number: int, raw: bytes, file: Path, field_names: FieldNames) -> _Read:
    name = f"{file.name} line {number}"
    rejected_line = _Read(number, {}, raw=raw.decode("utf-8", "replace").strip())
    try:
        value = read_json(normalise_text(raw.decode("utf-8")), name)
    except UnicodeDecodeError as fault:
        return replace(rejected_line, fault=f"{name}: not UTF-8 text (byte {fault.start + 1:,})")
    except BadInput as fault:
        return replace(rejected_line, fault=str(fault).replace(f"{name}: line 1: ", f"{name}: "))
    if not isinstance(value, dict):
        return replace(rejected_line, fault=f"{name}: expected a JSON object with a brief's keys")
    return _parse_fields(number, value, name, file.parent, field_names)


def _parse_brief(
    number: int, brief_like: Brief | Mapping[str, Any] | str | Path, field_names: FieldNames
) -> _Read:
    name = f"brief {number}"
    if isinstance(brief_like, Mapping):
        return _parse_fields(number, dict(brief_like), name, Path.cwd(), field_names)
    try:
        if isinstance(brief_like, Brief):
            check_brief(brief_like, name)
            return _Read(number, {}, brief=brief_like)
        return _Read(number, {"brief": str(brief_like)}, brief=read_brief(str(brief_like)))
    except BadInput as fault:
        return _Read(number, {}, fault=str(fault), raw=str(brief_like))


def _parse_fields(
    number: int, input_fields: dict[str, Any], name: str, folder: Path, field_names: FieldNames
) -> _Read:
    own_id = ""
    try:
        own_id = _read_id(input_fields, name, field_names)
        brief = read_mapping(_merge_brief_keys(input_fields, name, field_names), name, folder)
    except Exception as fault:  # whatever it is, it is about this line alone
        return _Read(number, input_fields, own_id, fault=explain(fault, name))
    return _Read(number, input_fields, own_id, brief)


def _read_id(input_fields: Mapping[str, Any], name: str, field_names: FieldNames) -> str:
    """Return the line's id; empty when it has none and needs none."""
    field = field_names.id or ID_FIELD
    value = input_fields.get(field)
    if value is None and field_names.id is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
        raise BadInput(f"{name}: its id, `{field}`, must be text or a whole number")
    if len(str(value)) > MAX_ID_CHARS:
        raise BadInput(f"{name}: its id, `{field}`, is longer than {MAX_ID_CHARS} characters")
    return str(value).strip()


def _merge_brief_keys(
    input_fields: Mapping[str, Any], name: str, field_names: FieldNames
) -> dict[str, Any]:
    """Return the brief's keys of a line, over the defaults."""
    brief_values = {key: value for key, value in input_fields.items() if key in BRIEF_KEYS}
    if field_names.prompt is not None:
        if not isinstance(request := input_fields.get(field_names.prompt), str):
            raise BadInput(f"{name}: `{field_names.prompt}` must hold the request as text")
        brief_values["request"] = request
    else:
        for key in input_fields.keys() - brief_values.keys() - {field_names.id or ID_FIELD}:
            if close_matches := difflib.get_close_matches(
                key.lower(), BRIEF_KEYS, n=1, cutoff=KEY_SIMILARITY
            ):
                raise BadInput(f"{name}: unknown key {key!r}; did you mean {close_matches[0]!r}?")
    default_values = dict(field_names.defaults or {})
    if (title := default_values.pop(_OUTLINE_TITLE, None)) and "outline" not in brief_values:
        default_values["title"] = title
    for key in MERGED_KEYS:
        if isinstance(default_values.get(key), list) and isinstance(brief_values.get(key), list):
            brief_values[key] = [*default_values[key], *brief_values[key]]
    return {**default_values, **brief_values}


def _assign_ids(
    parsed_lines: Sequence[_Read], ablation: Ablation, name: str
) -> Iterator[BatchLine]:
    """Give every line its id and digest; refuse two that have the same.

    What is told of a line has a replacement character for each half of one, which no file can hold.
    A line without an id has its content for one, numbered where several say the same.
    """
    number_by_id: dict[str, int] = {}
    count_by_id: Counter[str] = Counter()
    for parsed_line in parsed_lines:
        own_id = whole(parsed_line.id)
        if not own_id:
            content = (
                works.compute_identity(parsed_line.brief, ablation.model_dump())
                if parsed_line.brief
                else _digest_fields(parsed_line)
            )
            own_id = content[:DIGEST_CHARS]
            count_by_id[own_id] += 1
            own_id += f"-{count_by_id[own_id]}" if count_by_id[own_id] > 1 else ""
        if own_id in number_by_id:
            raise BadInput(
                f"{name}: lines {number_by_id[own_id]} and {parsed_line.number} have the same id "
                f"{own_id!r}; give each its own"
            )
        number_by_id[own_id] = parsed_line.number
        line_digest = (
            works.compute_identity(parsed_line.brief, ablation.model_dump(), own_id)
            if parsed_line.brief
            else _digest_fields(parsed_line)
        )
        input_fields, fault = _whole(parsed_line.input_fields), whole(parsed_line.fault)
        yield BatchLine(
            parsed_line.number,
            own_id,
            line_digest[:DIGEST_CHARS],
            input_fields,
            parsed_line.brief,
            fault,
        )


def _whole(value: Any) -> Any:
    """Return JSON-like content with each text in it ``whole``."""
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, list):
        return [_whole(part) for part in value]
    return {whole(k): _whole(v) for k, v in value.items()} if isinstance(value, dict) else value


def _digest_fields(parsed_line: _Read) -> str:
    return digest({"given": parsed_line.input_fields, "raw": parsed_line.raw})

"""What a batch is asked for: one brief a line, each with an id, and bad lines by their number."""

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from inkwright.agents.llm.config import Ablation
from inkwright.app.batch.error_line import explain
from inkwright.app.briefs.loader import KEYS, check, read_brief, read_mapping
from inkwright.app.display.formatting import whole
from inkwright.app.documents.loader import gather
from inkwright.app.files.strict_yaml import read_json
from inkwright.app.files.text_files import normal, read_markup, read_text
from inkwright.memory.base import digest
from inkwright.memory.domain.brief import Brief, Csl
from inkwright.memory.errors import BadInput
from inkwright.memory.store import works

ID_FIELD = "id"
ADDED = ("constraints", "memory")
"""Lists of the defaults to which a line's own are added; any other key of a line replaces."""
_OUTLINE_TITLE = "title of the outline"
"""In the defaults: the title that their outline gives a piece, which goes with that outline."""
LIKE_A_KEY = 0.8
"""A field this similar to a brief's key is taken for a slip of the pen."""
LONGEST_ID = 500
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
    given: dict[str, Any]
    """The line's own fields, as they were given."""
    brief: Brief | None = None
    fault: str = ""
    """Why there is no brief."""


@dataclass(frozen=True)
class _Read:
    """A line as it was read, before the lines are told apart."""

    number: int
    given: dict[str, Any]
    id: str = ""
    """Empty: it has none of its own."""
    brief: Brief | None = None
    fault: str = ""
    raw: str = ""
    """What stands there, when it is no object."""


def read_lines(file: Path, fields: FieldNames, arms: Ablation) -> tuple[BatchLine, ...]:
    """Return the lines of a JSONL file.

    Raises:
        BadInput: the file cannot be read, holds nothing, or two lines have the same id.
    """
    try:
        content = file.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as fault:
        raise BadInput(f"{file}: {fault.strerror}") from fault
    found = [
        _read(number, raw, file, fields)
        for number, raw in enumerate(content.split(b"\n"), 1)
        if raw.strip()
    ]
    if not found:
        raise BadInput(f"{file} holds no line; give each brief one, as a JSON object")
    return tuple(_told_apart(found, arms, str(file)))


def of_briefs(
    given: Iterable[Brief | Mapping[str, Any] | str | Path], fields: FieldNames, arms: Ablation
) -> tuple[BatchLine, ...]:
    """Return the lines of briefs that are at hand already.

    Raises:
        BadInput: two of them have the same id.
    """
    found = [_taken(number, one, fields) for number, one in enumerate(given, 1)]
    return tuple(_told_apart(found, arms, "the briefs"))


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
        value["sources"] = gather(sources, file.parent, str(file))
    shared = read_mapping({"request": "-", **value}, str(file), file.parent, own=True)
    if isinstance(shared.cite, Csl):
        value["cite"] = shared.cite
    if isinstance(value.get("outline"), str) and not value.get("title"):
        value[_OUTLINE_TITLE] = shared.title
    read = {
        "outline": list(shared.outline or ()),
        "memory": list(shared.memory),
        "sample": shared.sample,
    }
    return {**value, **{key: found for key, found in read.items() if found}}


def _read(number: int, raw: bytes, file: Path, fields: FieldNames) -> _Read:
    name = f"{file.name} line {number}"
    unread = _Read(number, {}, raw=raw.decode("utf-8", "replace").strip())
    try:
        value = read_json(normal(raw.decode("utf-8")), name)
    except UnicodeDecodeError as fault:
        return replace(unread, fault=f"{name}: not UTF-8 text (byte {fault.start + 1:,})")
    except BadInput as fault:
        return replace(unread, fault=str(fault).replace(f"{name}: line 1: ", f"{name}: "))
    if not isinstance(value, dict):
        return replace(unread, fault=f"{name}: expected a JSON object with a brief's keys")
    return _from_fields(number, value, name, file.parent, fields)


def _taken(number: int, one: Brief | Mapping[str, Any] | str | Path, fields: FieldNames) -> _Read:
    name = f"brief {number}"
    if isinstance(one, Mapping):
        return _from_fields(number, dict(one), name, Path.cwd(), fields)
    try:
        if isinstance(one, Brief):
            check(one, name)
            return _Read(number, {}, brief=one)
        return _Read(number, {"brief": str(one)}, brief=read_brief(str(one)))
    except BadInput as fault:
        return _Read(number, {}, fault=str(fault), raw=str(one))


def _from_fields(
    number: int, given: dict[str, Any], name: str, folder: Path, fields: FieldNames
) -> _Read:
    own_id = ""
    try:
        own_id = _id_of(given, name, fields)
        brief = read_mapping(_keys_of(given, name, fields), name, folder)
    except Exception as fault:  # whatever it is, it is about this line alone
        return _Read(number, given, own_id, fault=explain(fault, name))
    return _Read(number, given, own_id, brief)


def _id_of(given: Mapping[str, Any], name: str, fields: FieldNames) -> str:
    """Return the line's id; empty when it has none and needs none."""
    field = fields.id or ID_FIELD
    value = given.get(field)
    if value is None and fields.id is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
        raise BadInput(f"{name}: its id, `{field}`, must be text or a whole number")
    if len(str(value)) > LONGEST_ID:
        raise BadInput(f"{name}: its id, `{field}`, is longer than {LONGEST_ID} characters")
    return str(value).strip()


def _keys_of(given: Mapping[str, Any], name: str, fields: FieldNames) -> dict[str, Any]:
    """Return the brief's keys of a line, over the defaults."""
    found = {key: value for key, value in given.items() if key in KEYS}
    if fields.prompt is not None:
        if not isinstance(request := given.get(fields.prompt), str):
            raise BadInput(f"{name}: `{fields.prompt}` must hold the request as text")
        found["request"] = request
    else:
        for key in given.keys() - found.keys() - {fields.id or ID_FIELD}:
            if close := difflib.get_close_matches(key.lower(), KEYS, n=1, cutoff=LIKE_A_KEY):
                raise BadInput(f"{name}: unknown key {key!r}; did you mean {close[0]!r}?")
    shared = dict(fields.defaults or {})
    if (title := shared.pop(_OUTLINE_TITLE, None)) and "outline" not in found:
        shared["title"] = title
    for key in ADDED:
        if isinstance(shared.get(key), list) and isinstance(found.get(key), list):
            found[key] = [*shared[key], *found[key]]
    return {**shared, **found}


def _told_apart(found: Sequence[_Read], arms: Ablation, name: str) -> Iterator[BatchLine]:
    """Give every line its id and digest; refuse two that have the same.

    What is told of a line has a replacement character for each half of one, which no file can hold.
    A line without an id has its content for one, numbered where several say the same.
    """
    seen: dict[str, int] = {}
    alike: Counter[str] = Counter()
    for one in found:
        own_id = whole(one.id)
        if not own_id:
            content = works.identity(one.brief, arms.model_dump()) if one.brief else _mark(one)
            own_id = content[:DIGEST_CHARS]
            alike[own_id] += 1
            own_id += f"-{alike[own_id]}" if alike[own_id] > 1 else ""
        if own_id in seen:
            raise BadInput(
                f"{name}: lines {seen[own_id]} and {one.number} have the same id {own_id!r}; "
                "give each its own"
            )
        seen[own_id] = one.number
        mark = works.identity(one.brief, arms.model_dump(), own_id) if one.brief else _mark(one)
        given, fault = _whole(one.given), whole(one.fault)
        yield BatchLine(one.number, own_id, mark[:DIGEST_CHARS], given, one.brief, fault)


def _whole(value: Any) -> Any:
    """Return JSON-like content with each text in it ``whole``."""
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, list):
        return [_whole(part) for part in value]
    return {whole(k): _whole(v) for k, v in value.items()} if isinstance(value, dict) else value


def _mark(one: _Read) -> str:
    return digest({"given": one.given, "raw": one.raw})

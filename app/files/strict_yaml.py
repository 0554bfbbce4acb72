"""YAML and JSON as plain values, read strictly: no duplicate keys, no aliases, bounded depth."""

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

import yaml

from inkwright.memory.errors import BadInput

MAX_DEPTH = 64
_NESTS = (dict, list)
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LineNumbers = Mapping[tuple[str | int, ...], int]
"""Line of each value, from 1, by its path of keys and indices."""


def read_yaml(text: str, name: str) -> tuple[Any, LineNumbers]:
    """Return the value of a YAML document, and the lines its parts stand in.

    Raises:
        BadInput: not YAML, nested too deeply, with aliases, or with a key given twice.
    """
    try:
        _check_events(text, name)
        root = yaml.compose(text, Loader=_Loader)
        if root is None:
            return None, {}
        lines: dict[tuple[str | int, ...], int] = {}
        _check_keys(root, (), lines, name)
        return _Loader("").construct_document(root), lines
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        line = f" line {mark.line + 1}:" if mark else ""
        raise BadInput(f"{name}:{line} {fault.problem or fault.context}") from fault
    except (yaml.YAMLError, ValueError) as fault:
        raise BadInput(f"{name}: {str(fault).splitlines()[0]}") from fault


def read_json(text: str, name: str) -> Any:
    """Return the value of a JSON document.

    Raises:
        BadInput: not JSON, nested too deeply, or with a key given twice.
    """
    try:
        value = json.loads(
            text,
            object_pairs_hook=lambda pairs: _build_unique_dict(pairs, name),
            parse_constant=lambda word: _refuse(f"{name}: {word} is not JSON"),
        )
    except json.JSONDecodeError as fault:
        raise BadInput(f"{name}: line {fault.lineno}: not JSON: {fault.msg}") from fault
    except RecursionError as fault:
        raise BadInput(f"{name}: nested too deeply") from fault
    except ValueError as fault:
        raise BadInput(f"{name}: {fault}") from fault
    _check_depth(value, name)
    return value


def _check_depth(value: Any, name: str) -> None:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        parts = [v.values() if isinstance(v, dict) else v for v in level if isinstance(v, _NESTS)]
        level = [part for inner in parts for part in inner]
        if not level:
            return
    _refuse(f"{name}: nested too deeply")


def _check_events(text: str, name: str) -> None:
    depth = document_count = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent):
            _refuse(
                f"{name}: line {line}: YAML aliases (*{event.anchor}) are not read; write it out"
            )
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1
        if depth > MAX_DEPTH:
            _refuse(f"{name}: line {line}: nested more than {MAX_DEPTH} deep")
        if isinstance(event, yaml.DocumentStartEvent):
            document_count += 1
        if document_count > 1:
            _refuse(f"{name}: line {line}: a second document begins; keep one to a file")


def _check_keys(
    node: yaml.Node, path: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int], name: str
) -> None:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _check_keys(item, (*path, index), lines, name)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                _refuse(f"{name}: line {line}: a key must be a plain word")
            if (*path, key.value) in lines:
                _refuse(f"{name}: line {line}: {key.value!r} is given twice")
            _check_keys(value, (*path, key.value), lines, name)
            lines[(*path, key.value)] = line


def _build_unique_dict(pairs: list[tuple[str, Any]], name: str) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            _refuse(f"{name}: {key!r} is given twice")
        if isinstance(value, float) and not math.isfinite(value):
            _refuse(f"{name}: {key}: the number is too large")
        result[key] = value
    return result


def _refuse(message: str) -> NoReturn:
    raise BadInput(message)

"""Writing settings into an ``inkwright.toml``, with everything else in it left as it stands.

The file is a person's: comments, order and spaces stay. What comes out is read back before it is
written, and holds what was there and the new settings, or nothing is written.
"""

import json
import os
import re
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from inkwright.app.config.paths import SETTINGS_FILE, read_toml_file
from inkwright.app.config.trust import is_trusted, remember
from inkwright.memory.errors import BadInput

Value = str | int | float | bool
_HEADER = re.compile(r"\s*\[")
BOM = "\ufeff"


def format_setting(name: str, value: Value) -> str:
    """Return one line of the file."""
    return f"{name} = {json.dumps(value, ensure_ascii=False)}"


def replace_settings(text: str, changes: Mapping[str, Value]) -> str:
    """Return the text of a file with these settings in it, each in the place where it stood.

    New ones stand after the last of those that belong to no table.

    Raises:
        ValueError: it is not TOML, or a setting cannot be put in its place.
    """
    before = tomllib.loads(text)
    end = "\r\n" if "\r\n" in text else "\n"
    statements = list(_split_statements(text))
    root_end = next((n for n, s in enumerate(statements) if _HEADER.match(s)), len(statements))
    for name, value in changes.items():
        line = format_setting(name, value)
        place = next((n for n in range(root_end) if name in _read_names(statements[n])), None)
        if place is None:
            place = next(
                (n + 1 for n in range(root_end - 1, -1, -1) if _read_names(statements[n])), root_end
            )
            if place and not statements[place - 1].endswith("\n"):
                statements[place - 1] += end
            statements.insert(place, line + end)
            root_end += 1
        else:
            statements[place] = line + _find_comment(statements[place]) + end
    after_text = "".join(statements)
    if tomllib.loads(after_text) != {**before, **changes}:
        raise ValueError("the settings there are written in a way that cannot be kept")
    return after_text


def write_settings(folder: Path, changes: Mapping[str, Value]) -> Path:
    """Put settings into a folder's ``inkwright.toml``, which is made if there is none.

    A file that was trusted stays so.

    Raises:
        BadInput: it cannot be read or written, or is not TOML.
    """
    path = (folder / SETTINGS_FILE).resolve()
    before = read_toml_file(path)
    try:
        text = before.decode("utf-8")
        mark = BOM if text.startswith(BOM) else ""
        after = (mark + replace_settings(text.removeprefix(BOM), changes)).encode()
    except (UnicodeDecodeError, ValueError) as fault:
        raise BadInput(f"{path}: {fault}; set the lines by hand") from fault
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
        with os.fdopen(handle, "wb") as file:
            file.write(after)
        if path.exists():
            Path(name).chmod(path.stat().st_mode)
        Path(name).replace(path)
    except OSError as fault:
        raise BadInput(f"{path}: {fault.strerror}") from fault
    if not before or is_trusted(path, before):
        remember(path, after)
    return path


def _split_statements(text: str) -> Iterator[str]:
    """Yield the lines of TOML, those of one value together."""
    statement = ""
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        statement += line
        try:
            tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            continue
        yield statement
        statement = ""
    if statement:
        yield statement


def _read_names(statement: str) -> dict[str, Any]:
    return {} if _HEADER.match(statement) else tomllib.loads(statement)


def _find_comment(statement: str) -> str:
    """Return the comment at a statement's end, with the spaces before it; empty: there is none."""
    body = statement.rstrip("\r\n")
    value = tomllib.loads(body)
    for match in re.finditer(r"[ \t]*#", body):
        try:
            if tomllib.loads(body[: match.start()]) == value:
                return body[match.start() :]
        except tomllib.TOMLDecodeError:
            continue
    return ""

"""Reading the files a person hands in: text as NFC, YAML and JSON by their names."""

from pathlib import Path
from typing import Any

from inkwright.app.files.strict_yaml import LineNumbers, read_json, read_yaml
from inkwright.memory.domain import source_formatting
from inkwright.memory.errors import BadInput

MAX_FILE_BYTES = 16_000_000
PROSE_SUFFIXES = (".txt", ".md", ".markdown")
MARKUP_SUFFIXES = (".yaml", ".yml", ".json")


def read_text(file: Path) -> str:
    """Return a UTF-8 file's text, NFC, with ``\\n`` between lines.

    Raises:
        BadInput: not there, not a file, not UTF-8, or too large.
    """
    return decode(read_bytes(file), str(file))


def read_bytes(file: Path) -> bytes:
    """Return what a file holds.

    Raises:
        BadInput: not there, not a file, or too large.
    """
    try:
        if not file.exists():
            raise BadInput(f"{file}: no such file")
        if not file.is_file():
            raise BadInput(f"{file}: not a file")
        if (size := file.stat().st_size) > MAX_FILE_BYTES:
            raise BadInput(f"{file}: {size:,} bytes; at most {MAX_FILE_BYTES:,} are read")
        return file.read_bytes()
    except OSError as fault:
        raise BadInput(f"{file}: {fault.strerror}") from fault


def decode(content: bytes, name: str) -> str:
    """Return UTF-8 ``content`` as ``read_text`` does; ``name`` says in errors where it is from."""
    try:
        return normalise_text(content.decode("utf-8-sig"))
    except UnicodeDecodeError as fault:
        raise BadInput(
            f"{name}: not UTF-8 text (byte {fault.start:,}); save it as UTF-8"
        ) from fault


def read_markup(text: str, name: str) -> tuple[Any, LineNumbers]:
    """Return the value in a YAML or JSON file's text, by the file's ``name``, and its lines."""
    if name.lower().endswith(".json"):
        return (read_json(text, name) if text.strip() else None), {}
    return read_yaml(text, name)


def normalise_text(text: str) -> str:
    """Return ``text`` as NFC with ``\\n`` between lines. Raises BadInput on NUL."""
    if "\0" in text:
        raise BadInput("the text holds a NUL character; remove it")
    return source_formatting.normalise_text(text)

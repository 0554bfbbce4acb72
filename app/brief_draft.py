"""The brief that is being filled in, kept in the library folder until a work begins with it."""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inkwright.app.settings import Settings
from inkwright.memory.errors import LibraryUnusable

NAME = "brief-begun.json"


def load(settings: Settings) -> dict[str, Any]:
    """Return the fields as they were left; empty when there are none."""
    try:
        found = json.loads(_file(settings).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def save(settings: Settings, fields: Mapping[str, Any]) -> None:
    """Keep the fields.

    Raises:
        LibraryUnusable: the library folder cannot be written.
    """
    file = _file(settings)
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{NAME}.")
        with os.fdopen(handle, "w", encoding="utf-8") as new:
            json.dump(dict(fields), new, ensure_ascii=False)
        Path(name).replace(file)
    except OSError as fault:
        raise LibraryUnusable(f"cannot write to {file.parent}: {fault.strerror}") from fault


def forget(settings: Settings) -> None:
    """Remove what was kept."""
    _file(settings).unlink(missing_ok=True)


def _file(settings: Settings) -> Path:
    return settings.home.expanduser() / NAME

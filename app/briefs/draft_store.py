"""The brief that is being filled in, kept in the library folder until a work begins with it."""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inkwright.app.config.settings import Settings
from inkwright.app.documents.loader import LoadedSources
from inkwright.memory.cleanup import each_text, storable
from inkwright.memory.errors import LibraryUnusable

FIELDS_FILE = "brief-begun.json"
SOURCES_FILE = "brief-begun-sources.json"
ASIDE = "briefs-set-aside.json"
MOST_ASIDE = 20


def load_fields(settings: Settings) -> dict[str, Any]:
    """Return the fields as they were left; empty when there are none."""
    try:
        fields = json.loads(_get_path(settings).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return fields if isinstance(fields, dict) else {}


def save_fields(settings: Settings, fields: Mapping[str, Any]) -> None:
    """Keep the fields.

    Raises:
        LibraryUnusable: the library folder cannot be written.
    """
    _write_file(
        _get_path(settings), json.dumps(each_text(dict(fields), storable), ensure_ascii=False)
    )


def load_sources(settings: Settings) -> LoadedSources:
    """Return the sources that were handed in for it."""
    try:
        return LoadedSources.model_validate_json(
            _get_path(settings, SOURCES_FILE).read_text("utf-8")
        )
    except (OSError, ValueError):
        return LoadedSources(sources=())


def save_sources(settings: Settings, sources: LoadedSources) -> None:
    """Keep the sources.

    Raises:
        LibraryUnusable: the library folder cannot be written.
    """
    _write_file(_get_path(settings, SOURCES_FILE), sources.model_dump_json())


def set_aside(settings: Settings, fields: Mapping[str, Any], sources: LoadedSources) -> None:
    """Keep a brief that another one replaces, so that it can be brought back.

    Raises:
        LibraryUnusable: the library folder cannot be written.
    """
    _put_aside(settings, [*_read_aside(settings), _bundle(fields, sources)][-MOST_ASIDE:])


def has_aside(settings: Settings) -> bool:
    """True when a brief that was set aside can be brought back."""
    return _get_path(settings, ASIDE).exists()


def exchange(
    settings: Settings, fields: Mapping[str, Any] | None, sources: LoadedSources
) -> tuple[dict[str, Any], LoadedSources] | None:
    """Return the brief that was set aside last, and keep this one in its stead.

    This one comes back after all others. With no ``fields`` there is none to keep.

    Raises:
        LibraryUnusable: the library folder cannot be written.
    """
    aside = _read_aside(settings)
    if not aside:
        return None
    last = aside.pop()
    _put_aside(settings, aside if fields is None else [_bundle(fields, sources), *aside])
    return last["fields"], LoadedSources.model_validate(last["sources"])


def _bundle(fields: Mapping[str, Any], sources: LoadedSources) -> dict[str, Any]:
    return {"fields": dict(fields), "sources": sources.model_dump(mode="json")}


def _read_aside(settings: Settings) -> list[dict[str, Any]]:
    if not has_aside(settings):
        return []
    bundles: list[dict[str, Any]] = json.loads(_get_path(settings, ASIDE).read_text("utf-8"))
    return bundles


def _put_aside(settings: Settings, bundles: list[dict[str, Any]]) -> None:
    if bundles:
        _write_file(_get_path(settings, ASIDE), json.dumps(bundles, ensure_ascii=False))
    else:
        _get_path(settings, ASIDE).unlink(missing_ok=True)


def _write_file(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as new_file:
            new_file.write(text)
        Path(name).replace(file)
    except OSError as fault:
        raise LibraryUnusable(f"cannot write to {file.parent}: {fault.strerror}") from fault


def remove_all(settings: Settings) -> None:
    """Remove what was kept."""
    for name in (FIELDS_FILE, SOURCES_FILE):
        _get_path(settings, name).unlink(missing_ok=True)


def _get_path(settings: Settings, name: str = FIELDS_FILE) -> Path:
    return settings.home.expanduser() / name

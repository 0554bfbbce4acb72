"""Where the library is, and what ``inkwright.toml`` says.

Arguments, the environment and the library's own file belong to the user. The current folder's file
may be a stranger's: ``trust`` says what of it counts.

Kept apart from ``settings`` and free of pydantic, so that ``inkwright status`` answers at once.
"""

import os
import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import Any

from inkwright.app.config.trust import usable
from inkwright.memory.errors import BadInput

ENV_PREFIX = "INKWRIGHT_"
SETTINGS_FILE = "inkwright.toml"
MAX_FILE_BYTES = 100_000


def find_library_home(explicit_home: Path | str | None = None) -> Path:
    """Return the library folder.

    It is ``explicit_home``, else INKWRIGHT_HOME's, else the file's, else the default. The file is
    the current folder's, where it is trusted.
    """
    if named_home := _named_home(explicit_home):
        return named_home
    default, here = _default_home(), Path.cwd()
    if here == default.resolve() or "home" not in parsed(
        read_toml_file(here / SETTINGS_FILE), here / SETTINGS_FILE
    ):
        return default
    home = _usable(here / SETTINGS_FILE).get("home")
    return Path(home).resolve() if home else default


def find_library_url() -> str | None:
    """Return the database that stands in for the folder's SQLite file, if one is set."""
    return os.environ.get(ENV_PREFIX + "LIBRARY_URL") or load_file_settings().get("library_url")


def load_file_settings(
    explicit_home: Path | str | None = None, known_names: Collection[str] | None = None
) -> dict[str, Any]:
    """Return what ``inkwright.toml`` says: the library folder's, and over it the current folder's.

    ``given`` is the library folder where an argument names it. Names of settings that are not
    ``known`` are returned even of a file that is not trusted, to be refused.

    Raises:
        BadInput: one of them is not TOML, or the library's own file tries to move the library.
    """
    home, here = find_library_home(explicit_home), Path.cwd()
    file = home.resolve() / SETTINGS_FILE
    if _named_home(explicit_home) or home == _default_home():
        library_settings = parsed(read_toml_file(file), file)
    else:  # the current folder's file has named the library: its file needs trust of its own
        library_settings = _usable(file, known_names)
    if Path(library_settings.get("home") or file.parent).resolve() != file.parent:
        raise BadInput(
            f"{home / SETTINGS_FILE}: a library cannot say where it is;"
            " set INKWRIGHT_HOME instead of `home`"
        )
    return (
        library_settings
        if file.parent == here
        else {**library_settings, **_usable(here / SETTINGS_FILE, known_names)}
    )


def read_toml_file(path: Path) -> bytes:
    """Return what is in a file of settings; of an absent one, nothing.

    Raises:
        BadInput: it cannot be read, is no ordinary file, or is far too large.
    """
    try:
        if path.exists() and not path.is_file():
            raise BadInput(f"{path}: not a file")
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return b""
    except OSError as fault:
        raise BadInput(f"{path}: {fault}") from fault
    if len(content) > MAX_FILE_BYTES:
        raise BadInput(f"{path}: at most {MAX_FILE_BYTES:,} bytes are read")
    return content


def parsed(content: bytes, path: Path) -> dict[str, Any]:
    """Return the settings in one TOML file; relative paths count from that file's folder.

    Raises:
        BadInput: it is not TOML.
    """
    try:
        settings = tomllib.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise BadInput(f"{path}: {fault}") from fault
    if not isinstance(settings.get("home", ""), str):
        raise BadInput(f"{path}: home: expected text; put it in quotes")
    for name, value in settings.items():
        if _is_path(name, value):
            settings[name] = str(path.parent / Path(value).expanduser())
    return settings


def _is_path(name: str, value: Any) -> bool:
    return (
        bool(value)
        and isinstance(value, str)
        and (
            name in ("home", "prompts")
            or (name.endswith("model") and value.lower().endswith(".gguf"))
        )
    )


def _usable(path: Path, known_names: Collection[str] | None = None) -> dict[str, Any]:
    content = read_toml_file(path)
    return usable(path, content, parsed(content, path), known_names)


def _named_home(explicit_home: Path | str | None) -> Path | None:
    """Return the library folder that the user names: by argument, or INKWRIGHT_HOME."""
    home = explicit_home or os.environ.get(ENV_PREFIX + "HOME")
    return Path(home).expanduser() if home else None


def _default_home() -> Path:
    from platformdirs import user_data_path

    return user_data_path("inkwright", appauthor=False)

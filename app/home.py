"""Where the library is, and what ``inkwright.toml`` says.

Kept apart from ``settings`` and free of pydantic, so that ``inkwright status`` answers at once.
"""

import os
import tomllib
from pathlib import Path
from typing import Any

from inkwright.memory.errors import BadInput

PREFIX = "INKWRIGHT_"
FILE = "inkwright.toml"


def library_home(given: Path | str | None = None) -> Path:
    """Return the library folder: ``given``, else INKWRIGHT_HOME, else the file, else the default.

    A relative path in ``inkwright.toml`` counts from that file's folder.
    """
    if given := given or os.environ.get(PREFIX + "HOME"):
        return Path(given).expanduser()
    if said := read_file(Path.cwd() / FILE).get("home"):
        return (Path.cwd() / Path(str(said)).expanduser()).resolve()
    from platformdirs import user_data_path

    return user_data_path("inkwright", appauthor=False)


def library_url() -> str | None:
    """Return the database that stands in for the folder's SQLite file, if one is set."""
    return os.environ.get(PREFIX + "LIBRARY_URL") or file_settings(library_home()).get(
        "library_url"
    )


def file_settings(home: Path) -> dict[str, Any]:
    """Return what ``inkwright.toml`` says: the library folder's, and over it the current folder's.

    Raises:
        BadInput: one of them is not TOML, or the library's own file tries to move the library.
    """
    own = read_file(home / FILE) if home.resolve() != Path.cwd() else {}
    if "home" in own:
        raise BadInput(
            f"{home / FILE}: a library cannot say where it is; set INKWRIGHT_HOME instead of `home`"
        )
    return {**own, **read_file(Path.cwd() / FILE)}


def read_file(path: Path) -> dict[str, Any]:
    """Return the settings in one TOML file; an absent file says nothing.

    Raises:
        BadInput: the file cannot be read as TOML.
    """
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise BadInput(f"{path}: {fault}") from fault

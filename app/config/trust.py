"""Which ``inkwright.toml`` files may say where keys, text and memory go.

The current folder's file may be a stranger's: a cloned repository's, an unpacked archive's. Until
the user trusts it, only its ``HARMLESS`` settings count. What is trusted is a path together with
the content it had: a file that has changed since must be trusted again. The list is kept in the
user's own configuration folder; INKWRIGHT_TRUST names whole folders instead.

Kept free of pydantic, like ``paths``.
"""

import hashlib
import json
import os
import tempfile
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from inkwright.memory.errors import BadInput
from inkwright.memory.text.addresses import without_user

HARMLESS = frozenset({"concurrency", "temperature", "timeout_s", "tries"})
"""Settings that a file may make without being trusted: none says where anything goes or what it
costs, and ``Settings`` bounds each of them."""
VARIABLE = "INKWRIGHT_TRUST"
SHOWN_CHARS = 300
"""Of one value, in the question."""


@dataclass(frozen=True)
class UntrustedFile:
    """An ``inkwright.toml`` that makes settings for which it must be trusted."""

    path: Path
    content: bytes
    guarded: Mapping[str, Any]
    """The settings that it must be trusted for."""

    def __str__(self) -> str:
        return (
            f"ignoring {visible(', '.join(self.guarded))} in {visible(str(self.path))}, which is "
            f"not trusted; to use it: inkwright trust {quote(visible(str(self.path.parent)))}"
        )


Decide = Callable[[UntrustedFile], bool]


def _warn(file: UntrustedFile) -> bool:
    warnings.warn(str(file), stacklevel=2)
    return False


_decide: ContextVar[Decide] = ContextVar("decide", default=_warn)


@contextmanager
def deciding(decide: Decide) -> Iterator[None]:
    """Let ``decide`` say whether an untrusted file is used; elsewhere a warning says it is not."""
    before = _decide.set(decide)
    try:
        yield
    finally:
        _decide.reset(before)


def usable(
    path: Path, content: bytes, settings: dict[str, Any], known_names: Collection[str] | None = None
) -> dict[str, Any]:
    """Return those of a file's settings that count: all, or the harmless ones if it isn't trusted.

    Names that are not ``known`` are returned too, so that they are refused as mistakes.
    """
    guarded = {
        name: value
        for name, value in settings.items()
        if name not in HARMLESS and (known_names is None or name in known_names)
    }
    if not guarded or is_trusted(path, content):
        return settings
    if _decide.get()(UntrustedFile(path, content, guarded)):
        return settings
    return {name: value for name, value in settings.items() if name not in guarded}


def is_trusted(path: Path, content: bytes) -> bool:
    """True when the user trusts this file with this content, or its folder.

    Raises:
        BadInput: INKWRIGHT_TRUST, or the list of trusted files, cannot be read.
    """
    return path.parent in _folders() or _trusted().get(str(path)) == _digest(content)


def remember(path: Path, content: bytes) -> None:
    """Trust a file for as long as it has this content.

    Raises:
        BadInput: the list of trusted files cannot be read or written.
    """
    _write({**_trusted(), str(path): _digest(content)})


def forget(path: Path) -> bool:
    """Trust a file no longer; False when it was not trusted."""
    trusted = _trusted()
    if str(path) not in trusted:
        return False
    del trusted[str(path)]
    _write(trusted)
    return True


def lines(settings: Mapping[str, Any]) -> Iterator[str]:
    """Show settings one a line, without keys and passwords, and with control characters visible."""
    for name, value in settings.items():
        text = "(not shown)" if name.endswith("api_key") else without_user(str(value))
        if len(text) > SHOWN_CHARS:
            half = SHOWN_CHARS // 2
            text = f"{text[:half]} ... {len(text) - 2 * half:,} characters ... {text[-half:]}"
        yield visible(f"{name} = {text}")


def visible(text: str) -> str:
    """Return ``text`` on one line, with escapes for what a terminal would obey or not show."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode()
        for c in text
    )


def _folders() -> set[Path]:
    folders = set()
    for part in filter(None, os.environ.get(VARIABLE, "").split(os.pathsep)):
        folder = Path(part).expanduser()
        if not folder.is_absolute():
            raise BadInput(f"{VARIABLE}: {part!r} must be the whole path of a folder")
        folders.add(folder.resolve())
    return folders


def _store() -> Path:
    from platformdirs import user_config_path

    return user_config_path("inkwright", appauthor=False) / "trusted.json"


def _trusted() -> dict[str, str]:
    store = _store()
    try:
        digest_by_file = json.loads(store.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as fault:
        raise BadInput(f"{store}: {fault}; delete it, and trust your folders again") from fault
    if not isinstance(digest_by_file, dict):
        raise BadInput(f"{store}: not a list of files; delete it, and trust your folders again")
    return digest_by_file


def _write(trusted: Mapping[str, str]) -> None:
    store = _store()
    try:
        store.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=store.parent, prefix=f".{store.name}.")  # mode 0600
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(trusted, file, indent=2)
        Path(name).replace(store)
    except OSError as fault:
        raise BadInput(
            f"{store}: {fault.strerror}, so nothing can be trusted for good; "
            f"set {VARIABLE} to the folder instead"
        ) from fault


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

"""The models in the library folder: GGUF files, each with a record of where it came from.

``inkwright model get`` puts them there; a file that a person puts there works
too, without a record.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from inkwright.memory.errors import BadInput

FOLDER = "models"
SUFFIX = ".gguf"
NAME_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,119}")
RESERVED_NAME = "embedded"


@dataclass(frozen=True)
class ModelOrigin:
    """Where a model file came from, as the hub told it."""

    hub: str
    """The hub's address, without a password."""
    repo: str
    """Such as ``Qwen/Qwen2.5-1.5B-Instruct-GGUF``."""
    file: str
    """The file's path in the repository."""
    size_bytes: int
    sha256: str
    """In small hexadecimal letters."""

    @property
    def reference(self) -> str:
        """``org/repo/file.gguf``."""
        return f"{self.repo}/{self.file}"


@dataclass(frozen=True)
class ModelFile:
    """One model on this machine. ``origin`` is None of a file that a person put there."""

    name: str
    path: Path
    origin: ModelOrigin | None


def get_model_path(home: Path, name: str) -> Path:
    """Return where the model of that name is, or would be.

    Raises:
        BadInput: the name cannot be a file's.
    """
    if not NAME_PATTERN.fullmatch(name) or name == RESERVED_NAME:
        raise BadInput(
            f"{name[:120]!r} cannot be a model's name: letters, digits, '.', '_', '+' and '-', "
            f"beginning with a letter or a digit, and not {RESERVED_NAME!r}"
        )
    return home.expanduser() / FOLDER / f"{name}{SUFFIX}"


def list_models(home: Path) -> list[ModelFile]:
    """Return the models in a library folder, by name."""
    return list(_iter_models(home.expanduser() / FOLDER))


def find_model(home: Path, name: str) -> ModelFile | None:
    """Return the model of a name, with or without ``.gguf``, or of an ``org/repo/file.gguf``."""
    names = {name, name.removesuffix(SUFFIX)}
    for model in _iter_models(home.expanduser() / FOLDER):
        if model.name in names or (model.origin and model.origin.reference == name):
            return model
    return None


def write_origin(model_path: Path, origin: ModelOrigin) -> None:
    """Record where a model came from, beside it."""
    record = _get_record_path(model_path)
    temporary = record.with_name(f"{record.name}.part")
    temporary.write_text(json.dumps(asdict(origin), indent=2) + "\n", "utf-8")
    temporary.replace(record)


def read_origin(model_path: Path) -> ModelOrigin | None:
    """Return where a model came from; None of a file that a person put there.

    Raises:
        BadInput: its record is damaged.
    """
    record = _get_record_path(model_path)
    try:
        return ModelOrigin(**json.loads(record.read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as fault:
        raise BadInput(f"{record} is damaged; remove it ({fault})") from fault


def remove_model(home: Path, name: str) -> ModelFile:
    """Remove a model, its record and what was fetched of it so far; return what was removed.

    Raises:
        BadInput: there is no such model, or it cannot be removed.
    """
    path = get_model_path(home, name.removesuffix(SUFFIX))
    parts = list(find_parts(path))
    if not path.exists() and not parts:
        names = ", ".join(model.name for model in list_models(home)) or "none"
        raise BadInput(f"no model {name!r} in {path.parent}; there: {names}")
    model = ModelFile(path.stem, path, read_origin(path))
    try:
        for file in (path, _get_record_path(path), *parts):
            file.unlink(missing_ok=True)
    except OSError as fault:
        raise BadInput(f"cannot remove {fault.filename}: {fault.strerror}") from fault
    return model


def find_parts(model_path: Path) -> Iterator[Path]:
    """Yield the files that hold the beginning of a model whose download was cut off."""
    pattern = re.compile(rf"{re.escape(model_path.name)}\.[0-9a-f]+\.part")
    if model_path.parent.is_dir():
        yield from (f for f in model_path.parent.iterdir() if pattern.fullmatch(f.name))


def _iter_models(folder: Path) -> Iterator[ModelFile]:
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        yield ModelFile(path.name.removesuffix(SUFFIX), path, read_origin(path))


def _get_record_path(model_path: Path) -> Path:
    return model_path.with_name(model_path.name.removesuffix(SUFFIX) + ".json")

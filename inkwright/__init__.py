"""Inkwright: long-form writing, planned, drafted and reviewed by agents with a shared memory.

    import inkwright

    piece = inkwright.write(inkwright.Brief(request="A report on tides.", words=3000))
    print(piece.text)

A model is set by environment (``INKWRIGHT_API_BASE``, ``INKWRIGHT_MODEL``), by ``inkwright.toml``,
or by ``settings=inkwright.Settings.load(model=..., api_base=...)``. Names are imported when they
are first used, so that ``import inkwright`` costs nothing.
"""

from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any

from inkwright.app.config.version import VERSION as __version__  # noqa: F401

_RENAMED = {
    "Edit": "EditProposal",
    "Kept": "StoredSource",
    "Standing": "WorkSummary",
    "Structure": "WorkOutline",
    "Text": "SectionText",
}
"""Names of 0.1, which are understood until 0.3."""


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return [*_load_homes(), "__version__"]
    if (new := _RENAMED.get(name)) is not None:
        from warnings import warn

        text = f"inkwright.{name} is called inkwright.{new} now; the old name goes with 0.3"
        warn(text, DeprecationWarning, stacklevel=2)
        name = new
    if name.startswith("__") or name not in _load_homes():
        raise AttributeError(f"module 'inkwright' has no attribute {name!r}")
    return getattr(import_module(_load_homes()[name]), name)


def __dir__() -> list[str]:
    return [*_load_homes(), "__version__"]


@cache
def _load_homes() -> dict[str, str]:
    """Return the module of every name that ``__init__.pyi`` lists."""
    import ast

    stub = ast.parse(files(__name__).joinpath("__init__.pyi").read_text("utf-8"))
    imports = [line for line in stub.body if isinstance(line, ast.ImportFrom) and line.module]
    return {
        name.name: str(line.module)
        for line in imports
        for name in line.names
        if name.name == name.asname
    }

"""Placements: which sections carry a constraint, counted from 1 in reading order."""

import re
from collections.abc import Callable
from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from inkwright.memory.base import Value

EXPECTED = 'expected "all", "whole", "last", 7, "3-8", "every 4 from 5" or "all but 3"'
_PART = r"(?:(?:sections?|parts?)\s+)?"
_FORMS = (
    (rf"{_PART}(\d+)", "once"),
    (rf"{_PART}(\d+)\s*(?:-|–|to|\.\.)\s*(\d+|end)", "range"),
    (r"every\s+(\d+)(?:st|nd|rd|th)?\s+from\s+(\d+)", "periodic"),
)


class Placement(Value):
    """Which sections carry a constraint, counted from 1 in reading order."""

    scope: Literal["whole", "all", "once", "range", "periodic", "last", "others"] = "whole"
    """``whole``: the finished piece, not any one section. ``others``: all but those of ``but``."""
    first: int = Field(default=1, ge=1)
    last: int | None = Field(default=None, ge=1)
    """End of a range, inclusive. None: to the end."""
    every: int = Field(default=1, ge=1)
    """Step of a periodic placement."""
    but: tuple["Placement", ...] = ()

    def positions(self, total: int) -> tuple[int, ...]:
        """Return the 1-based positions of the sections that carry it, of ``total``."""
        if self.scope == "whole":
            return ()
        if self.scope == "all":
            return tuple(range(1, total + 1))
        if self.scope == "last":
            return (total,)
        if self.scope == "once":
            return (self.first,) if self.first <= total else ()
        if self.scope == "others":
            taken = {p for part in self.but for p in part.positions(total)}
            return tuple(p for p in range(1, total + 1) if p not in taken)
        last = min(self.last or total, total)
        return tuple(range(self.first, last + 1, self.every if self.scope == "periodic" else 1))

    @property
    def highest(self) -> int:
        """The highest position named outright; 0 when none is."""
        named = {
            "once": self.first,
            "range": self.last or self.first,
            "periodic": self.first,
            "others": max((p.highest for p in self.but), default=0),
        }
        return named.get(self.scope, 0)

    def __str__(self) -> str:
        said: dict[str, Callable[[], str]] = {
            "whole": lambda: "whole",
            "all": lambda: "all",
            "last": lambda: "last",
            "once": lambda: f"section {self.first}",
            "range": lambda: f"sections {self.first}-{self.last or 'end'}",
            "periodic": lambda: f"every {self.every} from {self.first}",
            "others": lambda: f"all but {', '.join(str(p) for p in self.but)}",
        }
        return said[self.scope]()

    @model_serializer(mode="wrap")
    def _as_before(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what earlier releases could not say, so that their digests hold."""
        told: dict[str, Any] = dump(self)
        if not self.but:
            told.pop("but", None)
        return told


def read_placement(given: Any) -> Any:
    """Read ``"all"``, ``"whole"``, ``"last"``, ``7``, ``"3-8"``, ``"every 4 from 5"``...

    Raises:
        ValueError: it is none of these.
    """
    if isinstance(given, int) and not isinstance(given, bool):
        given = str(given)
    if not isinstance(given, str):
        return given
    words = given.strip().lower()
    if words in ("whole", "all", "last"):
        return {"scope": words}
    if found := re.fullmatch(r"all\s+(?:but|except)\s+(.+)", words):
        return {"scope": "others", "but": [read_placement(p) for p in found.group(1).split(",")]}
    for form, scope in _FORMS:
        if found := re.fullmatch(form, words):
            return _numbered(scope, *found.groups())
    raise ValueError(EXPECTED)


def _numbered(scope: str, one: str, other: str = "") -> dict[str, Any]:
    if scope == "periodic":
        return {"scope": scope, "every": int(one), "first": int(other)}
    last = None if other in ("", "end") else int(other)
    return {"scope": scope, "first": int(one), "last": last}

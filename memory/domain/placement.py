"""Placements: which sections carry a constraint, counted from 1 in reading order."""

import re
from collections.abc import Callable
from typing import Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from inkwright.memory.base import Value

EXPECTED = 'expected "all", "whole", "last", 7, "3-8", "every 4 from 5" or "all but 3"'
_PART = r"(?:(?:sections?|parts?)\s+)?"
_PATTERNS = (
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
            excluded_positions = {p for part in self.but for p in part.positions(total)}
            return tuple(p for p in range(1, total + 1) if p not in excluded_positions)
        last = min(self.last or total, total)
        return tuple(range(self.first, last + 1, self.every if self.scope == "periodic" else 1))

    @property
    def highest_position(self) -> int:
        """The highest position named outright; 0 when none is."""
        highest_by_scope = {
            "once": self.first,
            "range": self.last or self.first,
            "periodic": self.first,
            "others": max((p.highest_position for p in self.but), default=0),
        }
        return highest_by_scope.get(self.scope, 0)

    def __str__(self) -> str:
        text_by_scope: dict[str, Callable[[], str]] = {
            "whole": lambda: "whole",
            "all": lambda: "all",
            "last": lambda: "last",
            "once": lambda: f"section {self.first}",
            "range": lambda: f"sections {self.first}-{self.last or 'end'}",
            "periodic": lambda: f"every {self.every} from {self.first}",
            "others": lambda: f"all but {', '.join(str(p) for p in self.but)}",
        }
        return text_by_scope[self.scope]()

    @model_serializer(mode="wrap")
    def _serialise_for_digest(self, dump: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Leave out what earlier releases could not say, so that their digests hold."""
        fields: dict[str, object] = dump(self)
        if not self.but:
            fields.pop("but", None)
        return fields


def parse_placement(value: object) -> object:
    """Read ``"all"``, ``"whole"``, ``"last"``, ``7``, ``"3-8"``, ``"every 4 from 5"``...

    Raises:
        ValueError: it is none of these.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return value
    text = value.strip().lower()
    if text in ("whole", "all", "last"):
        return {"scope": text}
    if match := re.fullmatch(r"all\s+(?:but|except)\s+(.+)", text):
        return {"scope": "others", "but": [parse_placement(p) for p in match.group(1).split(",")]}
    for pattern, scope in _PATTERNS:
        if match := re.fullmatch(pattern, text):
            return _build_placement(scope, *match.groups())
    raise ValueError(EXPECTED)


def _build_placement(scope: str, first_number: str, second_number: str = "") -> dict[str, object]:
    if scope == "periodic":
        return {"scope": scope, "every": int(first_number), "first": int(second_number)}
    last = None if second_number in ("", "end") else int(second_number)
    return {"scope": scope, "first": int(first_number), "last": last}

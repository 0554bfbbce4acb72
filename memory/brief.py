"""The brief: what a person asks for, and the constraints the finished piece must meet."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from inkwright.memory.entry import EntryKind
from inkwright.memory.source import Source
from inkwright.memory.values import Value

MAX_WORDS = 2_000_000
MAX_REQUEST_CHARS = 1_000_000

Continuity = Literal["strict", "chapter", "free"]
Headings = Literal["all", "chapters", "none"]
CITE = "cite"
"""Id of the constraint that every work with sources has."""
CitationStyle = Literal["numeric", "author-year", "footnote"]
ConstraintKind = Literal[
    "length", "must_contain", "must_not_contain", "pattern", "language", "citations", "judged"
]
_WHERE = (
    (r"(?:section\s+)?(\d+)", "once"),
    (r"(?:sections?\s+)?(\d+)\s*(?:-|–|to|\.\.)\s*(\d+)", "range"),
    (r"every\s+(\d+)(?:st|nd|rd|th)?\s+from\s+(\d+)", "periodic"),
)


class Placement(Value):
    """Which sections carry a constraint, counted from 1 in reading order."""

    scope: Literal["whole", "all", "once", "range", "periodic"] = "whole"
    """``whole``: the finished piece, not any one section."""
    first: int = Field(default=1, ge=1)
    last: int | None = Field(default=None, ge=1)
    """End of a range, inclusive. None: to the end."""
    every: int = Field(default=1, ge=1)
    """Step of a periodic placement."""

    def positions(self, total: int) -> tuple[int, ...]:
        """Return the 1-based positions of the sections that carry it, of ``total``."""
        if self.scope == "whole":
            return ()
        if self.scope == "all":
            return tuple(range(1, total + 1))
        if self.scope == "once":
            return (self.first,) if self.first <= total else ()
        last = min(self.last or total, total)
        return tuple(range(self.first, last + 1, self.every if self.scope == "periodic" else 1))

    @property
    def highest(self) -> int:
        """The highest position named outright; 0 when none is."""
        named = {
            "once": self.first,
            "range": self.last or self.first,
            "periodic": self.first,
        }
        return named.get(self.scope, 0)

    def __str__(self) -> str:
        return {
            "whole": "whole",
            "all": "all",
            "once": f"section {self.first}",
            "range": f"sections {self.first}-{self.last or 'end'}",
            "periodic": f"every {self.every} from {self.first}",
        }[self.scope]


def _placement(given: Any) -> Any:
    """Read ``"all"``, ``"whole"``, ``7``, ``"3-8"`` or ``"every 4 from 5"``."""
    if isinstance(given, int) and not isinstance(given, bool):
        given = str(given)
    if not isinstance(given, str):
        return given
    words = given.strip().lower()
    if words in ("whole", "all"):
        return {"scope": words}
    for form, scope in _WHERE:
        if found := re.fullmatch(form, words):
            numbers = [int(n) for n in found.groups()]
            if scope == "periodic":
                return {"scope": scope, "every": numbers[0], "first": numbers[1]}
            return {
                "scope": scope,
                "first": numbers[0],
                "last": numbers[1] if len(numbers) > 1 else None,
            }
    raise ValueError('expected "all", "whole", 7, "3-8" or "every 4 from 5"')


class Constraint(Value):
    """One requirement on the text, with where it holds and how it is checked."""

    id: str = ""
    """``c1``, ``c2``...; given when the work begins."""
    text: str = Field(min_length=1, max_length=2000)
    """The requirement in plain words, as prompts and reports quote it."""
    kind: ConstraintKind = "judged"
    where: Annotated[Placement, BeforeValidator(_placement)] = Placement()
    phrases: tuple[str, ...] = ()
    """For ``must_contain`` (each of them) and ``must_not_contain`` (none of them)."""
    pattern: str | None = None
    """A regular expression that must be found in the text."""
    min_words: int | None = Field(default=None, ge=0)
    max_words: int | None = Field(default=None, ge=1)
    language: str | None = None
    """ISO 639-1 code, such as ``en`` or ``zh``."""
    required: bool = True
    """False: wished for; a miss is reported but does not flag the piece."""
    source: Literal["brief", "request"] = "brief"

    @property
    def by_rule(self) -> bool:
        """True when code can check it; otherwise a judge does."""
        return self.kind != "judged"

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            try:
                re.compile(pattern)
            except re.error as fault:
                raise ValueError(f"not a regular expression: {fault}") from fault
        return pattern

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        needs: dict[str, tuple[bool, str]] = {
            "length": (
                bool(self.min_words or self.max_words),
                "min_words or max_words",
            ),
            "must_contain": (bool(self.phrases), "phrases"),
            "must_not_contain": (bool(self.phrases), "phrases"),
            "pattern": (self.pattern is not None, "pattern"),
            "language": (self.language is not None, "language"),
        }
        met, field = needs.get(self.kind, (True, ""))
        if not met:
            raise ValueError(f"a {self.kind} constraint needs {field}")
        if self.min_words and self.max_words and self.min_words > self.max_words:
            raise ValueError(f"min_words {self.min_words} is more than max_words {self.max_words}")
        return self


class OutlineItem(Value):
    """One heading of the caller's own outline. Without sub-sections it is written as a section."""

    title: str = Field(min_length=1, max_length=400)
    purpose: str = Field(default="", max_length=2000)
    key_points: tuple[str, ...] = ()
    words: int | None = Field(default=None, ge=1, le=MAX_WORDS)
    subjects: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    """Titles of sections that must be drafted first; ``("all",)``: every other one."""
    sections: tuple["OutlineItem", ...] = ()


class Remembered(Value):
    """An entry that a person gives before writing starts: one line of a series bible."""

    subject: str = Field(min_length=1, max_length=200)
    statement: str = Field(min_length=1, max_length=2000)
    kind: EntryKind = "fact"
    attribute: str = ""
    aliases: tuple[str, ...] = ()
    story_time: str | None = None
    """When it is true in the story. Two values of different times are no conflict."""
    pinned: bool = False


class Brief(Value):
    """A writing request and everything the caller fixes about the piece."""

    request: str = Field(min_length=1, max_length=MAX_REQUEST_CHARS)
    title: str | None = Field(default=None, max_length=400)
    kind: str | None = None
    """What it is: novel, short story, report, handbook, diary..."""
    audience: str | None = None
    language: str | None = None
    """ISO 639-1 code; None: the language of the request."""
    words: int | None = Field(default=None, ge=1, le=MAX_WORDS)
    """Length of the whole piece, about; one for each Han or kana character or other word."""
    continuity: Continuity | None = None
    """None: ``strict`` for fiction, ``chapter`` for everything else."""
    outline: tuple[OutlineItem, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    style: str = Field(default="", max_length=20_000)
    """How it should sound, in words."""
    sample: str = Field(default="", max_length=20_000)
    """A piece of writing in the voice it should have: every writer is shown it, and drift from it
    is measured."""
    banned: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = ()
    """Phrases that must be nowhere in the piece."""
    headings: Headings = "all"
    memory: tuple[Remembered, ...] = ()
    sources: tuple[Source, ...] = ()
    """What the piece is written from. In the library their texts are kept apart from the brief."""
    unread: tuple[str, ...] = ()
    """What of the sources could not be read, one line each; for the report."""
    cite: CitationStyle = "numeric"
    """How citations and the list of references read; works without sources have neither."""
    proposals: bool = False
    """True: what a person's own text tells memory waits until the person accepts it."""
    seed: int = 1

    @field_validator("request")
    @classmethod
    def _says_something(cls, request: str) -> str:
        if not request.strip():
            raise ValueError("the request is empty")
        return request.strip()

    @field_validator("constraints", mode="before")
    @classmethod
    def _plain_words(cls, given: Any) -> Any:
        if not isinstance(given, (list, tuple)):
            return given
        return [{"text": item} if isinstance(item, str) else item for item in given]

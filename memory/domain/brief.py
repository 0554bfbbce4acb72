"""The brief: what a person asks for, and the constraints the finished piece must meet."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from inkwright.memory.base import Given
from inkwright.memory.domain.constraint import Constraint, ConstraintKind
from inkwright.memory.domain.entry import EntryKind
from inkwright.memory.domain.placement import Placement
from inkwright.memory.domain.source import Source

__all__ = [
    "Brief",
    "Constraint",
    "ConstraintKind",
    "Continuity",
    "Headings",
    "OutlineItem",
    "Placement",
    "Remembered",
]

MAX_WORDS = 2_000_000
MAX_REQUEST_CHARS = 1_000_000

Continuity = Literal["strict", "chapter", "free"]
Headings = Literal["all", "chapters", "none"]
CITE = "cite"
"""Id of the constraint that every work with sources has."""
CitationStyle = Literal["numeric", "author-year", "footnote"]
MAX_CSL_CHARS = 1_000_000


class Csl(Given):
    """A style of the Citation Style Language, as Pandoc's citeproc reads it."""

    name: str = Field(max_length=255)
    """Of the file it was read from."""
    text: str = Field(max_length=MAX_CSL_CHARS)


class OutlineItem(Given):
    """One heading of the caller's own outline. Without sub-sections it is written as a section."""

    title: str = Field(min_length=1, max_length=400)
    purpose: str = Field(default="", max_length=2000)
    key_points: tuple[str, ...] = ()
    words: int | None = Field(default=None, ge=1, le=MAX_WORDS)
    subjects: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    """Titles of sections that must be drafted first; ``("all",)``: every other one."""
    sections: tuple["OutlineItem", ...] = ()


class Remembered(Given):
    """An entry that a person gives before writing starts: one line of a series bible."""

    subject: str = Field(min_length=1, max_length=200)
    statement: str = Field(min_length=1, max_length=2000)
    kind: EntryKind = "fact"
    attribute: str = ""
    aliases: tuple[str, ...] = ()
    story_time: str | None = None
    """When it is true in the story. Two values of different times are no conflict."""
    pinned: bool = False


class Brief(Given):
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
    cite: CitationStyle | Csl = "numeric"
    """How citations and the list of references read; works without sources have neither."""
    proposals: bool = False
    """True: what a person's own text tells memory waits until the person accepts it."""
    seed: int = 1

    @field_validator("request")
    @classmethod
    def _check_request(cls, request: str) -> str:
        if not request.strip():
            raise ValueError("the request is empty")
        return request.strip()

    @field_validator("constraints", mode="before")
    @classmethod
    def _wrap_plain_text(cls, value: object) -> object:
        if not isinstance(value, (list, tuple)):
            return value
        return [{"text": item} if isinstance(item, str) else item for item in value]

"""Memory entries: what a work knows, one statement each."""

from functools import cached_property
from typing import Literal

from pydantic import Field

from inkwright.memory.base import Value
from inkwright.memory.ids import EntryId, SectionId
from inkwright.memory.text.normalise import normalise

EntryKind = Literal["character", "place", "event", "fact", "term", "style", "thread"]
Origin = Literal["plan", "section", "source", "person"]
Status = Literal["live", "retracted", "proposed", "doubted"]
"""``proposed`` is live, and ``doubted`` retracted, once the person accepts it."""


class Span(Value):
    """Where a statement stands in the draft that established it, in code points."""

    section: SectionId
    draft: int
    """Version of the section's draft."""
    start: int = Field(ge=0)
    end: int = Field(ge=0)


class Entry(Value):
    """One version of one memory entry."""

    id: EntryId
    version: int = 1
    kind: EntryKind = "fact"
    subject: str
    aliases: tuple[str, ...] = ()
    attribute: str = ""
    """What about the subject: ``eye colour``, ``occupation``. Empty: the statement stands alone."""
    statement: str
    origin: Origin
    span: Span | None = None
    """For an entry that a draft established."""
    from_section: SectionId | None = None
    """Section from which it is true, in reading order. None: from the beginning."""
    supersedes: EntryId | None = None
    """Id of the entry whose value this one replaces from its own section on."""
    story_time: str | None = None
    pinned: bool = False
    status: Status = "live"

    @cached_property
    def names(self) -> frozenset[str]:
        """The subject and its aliases, normalised for exact comparison."""
        return frozenset(normalise(name) for name in (self.subject, *self.aliases) if name.strip())

    @cached_property
    def topic(self) -> tuple[str, str]:
        """Subject and attribute, normalised: two live values of one topic are a conflict."""
        return normalise(self.subject), normalise(self.attribute)

    @cached_property
    def line(self) -> str:
        """The entry as prompts show it."""
        about = f"{self.subject} ({', '.join(self.aliases)})" if self.aliases else self.subject
        head = f"{about} | {self.attribute}" if self.attribute else about
        return f"- [{self.id}] {head}: {self.statement}"

    @property
    def is_proposal(self) -> bool:
        return self.status in ("proposed", "doubted")

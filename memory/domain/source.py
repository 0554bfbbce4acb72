"""A source: one text that a work may draw on and cite."""

import re
from collections.abc import Mapping
from typing import Literal

from pydantic import Field, field_validator

from inkwright.memory.base import Given, Value, digest

SourceKind = Literal["document", "reference", "request"]
MAX_SOURCE_CHARS = 20_000_000
MAX_KEY_CHARS = 80
_PARTICLES = re.compile("da|de|del|della|den|der|di|dos|du|la|le|ten|ter|van|von|zu", re.IGNORECASE)
KEY_PATTERN = r"\w(?:[\w.:/+-]*\w)?"
"""What a key may be: part of what Pandoc takes for one, all that bibliographies commonly have."""


class Source(Given):
    """One document's text, and what a reference to it says."""

    key: str = Field(default="", max_length=MAX_KEY_CHARS)
    """What citations call it, as in ``[@smith2020]``. Empty: one is made when it is kept."""
    kind: SourceKind = "document"
    """``reference``: a line of a bibliography, with no text to rest a claim on. ``request``: the
    part of a long request beyond its instructions, which is never cited."""
    title: str = Field(default="", max_length=400)
    authors: tuple[str, ...] = ()
    date: str = Field(default="", max_length=40)
    """As the document gives it: a year, or year-month-day."""
    name: str = Field(default="", max_length=255)
    """Of the file it was read from."""
    text: str = Field(default="", max_length=MAX_SOURCE_CHARS)
    pages: tuple[int, ...] = ()
    """Where each page begins in ``text``, in code points. Empty: it has no pages."""
    more: Mapping[str, object] = Field(default_factory=dict)
    """What else its reference says, as CSL-JSON names it: type, container-title, volume, DOI..."""
    text_digest: str = ""
    """Stands for ``text`` where that is kept elsewhere."""

    @field_validator("title", "date", "name")
    @classmethod
    def _collapse_whitespace(cls, text: str) -> str:
        return " ".join(text.split())

    @field_validator("key")
    @classmethod
    def _check_key(cls, key: str) -> str:
        if key and not re.fullmatch(KEY_PATTERN, key):
            raise ValueError(f"{key!r} is no key; take letters, digits and . : / + - between them")
        return key

    @property
    def year(self) -> str:
        return self.date[:4]

    def page_at(self, offset: int) -> int | None:
        """Return the number of the page at ``offset``, from 1; None without pages."""
        return sum(start <= offset for start in self.pages) or None

    def without_text(self) -> "Source":
        """Return it with only the digest of its text."""
        stored_digest = self.text_digest or digest(self.text)
        return self.model_copy(update={"text": "", "pages": (), "text_digest": stored_digest})


class Evidence(Value):
    """An exact span of a stored source."""

    source: int
    """Number of the source in its work."""
    key: str
    start: int
    end: int
    """In code points of the source's text."""
    page: int | None = None
    """Page on which it begins."""

    @property
    def id(self) -> str:
        """What the vector index calls it."""
        return f"source{self.source}:{self.start}-{self.end}"


def get_family_name(author: str) -> str:
    """Return the family name: what stands before a comma, or last, with its particles."""
    if "," in author:
        return author.split(",")[0].strip()
    name_parts = author.split()
    first_index = len(name_parts) - 1
    while first_index > 1 and _PARTICLES.fullmatch(name_parts[first_index - 1]):
        first_index -= 1
    return " ".join(name_parts[first_index:])

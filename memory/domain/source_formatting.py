"""Layout: what a manuscript from outside needs, beside its texts, to come out again exactly.

Texts in the library are NFC with ``\\n`` between lines, as every agent reads them. What that leaves
out of the file (heading lines as they were marked, blank lines, line ends) is kept here.
"""

import unicodedata

from pydantic import Field

from inkwright.memory.base import Value, digest

BOM = "\ufeff"
"""Byte order mark."""


class FileLayout(Value):
    """What belongs to the file as a whole."""

    front: str = ""
    """Byte order mark, front matter and the title's heading, as they stand."""
    newline: str = Field(default="\n", pattern=r"^(\r\n|\r|\n)$")
    titled: bool = True
    """``front`` has a heading for the whole, so that chapters stand one level below it."""


class SectionLayout(Value):
    """How one section's text stood in its file. The four stretches follow one another."""

    heading: str = ""
    """Its heading, with the line's end; empty for text without a heading of its own."""
    before: str = ""
    """Blank lines between heading and text."""
    after: str = ""
    """White space after the text."""
    raw: str | None = None
    """The text as it stood; None where ``newline`` is all that its normal form lacks."""
    of: str = ""
    """Digest of the normal text that this was taken from; empty when there was none."""


def separate_layout(heading: str, body: str, newline: str) -> tuple[SectionLayout, str]:
    """Return how a section's raw ``body`` stands under ``heading``, and its text, normal form.

    The layout and the text together give heading and body back exactly.
    """
    if not body.strip():
        return SectionLayout(heading=heading, before=body), ""
    start = len(body) - len(body.lstrip(" \t\r\n"))
    start = max(body.rfind("\n", 0, start), body.rfind("\r", 0, start)) + 1
    end = len(body.rstrip(" \t\r\n"))
    core = body[start:end]
    text = normalise_text(core)
    layout = SectionLayout(
        heading=heading,
        before=body[:start],
        after=body[end:],
        raw=None if text.replace("\n", newline) == core else core,
        of=digest(text),
    )
    return layout, text


def normalise_text(text: str) -> str:
    """Return ``text`` in the form the library keeps: NFC, ``\\n`` between lines."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))

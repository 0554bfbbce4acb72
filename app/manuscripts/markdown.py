"""A Markdown text taken apart at its headings; put together, the parts are the text again."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from inkwright.app.files.strict_yaml import read_yaml
from inkwright.memory.domain.source_formatting import BOM
from inkwright.memory.errors import BadInput

_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
_FENCE = "---"


@dataclass(frozen=True)
class MarkdownPart:
    """One heading and what stands under it, up to the next heading."""

    level: int
    """1 to 6; 0 for what stands before the first heading."""
    title: str
    heading: str
    """The heading as it stands, its line ends included."""
    body: str


@dataclass(frozen=True)
class MarkdownParts:
    """A whole text: ``front``, then each part's heading and body, is every character of it."""

    front: str
    """Byte order mark and YAML front matter."""
    title: str | None
    """What the front matter calls the text."""
    parts: tuple[MarkdownPart, ...]


def split(text: str, *, depth: int = 6) -> MarkdownParts:
    """Take ``text`` apart at headings of level 1 to ``depth``, as CommonMark reads them.

    A heading inside a code block, a quotation, a list or an HTML block is text.
    """
    from markdown_it import MarkdownIt

    front, said = front_matter(text)
    title = said.get("title")
    titled = title if isinstance(title, str) and title.strip() else None
    lines: list[str] = _LINE.findall(text[len(front) :])
    reader = MarkdownIt("commonmark")
    reader.core.ruler.disable("inline")
    tokens = reader.parse("".join(lines))
    parts: list[MarkdownPart] = []
    level, title_now, heading, start = 0, "", "", 0
    for token, inline in pairwise(tokens):
        if token.type != "heading_open" or token.level or int(token.tag[1]) > depth:
            continue
        assert token.map is not None
        first, last = token.map
        parts.append(MarkdownPart(level, title_now, heading, "".join(lines[start:first])))
        level, title_now = int(token.tag[1]), " ".join(inline.content.split())
        heading, start = "".join(lines[first:last]), last
    parts.append(MarkdownPart(level, title_now, heading, "".join(lines[start:])))
    return MarkdownParts(front, titled, tuple(parts))


def newline_of(text: str) -> str:
    """Return the line end that ``text`` uses most."""
    crlf = text.count("\r\n")
    counts = {"\n": text.count("\n") - crlf, "\r\n": crlf, "\r": text.count("\r") - crlf}
    return max(counts, key=counts.__getitem__)


def front_matter(text: str) -> tuple[str, Mapping[str, Any]]:
    """Return the text's byte order mark and front matter, and what that says."""
    mark = BOM if text.startswith(BOM) else ""
    lines: list[str] = _LINE.findall(text[len(mark) :])
    if not lines or lines[0].rstrip() != _FENCE:
        return mark, {}
    for number, line in enumerate(lines[1:], 1):
        if line.rstrip() in (_FENCE, "..."):
            try:
                said, _ = read_yaml("".join(lines[1:number]), "front matter")
            except BadInput:
                return mark, {}
            if not isinstance(said, dict):
                return mark, {}
            return mark + "".join(lines[: number + 1]), said
    return mark, {}

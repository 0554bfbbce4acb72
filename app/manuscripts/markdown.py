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


def split_at_headings(text: str, *, depth: int = 6) -> MarkdownParts:
    """Take ``text`` apart at headings of level 1 to ``depth``, as CommonMark reads them.

    A heading inside a code block, a quotation, a list or an HTML block is text.
    """
    from markdown_it import MarkdownIt

    front, front_values = parse_front_matter(text)
    title = front_values.get("title")
    front_title = title if isinstance(title, str) and title.strip() else None
    lines: list[str] = _LINE.findall(text[len(front) :])
    parser = MarkdownIt("commonmark")
    parser.core.ruler.disable("inline")
    tokens = parser.parse("".join(lines))
    parts: list[MarkdownPart] = []
    level, current_title, heading, body_start = 0, "", "", 0
    for token, inline in pairwise(tokens):
        if token.type != "heading_open" or token.level or int(token.tag[1]) > depth:
            continue
        assert token.map is not None
        heading_start, heading_end = token.map
        parts.append(
            MarkdownPart(level, current_title, heading, "".join(lines[body_start:heading_start]))
        )
        level, current_title = int(token.tag[1]), " ".join(inline.content.split())
        heading, body_start = "".join(lines[heading_start:heading_end]), heading_end
    parts.append(MarkdownPart(level, current_title, heading, "".join(lines[body_start:])))
    return MarkdownParts(front, front_title, tuple(parts))


def detect_newline(text: str) -> str:
    """Return the line end that ``text`` uses most."""
    crlf = text.count("\r\n")
    counts = {"\n": text.count("\n") - crlf, "\r\n": crlf, "\r": text.count("\r") - crlf}
    return max(counts, key=counts.__getitem__)


def parse_front_matter(text: str) -> tuple[str, Mapping[str, Any]]:
    """Return the text's byte order mark and front matter, and what that says."""
    byte_order_mark = BOM if text.startswith(BOM) else ""
    lines: list[str] = _LINE.findall(text[len(byte_order_mark) :])
    if not lines or lines[0].rstrip() != _FENCE:
        return byte_order_mark, {}
    for number, line in enumerate(lines[1:], 1):
        if line.rstrip() in (_FENCE, "..."):
            try:
                front_values, _ = read_yaml("".join(lines[1:number]), "front matter")
            except BadInput:
                return byte_order_mark, {}
            if not isinstance(front_values, dict):
                return byte_order_mark, {}
            return byte_order_mark + "".join(lines[: number + 1]), front_values
    return byte_order_mark, {}

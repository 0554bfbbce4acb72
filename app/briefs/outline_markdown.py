"""An outline written as Markdown headings, any depth.

Text under a heading is its purpose, list items are its key points, and a line ``words: 600`` is
its budget; ``depends on: The storm; Dawn`` names sections that are written before it (``all``:
every other one), and ``subjects: Mara; the lamp`` whom and what it deals with. Titles are kept as
they stand.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from inkwright.memory.errors import BadInput

_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_BUDGET = re.compile(r"words:\s*(\d[\d,]*)\s*$", re.IGNORECASE)
_NAMES = re.compile(r"(depends on|subjects):\s*(\S.*)$", re.IGNORECASE)
_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+(.*)$")
_FENCE = re.compile(r" {0,3}(```|~~~)")


@dataclass
class _Node:
    level: int
    title: str
    words: int | None = None
    text: list[str] = field(default_factory=list)
    key_points: list[str] = field(default_factory=list)
    names: dict[str, list[str]] = field(default_factory=dict)
    sections: list["_Node"] = field(default_factory=list)

    @property
    def bare(self) -> bool:
        return not (self.text or self.key_points or self.words or self.names)

    def item(self) -> dict[str, Any]:
        found: dict[str, Any] = {"title": self.title, "purpose": " ".join(self.text)}
        if self.words is not None:
            found["words"] = self.words
        found["key_points"] = self.key_points
        found |= self.names
        found["sections"] = [node.item() for node in self.sections]
        return found


def read_headings(text: str, name: str) -> tuple[str | None, list[dict[str, Any]]]:
    """Return the piece's title, if the outline gives one, and the outline's items.

    A single first-level heading above all others, with nothing under it but headings, is the title.

    Raises:
        BadInput: there is no heading, or one without words.
    """
    root = _Node(0, "")
    path = [root]
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if _FENCE.match(line):
            fenced = not fenced
            continue
        found = None if fenced else _HEADING.match(line)
        if found is None:
            _add_line(path[-1], line)
            continue
        level, title = len(found[1]), (found[2] or "").strip()
        if not title:
            raise BadInput(f"{name}: line {number}: a heading without words")
        while path[-1].level >= level:
            path.pop()
        node = _Node(level, title)
        path[-1].sections.append(node)
        path.append(node)
    if not root.sections:
        raise BadInput(f"{name}: no Markdown heading (# ...) in the outline")
    first = root.sections[0]
    if len(root.sections) == 1 and first.level == 1 and first.sections and first.bare:
        return first.title, [node.item() for node in first.sections]
    return None, [node.item() for node in root.sections]


def _add_line(node: _Node, line: str) -> None:
    if not line.strip():
        return
    if budget := _BUDGET.match(line.strip()):
        node.words = int(budget[1].replace(",", ""))
    elif named := _NAMES.match(line.strip()):
        names = [name.strip() for name in re.split("[;；]", named[2]) if name.strip()]
        node.names[named[1].lower().replace(" ", "_")] = names
    elif item := _ITEM.match(line):
        node.key_points.append(item[1].strip())
    else:
        node.text.append(line.strip())

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
    def is_bare(self) -> bool:
        return not (self.text or self.key_points or self.words or self.names)

    def to_item(self) -> dict[str, Any]:
        item_values: dict[str, Any] = {"title": self.title, "purpose": " ".join(self.text)}
        if self.words is not None:
            item_values["words"] = self.words
        item_values["key_points"] = self.key_points
        item_values |= self.names
        item_values["sections"] = [node.to_item() for node in self.sections]
        return item_values


def read_headings(text: str, name: str) -> tuple[str | None, list[dict[str, Any]]]:
    """Return the piece's title, if the outline gives one, and the outline's items.

    A single first-level heading above all others, with nothing under it but headings, is the title.

    Raises:
        BadInput: there is no heading, or one without words.
    """
    root = _Node(0, "")
    node_path = [root]
    is_fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if _FENCE.match(line):
            is_fenced = not is_fenced
            continue
        match = None if is_fenced else _HEADING.match(line)
        if match is None:
            _add_line(node_path[-1], line)
            continue
        level, title = len(match[1]), (match[2] or "").strip()
        if not title:
            raise BadInput(f"{name}: line {number}: a heading without words")
        while node_path[-1].level >= level:
            node_path.pop()
        node = _Node(level, title)
        node_path[-1].sections.append(node)
        node_path.append(node)
    if not root.sections:
        raise BadInput(f"{name}: no Markdown heading (# ...) in the outline")
    first_node = root.sections[0]
    if (
        len(root.sections) == 1
        and first_node.level == 1
        and first_node.sections
        and first_node.is_bare
    ):
        return first_node.title, [node.to_item() for node in first_node.sections]
    return None, [node.to_item() for node in root.sections]


def _add_line(node: _Node, line: str) -> None:
    if not line.strip():
        return
    if budget_match := _BUDGET.match(line.strip()):
        node.words = int(budget_match[1].replace(",", ""))
    elif names_match := _NAMES.match(line.strip()):
        names = [name.strip() for name in re.split("[;；]", names_match[2]) if name.strip()]
        node.names[names_match[1].lower().replace(" ", "_")] = names
    elif item_match := _ITEM.match(line):
        node.key_points.append(item_match[1].strip())
    else:
        node.text.append(line.strip())

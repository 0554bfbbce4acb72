"""Blocks of a text by rule: tables, lists, checklists, quotations, how many and where."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from inkwright.agents.checks.section_format import HEADING, TABLE
from inkwright.memory.domain.constraint import Constraint
from inkwright.memory.domain.draft import CheckStatus
from inkwright.memory.text.words import count_words

_BULLET = re.compile(r"^[ \t]*[-*+•][ \t]+\S.*$")
_NUMBERED = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]+)?(?:\*\*|__)?(?:[^\W\d]+[ \t]+)?[（(]?(\d{1,3})(?:[.):）:：、．]|\*\*|"
    r"\s+[-–—])\s*\S"
)
_HEADED_ITEM = re.compile(r"^[ \t]*(?:#{1,6}[ \t]|\*\*|[^\W\d]+[ \t]+\d)")
_QUOTATION = re.compile(
    r"“[^”\n]+”|\"[^\"\n]+\""
    r"|«[^»\n]+»|„[^“”\n]+[“”]|「[^」\n]+」|『[^』\n]+』|(?:^[ \t]*>[^\n]*\n?)+",
    re.MULTILINE,
)
_QUOTED_WORDS = 3
"""A quotation has at least so many words; less is a word in quotation marks."""
_LIST_ITEMS = 2
"""So many items make a list, where nothing is said."""


@dataclass(frozen=True)
class _Block:
    count: int
    start: int
    end: int
    quote: str
    is_headed: bool = False
    """Its items are headings of a kind, with paragraphs under them."""


def check(text: str, constraint: Constraint) -> tuple[CheckStatus, str]:
    """Return whether ``text`` has the blocks asked for, with the words that show it."""
    text = text.strip()
    blocks = list(_find_blocks(text, constraint.block or ""))
    placed_blocks = [b for b in blocks if _is_in_place(text, b, constraint.at)]
    low, high = constraint.min_count, constraint.max_count
    if constraint.block in ("table", "quotation", "heading"):
        count = len(placed_blocks if constraint.at else blocks)
        if count < (low or 1) or (high is not None and count > high):
            return "broken", f"{constraint.text} ({_describe_count(constraint, count)})"
        return "met", placed_blocks[0].quote if placed_blocks else ""
    least = low or _LIST_ITEMS
    fitting_blocks = [
        b for b in placed_blocks if b.count >= least and (high is None or b.count <= high)
    ]
    if fitting_blocks:
        return "met", fitting_blocks[-1].quote
    if not blocks:
        return "broken", f"{constraint.text} (the text has no {constraint.block})"
    if not placed_blocks:
        return "broken", f"{constraint.text} (no {constraint.block} stands at the {constraint.at})"
    counts = ", ".join(str(b.count) for b in placed_blocks)
    return "broken", f"{constraint.text} (items: {counts})"


def _describe_count(constraint: Constraint, count: int) -> str:
    place = f" at the {constraint.at}" if constraint.at else ""
    return f"the text has {count or 'no'} {constraint.block}{place}"


def _find_blocks(text: str, kind: str) -> Iterator[_Block]:
    if kind == "table":
        for match in TABLE.finditer(text):
            end = match.end()
            while (line := re.compile(r"\n[^\n]*\|[^\n]*").match(text, end)) is not None:
                end = line.end()
            yield _Block(1, match.start(), end, match.group().split("\n")[0].strip())
    elif kind == "heading":
        for match in HEADING.finditer(text):
            yield _Block(1, match.start(), match.end(), match.group().strip())
    elif kind == "quotation":
        for match in _QUOTATION.finditer(text):
            if count_words(match.group()) >= _QUOTED_WORDS:
                yield _Block(1, match.start(), match.end(), match.group().strip()[:200])
    else:
        yield from _find_lists(text, is_numbered=kind == "numbered list")


def _find_lists(text: str, *, is_numbered: bool) -> Iterator[_Block]:
    """Yield lists: items in a row, or numbers from 1 on that go up by one."""
    start = end = count = 0
    quote, is_headed, has_numbers = "", False, False
    position = 0
    for line in text.splitlines(keepends=True):
        line_start, position = position, position + len(line)
        numbered = _NUMBERED.match(line)
        is_item = bool(numbered) or (not is_numbered and bool(_BULLET.match(line)))
        number = int(numbered.group(1)) if numbered else 0
        goes_on = count > 0 and is_item and (number == count + 1 if has_numbers else not numbered)
        ends_bullets = (
            count > 0 and not has_numbers and line.strip() and not line.startswith((" ", "\t"))
        )
        if count and not goes_on and (is_item or ends_bullets):
            yield _Block(count, start, end, quote, is_headed)
            count = 0
        if goes_on:
            count, end = count + 1, line_start + len(line.rstrip())
        elif is_item and (not numbered or number == 1):
            start, end, count = line_start, line_start + len(line.rstrip()), 1
            quote, has_numbers = line.strip()[:200], bool(numbered)
            is_headed = bool(numbered) and bool(_HEADED_ITEM.match(line))
    if count:
        yield _Block(count, start, end, quote, is_headed)


def _is_in_place(text: str, block: _Block, at: str | None) -> bool:
    if at == "start":
        before = HEADING.sub("", text[: block.start])
        return len([p for p in before.split("\n\n") if p.strip()]) <= 1
    if at == "end":
        after = text[block.end :]
        indented = all(not p.strip() or p.startswith(("  ", "\t")) for p in after.splitlines())
        return indented or (block.is_headed and not HEADING.search(after))
    return True

"""An answer as it is searched for talk, and what it was asked with."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import regex

from inkwright.memory.talk import wrappers
from inkwright.memory.talk.spans import TalkKind, TalkSpan

Certainty = Literal["cut", "doubt"]


@dataclass
class TalkContext:
    """What an answer was asked with."""

    title: str = ""
    other_titles: Sequence[str] = ()
    instructions: str = ""
    """The orders, without the passages."""
    passages: str = ""
    """Text that the model was shown as text: whatever stands in it is the author's."""
    required: Sequence[str] = ()
    """Words that the text must have; lines with them are never talk."""
    allows_headings: bool = False
    """The orders ask for headings within the section."""
    is_whole: bool = True
    """The answer is a text of its own, not a few sentences of one, and ought to end."""


@dataclass
class Window:
    """What is left of an answer between the talk at its edges."""

    text: str
    start: int
    end: int
    spans: list[TalkSpan] = field(default_factory=list)
    talkative: bool = False
    """Something was certain: what stands beside it may be more of the same."""

    def add(self, start: int, end: int, kind: TalkKind, certainty: Certainty) -> None:
        quote = self.text[start:end].strip()[:200]
        self.spans.append(
            TalkSpan(start=start, end=end, kind=kind, certainty=certainty, quote=quote)
        )

    def blocks(self) -> list[tuple[int, int]]:
        """Return the blocks between empty lines, fenced code in one."""
        code = wrappers.list_code_spans(self.text, self.start, self.end)
        blocks, at = [], self.start
        for gap in regex.finditer(r"\n[ \t]*\n\s*", self.text, pos=self.start, endpos=self.end):
            if not any(first < gap.start() < last for first, last in code):
                blocks.append((at, gap.start()))
                at = gap.end()
        return [(a, b) for a, b in [*blocks, (at, self.end)] if self.text[a:b].strip()]

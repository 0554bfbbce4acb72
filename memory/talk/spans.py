"""A stretch of an answer that is talk, or may be."""

from collections.abc import Iterable
from typing import Literal

from inkwright.memory.base import Value

TalkKind = Literal[
    "foreword", "afterword", "note", "word count", "end mark", "placeholder", "label", "order copy",
    "about the text", "chat token", "fence", "tag", "rule", "heading", "language", "broken end",
]  # fmt: skip


class TalkSpan(Value):
    """Talk in an answer, with where it stands; ``start`` and ``end`` in code points."""

    start: int
    end: int
    kind: TalkKind
    certainty: Literal["cut", "doubt"]
    """``cut``: shown to be talk. ``doubt``: it may be the author's, so a finding and never cut."""
    quote: str
    """The words themselves, at most 200 characters."""


def cut_talk(text: str, spans: Iterable[TalkSpan]) -> str:
    """Return ``text`` without the spans that are certain, its edges trimmed where one was cut."""
    certain_spans = sorted((s for s in spans if s.certainty == "cut"), key=lambda s: s.start)
    if not certain_spans:
        return text
    parts, at = [], 0
    for span in certain_spans:
        parts.append(text[at : span.start])
        at = max(at, span.end)
    return "".join([*parts, text[at:]]).strip()

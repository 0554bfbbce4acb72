"""Text of models, briefs and sources as text: whatever stands in it, nothing of it is markup."""

import re
from collections.abc import Iterable, Mapping
from html import escape

from inkwright.memory.text.word_diff import DiffSpan

_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~:$&@/])")
_ADDRESS = re.compile(r"https?(?=://)|\bwww(?=\.)|(?<=\w)(?=@)", re.IGNORECASE)
_JOINER = "\u2060"
"""A character that is not seen: what would be read as an address is none with it."""
LONGEST_LABEL = 120
AROUND = 100
"""So many characters are shown to either side of a passage."""


def plain(text: str, longest: int = LONGEST_LABEL) -> str:
    """Return ``text`` on one line for a label, where Streamlit would read Markdown."""
    line = " ".join(text.split())
    if len(line) > longest:
        line = line[: longest - 1].rstrip() + "…"
    return _MARKUP.sub(r"\\\1", _ADDRESS.sub(f"\\g<0>{_JOINER}", line))


def named(kind: object) -> str:
    """Return a kind of constraint as one reads it."""
    return str(kind).replace("_", " ")


def prose(text: str) -> str:
    """Return ``text`` as HTML that shows exactly it, lines kept and long words broken."""
    return f'<div style="{PROSE}">{escape(text)}</div>'


def told(facts: Mapping[str, str]) -> str:
    """Return names and what they are as two columns of HTML."""
    rows = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts.items()
    )
    return f'<dl class="told">{rows}</dl>'


def passage(text: str, words: str) -> str:
    """Return ``words`` marked among what stands around them on their line, as HTML."""
    at = text.find(words)
    if not words or at < 0:
        return prose(words)
    line = text.rfind("\n", 0, at) + 1
    start = max(at - AROUND, line)
    rest = text[at + len(words) :].partition("\n")[0]
    before = ("…" if start > line else "") + text[start:at]
    after = rest[:AROUND] + ("…" if len(rest) > AROUND else "")
    marked = f'<mark style="{_MARKED}">{escape(words)}</mark>'
    return f'<div style="{PROSE}">{escape(before)}{marked}{escape(after)}</div>'


def difference(pieces: Iterable[DiffSpan]) -> str:
    """Return what went struck through and what came underlined, as HTML."""
    parts = []
    for piece in pieces:
        words = escape(piece.text)
        if piece.kind == "gone":
            words = f'<del style="{_GONE}">{words}</del>'
        elif piece.kind == "new":
            words = f'<ins style="{_NEW}">{words}</ins>'
        parts.append(words)
    return f'<div style="{PROSE}">{"".join(parts)}</div>'


PROSE = (
    "white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.65;max-width:44rem;"
    "font-family:'Source Serif','Source Serif 4',Georgia,'Noto Serif CJK SC',serif"
)
_GONE = "background:rgba(200,60,50,.16);text-decoration:line-through"
_NEW = "background:rgba(60,150,80,.20);text-decoration:underline;text-underline-offset:3px"
_MARKED = "background:rgba(220,170,40,.35);color:inherit"

"""Text of models, briefs and sources as text: whatever stands in it, nothing of it is markup."""

import re
from collections.abc import Iterable, Mapping
from html import escape

from inkwright.memory.text.word_diff import DiffSpan

STATUS_LABELS = {
    "new": "not planned",
    "planned": "planned",
    "drafting": "being written",
    "partial": "unfinished",
    "flagged": "needs a look",
    "complete": "complete",
}

_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~:$&@/])")
_AUTOLINK = re.compile(r"https?(?=://)|\bwww(?=\.)|(?<=\w)(?=@)", re.IGNORECASE)
_JOINER = "\u2060"
"""A character that is not seen: what would be read as an address is none with it."""
MAX_LABEL_CHARS = 120
CONTEXT_CHARS = 100
"""So many characters are shown to either side of a passage."""


def escape_markdown(text: str, max_chars: int = MAX_LABEL_CHARS) -> str:
    """Return ``text`` on one line for a label, where Streamlit would read Markdown."""
    line = " ".join(text.split())
    if len(line) > max_chars:
        line = line[: max_chars - 1].rstrip() + "…"
    return _MARKUP.sub(r"\\\1", _AUTOLINK.sub(f"\\g<0>{_JOINER}", line))


def format_kind(kind: object) -> str:
    """Return a kind of constraint as one reads it."""
    return str(kind).replace("_", " ")


def render_prose(text: str) -> str:
    """Return ``text`` as HTML that shows exactly it, lines kept and long words broken."""
    return f'<div style="{PROSE_STYLE}">{escape(text)}</div>'


def render_facts(facts: Mapping[str, str]) -> str:
    """Return names and what they are as two columns of HTML."""
    rows = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts.items()
    )
    return f'<dl class="told">{rows}</dl>'


def render_passage(text: str, words: str) -> str:
    """Return ``words`` marked among what stands around them on their line, as HTML."""
    match_start = text.find(words)
    if not words or match_start < 0:
        return render_prose(words)
    line_start = text.rfind("\n", 0, match_start) + 1
    context_start = max(match_start - CONTEXT_CHARS, line_start)
    rest_of_line = text[match_start + len(words) :].partition("\n")[0]
    context_before = ("…" if context_start > line_start else "") + text[context_start:match_start]
    context_after = rest_of_line[:CONTEXT_CHARS] + (
        "…" if len(rest_of_line) > CONTEXT_CHARS else ""
    )
    marked_html = f'<mark style="{_MARKED_STYLE}">{escape(words)}</mark>'
    line_html = f"{escape(context_before)}{marked_html}{escape(context_after)}"
    return f'<div style="{PROSE_STYLE}">{line_html}</div>'


def render_diff(spans: Iterable[DiffSpan]) -> str:
    """Return what went struck through and what came underlined, as HTML."""
    html_parts = []
    for span in spans:
        span_html = escape(span.text)
        if span.kind == "gone":
            span_html = f'<del style="{_DELETED_STYLE}">{span_html}</del>'
        elif span.kind == "new":
            span_html = f'<ins style="{_INSERTED_STYLE}">{span_html}</ins>'
        html_parts.append(span_html)
    return f'<div style="{PROSE_STYLE}">{"".join(html_parts)}</div>'


PROSE_STYLE = (
    "white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.65;max-width:44rem;"
    "font-family:'Source Serif','Source Serif 4',Georgia,'Noto Serif CJK SC',serif"
)
_DELETED_STYLE = "background:rgba(200,60,50,.16);text-decoration:line-through"
_INSERTED_STYLE = (
    "background:rgba(60,150,80,.20);text-decoration:underline;text-underline-offset:3px"
)
_MARKED_STYLE = "background:rgba(220,170,40,.35);color:inherit"

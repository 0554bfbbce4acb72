"""What is wrapped around a text: chat tokens, fences, tags, rules."""

import re

CHAT_TOKEN = re.compile(
    r"<[|｜][^<>|｜\n]{1,40}[|｜]>|</?s>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|<(?:bos"
    r"|eos|pad|unk)>"
    r"|\[(?:EOS|BOS|PAD)\]|<\|(?:im_end|im_start|eot_id|endoftext|return|end)(?=$|\s)"
)
ROLE_AFTER_TOKEN = re.compile(r"(?:assistant|user|system|model|final)?[ \t]*\n?", re.IGNORECASE)
OPENING_FENCE = re.compile(
    r"[ ]{0,3}(`{3,}|~{3,})[ \t]*(?:text|txt|plain(?:text)?|markdown|md|prose|story|html"
    r"|latex|output)?[ \t]*\n",
    re.IGNORECASE,
)
FENCE_LINE = re.compile(r"^[ ]{0,3}(`{3,}|~{3,})(.*)$", re.MULTILINE)
RULE = re.compile(r"[ ]{0,3}([-*_=])(?:[ \t]*\1){2,}[ \t]*")
_OPENING_TAG = re.compile(r"<([A-Za-z][\w:-]{0,30})(?: [^<>\n]{0,80})?>[ \t]*\n?")
PARAGRAPH_TAG = re.compile(r"</?p(?: [^<>\n]{0,80})?>|<br ?/?>$", re.IGNORECASE | re.MULTILINE)
_MARKUP = {
    "p", "b", "i", "em", "strong", "sub", "sup", "br", "u", "a", "table", "code", "pre",
    "ul", "ol", "li", "blockquote", "span", "img", "ruby", "details", "summary", "kbd",
    "mark", "figure", "h1", "h2", "h3", "h4", "dl", "q", "s", "small", "cite", "dfn",
    "abbr", "math", "svg", "iframe", "video", "center", "font",
}  # fmt: skip
"""Tags that belong to a text's own markup."""


def find_tag_pair(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return where the text within a tag around all of it begins and ends."""
    opening = _OPENING_TAG.match(text, start, end)
    if opening is None or opening.group(1).casefold() in _MARKUP:
        return None
    closing = re.compile(rf"\n?[ \t]*</{re.escape(opening.group(1))}>$")
    match = closing.search(text, opening.end(), end)
    if match is not None and text.count(f"<{opening.group(1)}", start, end) == 1:
        return opening.end(), match.start()
    return None


def list_code_spans(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the fenced blocks of ``text``, each from its opening to its end."""
    spans = []
    opening: re.Match[str] | None = None
    for line in FENCE_LINE.finditer(text, start, end):
        if opening is None:
            opening = line
        elif line.group(1).startswith(opening.group(1)) and not line.group(2).strip():
            spans.append((opening.start(), line.end()))
            opening = None
    if opening is not None:
        spans.append((opening.start(), end))
    return spans

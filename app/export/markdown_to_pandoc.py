"""A section's Markdown as blocks of Pandoc's document model: prose comes out as it was typed.

It is read with the parser that takes imported manuscripts apart: CommonMark and pipe tables, less
what misfires on prose. Markup of HTML is text, an indented line is no code, and a line under a
paragraph makes no heading of it. TeX, citations, attributes and the like are never looked for.
"""

import re
import unicodedata
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline.state_inline import Scanned, StateInline
from markdown_it.tree import SyntaxTreeNode

Block = dict[str, Any]
Inline = dict[str, Any]

NO_ATTRIBUTES: list[Any] = ["", [], []]
DEEPEST_NESTING = 40
"""Lists and quotations nested deeper than this are taken as plain paragraphs."""
LONGEST_NUMBER = 3
"""``1986. What a year.`` is a sentence, and no list that begins at 1986."""
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_LINE_ENDS = "\x0b\x0c\x85\u2028\u2029"
"""What ends a line besides a line feed, with which Markdown ends its own."""
_INDENTED = re.compile(r"(?<!\n)\n(?=\u3000)")
"""Before a line that begins with a Chinese paragraph's indent."""
_SENTENCE_ENDS = "。！？…」』”’"
_SPACES = re.compile(rf"([ \t]+|[{_LINE_ENDS}])")
_SAFE_LINK = re.compile(r"(?:https?|mailto):", re.IGNORECASE)


def read_blocks(text: str) -> list[Block]:
    """Return what ``text`` says, block by block."""
    text = _INDENTED.sub("\n\n", text)
    tokens = _parser().parse(text)
    if any(token.level >= DEEPEST_NESTING - 1 for token in tokens):
        return [plain_paragraph(part) for part in re.split(r"\n\s*\n", text) if part.strip()]
    return _blocks(SyntaxTreeNode(tokens))


def plain(text: str) -> list[Inline]:
    """Return text that is no Markdown as inlines."""
    found: list[Inline] = []
    for part in _SPACES.split(text):
        if part and part in _LINE_ENDS:
            found.append({"t": "LineBreak"})
        elif part.strip(" \t"):
            found.append({"t": "Str", "c": printable(part)})
        elif part:
            found.append({"t": "Space"})
    return found


def plain_paragraph(text: str) -> Block:
    """Return one paragraph of text that is no Markdown; its lines stay lines."""
    found: list[Inline] = []
    for number, line in enumerate(text.strip("\n").split("\n")):
        found += [{"t": "LineBreak"}] * bool(number) + plain(line)
    return {"t": "Para", "c": found}


def printable(text: str) -> str:
    """Return ``text`` with a replacement character for what no document can hold."""
    return _UNPRINTABLE.sub("\ufffd", text)


def is_wide(character: str) -> bool:
    """True for Han, kana, Hangul, and the punctuation that goes with them."""
    return unicodedata.east_asian_width(character) in "WF"


class _State(StateInline):
    """Lets emphasis begin and end beside Han text, where there are no spaces to tell by."""

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803
        found = super().scanDelims(start, canSplitWord)
        before = self.src[start - 1] if start else " "
        end = start + found.length
        after = self.src[end] if end < self.posMax else " "
        if not canSplitWord:
            return found
        can_open, can_close = found.can_open, found.can_close
        if is_wide(before) and not after.isspace():
            can_open = True
        if is_wide(after) and not before.isspace():
            can_close = True
        return Scanned(can_open, can_close, found.length)


class _Inline(ParserInline):
    def parse(self, src: str, md: MarkdownIt, env: Any, tokens: list[Any]) -> list[Any]:
        state = _State(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": DEEPEST_NESTING})
    parser.inline = _Inline()
    parser.enable("table")
    parser.disable(["code", "lheading", "html_block", "html_inline", "strikethrough", "linkify"])
    return parser


def _blocks(parent: SyntaxTreeNode) -> list[Block]:
    found: list[Block] = []
    for node in parent.children:
        found += _block(node)
    return found


def _block(node: SyntaxTreeNode) -> list[Block]:
    if node.type == "paragraph":
        assert node.token is None
        kind = "Plain" if node.nester_tokens and node.nester_tokens.opening.hidden else "Para"
        return [{"t": kind, "c": _inlines(node.children[0])}]
    if node.type == "heading":
        level = int(node.tag[1])
        said = _on_one_line(_inlines(node.children[0]))
        return [{"t": "Header", "c": [level, NO_ATTRIBUTES, said]}]
    if node.type == "bullet_list":
        return [{"t": "BulletList", "c": [_blocks(item) for item in node.children]}]
    if node.type == "ordered_list":
        return _numbered(node)
    if node.type == "blockquote":
        return [{"t": "BlockQuote", "c": _blocks(node)}]
    if node.type == "hr":
        return [{"t": "HorizontalRule"}]
    if node.type == "table":
        return [_table(node)]
    assert node.type in ("fence", "code_block"), node.type
    return [{"t": "CodeBlock", "c": [NO_ATTRIBUTES, printable(node.content.rstrip("\n"))]}]


def _numbered(node: SyntaxTreeNode) -> list[Block]:
    items = [_blocks(item) for item in node.children]
    mark = node.children[0].markup
    if len(node.children[0].info) <= LONGEST_NUMBER:
        first = int(node.attrs.get("start", 1))
        style = [first, {"t": "Decimal"}, {"t": "OneParen" if mark == ")" else "Period"}]
        return [{"t": "OrderedList", "c": [style, items]}]
    found: list[Block] = []
    for node_item, item in zip(node.children, items, strict=True):
        said = plain(f"{node_item.info}{mark}")
        if item and item[0]["t"] in ("Plain", "Para"):
            item[0] = {"t": "Para", "c": [*said, {"t": "Space"}, *item[0]["c"]]}
        else:
            item.insert(0, {"t": "Para", "c": said})
        found += item
    return found


def _table(node: SyntaxTreeNode) -> Block:
    rows = {part.type: part.children for part in node.children}
    head = rows["thead"][0]
    columns = [[{"t": _alignment(cell)}, {"t": "ColWidthDefault"}] for cell in head.children]
    body = [_row(row) for row in rows.get("tbody", [])]
    content = [
        NO_ATTRIBUTES,
        [None, []],
        columns,
        [NO_ATTRIBUTES, [_row(head)]],
        [[NO_ATTRIBUTES, 0, [], body]],
        [NO_ATTRIBUTES, []],
    ]
    return {"t": "Table", "c": content}


def _row(row: SyntaxTreeNode) -> list[Any]:
    cells = []
    for cell in row.children:
        said = [{"t": "Plain", "c": _inlines(cell.children[0])}] if cell.children else []
        cells.append([NO_ATTRIBUTES, {"t": "AlignDefault"}, 1, 1, said])
    return [NO_ATTRIBUTES, cells]


def _alignment(cell: SyntaxTreeNode) -> str:
    side = str(cell.attrs.get("style", "")).removeprefix("text-align:")
    return {"left": "AlignLeft", "right": "AlignRight", "center": "AlignCenter"}.get(
        side, "AlignDefault"
    )


def _inlines(parent: SyntaxTreeNode) -> list[Inline]:
    """Return what a node's children say; neighbouring words are joined before they are split."""
    found: list[Inline] = []
    text = ""
    for node in parent.children:
        if node.type == "text":
            text += node.content
            continue
        found += plain(text)
        text = ""
        found += _inline(node)
    return _across_lines(found + plain(text))


def _inline(node: SyntaxTreeNode) -> list[Inline]:
    if node.type == "softbreak":
        return [{"t": "SoftBreak"}]
    if node.type == "hardbreak":
        return [{"t": "LineBreak"}]
    if node.type == "code_inline":
        return [{"t": "Code", "c": [NO_ATTRIBUTES, printable(node.content)]}]
    if node.type == "image":
        return _inlines(node)
    said = _inlines(node)
    if node.type in ("em", "strong"):
        return [{"t": "Emph" if node.type == "em" else "Strong", "c": said}]
    assert node.type == "link", node.type
    address = str(node.attrs.get("href", ""))
    if not _SAFE_LINK.match(address):
        return said
    return [{"t": "Link", "c": [NO_ATTRIBUTES, said, [address, ""]]}]


def _across_lines(inlines: list[Inline]) -> list[Inline]:
    """Let a line's end be a space; between two Han characters none, or a line's end.

    A line's end after a whole Chinese sentence was meant: such text is not wrapped by hand.
    """
    found: list[Inline] = []
    for place, inline in enumerate(inlines):
        if inline["t"] != "SoftBreak":
            found.append(inline)
            continue
        before, after = _edge(inlines[:place], -1), _edge(inlines[place + 1 :], 0)
        if not (_is_chinese(before) and _is_chinese(after)):
            found.append({"t": "Space"})
        elif before in _SENTENCE_ENDS:
            found.append({"t": "LineBreak"})
    return found


def _on_one_line(part: Any) -> Any:
    """Return inlines with a space for each line's end: no format has headings of several lines."""
    if isinstance(part, list):
        return [_on_one_line(inner) for inner in part]
    if not isinstance(part, dict) or "c" not in part:
        return {"t": "Space"} if part == {"t": "LineBreak"} else part
    return {**part, "c": _on_one_line(part["c"])}


def _is_chinese(character: str) -> bool:
    return bool(character) and (is_wide(character) or character in "“”‘’…—")


def _edge(inlines: list[Inline], end: int) -> str:
    """Return the first (0) or last (-1) character of what is said."""
    if not inlines:
        return ""
    content = inlines[end].get("c", "")
    if inlines[end]["t"] == "Str":
        return str(content[end])
    if inlines[end]["t"] in ("Emph", "Strong"):
        return _edge(content, end)
    return ""

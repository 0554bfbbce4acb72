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
MAX_NESTING = 40
"""Lists and quotations nested deeper than this are taken as plain paragraphs."""
MAX_NUMBER_DIGITS = 3
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
    tokens = _build_parser().parse(text)
    if any(token.level >= MAX_NESTING - 1 for token in tokens):
        return [build_paragraph(part) for part in re.split(r"\n\s*\n", text) if part.strip()]
    return _convert_blocks(SyntaxTreeNode(tokens))


def build_inlines(text: str) -> list[Inline]:
    """Return text that is no Markdown as inlines."""
    inlines: list[Inline] = []
    for part in _SPACES.split(text):
        if part and part in _LINE_ENDS:
            inlines.append({"t": "LineBreak"})
        elif part.strip(" \t"):
            inlines.append({"t": "Str", "c": replace_unprintable(part)})
        elif part:
            inlines.append({"t": "Space"})
    return inlines


def build_paragraph(text: str) -> Block:
    """Return one paragraph of text that is no Markdown; its lines stay lines."""
    inlines: list[Inline] = []
    for number, line in enumerate(text.strip("\n").split("\n")):
        inlines += [{"t": "LineBreak"}] * bool(number) + build_inlines(line)
    return {"t": "Para", "c": inlines}


def replace_unprintable(text: str) -> str:
    """Return ``text`` with a replacement character for what no document can hold."""
    return _UNPRINTABLE.sub("\ufffd", text)


def is_wide(character: str) -> bool:
    """True for Han, kana, Hangul, and the punctuation that goes with them."""
    return unicodedata.east_asian_width(character) in "WF"


class _State(StateInline):
    """Lets emphasis begin and end beside Han text, where there are no spaces to tell by."""

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803
        scanned = super().scanDelims(start, canSplitWord)
        char_before = self.src[start - 1] if start else " "
        end = start + scanned.length
        char_after = self.src[end] if end < self.posMax else " "
        if not canSplitWord:
            return scanned
        can_open, can_close = scanned.can_open, scanned.can_close
        if is_wide(char_before) and not char_after.isspace():
            can_open = True
        if is_wide(char_after) and not char_before.isspace():
            can_close = True
        return Scanned(can_open, can_close, scanned.length)


class _Inline(ParserInline):
    def parse(self, src: str, md: MarkdownIt, env: Any, tokens: list[Any]) -> list[Any]:
        state = _State(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


@cache
def _build_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": MAX_NESTING})
    parser.inline = _Inline()
    parser.enable("table")
    parser.disable(["code", "lheading", "html_block", "html_inline", "strikethrough", "linkify"])
    return parser


def _convert_blocks(parent: SyntaxTreeNode) -> list[Block]:
    blocks: list[Block] = []
    for node in parent.children:
        blocks += _convert_block(node)
    return blocks


def _convert_block(node: SyntaxTreeNode) -> list[Block]:
    if node.type == "paragraph":
        assert node.token is None
        kind = "Plain" if node.nester_tokens and node.nester_tokens.opening.hidden else "Para"
        return [{"t": kind, "c": _convert_inlines(node.children[0])}]
    if node.type == "heading":
        level = int(node.tag[1])
        inlines = _on_one_line(_convert_inlines(node.children[0]))
        return [{"t": "Header", "c": [level, NO_ATTRIBUTES, inlines]}]
    if node.type == "bullet_list":
        return [{"t": "BulletList", "c": [_convert_blocks(item) for item in node.children]}]
    if node.type == "ordered_list":
        return _convert_ordered_list(node)
    if node.type == "blockquote":
        return [{"t": "BlockQuote", "c": _convert_blocks(node)}]
    if node.type == "hr":
        return [{"t": "HorizontalRule"}]
    if node.type == "table":
        return [_convert_table(node)]
    assert node.type in ("fence", "code_block"), node.type
    return [
        {"t": "CodeBlock", "c": [NO_ATTRIBUTES, replace_unprintable(node.content.rstrip("\n"))]}
    ]


def _convert_ordered_list(node: SyntaxTreeNode) -> list[Block]:
    items = [_convert_blocks(item) for item in node.children]
    delimiter = node.children[0].markup
    if len(node.children[0].info) <= MAX_NUMBER_DIGITS:
        start_number = int(node.attrs.get("start", 1))
        list_attributes = [
            start_number,
            {"t": "Decimal"},
            {"t": "OneParen" if delimiter == ")" else "Period"},
        ]
        return [{"t": "OrderedList", "c": [list_attributes, items]}]
    blocks: list[Block] = []
    for node_item, item in zip(node.children, items, strict=True):
        number_inlines = build_inlines(f"{node_item.info}{delimiter}")
        if item and item[0]["t"] in ("Plain", "Para"):
            item[0] = {"t": "Para", "c": [*number_inlines, {"t": "Space"}, *item[0]["c"]]}
        else:
            item.insert(0, {"t": "Para", "c": number_inlines})
        blocks += item
    return blocks


def _convert_table(node: SyntaxTreeNode) -> Block:
    rows = {part.type: part.children for part in node.children}
    head = rows["thead"][0]
    columns = [[{"t": _find_alignment(cell)}, {"t": "ColWidthDefault"}] for cell in head.children]
    body = [_convert_row(row) for row in rows.get("tbody", [])]
    content = [
        NO_ATTRIBUTES,
        [None, []],
        columns,
        [NO_ATTRIBUTES, [_convert_row(head)]],
        [[NO_ATTRIBUTES, 0, [], body]],
        [NO_ATTRIBUTES, []],
    ]
    return {"t": "Table", "c": content}


def _convert_row(row: SyntaxTreeNode) -> list[Any]:
    cells = []
    for cell in row.children:
        cell_blocks = (
            [{"t": "Plain", "c": _convert_inlines(cell.children[0])}] if cell.children else []
        )
        cells.append([NO_ATTRIBUTES, {"t": "AlignDefault"}, 1, 1, cell_blocks])
    return [NO_ATTRIBUTES, cells]


def _find_alignment(cell: SyntaxTreeNode) -> str:
    side = str(cell.attrs.get("style", "")).removeprefix("text-align:")
    return {"left": "AlignLeft", "right": "AlignRight", "center": "AlignCenter"}.get(
        side, "AlignDefault"
    )


def _convert_inlines(parent: SyntaxTreeNode) -> list[Inline]:
    """Return what a node's children say; neighbouring words are joined before they are split."""
    inlines: list[Inline] = []
    text = ""
    for node in parent.children:
        if node.type == "text":
            text += node.content
            continue
        inlines += build_inlines(text)
        text = ""
        inlines += _convert_inline(node)
    return _join_lines(inlines + build_inlines(text))


def _convert_inline(node: SyntaxTreeNode) -> list[Inline]:
    if node.type == "softbreak":
        return [{"t": "SoftBreak"}]
    if node.type == "hardbreak":
        return [{"t": "LineBreak"}]
    if node.type == "code_inline":
        return [{"t": "Code", "c": [NO_ATTRIBUTES, replace_unprintable(node.content)]}]
    if node.type == "image":
        return _convert_inlines(node)
    inner_inlines = _convert_inlines(node)
    if node.type in ("em", "strong"):
        return [{"t": "Emph" if node.type == "em" else "Strong", "c": inner_inlines}]
    assert node.type == "link", node.type
    address = str(node.attrs.get("href", ""))
    if not _SAFE_LINK.match(address):
        return inner_inlines
    return [{"t": "Link", "c": [NO_ATTRIBUTES, inner_inlines, [address, ""]]}]


def _join_lines(inlines: list[Inline]) -> list[Inline]:
    """Let a line's end be a space; between two Han characters none, or a line's end.

    A line's end after a whole Chinese sentence was meant: such text is not wrapped by hand.
    """
    joined_inlines: list[Inline] = []
    for index, inline in enumerate(inlines):
        if inline["t"] != "SoftBreak":
            joined_inlines.append(inline)
            continue
        char_before = _get_edge_character(inlines[:index], -1)
        char_after = _get_edge_character(inlines[index + 1 :], 0)
        if not (_is_chinese(char_before) and _is_chinese(char_after)):
            joined_inlines.append({"t": "Space"})
        elif char_before in _SENTENCE_ENDS:
            joined_inlines.append({"t": "LineBreak"})
    return joined_inlines


def _on_one_line(part: Any) -> Any:
    """Return inlines with a space for each line's end: no format has headings of several lines."""
    if isinstance(part, list):
        return [_on_one_line(inner) for inner in part]
    if not isinstance(part, dict) or "c" not in part:
        return {"t": "Space"} if part == {"t": "LineBreak"} else part
    return {**part, "c": _on_one_line(part["c"])}


def _is_chinese(character: str) -> bool:
    return bool(character) and (is_wide(character) or character in "“”‘’…—")


def _get_edge_character(inlines: list[Inline], edge_index: int) -> str:
    """Return the first (0) or last (-1) character of what is said."""
    if not inlines:
        return ""
    content = inlines[edge_index].get("c", "")
    if inlines[edge_index]["t"] == "Str":
        return str(content[edge_index])
    if inlines[edge_index]["t"] in ("Emph", "Strong"):
        return _get_edge_character(content, edge_index)
    return ""

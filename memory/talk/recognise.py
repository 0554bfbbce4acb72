"""Recognising talk by its kind: where it stands, what it is made of, and what it is about.

What is shown to be talk may be cut; what may be the author's is a doubt. So nothing in the middle
of a text is ever cut but chat tokens and lines with ids of ours; and what stands in the passages
that the model was shown as text is the author's, whatever it looks like.
"""

from collections.abc import Callable, Iterable

import regex

from inkwright.memory.talk import wrappers
from inkwright.memory.talk.edges import take_head, take_tail
from inkwright.memory.talk.judging import EDGE_WORDS
from inkwright.memory.talk.lexicon import strip_quotations
from inkwright.memory.talk.line_patterns import (
    HEADING_LINE,
    INNER_ID,
    ORDER_ID,
    PLACEHOLDER,
    SPEECH,
    SQUARE,
    SURE_ABOUT_TEXT,
    TERMINAL,
    is_count_line,
)
from inkwright.memory.talk.orders import (
    COPY_WORDS,
    copies_order,
    find_order_label,
    has_required,
    is_order_line,
    is_shown,
)
from inkwright.memory.talk.spans import TalkKind, TalkSpan
from inkwright.memory.talk.titles import clean_title
from inkwright.memory.talk.unwrapping import unwrap
from inkwright.memory.talk.window import TalkContext, Window
from inkwright.memory.text.normalise import normalise
from inkwright.memory.text.sentence_boundaries import count_small_words, detect_sentence_language
from inkwright.memory.text.words import count_words, sentences

MAX_EDGE_PARTS = 40
"""So many parts of talk are taken off an answer's edges; with more of them it is none."""
FOREIGN_WORDS = 4
"""So many small words of another language, and none of its own, show a paragraph to be in it."""
LANGUAGE_WORDS = 14
"""A paragraph of fewer words does not show its language by its small words."""
_SMALL_WORD = 3
"""Letters of a last word that no title ends with: an article, a preposition."""


def find_talk(text: str, context: TalkContext | None = None) -> tuple[TalkSpan, ...]:
    """Return the talk in ``text``, in the order of the text; certain spans do not overlap."""
    context = context or TalkContext()
    window = Window(text, 0, len(text))
    _trim(window)
    for _ in range(MAX_EDGE_PARTS):
        if not (unwrap(window) or take_head(window, context) or take_tail(window, context)):
            break
        _trim(window)
        if window.start >= window.end:
            break
    _find_inner(window, context)
    if window.start >= window.end:  # nothing would be left: it is for the caller to refuse
        return tuple(s.model_copy(update={"certainty": "doubt"}) for s in _sort(window.spans))
    return tuple(_sort(window.spans))


def _sort(spans: Iterable[TalkSpan]) -> list[TalkSpan]:
    return sorted(spans, key=lambda s: (s.start, s.end))


def _trim(window: Window) -> None:
    part = window.text[window.start : window.end]
    window.start += len(part) - len(part.lstrip("\n\r\t \ufeff"))
    window.end -= len(part) - len(part.rstrip())
    while window.start < window.end and window.text[window.start - 1 : window.start] in (" ", "\t"):
        window.start -= 1  # an indent belongs to the first line


def _find_inner(window: Window, context: TalkContext) -> None:
    """Find talk within the text: doubts, but for tokens, tags of paragraphs and ids."""
    text = window.text
    code = wrappers.list_code_spans(text, window.start, window.end)

    def is_code(at: int) -> bool:
        return any(first <= at < last for first, last in code)

    _find_tokens(window, is_code)
    _find_headings(window, context, is_code)
    language = detect_sentence_language(text[window.start : window.end])
    blocks = [b for b in window.blocks() if not is_code(b[0])]
    for start, end in blocks:
        block = text[start:end]
        doubts = [s for s in window.spans if s.certainty == "doubt"]
        is_doubted = any(s.start < end and start < s.end for s in doubts)
        if is_doubted or is_shown(block, context) or has_required(block, context):
            continue
        if kind := _judge_inner(block, context):
            window.add(start, end, kind, "doubt")
        elif _is_in_other_language(block, language):
            window.add(start, end, "language", "doubt")
        else:
            _find_order_lines(window, start, end, context)
    is_end = context.is_whole and blocks and blocks[-1][1] == window.end
    if is_end and _breaks_off(text[slice(*blocks[-1])]):
        window.add(*blocks[-1], "broken end", "doubt")


def _find_tokens(window: Window, is_code: Callable[[int], bool]) -> None:
    """Cut chat tokens but for those that a text speaks of, and tags around paragraphs."""
    text, start, end = window.text, window.start, window.end
    for token in wrappers.CHAT_TOKEN.finditer(text, start, end):
        in_backticks = text[token.start() - 1 : token.start()] == "`" == text[token.end() :][:1]
        if not is_code(token.start()) and not in_backticks and token.group()[1] in "|｜":
            window.add(*token.span(), "chat token", "cut")
    tags = list(wrappers.PARAGRAPH_TAG.finditer(text, start, end))
    if len(tags) > 1 and tags[0].start() == start:
        for tag in tags:
            if not is_code(tag.start()):
                window.add(*tag.span(), "tag", "cut")


def _judge_inner(block: str, context: TalkContext) -> TalkKind | None:
    stripped = block.strip()
    if stripped[0] in SPEECH:
        return None
    size = count_words(block)
    if size <= 40 and SQUARE.fullmatch(stripped) and PLACEHOLDER.match(stripped):
        return "placeholder"
    if size <= 12 and is_count_line(stripped):
        return "word count"
    if size <= EDGE_WORDS and SURE_ABOUT_TEXT.search(strip_quotations(block)):
        return "about the text"
    if "\n" not in stripped and copies_order(stripped, context):
        return "order copy"
    return None


def _find_order_lines(window: Window, start: int, end: int, context: TalkContext) -> None:
    """Cut lines with ids of ours; a line with a label of the orders is a doubt."""
    at = start
    for line in window.text[start:end].split("\n"):
        stop = at + len(line)
        if ORDER_ID.match(line) and is_order_line(line, context):
            window.add(at, min(stop + 1, end), "label", "cut")
        elif (inner := INNER_ID.search(line)) and inner.group().strip() in context.instructions:
            window.add(at + inner.start(), at + inner.end(), "label", "cut")
        elif find_order_label(line, context):
            window.add(at, stop, "label", "doubt")
        at = stop + 1


def _find_headings(window: Window, context: TalkContext, is_code: Callable[[int], bool]) -> None:
    headings = [
        h
        for h in HEADING_LINE.finditer(window.text, window.start, window.end)
        if not is_code(h.start())
    ]
    others = {normalise(title) for title in context.other_titles}
    for number, heading in enumerate(headings):
        after = headings[number + 1] if number + 1 < len(headings) else None
        is_empty = (
            after is not None
            and not window.text[heading.end() : after.start()].strip()
            and len(after.group(1)) <= len(heading.group(1))
        )
        name = normalise(clean_title(heading.group()))
        foreign = name in others or (len(heading.group(1)) < 3 and not context.allows_headings)
        if is_empty or (foreign and context.title):
            window.add(*heading.span(), "heading", "doubt")


def _is_in_other_language(block: str, language: str) -> bool:
    """True for a paragraph in another script than the text, or in other small words."""
    if block.strip()[0] in SPEECH or block.lstrip().startswith((">", "|", "-", "*")):
        return False
    other = detect_sentence_language(block)
    if other == language or count_words(block) < LANGUAGE_WORDS:
        return False
    unspaced = {"zh", "ja"}
    if other in unspaced or language in unspaced or "ru" in (other, language):
        return not {other, language} <= unspaced
    scores = count_small_words(block)
    return scores[other] >= FOREIGN_WORDS and not scores.get(language)


def _breaks_off(block: str) -> bool:
    """True where the last sentence of prose has no end; a line with no other mark is a title."""
    stripped = block.strip()
    if stripped[-1] in TERMINAL or "\n" in stripped or count_words(stripped) < COPY_WORDS * 2:
        return False
    if regex.match(r"(?:[#>|\-*+]|\d+[.)])", stripped) or not stripped[-1].isalnum():
        return False
    text_sentences = sentences(stripped)
    if len(text_sentences) == 1:
        return len(stripped.rsplit(" ", 1)[-1]) <= _SMALL_WORD or "," in stripped
    return count_words(text_sentences[0].text) > 2

"""Taking off what is wrapped around all of a text."""

import re

from inkwright.memory.talk import wrappers
from inkwright.memory.talk.judging import EDGE_WORDS
from inkwright.memory.talk.lexicon import TalkSign, read_signs
from inkwright.memory.talk.window import Window
from inkwright.memory.text.words import count_words


def unwrap(window: Window) -> bool:
    """Take one thing off that is wrapped around all of the text."""
    text, start, end = window.text, window.start, window.end
    for at, last in ((start, True), (end, False)):
        token = wrappers.CHAT_TOKEN.match(text, at, end) if last else _last_token(text, start, end)
        if token:
            tail = wrappers.ROLE_AFTER_TOKEN.match(text, token.end(), end)
            stop = tail.end() if tail and (not last or tail.group().strip()) else token.end()
            window.add(token.start(), stop, "chat token", "cut")
            window.start, window.end = (stop, end) if last else (start, token.start())
            return True
    if inner := wrappers.find_tag_pair(text, start, end):
        window.add(start, inner[0], "tag", "cut")
        window.add(inner[1], end, "tag", "cut")
        window.start, window.end = inner
        return True
    return _unwrap_fence(window) or _unwrap_rules(window)


def _last_token(text: str, start: int, end: int) -> re.Match[str] | None:
    tokens = list(wrappers.CHAT_TOKEN.finditer(text, max(start, end - 80), end))
    if not tokens:
        return None
    after = text[tokens[-1].end() : end].strip().casefold()
    return tokens[-1] if after in ("", "assistant", "user", "system", "model") else None


def _unwrap_fence(window: Window) -> bool:
    opening = wrappers.OPENING_FENCE.match(window.text, window.start, window.end)
    if opening is None:
        return False
    mark = opening.group(1)
    lines = [
        line
        for line in wrappers.FENCE_LINE.finditer(window.text, opening.end(), window.end)
        if line.group(1).startswith(mark)
    ]
    has_info = opening.group().strip() != mark
    closing = next((n for n in lines if not n.group(2).strip()), None)
    if closing is not None and window.text[closing.end() : window.end].strip():
        if not has_info:
            return False  # a block of code that the text begins with
        window.end = _take_after_fence(window, closing.end())
        if window.text[closing.end() : window.end].strip():
            return False
    if closing is None and lines:
        return False  # the fences of blocks within it
    if not has_info and not window.talkative and _looks_like_code(window.text, opening, closing):
        return False
    window.add(window.start, opening.end(), "fence", "cut")
    window.start = opening.end()
    if closing is not None:
        window.add(max(closing.start() - 1, window.start), window.end, "fence", "cut")
        window.end = max(closing.start() - 1, window.start)
    window.talkative = True
    return True


def _take_after_fence(window: Window, closing_end: int) -> int:
    """Return the end of the text once short talk after a closing fence is taken off."""
    after = window.text[closing_end : window.end]
    if count_words(after) > EDGE_WORDS or not read_signs(after) & (
        TalkSign.OFFER | TalkSign.TEXT | TalkSign.WRITE
    ):
        return window.end
    window.add(closing_end, window.end, "afterword", "cut")
    return closing_end


def _looks_like_code(text: str, opening: re.Match[str], closing: re.Match[str] | None) -> bool:
    inner = text[opening.end() : closing.start() if closing else len(text)]
    lines = [line for line in inner.split("\n") if line.strip()]
    return sum(1 for line in lines if line.rstrip()[-1] in '.!?。！？…”"') * 2 < len(lines)


def _unwrap_rules(window: Window) -> bool:
    """Take a rule off where both ends have one, or beside talk that is gone."""
    blocks = window.blocks()
    if len(blocks) < 2:
        return False
    first, last = blocks[0], blocks[-1]
    is_first = is_rule(window.text[first[0] : first[1]])
    is_last = is_rule(window.text[last[0] : last[1]])
    before, after = window.text[: window.start].strip(), window.text[window.end :].strip()
    if is_first and (before or is_last):
        window.add(*first, "rule", "cut")
        window.start = first[1]
        if not is_last:
            return True
    if is_last and (after or is_first or window.talkative):
        window.add(*last, "rule", "cut")
        window.end = last[0]
        return True
    return bool(is_first and before)


def is_rule(block: str) -> bool:
    return wrappers.RULE.fullmatch(block.strip("\n")) is not None

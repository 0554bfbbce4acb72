"""Taking talk off the beginning and the end of an answer, a block at a time."""

from inkwright.memory.talk import wrappers
from inkwright.memory.talk.judging import judge_head, judge_tail
from inkwright.memory.talk.line_patterns import HEADING, ROLE, SETEXT, SPEAKER_LINE
from inkwright.memory.talk.orders import copies_order, has_required, is_order_line, is_shown
from inkwright.memory.talk.spans import TalkKind
from inkwright.memory.talk.titles import is_title_line
from inkwright.memory.talk.window import Certainty, TalkContext, Window


def take_head(window: Window, context: TalkContext) -> bool:
    """Take one block, or line, of certain talk off the beginning; mark one that is doubtful."""
    blocks = window.blocks()
    if not blocks:
        return False
    start, end = blocks[0]
    block = window.text[start:end]
    if is_shown(block, context) or has_required(block, context):
        return False
    if _take_first_line(window, context, start, end, is_only=len(blocks) == 1):
        return True
    if len(blocks) == 1:
        if first := _first_line_foreword(window, start, end):
            return _take(window, start, first, "foreword")
        if judge_head(block, talkative=False) == "cut" and not window.spans:
            window.add(start, end, "foreword", "doubt")
        return False
    kind = judge_head(block, talkative=window.talkative)
    if kind == "cut":
        return _take(window, start, end, "foreword")
    if kind == "doubt" and not any(s.start == start for s in window.spans):
        window.add(start, end, "foreword", "doubt")
    return False


def _take_first_line(
    window: Window, context: TalkContext, start: int, end: int, *, is_only: bool
) -> bool:
    """Take off a first line that is the title, a heading, the name of a role or an order."""
    block = window.text[start:end]
    line = block.split("\n", 1)[0]
    line_end = start + len(line)
    if role := _find_role(window, start):
        return _take(window, start, role, "label")
    if is_only and line_end == end:
        return False
    setext = SETEXT.match(block)
    if setext is not None and is_title_line(setext.group(1), context.title):
        return _take(window, start, start + setext.end(), "heading")
    if setext is None and is_title_line(line, context.title):
        return _take(window, start, line_end, "heading")
    if _is_foreign_heading(line, context):
        return _take(window, start, line_end, "heading")
    return is_order_line(line, context) and _take(window, start, line_end, "label")


def _is_foreign_heading(line: str, context: TalkContext) -> bool:
    """True for a heading before a text that was asked for without one."""
    is_asked = context.allows_headings or not context.is_whole or not context.title
    return not is_asked and HEADING.fullmatch(line) is not None


def _find_role(window: Window, start: int) -> int | None:
    """Return where the name of the role ends that a text begins with; a play has more of them."""
    role = ROLE.match(window.text, start, window.end)
    if role is None or len(SPEAKER_LINE.findall(window.text[start : window.end])) > 1:
        return None
    return role.end()


def _first_line_foreword(window: Window, start: int, end: int) -> int | None:
    """Return where a foreword on the first line of the only block ends."""
    block = window.text[start:end]
    line, mark, rest = block.partition("\n")
    if mark and rest.strip() and judge_head(line, talkative=False) == "cut":
        return start + len(line)
    return None


def _take(window: Window, start: int, end: int, kind: TalkKind) -> bool:
    window.add(start, end, kind, "cut")
    window.spans = [
        s for s in window.spans if s.certainty == "cut" or s.end <= start or s.start >= end
    ]
    if start <= window.start or not window.text[window.start : start].strip():
        window.start = end
    else:
        window.end = start
    window.talkative = window.talkative or kind in ("foreword", "afterword", "label", "note")
    return True


def take_tail(window: Window, context: TalkContext) -> bool:
    """Take one block, or line, of certain talk off the end; mark one that is doubtful."""
    blocks = window.blocks()
    if not blocks:
        return False
    start, end = blocks[-1]
    last_line = window.text.rfind("\n", start, end) + 1 or start
    if len(blocks) == 1:
        if last_line <= start:
            return False
        start = last_line
    block = window.text[start:end]
    code = wrappers.list_code_spans(window.text, window.start, end)
    if is_shown(block, context) or has_required(block, context):
        return False
    if any(first <= start < last for first, last in code):
        return False
    for at in dict.fromkeys((start, last_line)):
        if verdict := _judge_end(window.text[at:end], window, context):
            return _act(window, at, end, verdict)
    if copies_order(block, context):
        is_certain = "\n" not in block and len(blocks) > 1
        return _act(window, start, end, ("order copy", "cut" if is_certain else "doubt"))
    return False


def _judge_end(
    part: str, window: Window, context: TalkContext
) -> tuple[TalkKind, Certainty] | None:
    if HEADING.fullmatch(part):
        return "heading", "cut"
    if is_order_line(part, context):
        return "label", "cut"
    return judge_tail(part, talkative=window.talkative)


def _act(window: Window, start: int, end: int, verdict: tuple[TalkKind, Certainty]) -> bool:
    """Cut, or mark once; True where something was cut."""
    kind, certainty = verdict
    if certainty == "cut":
        return _take(window, start, end, kind)
    if not any(s.end == end for s in window.spans):
        window.add(start, end, kind, "doubt")
    return False

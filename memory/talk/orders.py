"""What of an answer comes from its prompt: the orders, or a passage that is the author's."""

from collections.abc import Iterator
from functools import lru_cache

from inkwright.memory.talk.line_patterns import LABEL, ORDER_ID
from inkwright.memory.talk.window import TalkContext
from inkwright.memory.text.normalise import normalise
from inkwright.memory.text.words import count_words, words

COPY_WORDS = 6
"""Fewer words in a row may be in the orders and in the text alike."""
COPY_RUN = 4
"""Words of a run that is compared with the orders."""
COPIED_SHARE = 0.9


def is_order_line(line: str, context: TalkContext) -> bool:
    """True for a line with an id of ours, or with a label of the orders and what they say there."""
    if "\n" in line.strip():
        return False
    if ORDER_ID.match(line) and (not context.instructions or _overlap(line, context) >= 0.5):
        return True
    label = find_order_label(line, context)
    if label is None:
        return False
    name, rest = label
    if not rest:
        return True
    ordered = {
        normalise(order.partition(":")[2])
        for order in context.instructions.splitlines()
        if order.casefold().startswith(f"{name}:")
    }
    plain = normalise(rest)
    return plain in ordered or _overlap(rest, context) >= 0.7 or plain.split(" ")[0] in ordered


def find_order_label(line: str, context: TalkContext) -> tuple[str, str] | None:
    """Return a label of the orders that ``line`` begins with, and what follows it there."""
    label = LABEL.match(line)
    if label is None or not context.instructions:
        return None
    name = label.group(1).strip().casefold()
    if f"\n{name}:" not in f"\n{context.instructions.casefold()}":
        return None
    return name, line[label.end() :].strip()


def is_shown(block: str, context: TalkContext) -> bool:
    """True for what stands in a passage that the model was shown as text."""
    plain = normalise(block)
    return bool(plain) and bool(context.passages) and plain in _normalise_once(context.passages)


def has_required(block: str, context: TalkContext) -> bool:
    plain = normalise(block)
    return any(normalise(phrase) in plain for phrase in context.required if phrase.strip())


@lru_cache(maxsize=64)
def _normalise_once(text: str) -> str:
    return normalise(text)


@lru_cache(maxsize=64)
def _collect_runs(text: str) -> frozenset[tuple[str, ...]]:
    return frozenset(_split(text))


def _split(text: str) -> Iterator[tuple[str, ...]]:
    folded = [w.casefold() for w in words(text)]
    return zip(*(folded[n:] for n in range(COPY_RUN)), strict=False)


def _overlap(line: str, context: TalkContext) -> float:
    """Return the share of the runs of ``line`` that stand in the orders and in no passage."""
    runs = list(_split(line))
    if not runs:
        return 1.0 if normalise(line) in _normalise_once(context.instructions) else 0.0
    ordered = _collect_runs(context.instructions)
    passage_runs = _collect_runs(context.passages)
    return sum(1 for run in runs if run in ordered and run not in passage_runs) / len(runs)


def copies_order(block: str, context: TalkContext) -> bool:
    if not context.instructions or count_words(block) < COPY_WORDS:
        return False
    return _overlap(block, context) >= COPIED_SHARE

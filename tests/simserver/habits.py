"""Habits of real models: how they put their prose, and what gets into their answers."""

import json
import re
from collections.abc import Callable, Mapping

from tests.simserver.ask import Ask
from tests.simserver.config import Habit
from tests.simserver.malform import changed_strings

_PROSE: Mapping[Habit, Callable[[str, str, str], str]] = {
    "scenes": lambda one, two, title: f"{one}\n\n* * *\n\n{two}",
    "signed": lambda one, two, title: f"Dear Anna,\n\n{one}\n\n{two}\n\nYours ever,\n\nNell",
    "codey": lambda one, two, title: (
        f"{one}\n\n```python\nx = 1\n```\n\n{two}\n\n| a | b |\n|---|---|\n| 120 | {title} |"
    ),
    "poem": lambda one, two, title: f"O the sea, the sea,\n{one} {two}",
    "closing": lambda one, two, title: (
        f"{one}\n\n{two}\n\n"
        f"Feel free to contact the harbour office with any questions about {title}."
    ),
    "hashtag": lambda one, two, title: f"#{title} was painted on the wall.\n\n{one}\n\n{two}",
    "canthelp": lambda one, two, title: (
        f"I cannot help thinking of {title} tonight. {one}\n\n{two}"
    ),
    "nul": lambda one, two, title: f"\x1b[31m{one}\0\n\n{two}\0\x0b\x1b[31m",
    "surrogate": lambda one, two, title: f"{one}\n\n\ud83d {two}\ud83d ",
    "pair": lambda one, two, title: f"{one}\n\n...\ud83d\ude00 {two}",
}
_IN_FORMS: Mapping[Habit, str] = {"nul": "\0\x1b[31m", "surrogate": "\ud83d", "pair": "\U0001f600"}


def put(text: str, ask: Ask, habit: Habit) -> str:
    """Return an answer as a model of this habit gives it; of forms some habits change texts."""
    if ask.schema is not None:
        told = _IN_FORMS.get(habit, "")
        changed = changed_strings(text, lambda s: f"{s}{told}" if " " in s else s)
        return json.dumps(json.loads(changed)) if told else text
    sentences = re.split(r"(?<=[.!?])\s+", text)
    half = max(len(sentences) // 2, 1)
    one, two = " ".join(sentences[:half]), " ".join(sentences[half:])
    return _PROSE[habit](one, two, ask.prompt.field("Title").replace(" ", ""))

"""Length: a controller, not a hope. Count, then continue or trim, a bounded number of times."""

from dataclasses import dataclass

from inkwright.agents import editor, writer
from inkwright.agents.desk import Desk
from inkwright.memory.draft import Manifest
from inkwright.memory.errors import ModelError
from inkwright.memory.outline import Section
from inkwright.memory.wordcount import count_words

TOLERANCE = 0.1
ROUNDS = 3
PROGRESS = 0.75
"""A round that leaves more than this share of the miss is the last: the model can't do it."""


@dataclass(frozen=True)
class Band:
    """The words a section may have."""

    low: int
    high: int

    def miss(self, words: int) -> int:
        """Return by how many words a text is outside; 0 inside."""
        return max(self.low - words, words - self.high, 0)


def band(desk: Desk, section: Section, manifest: Manifest) -> Band:
    """Return the section's band: its budget within a tenth, and what its constraints demand."""
    low = round(manifest.target_words * (1 - TOLERANCE))
    high = round(manifest.target_words * (1 + TOLERANCE))
    for constraint in desk.plan.carried(section.id):
        if constraint.kind == "length":
            if constraint.min_words:
                low = max(low, constraint.min_words)
            if constraint.max_words:
                high = min(high, constraint.max_words)
    return Band(min(low, high), max(low, high))


async def fit(
    desk: Desk, section: Section, manifest: Manifest, text: str, *, priority: float
) -> str:
    """Return ``text`` brought into its band, or the version that came nearest."""
    aim = band(desk, section, manifest)
    best = text
    for turn in range(1, ROUNDS + 1):
        words = count_words(text)
        if not aim.miss(words):
            return text
        try:
            text = await _step(desk, section, manifest, text, aim, turn, priority)
        except ModelError as fault:
            desk.problem(f"{section.id}: its length could not be put right ({fault})")
            return best
        if aim.miss(count_words(text)) > aim.miss(count_words(best)) * PROGRESS:
            return min(best, text, key=lambda t: aim.miss(count_words(t)))
        best = text
    return best


async def _step(
    desk: Desk,
    section: Section,
    manifest: Manifest,
    text: str,
    aim: Band,
    turn: int,
    priority: float,
) -> str:
    words, middle = count_words(text), (aim.low + aim.high) // 2
    if words < aim.low:
        return await writer.go_on(
            desk,
            section,
            manifest,
            text,
            middle - words,
            turn=turn,
            priority=priority,
        )
    if desk.arms.review == "off":
        return text
    return await editor.trim(
        desk, section.id, text, words - middle, words - aim.low, turn=turn, priority=priority
    )

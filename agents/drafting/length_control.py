"""Length: a controller, not a hope. Count, then continue, densify or trim, so many times at most.

A model is asked for more words, or which sentences can go; what of its answer is taken, code
decides by counting, so that a writer whose own lengths are far off still comes out right.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from inkwright.agents.checks import section_format
from inkwright.agents.context.run_context import RunContext
from inkwright.agents.drafting import editor, writer
from inkwright.memory.domain.brief import Constraint
from inkwright.memory.domain.constraint import bounds_in_words
from inkwright.memory.domain.draft import Manifest
from inkwright.memory.domain.outline import Section
from inkwright.memory.domain.protected_spans import ProtectedSpan
from inkwright.memory.errors import ModelError
from inkwright.memory.text.words import count_characters, count_words, usual_characters

TOLERANCE = 0.1
"""How far a section may be off its budget."""
WHOLE_TOLERANCE = 0.05
"""How far the whole piece may be off the length it is to have."""
ROUNDS = 6
PROGRESS = 0.75
"""A round that leaves more than this share of the miss has failed."""
FAILURES = 2
"""Failed rounds after which another one is not tried."""
FEW_WORDS = 30
"""So few are worked into sentences that are there; a writer who goes on would write too many."""
ENOUGH_TO_TELL = 40
"""Words of a text that show how many characters its words take."""
MARGIN = 1.005
"""So much longer they are taken to be, since a section's are not quite those of the whole."""
LEAST_RATIO = 0.3
"""A writer who gives less of what it was asked for is not asked for still more."""


@dataclass(frozen=True)
class WordRange:
    """The words a text may have, and those to aim at."""

    low: int
    high: int | None
    """None: there is no upper bound."""
    aim: int
    floor: int = 0
    ceiling: int | None = None
    """What constraints demand: worse to miss than a budget is."""

    def cost(self, words: int) -> tuple[int, int]:
        """Return by how many words a text is outside what is demanded, and outside the band."""
        demanded = WordRange(self.floor, self.ceiling, self.aim)
        return demanded.miss(words), self.miss(words)

    def miss(self, words: int) -> int:
        """Return by how many words a text is outside; 0 inside."""
        over = words - self.high if self.high is not None else 0
        return max(self.low - words, over, 0)

    def __str__(self) -> str:
        if self.high is None:
            return f"at least {self.low}"
        return f"{self.low} to {self.high}" if self.low else f"at most {self.high}"


def band(
    desk: RunContext, section: Section, text: str, target_words: int | None = None
) -> WordRange:
    """Return the section's band: its budget within a tenth, and what its constraints demand.

    ``text`` is the section's: it shows how many characters its words take, where those are counted.
    ``target_words``: the budget after rebalancing, which it aims at. The one section of a piece is
    held to the bounds of the whole.
    """
    alone = len(desk.plan.outline.sections) == 1
    if alone:
        found = whole_band(desk, text)
        low, high = found.low, found.high
    else:
        low, high = _around(section.target_words, TOLERANCE)
    bounds = _bounds(desk, desk.plan.carried(section.id), text)
    return _bounded(low, high, target_words or section.target_words, bounds)


def whole_band(desk: RunContext, text: str) -> WordRange:
    """Return the band of the whole piece, ``text``.

    Bounds that the brief gives as constraints are bounds; without any, its length is one to aim at.
    """
    target = desk.plan.outline.target_words
    bounds = _bounds(desk, desk.plan.whole, text)
    if bounded_only(desk):
        return _bounded(0, None, target, bounds)
    low, high = _around(target, WHOLE_TOLERANCE)
    return _bounded(low, high, target, bounds)


def bounded_only(desk: RunContext) -> bool:
    """True when the brief bounds the length of the whole, or from below that of every section.

    Then there is none to aim at.
    """
    lengths = [c for c in desk.plan.constraints if c.kind == "length" and c.required]
    of_whole = any(c.where.scope == "whole" for c in lengths)
    of_each = any(c.where.scope == "all" and c.least and not c.most for c in lengths)
    return (of_whole or of_each) and not desk.brief.words


def _around(words: int, share: float) -> tuple[int, int]:
    """Return the least and the most words that are no more than ``share`` off."""
    off = int(words * share + 1e-9)
    return max(words - off, 1), words + off


def _characters_a_word(desk: RunContext, text: str) -> float:
    """Return the characters that a word of ``text`` takes, or of its language if it is short."""
    words = count_words(text)
    if words < ENOUGH_TO_TELL:
        return usual_characters(han=desk.han)
    return count_characters(text) / words * MARGIN


def _bounds(
    desk: RunContext, constraints: Iterable[Constraint], text: str
) -> tuple[int, int | None]:
    """Return the fewest words and the most that length constraints allow a text like ``text``."""
    lengths = [c for c in constraints if c.kind == "length"]
    in_words = all(c.counted == "words" for c in lengths)
    rate = 1.0 if in_words else _characters_a_word(desk, text)
    floor, ceiling = bounds_in_words(lengths, rate)
    return floor or 0, ceiling


def _bounded(low: int, high: int | None, aim: int, bounds: tuple[int, int | None]) -> WordRange:
    """Return a band within the bounds that constraints set, which come before a budget."""
    floor, ceiling = bounds
    if high is not None and floor > high:
        low, high = floor, round(floor * (1 + 2 * TOLERANCE))
    low = max(low, floor)
    if ceiling is not None and ceiling < low:
        low, high = max(floor, round(ceiling * (1 - 2 * TOLERANCE))), ceiling
    if ceiling is not None:
        high = ceiling if high is None else min(high, ceiling)
    if high is None:
        return WordRange(low, None, max(aim, round(low * (1 + WHOLE_TOLERANCE))), floor)
    high = max(low, high)
    edge = (high - low) // 4
    return WordRange(low, high, min(max(aim, low + edge), high - edge), floor, ceiling)


def words_of(desk: RunContext, section: str, text: str) -> int:
    """Return the words that a section's band is about: what its format opens with is none."""
    return count_words(section_format.body_of(desk.plan, section, text))


@dataclass
class _Going:
    """What one fit has asked for so far."""

    turn: int = 0
    ratio: float = 1.0
    """Words that the writer gave for each one it was last asked for, if it gave too few."""


async def fit(
    desk: RunContext,
    section: Section,
    manifest: Manifest,
    text: str,
    *,
    priority: float,
    aim: WordRange | None = None,
    held: tuple[ProtectedSpan, ...] = (),
    rounds: int = ROUNDS,
) -> str:
    """Return ``text`` brought into its band, or the version that came nearest.

    ``text`` is without what its format has it begin and end with. Nothing ``held`` is touched, and
    no rule is broken that was kept before.
    """
    aim = aim or band(desk, section, text, manifest.target_words)
    best, going, failed = text, _Going(), 0
    for going.turn in range(1, rounds + 1):
        if not aim.miss(count_words(text)):
            return text
        before = text, going.ratio
        try:
            text = await _step(desk, section, manifest, text, aim, held, going, priority)
        except ModelError as fault:
            desk.problem(f"{section.id}: its length could not be put right ({fault})")
            return best
        left = aim.miss(count_words(text))
        failed += left > aim.miss(count_words(best)) * PROGRESS
        if aim.cost(count_words(text)) < aim.cost(count_words(best)):
            best = text
        if failed > FAILURES or (text, going.ratio) == before:  # it would be asked the same again
            break
    return best


async def _step(
    desk: RunContext,
    section: Section,
    manifest: Manifest,
    text: str,
    aim: WordRange,
    held: tuple[ProtectedSpan, ...],
    going: _Going,
    priority: float,
) -> str:
    words, edits = count_words(text), desk.arms.review != "off"
    missing = aim.aim - words
    if words >= aim.low:
        if not edits:
            return text
        return await editor.trim(
            desk, section.id, text, -missing, words - aim.low,
            held=held, turn=going.turn, priority=priority,
        )  # fmt: skip
    if edits and missing <= FEW_WORDS:
        most = aim.high - words if aim.high is not None else 2 * missing
        return await editor.densify(
            desk, section.id, text, missing, most, held=held, turn=going.turn, priority=priority
        )
    asked = round(missing / max(going.ratio, LEAST_RATIO))
    longer = await writer.go_on(
        desk, section, manifest, text, asked, turn=going.turn, priority=priority
    )
    going.ratio = min((count_words(longer) - words) / asked, 1.0)
    return longer

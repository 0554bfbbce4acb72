"""Length: a controller, not a hope. Count, then continue, densify or trim, so many times at most.

A model is asked for more words, or which sentences can go; what of its answer is taken, code
decides by counting, so that a writer whose own lengths are far off still comes out right.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from inkwright.agents.checks import section_format
from inkwright.agents.context.model_session import ModelSession
from inkwright.agents.context.prompt_builder import language_is_han
from inkwright.agents.drafting import editor, writer
from inkwright.memory.domain.brief import Brief, Constraint
from inkwright.memory.domain.constraint import combine_word_bounds
from inkwright.memory.domain.draft import Manifest
from inkwright.memory.domain.outline import Section
from inkwright.memory.domain.protected_spans import ProtectedSpan
from inkwright.memory.errors import ModelError
from inkwright.memory.ids import SectionId
from inkwright.memory.store.plans import Plan
from inkwright.memory.text.words import count_characters, count_words, estimate_characters_per_word

TOLERANCE = 0.1
"""How far a section may be off its budget."""
WHOLE_TOLERANCE = 0.05
"""How far the whole piece may be off the length it is to have."""
ROUNDS = 6
MAX_REMAINING_SHARE = 0.75
"""A round that leaves more than this share of the miss has failed."""
MAX_FAILED_ROUNDS = 2
"""Failed rounds after which another one is not tried."""
FEW_WORDS = 30
"""So few are worked into sentences that are there; a writer who goes on would write too many."""
ENOUGH_WORDS = 40
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
        demanded_range = WordRange(self.floor, self.ceiling, self.aim)
        return demanded_range.distance(words), self.distance(words)

    def distance(self, words: int) -> int:
        """Return by how many words a text is outside; 0 inside."""
        excess = words - self.high if self.high is not None else 0
        return max(self.low - words, excess, 0)

    def __str__(self) -> str:
        if self.high is None:
            return f"at least {self.low}"
        return f"{self.low} to {self.high}" if self.low else f"at most {self.high}"


def compute_band(
    plan: Plan, brief: Brief, section: Section, text: str, target_words: int | None = None
) -> WordRange:
    """Return the section's band: its budget within a tenth, and what its constraints demand.

    ``text`` is the section's: it shows how many characters its words take, where those are counted.
    ``target_words``: the budget after rebalancing, which it aims at. The one section of a piece is
    held to the bounds of the whole.
    """
    is_only_section = len(plan.outline.sections) == 1
    if is_only_section:
        whole = compute_whole_band(plan, brief, text)
        low, high = whole.low, whole.high
    else:
        low, high = _range_around(section.target_words, TOLERANCE)
    bounds = _bounds_from_constraints(brief, plan.constraints_for(section.id), text)
    return _build_word_range(low, high, target_words or section.target_words, bounds)


def compute_whole_band(plan: Plan, brief: Brief, text: str) -> WordRange:
    """Return the band of the whole piece, ``text``.

    Bounds that the brief gives as constraints are bounds; without any, its length is one to aim at.
    """
    target_words = plan.outline.target_words
    bounds = _bounds_from_constraints(brief, plan.whole_piece_constraints, text)
    if has_only_bounds(plan, brief):
        return _build_word_range(0, None, target_words, bounds)
    low, high = _range_around(target_words, WHOLE_TOLERANCE)
    return _build_word_range(low, high, target_words, bounds)


def has_only_bounds(plan: Plan, brief: Brief) -> bool:
    """True when the brief bounds the length of the whole, or from below that of every section.

    Then there is none to aim at.
    """
    length_constraints = [c for c in plan.constraints if c.kind == "length" and c.required]
    bounds_whole = any(c.where.scope == "whole" for c in length_constraints)
    bounds_each_section = any(
        c.where.scope == "all" and c.lower_bound and not c.upper_bound for c in length_constraints
    )
    return (bounds_whole or bounds_each_section) and not brief.words


def _range_around(words: int, share: float) -> tuple[int, int]:
    """Return the least and the most words that are no more than ``share`` off."""
    tolerance = int(words * share + 1e-9)
    return max(words - tolerance, 1), words + tolerance


def _characters_per_word(brief: Brief, text: str) -> float:
    """Return the characters that a word of ``text`` takes, or of its language if it is short."""
    words = count_words(text)
    if words < ENOUGH_WORDS:
        return estimate_characters_per_word(han=language_is_han(brief))
    return count_characters(text) / words * MARGIN


def _bounds_from_constraints(
    brief: Brief, constraints: Iterable[Constraint], text: str
) -> tuple[int, int | None]:
    """Return the fewest words and the most that length constraints allow a text like ``text``."""
    length_constraints = [c for c in constraints if c.kind == "length"]
    all_in_words = all(c.counted == "words" for c in length_constraints)
    characters_per_word = 1.0 if all_in_words else _characters_per_word(brief, text)
    floor, ceiling = combine_word_bounds(length_constraints, characters_per_word)
    return floor or 0, ceiling


def _build_word_range(
    low: int, high: int | None, aim: int, bounds: tuple[int, int | None]
) -> WordRange:
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
    margin = (high - low) // 4
    return WordRange(low, high, min(max(aim, low + margin), high - margin), floor, ceiling)


def count_body_words(plan: Plan, section_id: SectionId, text: str) -> int:
    """Return the words that a section's band is about: what its format opens with is none."""
    return count_words(section_format.extract_body(plan, section_id, text))


@dataclass
class _LengthFit:
    """One section on its way into its band."""

    session: ModelSession
    constraints: Sequence[Constraint]
    section: Section
    manifest: Manifest
    target_range: WordRange
    protected_spans: tuple[ProtectedSpan, ...]
    priority: float
    on_text: Callable[[str], None] | None
    turn: int = 0
    ratio: float = 1.0
    """Words that the writer gave for each one it was last asked for, if it gave too few."""

    async def adjust(self, text: str) -> str:
        """Return ``text`` after one call that trims, densifies or continues it."""
        words, may_edit = count_words(text), self.session.ablation.review != "off"
        missing_words = self.target_range.aim - words
        if words >= self.target_range.low:
            if not may_edit:
                return text
            return await editor.trim(
                self.session, self.section.id, text, self.constraints, -missing_words,
                words - self.target_range.low, protected_spans=self.protected_spans,
                turn=self.turn, priority=self.priority,
            )  # fmt: skip
        if may_edit and missing_words <= FEW_WORDS:
            high = self.target_range.high
            return await editor.densify(
                self.session, self.section.id, text, self.constraints, missing_words,
                high - words if high is not None else 2 * missing_words,
                protected_spans=self.protected_spans, turn=self.turn, priority=self.priority,
            )  # fmt: skip
        requested_words = round(missing_words / max(self.ratio, LEAST_RATIO))
        longer_text = await writer.continue_draft(
            self.session, self.section, self.manifest, text, requested_words,
            turn=self.turn, priority=self.priority, on_text=self.on_text,
        )  # fmt: skip
        self.ratio = min((count_words(longer_text) - words) / requested_words, 1.0)
        return longer_text


async def fit(
    session: ModelSession,
    plan: Plan,
    section: Section,
    manifest: Manifest,
    text: str,
    *,
    priority: float,
    on_text: Callable[[str], None] | None = None,
    target_range: WordRange | None = None,
    protected_spans: tuple[ProtectedSpan, ...] = (),
    rounds: int = ROUNDS,
) -> str:
    """Return ``text`` brought into its band, or the version that came nearest.

    ``text`` is without what its format has it begin and end with. Nothing of
    ``protected_spans`` is touched, and no rule is broken that was kept before. What a writer adds
    is sent to ``on_text`` as it comes.
    """
    target_range = target_range or compute_band(
        plan, session.prompts.brief, section, text, manifest.target_words
    )
    constraints = plan.constraints_for(section.id)
    progress = _LengthFit(
        session, constraints, section, manifest, target_range, protected_spans, priority, on_text
    )
    best_text, failed_rounds = text, 0
    for progress.turn in range(1, rounds + 1):
        if not target_range.distance(count_words(text)):
            return text
        previous_state = text, progress.ratio
        try:
            text = await progress.adjust(text)
        except ModelError as fault:
            session.report_problem(f"{section.id}: its length could not be put right ({fault})")
            return best_text
        remaining_distance = target_range.distance(count_words(text))
        failed_rounds += (
            remaining_distance > target_range.distance(count_words(best_text)) * MAX_REMAINING_SHARE
        )
        if target_range.cost(count_words(text)) < target_range.cost(count_words(best_text)):
            best_text = text
        if failed_rounds > MAX_FAILED_ROUNDS or (text, progress.ratio) == previous_state:
            break  # it would be asked the same again
    return best_text

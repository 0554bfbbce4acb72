"""How far a run has come, from the events it sends."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from inkwright.agents.llm.events import (
    CallAnswered,
    Event,
    Notice,
    PhaseBegan,
    Planned,
    SectionBegan,
    SectionFailed,
    SectionReached,
    SectionRevised,
    SectionSettled,
    TextGrew,
)
from inkwright.memory.text.words import count_words

DRAFTED_SHARE = 0.6
"""Share of a section's work that is done when its draft stands; the rest is memory and review."""
DONE = ("accepted", "settled")
LONGEST_WORD = 40
TOKENS_A_WORD = 1.35
"""Of text that is still arriving: about what English takes."""


@dataclass
class SectionProgress:
    """A section as it is shown."""

    id: str
    title: str
    target_words: int
    state: str = "planned"
    words: int = 0
    round: int = 0
    began: float = 0.0
    """When its drafting began."""
    _pending: str = ""
    """Text whose last word may still grow."""

    def grow(self, piece: str) -> None:
        """Count more text as it streams in."""
        self._pending += piece
        whole, space, rest = self._pending.rpartition(" ")
        if space or len(rest) > LONGEST_WORD:
            self.words += count_words(whole or rest)
            self._pending = rest if space else ""

    def begin(self, state: str, words: int = 0) -> None:
        """Enter a state with this many words."""
        self.state, self.words, self._pending = state, words, ""

    def done_words(self, guess: float) -> float:
        """Words of finished work, for the ETA; ``guess``: share of a draft nobody has seen yet."""
        if self.state in DONE:
            return self.target_words
        share = min(self.words / self.target_words, 1.0)
        if self.state == "drafting" and not self.words:
            share = guess
        return self.target_words * share * DRAFTED_SHARE


@dataclass
class RunProgress:
    """What a run has told so far."""

    clock: Callable[[], float] = time.monotonic
    title: str = ""
    phase: str = "starting"
    lines: dict[str, SectionProgress] = field(default_factory=dict)
    calls: int = 0
    from_journal: int = 0
    completion_tokens: int = 0
    notices: list[str] = field(default_factory=list)
    _began: float = 0.0
    _calling_since: float | None = None
    """When the first phase began: before it, libraries were imported."""
    _measured_from: tuple[float, float] | None = None
    """Time and words done when the first section of this run began."""
    _drafting_s: list[float] = field(default_factory=list)
    """How long each draft of this run took."""

    def __post_init__(self) -> None:
        self._began = self.clock()

    def see(self, event: Event) -> None:
        """Take in one event."""
        match event:
            case PhaseBegan():
                self.phase = event.phase
                self._calling_since = self._calling_since or self.clock()
            case Planned():
                self.title = event.title
                self.lines = {
                    s.id: SectionProgress(s.id, s.title, s.target_words, s.state, s.words)
                    for s in event.sections
                }
            case CallAnswered():
                self.calls += not event.from_journal
                self.from_journal += event.from_journal
                self.completion_tokens += 0 if event.from_journal else event.completion_tokens
            case Notice():
                self.notices.append(event.text)
            case _:
                self._see_section(event)

    def _see_section(self, event: Event) -> None:
        line = self.lines.get(getattr(event, "section", ""))
        if line is None:
            return
        match event:
            case SectionBegan():
                if self._measured_from is None:
                    self._measured_from = self.clock(), self.done_words
                line.begin("drafting")
                line.began = self.clock()
            case TextGrew():
                line.grow(event.text)
            case SectionReached():
                if event.state == "drafted":
                    self._drafting_s.append(self.clock() - line.began)
                line.begin(event.state, event.words)
                line.round = event.round
            case SectionRevised():
                line.state, line.round = "revising", event.round
            case SectionSettled():
                line.state = "settled" if event.patched else line.state
            case SectionFailed():
                line.state = "failed"

    @property
    def done_words(self) -> float:
        return sum(line.done_words(self._guess(line)) for line in self.lines.values())

    def _guess(self, line: SectionProgress) -> float:
        """Guess how much of a draft stands by how long others took."""
        if not self._drafting_s:
            return 0.0
        mean = sum(self._drafting_s) / len(self._drafting_s)
        return min((self.clock() - line.began) / mean, 0.9) if mean else 0.0

    @property
    def seconds(self) -> float:
        return self.clock() - self._began

    @property
    def tokens_per_s(self) -> float:
        """Completion tokens a second since calls began, all streams together."""
        elapsed = self.clock() - (self._calling_since or self._began)
        arriving = sum(line.words for line in self.lines.values() if line.state == "drafting")
        tokens = self.completion_tokens + arriving * TOKENS_A_WORD
        return tokens / elapsed if elapsed else 0.0

    @property
    def eta_s(self) -> float | None:
        """Seconds left, at the pace measured since the first section began; None: too early."""
        if self._measured_from is None:
            return None
        began, words = self._measured_from
        elapsed, written = self.clock() - began, self.done_words - words
        left = sum(line.target_words for line in self.lines.values()) - self.done_words
        if elapsed < 2 or written <= 0:
            return None
        return left * elapsed / written

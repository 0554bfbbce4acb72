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
from inkwright.memory.ids import SectionId
from inkwright.memory.text.words import count_words

DRAFT_SHARE = 0.6
"""Share of a section's work that is done when its draft stands; the rest is memory and review."""
DONE_STATES = ("accepted", "settled")
MAX_WORD_CHARS = 40
TOKENS_PER_WORD = 1.35
"""Of text that is still arriving: about what English takes."""


@dataclass
class SectionProgress:
    """A section as it is shown."""

    id: SectionId
    title: str
    target_words: int
    state: str = "planned"
    words: int = 0
    round: int = 0
    start_time: float = 0.0
    """When its drafting began."""
    _pending_text: str = ""
    """Text whose last word may still grow."""

    def add_text(self, new_text: str) -> None:
        """Count more text as it streams in."""
        self._pending_text += new_text
        complete_words, space, last_word = self._pending_text.rpartition(" ")
        if space or len(last_word) > MAX_WORD_CHARS:
            self.words += count_words(complete_words or last_word)
            self._pending_text = last_word if space else ""

    def enter_state(self, state: str, words: int = 0) -> None:
        """Enter a state with this many words."""
        self.state, self.words, self._pending_text = state, words, ""

    def estimate_done_words(self, guessed_share: float) -> float:
        """Words of finished work, for the ETA.

        ``guessed_share``: share of a draft nobody has seen yet.
        """
        if self.state in DONE_STATES:
            return self.target_words
        done_share = min(self.words / self.target_words, 1.0)
        if self.state == "drafting" and not self.words:
            done_share = guessed_share
        return self.target_words * done_share * DRAFT_SHARE


@dataclass
class RunProgress:
    """What a run has told so far."""

    clock: Callable[[], float] = time.monotonic
    title: str = ""
    phase: str = "starting"
    sections: dict[SectionId, SectionProgress] = field(default_factory=dict)
    calls: int = 0
    from_journal: int = 0
    completion_tokens: int = 0
    notices: list[str] = field(default_factory=list)
    _started_at: float = 0.0
    _calling_since: float | None = None
    """When the first phase began: before it, libraries were imported."""
    _measured_from: tuple[float, float] | None = None
    """Time and words done when the first section of this run began."""
    _drafting_seconds: list[float] = field(default_factory=list)
    """How long each draft of this run took."""

    def __post_init__(self) -> None:
        self._started_at = self.clock()

    def handle_event(self, event: Event) -> None:
        """Take in one event."""
        match event:
            case PhaseBegan():
                self.phase = event.phase
                self._calling_since = self._calling_since or self.clock()
            case Planned():
                self.title = event.title
                self.sections = {
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
                self._handle_section_event(event)

    def _handle_section_event(self, event: Event) -> None:
        section = self.sections.get(getattr(event, "section", SectionId("")))
        if section is None:
            return
        match event:
            case SectionBegan():
                if self._measured_from is None:
                    self._measured_from = self.clock(), self.done_words
                section.enter_state("drafting")
                section.start_time = self.clock()
            case TextGrew():
                section.add_text(event.text)
            case SectionReached():
                if event.state == "drafted":
                    self._drafting_seconds.append(self.clock() - section.start_time)
                section.enter_state(event.state, event.words)
                section.round = event.round
            case SectionRevised():
                section.state, section.round = "revising", event.round
            case SectionSettled():
                section.state = "settled" if event.patched else section.state
            case SectionFailed():
                section.state = "failed"

    @property
    def done_words(self) -> float:
        return sum(
            section.estimate_done_words(self._guess_drafted_share(section))
            for section in self.sections.values()
        )

    def _guess_drafted_share(self, section: SectionProgress) -> float:
        """Guess how much of a draft stands by how long others took."""
        if not self._drafting_seconds:
            return 0.0
        mean_seconds = sum(self._drafting_seconds) / len(self._drafting_seconds)
        return min((self.clock() - section.start_time) / mean_seconds, 0.9) if mean_seconds else 0.0

    @property
    def seconds(self) -> float:
        return self.clock() - self._started_at

    @property
    def tokens_per_s(self) -> float:
        """Completion tokens a second since calls began, all streams together."""
        elapsed = self.clock() - (self._calling_since or self._started_at)
        streaming_words = sum(
            section.words for section in self.sections.values() if section.state == "drafting"
        )
        tokens = self.completion_tokens + streaming_words * TOKENS_PER_WORD
        return tokens / elapsed if elapsed else 0.0

    @property
    def eta_s(self) -> float | None:
        """Seconds left, at the pace measured since the first section began; None: too early."""
        if self._measured_from is None:
            return None
        start_time, words_at_start = self._measured_from
        elapsed, written_words = self.clock() - start_time, self.done_words - words_at_start
        words_left = (
            sum(section.target_words for section in self.sections.values()) - self.done_words
        )
        if elapsed < 2 or written_words <= 0:
            return None
        return words_left * elapsed / written_words

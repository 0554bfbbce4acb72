"""What a run tells those who watch it, as it happens."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from inkwright.memory.ids import SectionId, WorkId

Phase = Literal["planning", "approval", "drafting", "settling", "reviewing", "assembling"]


@dataclass(frozen=True)
class Event:
    """Base of all events. ``work`` is the work's id."""

    work: WorkId


@dataclass(frozen=True)
class PhaseBegan(Event):
    phase: Phase


@dataclass(frozen=True)
class SectionLine:
    """One section as a progress display needs it."""

    id: SectionId
    title: str
    target_words: int
    state: str
    words: int = 0


@dataclass(frozen=True)
class Planned(Event):
    """The outline stands. Also sent on resume, with each section's state."""

    title: str
    sections: tuple[SectionLine, ...]


@dataclass(frozen=True)
class SectionBegan(Event):
    section: SectionId


@dataclass(frozen=True)
class TextGrew(Event):
    """More text of a section has arrived; sent only when somebody asked to watch text."""

    section: SectionId
    text: str
    """The piece that is new."""


@dataclass(frozen=True)
class SectionReached(Event):
    section: SectionId
    state: Literal["drafted", "accepted"]
    words: int
    round: int = 0


@dataclass(frozen=True)
class SectionRevised(Event):
    section: SectionId
    round: int
    broken: tuple[str, ...]
    """Ids of the constraints this round sets out to mend."""


@dataclass(frozen=True)
class SectionSettled(Event):
    section: SectionId
    patched: bool


@dataclass(frozen=True)
class SectionFailed(Event):
    section: SectionId
    reason: str


@dataclass(frozen=True)
class CallAnswered(Event):
    role: str
    purpose: str
    """What it was for, as people read it: ``write``, ``check 0``."""
    step: str
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    seconds: float
    from_journal: bool
    model: str = ""
    """Which of the role's models was asked, where it has several."""
    thought_tokens: int = 0
    """Of the completion tokens, those of thoughts."""


@dataclass(frozen=True)
class Notice(Event):
    """Something the person should know: one line."""

    text: str


@dataclass(frozen=True)
class Finished(Event):
    status: Literal["complete", "flagged", "partial", "planned"]
    problems: tuple[str, ...] = field(default=())


Watch = Callable[[Event], None]


def ignore_event(_event: Event) -> None:
    """The watcher when nobody watches."""

"""What a batch tells those who watch it, besides what its works tell."""

from dataclasses import dataclass
from typing import Literal

from inkwright.agents.llm.events import Event
from inkwright.app.batch.results import Status

NoResultReason = Literal["unfinished", "waiting", "untouched", "busy"]
"""Why a line has no result: stopped on the way, its outline waits for approval, it was not begun,
or another process writes it."""


@dataclass(frozen=True)
class BatchBegan(Event):
    """``work`` is empty: it is about all of them."""

    lines: int
    done_before: int
    """Lines that are done already."""


@dataclass(frozen=True)
class WorkBegan(Event):
    id: str
    title: str


@dataclass(frozen=True)
class WorkEnded(Event):
    """A line's result is in the output, or the work is left for another run."""

    id: str
    status: Status | NoResultReason
    words: int
    reason: str = ""
    """Why it failed or was left."""

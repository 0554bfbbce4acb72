"""Watching a run from outside, whoever started it: where it stands, its pace, its cost.

Everything is read from the library, with a few short queries.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from inkwright.app.config.settings import Settings
from inkwright.app.estimates.estimate import cost
from inkwright.app.services import engine
from inkwright.app.services.library_status import SectionSummary, sections
from inkwright.memory.store import journal, run_status, works
from inkwright.memory.store.library import now
from inkwright.memory.store.run_status import Asked

Going = Literal["idle", "starting", "running", "pausing", "stopping", "cut off"]


@dataclass(frozen=True)
class MonitoredSection:
    """One section as the table of a run shows it."""

    section: str
    title: str
    stage: str
    words: int
    target_words: int
    round: int
    failure: str | None


@dataclass(frozen=True)
class MonitoredWork:
    """A work and its newest run, as they stand."""

    status: str
    approved: bool
    going: Going
    rows: tuple[MonitoredSection, ...]
    told: dict[str, Any] = field(default_factory=dict)
    ended: str | None = None
    """How the newest run ended."""
    calls: int = 0
    tokens: int = 0
    money: float | None = None
    problems: tuple[str, ...] = ()

    @property
    def words(self) -> int:
        return sum(row.words for row in self.rows)

    @property
    def target_words(self) -> int:
        return sum(row.target_words for row in self.rows)

    @property
    def done(self) -> int:
        return sum(row.stage == "accepted" for row in self.rows)

    @property
    def under_way(self) -> bool:
        return self.going not in ("idle", "cut off")


def watch(work: str, settings: Settings) -> MonitoredWork:
    """Return how a work and its newest run stand.

    Raises:
        WorkNotFound: there is none of this id.
    """
    with engine.opened(settings) as library:
        found = works.get(library, work)
        telling = run_status.of(library, work)
        usage = journal.usage(library, work)
    told = telling.told if telling else {}
    prompt, completion = sum(u.prompt for u in usage), sum(u.completion for u in usage)
    going = _going(telling)
    return MonitoredWork(
        status=found.status,
        approved=found.approved,
        going=going,
        rows=tuple(
            _row(s, told if going not in ("idle", "cut off") else {})
            for s in sections(settings.home, work, settings.library_address)
        ),
        told=told,
        ended=telling.ended if telling else None,
        calls=sum(u.calls for u in usage),
        tokens=prompt + completion,
        money=cost(settings, prompt, completion, sum(u.seconds for u in usage)),
        problems=found.problems,
    )


@dataclass(frozen=True)
class ActiveRun:
    """A run that goes on."""

    action: run_status.Action
    seconds: float
    """Since it began."""
    going: Going


def doing(work: str, settings: Settings) -> ActiveRun | None:
    """Return the run of a work that goes on just now, in short; None: there is none."""
    with engine.opened(settings) as library:
        telling = run_status.of(library, work)
    going = _going(telling)
    if telling is None or going in ("idle", "cut off"):
        return None
    return ActiveRun(telling.action, now() - telling.began_at, going)


def ask(work: str, what: Asked, settings: Settings) -> None:
    """Ask the run of a work to pause (send no more calls) or to stop at once.

    Both keep what was answered; a pause also waits for the answers under way.
    """
    with engine.opened(settings) as library:
        run_status.ask(library, work, what)


def growing(work: str, settings: Settings) -> dict[str, str]:
    """Return the text being written just now, by section, and ask that it be streamed."""
    with engine.opened(settings) as library:
        run_status.look(library, work)
        return run_status.growing(library, work)


def _going(telling: run_status.RunStatus | None) -> Going:
    if telling is None or telling.ended is not None:
        return "idle"
    if not telling.held:
        return "cut off"
    if telling.asked is not None:
        return "pausing" if telling.asked == "pause" else "stopping"
    return "starting" if telling.told["phase"] == "starting" else "running"


def _row(section: SectionSummary, told: dict[str, Any]) -> MonitoredSection:
    state, rounds, words = told.get("sections", {}).get(section.section, (None, 0, 0))
    stage = section.state
    if section.failure:
        stage = "failed"
    elif state in ("drafting", "revising", "settled") and stage != "accepted":
        stage = state
    return MonitoredSection(
        section=section.section,
        title=section.title,
        stage=stage,
        words=words if stage == "drafting" and words else section.words,
        target_words=section.target_words,
        round=rounds,
        failure=section.failure,
    )

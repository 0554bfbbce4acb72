"""Reads of the library, kept until the work has changed: a click costs no more than what it shows.

What is returned is shared by all visits, and not to be changed.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import streamlit as st

from inkwright.app.api.memory import Memory
from inkwright.app.api.sources import Sources
from inkwright.app.config.settings import Settings
from inkwright.app.manuscripts.citation_report import CitationReport, UncitedReport
from inkwright.app.services import engine
from inkwright.app.services.review_summary import OpenFinding, ReviewSummary
from inkwright.app.ui.navigation import settings
from inkwright.memory.changes import staleness
from inkwright.memory.changes.contradictions import ContradictionFinding
from inkwright.memory.domain.draft import Draft, Manifest
from inkwright.memory.domain.entry import Entry
from inkwright.memory.retrieval.visibility import of_planned
from inkwright.memory.store import drafts, plans, works
from inkwright.memory.store.drafts import SectionRow
from inkwright.memory.store.ledger import Ledger, conflicts, holding, unpaid
from inkwright.memory.store.plans import Plan
from inkwright.memory.store.works import Work
from inkwright.memory.user_work import autosave
from inkwright.memory.user_work.finding_decisions import Verdict

KEPT = 24
REVIEWS = 4


class PendingMemory(NamedTuple):
    """What in memory waits for a person."""

    conflicts: list[tuple[Entry, Entry]]
    threads: list[Entry]
    proposals: list[Entry]
    told: list[ContradictionFinding]
    """Those the person has let be too."""


class CitationEvidence(NamedTuple):
    """What the sentences of a piece rest on."""

    citations: list[CitationReport]
    uncited: list[UncitedReport]


def stamp(work: str) -> tuple[Any, ...]:
    """Return what is another whenever the work has changed."""
    with engine.opened(settings()) as library:
        return works.stamp(library, work)


def work(work_id: str) -> Work:
    """Return the work."""
    with engine.opened(settings()) as library:
        return works.get(library, work_id)


def plan(work_id: str) -> Plan | None:
    """Return the newest plan; None before the work is planned."""
    found: Plan | None = _kept(_plan, work_id)
    return found


def ledger(work_id: str) -> Ledger:
    """Return all of a work's memory."""
    found: Ledger = _kept(_ledger, work_id)
    return found


def texts(work_id: str) -> dict[str, Draft]:
    """Return the newest draft of every section that has one."""
    found: dict[str, Draft] = _kept(_texts, work_id)
    return found


def rows(work_id: str) -> dict[str, SectionRow]:
    """Return where every section stands."""
    found: dict[str, SectionRow] = _kept(_rows, work_id)
    return found


def manifests(work_id: str) -> dict[str, Manifest]:
    """Return what each section's newest draft was written from."""
    found: dict[str, Manifest] = _kept(_manifests, work_id)
    return found


def stale(work_id: str) -> dict[str, tuple[str, ...]]:
    """Return the reasons of every stale section."""
    found: dict[str, tuple[str, ...]] = _kept(_stale, work_id)
    return found


def grounds(work_id: str) -> CitationEvidence:
    """Return what the piece cites, and what in it rests on nothing."""
    found: CitationEvidence = _kept(_grounds, work_id)
    return found


def summaries(work_id: str, memory: Memory) -> dict[str, str]:
    """Return the rolling summary of every chain, by its last section."""
    found: dict[str, str] = _summaries(memory, str(settings().home), work_id, stamp(work_id))
    return found


def lists(work_id: str, memory: Memory) -> PendingMemory:
    """Return what in memory waits for a person."""
    found: PendingMemory = _lists(memory, str(settings().home), work_id, stamp(work_id))
    return found


def review(work_id: str) -> ReviewSummary:
    """Return how a work stands against what was asked of it."""
    kept, now = _reviews(), settings()
    at, changed = (str(now.home), work_id), stamp(work_id)
    found = kept.get(at)
    if found is None or found[0] != changed:
        found = kept[at] = changed, engine.review(work_id, now)
        while len(kept) > REVIEWS:
            kept.pop(next(iter(kept)), None)
    return found[1]


def answer(work_id: str, problem: OpenFinding, verdict: Verdict | None) -> None:
    """Record what the person says of a finding; what is known of all else stands as it did."""
    kept, now = _reviews(), settings()
    at, before = (str(now.home), work_id), stamp(work_id)
    found = kept.get(at)
    engine.decide(work_id, problem, verdict, now)
    if found is not None and found[0] == before:
        kept[at] = stamp(work_id), found[1].answered(problem, verdict)


def typing(work_id: str) -> list[str]:
    """Return the sections with typing that is no version yet."""
    with engine.opened(settings()) as library:
        return autosave.waiting(library, work_id)


def _kept(read: Callable[..., Any], work_id: str) -> Any:
    now = settings()
    return read(now, str(now.home), work_id, stamp(work_id))


@st.cache_resource(show_spinner=False, max_entries=KEPT)
def _plan(_now: Settings, home: str, work_id: str, changed: tuple[Any, ...]) -> Plan | None:
    with engine.opened(_now) as library:
        return plans.current(library, work_id)


@st.cache_resource(show_spinner=False, max_entries=KEPT)
def _ledger(_now: Settings, home: str, work_id: str, changed: tuple[Any, ...]) -> Ledger:
    with engine.opened(_now) as library:
        return Ledger(library, work_id).refresh().supposing(())


@st.cache_resource(show_spinner=False, max_entries=KEPT)
def _texts(_now: Settings, home: str, work_id: str, changed: tuple[Any, ...]) -> dict[str, Draft]:
    with engine.opened(_now) as library:
        return drafts.current(library, work_id)


@st.cache_resource(show_spinner=False, max_entries=KEPT)
def _rows(
    _now: Settings, home: str, work_id: str, changed: tuple[Any, ...]
) -> dict[str, SectionRow]:
    with engine.opened(_now) as library:
        return drafts.rows(library, work_id)


@st.cache_resource(show_spinner=False, max_entries=KEPT)
def _manifests(
    _now: Settings, home: str, work_id: str, changed: tuple[Any, ...]
) -> dict[str, Manifest]:
    with engine.opened(_now) as library:
        return drafts.manifests(library, work_id)


@st.cache_resource(show_spinner=False, max_entries=KEPT)
def _stale(
    _now: Settings, home: str, work_id: str, changed: tuple[Any, ...]
) -> dict[str, tuple[str, ...]]:
    with engine.opened(_now) as library:
        return staleness.stale(library, work_id)


@st.cache_resource(show_spinner=False, max_entries=KEPT)
def _grounds(_now: Settings, home: str, work_id: str, changed: tuple[Any, ...]) -> CitationEvidence:
    sources = Sources(work_id, settings=_now)
    return CitationEvidence(sources.citations(), sources.uncited())


@st.cache_resource(show_spinner=False, max_entries=KEPT)
def _summaries(
    _memory: Memory, home: str, work_id: str, changed: tuple[Any, ...]
) -> dict[str, str]:
    return _memory.summaries()


@st.cache_resource(show_spinner=False, max_entries=KEPT)
def _lists(_memory: Memory, home: str, work_id: str, changed: tuple[Any, ...]) -> PendingMemory:
    book, planned = ledger(work_id), plan(work_id)
    told = of_planned(book.latest(), planned.outline) if planned else book.latest()
    live = holding(told)
    return PendingMemory(
        conflicts(live), unpaid(told), book.proposed(), _memory.findings(dismissed=True)
    )


@st.cache_resource(show_spinner=False)
def _reviews() -> dict[tuple[str, str], tuple[tuple[Any, ...], ReviewSummary]]:
    """Return what is kept of reviews: by library and work, with the stamp of what was reviewed."""
    return {}

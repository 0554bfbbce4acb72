"""Reads of the library, kept until the work has changed: a click costs no more than what it shows.

What is returned is shared by all visits, and not to be changed.
"""

from typing import Any, NamedTuple

import streamlit as st

from inkwright.app import engine
from inkwright.app.memory_of import Memory
from inkwright.app.reviewing import Reviewed
from inkwright.app.settings import Settings
from inkwright.app.ui.place import settings
from inkwright.memory import drafts, plans, staleness, typed, works
from inkwright.memory.draft import Draft, Manifest
from inkwright.memory.drafts import SectionRow
from inkwright.memory.entry import Entry
from inkwright.memory.findings import Told
from inkwright.memory.ledger import Ledger, conflicts, holding, unpaid
from inkwright.memory.plans import Plan
from inkwright.memory.works import Work

KEPT = 24


class Lists(NamedTuple):
    """What in memory waits for a person."""

    conflicts: list[tuple[Entry, Entry]]
    threads: list[Entry]
    proposals: list[Entry]
    told: list[Told]


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
    now = settings()
    found: Plan | None = _plan(now, str(now.home), work_id, stamp(work_id))
    return found


def ledger(work_id: str) -> Ledger:
    """Return all of a work's memory."""
    now = settings()
    found: Ledger = _ledger(now, str(now.home), work_id, stamp(work_id))
    return found


def texts(work_id: str) -> dict[str, Draft]:
    """Return the newest draft of every section that has one."""
    now = settings()
    found: dict[str, Draft] = _texts(now, str(now.home), work_id, stamp(work_id))
    return found


def rows(work_id: str) -> dict[str, SectionRow]:
    """Return where every section stands."""
    now = settings()
    found: dict[str, SectionRow] = _rows(now, str(now.home), work_id, stamp(work_id))
    return found


def manifests(work_id: str) -> dict[str, Manifest]:
    """Return what each section's newest draft was written from."""
    now = settings()
    found: dict[str, Manifest] = _manifests(now, str(now.home), work_id, stamp(work_id))
    return found


def stale(work_id: str) -> dict[str, tuple[str, ...]]:
    """Return the reasons of every stale section."""
    now = settings()
    found: dict[str, tuple[str, ...]] = _stale(now, str(now.home), work_id, stamp(work_id))
    return found


def summaries(work_id: str, memory: Memory) -> dict[str, str]:
    """Return the rolling summary of every chain, by its last section."""
    found: dict[str, str] = _summaries(memory, str(settings().home), work_id, stamp(work_id))
    return found


def lists(work_id: str, memory: Memory) -> Lists:
    """Return what in memory waits for a person."""
    found: Lists = _lists(memory, str(settings().home), work_id, stamp(work_id))
    return found


def review(work_id: str) -> Reviewed:
    """Return how a work stands against what was asked of it."""
    now = settings()
    found: Reviewed = _review(now, str(now.home), work_id, stamp(work_id))
    return found


def typing(work_id: str) -> list[str]:
    """Return the sections with typing that is no version yet."""
    with engine.opened(settings()) as library:
        return typed.waiting(library, work_id)


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
def _summaries(
    _memory: Memory, home: str, work_id: str, changed: tuple[Any, ...]
) -> dict[str, str]:
    return _memory.summaries()


@st.cache_resource(show_spinner=False, max_entries=KEPT)
def _lists(_memory: Memory, home: str, work_id: str, changed: tuple[Any, ...]) -> Lists:
    book = ledger(work_id)
    live = holding(book.latest())
    return Lists(conflicts(live), unpaid(book.latest()), book.proposed(), _memory.findings())


@st.cache_resource(show_spinner=False, max_entries=4)
def _review(_now: Settings, home: str, work_id: str, changed: tuple[Any, ...]) -> Reviewed:
    return engine.review(work_id, _now)

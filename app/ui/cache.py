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
from inkwright.app.ui.navigation import load_settings
from inkwright.memory.changes import staleness
from inkwright.memory.changes.contradictions import ContradictionFinding
from inkwright.memory.domain.check_record import Verdict
from inkwright.memory.domain.draft import Draft, Manifest
from inkwright.memory.domain.entry import Entry
from inkwright.memory.ids import SectionId, WorkId
from inkwright.memory.retrieval.visibility import of_planned
from inkwright.memory.store import drafts, plans, works
from inkwright.memory.store.drafts import SectionRow
from inkwright.memory.store.ledger import Ledger, find_conflicts, select_active, select_open_threads
from inkwright.memory.store.plans import Plan
from inkwright.memory.store.works import Work
from inkwright.memory.user_work import autosave

MAX_CACHED_WORKS = 24
MAX_CACHED_REVIEWS = 4


class PendingMemory(NamedTuple):
    """What in memory waits for a person."""

    conflicts: list[tuple[Entry, Entry]]
    threads: list[Entry]
    proposals: list[Entry]
    contradictions: list[ContradictionFinding]
    """Those the person has let be too."""


class CitationEvidence(NamedTuple):
    """What the sentences of a piece rest on."""

    citations: list[CitationReport]
    uncited: list[UncitedReport]


def load_stamp(work_id: WorkId) -> tuple[Any, ...]:
    """Return what is another whenever the work has changed."""
    with engine.open_library(load_settings()) as library:
        return works.compute_change_stamp(library, work_id)


def load_work(work_id: WorkId) -> Work:
    """Return the work."""
    with engine.open_library(load_settings()) as library:
        return works.get(library, work_id)


def load_plan(work_id: WorkId) -> Plan | None:
    """Return the newest plan; None before the work is planned."""
    plan: Plan | None = _read_cached(_read_plan, work_id)
    return plan


def load_ledger(work_id: WorkId) -> Ledger:
    """Return all of a work's memory."""
    ledger: Ledger = _read_cached(_read_ledger, work_id)
    return ledger


def load_drafts(work_id: WorkId) -> dict[SectionId, Draft]:
    """Return the newest draft of every section that has one."""
    draft_by_id: dict[SectionId, Draft] = _read_cached(_read_drafts, work_id)
    return draft_by_id


def load_section_rows(work_id: WorkId) -> dict[SectionId, SectionRow]:
    """Return where every section stands."""
    row_by_id: dict[SectionId, SectionRow] = _read_cached(_read_section_rows, work_id)
    return row_by_id


def load_manifests(work_id: WorkId) -> dict[SectionId, Manifest]:
    """Return what each section's newest draft was written from."""
    manifest_by_id: dict[SectionId, Manifest] = _read_cached(_read_manifests, work_id)
    return manifest_by_id


def load_stale_reasons(work_id: WorkId) -> dict[SectionId, tuple[str, ...]]:
    """Return the reasons of every stale section."""
    reasons_by_id: dict[SectionId, tuple[str, ...]] = _read_cached(_read_stale_reasons, work_id)
    return reasons_by_id


def load_citation_evidence(work_id: WorkId) -> CitationEvidence:
    """Return what the piece cites, and what in it rests on nothing."""
    evidence: CitationEvidence = _read_cached(_read_citation_evidence, work_id)
    return evidence


def load_summaries(work_id: WorkId, memory: Memory) -> dict[SectionId, str]:
    """Return the rolling summary of every chain, by its last section."""
    summary_by_id: dict[SectionId, str] = _read_summaries(
        memory, str(load_settings().home), work_id, load_stamp(work_id)
    )
    return summary_by_id


def load_pending_memory(work_id: WorkId, memory: Memory) -> PendingMemory:
    """Return what in memory waits for a person."""
    pending_memory: PendingMemory = _read_pending_memory(
        memory, str(load_settings().home), work_id, load_stamp(work_id)
    )
    return pending_memory


def load_review(work_id: WorkId) -> ReviewSummary:
    """Return how a work stands against what was asked of it."""
    reviews, current_settings = _get_review_cache(), load_settings()
    key, work_stamp = (str(current_settings.home), work_id), load_stamp(work_id)
    cached_review = reviews.get(key)
    if cached_review is None or cached_review[0] != work_stamp:
        cached_review = reviews[key] = work_stamp, engine.review(work_id, current_settings)
        while len(reviews) > MAX_CACHED_REVIEWS:
            reviews.pop(next(iter(reviews)), None)
    return cached_review[1]


def record_verdict(work_id: WorkId, problem: OpenFinding, verdict: Verdict | None) -> None:
    """Record what the person says of a finding; what is known of all else stands as it did."""
    reviews, current_settings = _get_review_cache(), load_settings()
    key, stamp_before = (str(current_settings.home), work_id), load_stamp(work_id)
    cached_review = reviews.get(key)
    engine.decide(work_id, problem, verdict, current_settings)
    if cached_review is not None and cached_review[0] == stamp_before:
        reviews[key] = load_stamp(work_id), cached_review[1].with_verdict(problem, verdict)


def list_autosaved_sections(work_id: WorkId) -> list[SectionId]:
    """Return the sections with typing that is no version yet."""
    with engine.open_library(load_settings()) as library:
        return autosave.list_pending_sections(library, work_id)


def _read_cached(reader: Callable[..., Any], work_id: WorkId) -> Any:
    current_settings = load_settings()
    return reader(current_settings, str(current_settings.home), work_id, load_stamp(work_id))


@st.cache_resource(show_spinner=False, max_entries=MAX_CACHED_WORKS)
def _read_plan(
    _settings: Settings, home: str, work_id: WorkId, work_stamp: tuple[Any, ...]
) -> Plan | None:
    with engine.open_library(_settings) as library:
        return plans.current(library, work_id)


@st.cache_resource(show_spinner=False, max_entries=MAX_CACHED_WORKS)
def _read_ledger(
    _settings: Settings, home: str, work_id: WorkId, work_stamp: tuple[Any, ...]
) -> Ledger:
    with engine.open_library(_settings) as library:
        return Ledger(library, work_id).refresh().simulate_append(())


@st.cache_resource(show_spinner=False, max_entries=MAX_CACHED_WORKS)
def _read_drafts(
    _settings: Settings, home: str, work_id: WorkId, work_stamp: tuple[Any, ...]
) -> dict[SectionId, Draft]:
    with engine.open_library(_settings) as library:
        return drafts.current(library, work_id)


@st.cache_resource(show_spinner=False, max_entries=MAX_CACHED_WORKS)
def _read_section_rows(
    _settings: Settings, home: str, work_id: WorkId, work_stamp: tuple[Any, ...]
) -> dict[SectionId, SectionRow]:
    with engine.open_library(_settings) as library:
        return drafts.load_section_rows(library, work_id)


@st.cache_resource(show_spinner=False, max_entries=MAX_CACHED_WORKS)
def _read_manifests(
    _settings: Settings, home: str, work_id: WorkId, work_stamp: tuple[Any, ...]
) -> dict[SectionId, Manifest]:
    with engine.open_library(_settings) as library:
        return drafts.load_manifests(library, work_id)


@st.cache_resource(show_spinner=False, max_entries=MAX_CACHED_WORKS)
def _read_stale_reasons(
    _settings: Settings, home: str, work_id: WorkId, work_stamp: tuple[Any, ...]
) -> dict[SectionId, tuple[str, ...]]:
    with engine.open_library(_settings) as library:
        return staleness.find_reasons(library, work_id)


@st.cache_resource(show_spinner=False, max_entries=MAX_CACHED_WORKS)
def _read_citation_evidence(
    _settings: Settings, home: str, work_id: WorkId, work_stamp: tuple[Any, ...]
) -> CitationEvidence:
    sources = Sources(work_id, settings=_settings)
    return CitationEvidence(sources.citations(), sources.uncited())


@st.cache_resource(show_spinner=False, max_entries=MAX_CACHED_WORKS)
def _read_summaries(
    _memory: Memory, home: str, work_id: WorkId, work_stamp: tuple[Any, ...]
) -> dict[SectionId, str]:
    return _memory.summaries()


@st.cache_resource(show_spinner=False, max_entries=MAX_CACHED_WORKS)
def _read_pending_memory(
    _memory: Memory, home: str, work_id: WorkId, work_stamp: tuple[Any, ...]
) -> PendingMemory:
    work_ledger, plan = load_ledger(work_id), load_plan(work_id)
    entries = of_planned(work_ledger.latest(), plan.outline) if plan else work_ledger.latest()
    live_entries = select_active(entries)
    return PendingMemory(
        find_conflicts(live_entries),
        select_open_threads(entries),
        work_ledger.list_proposals(),
        _memory.findings(dismissed=True),
    )


@st.cache_resource(show_spinner=False)
def _get_review_cache() -> dict[tuple[str, str], tuple[tuple[Any, ...], ReviewSummary]]:
    """Return what is kept of reviews: by library and work, with the stamp of what was reviewed."""
    return {}

"""Reads of the library, kept until the work has changed: a click costs no more than what it shows.

What is returned is shared by all visits, and not to be changed.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import streamlit as st

from inkwright.app.api.memory import Memory
from inkwright.app.api.sources import Sources
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
from inkwright.memory.store.library import Library
from inkwright.memory.store.plans import Plan
from inkwright.memory.store.works import Work
from inkwright.memory.user_work import autosave

T = TypeVar("T")
MAX_CACHED_READS = 60
"""Nine of a work; a work that is being written is another at every look."""
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
    return _read_library("plan", work_id, plans.current)


def load_ledger(work_id: WorkId) -> Ledger:
    """Return all of a work's memory."""
    return _read_library(
        "ledger", work_id, lambda *work: Ledger(*work).refresh().simulate_append(())
    )


def load_drafts(work_id: WorkId) -> dict[SectionId, Draft]:
    """Return the newest draft of every section that has one."""
    return _read_library("drafts", work_id, drafts.current)


def load_section_rows(work_id: WorkId) -> dict[SectionId, SectionRow]:
    """Return where every section stands."""
    return _read_library("section rows", work_id, drafts.load_section_rows)


def load_manifests(work_id: WorkId) -> dict[SectionId, Manifest]:
    """Return what each section's newest draft was written from."""
    return _read_library("manifests", work_id, drafts.load_manifests)


def load_stale_reasons(work_id: WorkId) -> dict[SectionId, tuple[str, ...]]:
    """Return the reasons of every stale section."""
    return _read_library("stale reasons", work_id, staleness.find_reasons)


def load_citation_evidence(work_id: WorkId) -> CitationEvidence:
    """Return what the piece cites, and what in it rests on nothing."""
    sources = Sources(work_id, settings=load_settings())
    return _read_once(
        "citations", work_id, lambda: CitationEvidence(sources.citations(), sources.uncited())
    )


def load_summaries(work_id: WorkId, memory: Memory) -> dict[SectionId, str]:
    """Return the rolling summary of every chain, by its last section."""
    return _read_once("summaries", work_id, memory.summaries)


def load_pending_memory(work_id: WorkId, memory: Memory) -> PendingMemory:
    """Return what in memory waits for a person."""

    def read() -> PendingMemory:
        work_ledger, plan = load_ledger(work_id), load_plan(work_id)
        entries = of_planned(work_ledger.latest(), plan.outline) if plan else work_ledger.latest()
        return PendingMemory(
            find_conflicts(select_active(entries)),
            select_open_threads(entries),
            work_ledger.list_proposals(),
            memory.findings(dismissed=True),
        )

    return _read_once("pending memory", work_id, read)


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


def _read_library(what: str, work_id: WorkId, read: Callable[[Library, WorkId], T]) -> T:
    def read_work() -> T:
        with engine.open_library(load_settings()) as library:
            return read(library, work_id)

    return _read_once(what, work_id, read_work)


def _read_once(what: str, work_id: WorkId, read: Callable[[], T]) -> T:
    """Return what ``read`` returns, from the cache where the work has not changed since."""
    content: T = _read_cached(
        what, str(load_settings().home), work_id, load_stamp(work_id), _read=read
    )
    return content


@st.cache_resource(show_spinner=False, max_entries=MAX_CACHED_READS)
def _read_cached(
    what: str, home: str, work_id: WorkId, work_stamp: tuple[Any, ...], *, _read: Callable[[], Any]
) -> Any:
    return _read()


@st.cache_resource(show_spinner=False)
def _get_review_cache() -> dict[tuple[str, str], tuple[tuple[Any, ...], ReviewSummary]]:
    """Return what is kept of reviews: by library and work, with the stamp of what was reviewed."""
    return {}

"""Whatever the outline, the order of completion, and what a person edits meanwhile."""

import asyncio
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from inkwright.agents.llm.events import Event, SectionReached
from inkwright.agents.orchestration.run import RunInputs, settle
from inkwright.memory.changes import entry_edits, staleness
from inkwright.memory.domain.brief import Brief, OutlineItem, Remembered
from inkwright.memory.domain.check_record import CheckRecord, EntryCheck
from inkwright.memory.domain.draft import Manifest
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.entry_equality import is_same_fact, is_same_topic
from inkwright.memory.domain.outline import Outline
from inkwright.memory.store import draft_rows, drafts, ledger, schema
from inkwright.memory.store.ledger import Ledger
from inkwright.memory.store.library import Library
from inkwright.memory.text.names import MentionedNames
from tests.calling import calling
from tests.conftest import Events
from tests.runs import writing
from tests.simserver.config import Fact, Need
from tests.simserver.process import SimServer

NAMES = ("Mara", "Orla", "Finn")
VALUES = ("green", "blue", "amber")


@st.composite
def outlines(draw: st.DrawFn) -> tuple[OutlineItem, ...]:
    """Chapters of one to three sections; some sections are written after some others."""
    chapters, titles = [], []
    for c in range(draw(st.integers(1, 3))):
        sections = []
        for n in range(draw(st.integers(1, 3))):
            title = f"Pier {c}{n}"
            after = draw(st.sets(st.sampled_from(titles), max_size=1)) if titles else ()
            sections.append(writing.section(title, subjects=NAMES, depends_on=tuple(after)))
            titles.append(title)
        chapters.append(writing.chapter(f"Chapter {c}", *sections))
    return tuple(chapters)


class Meddler:
    """Watches a run, and edits memory whenever a section has been drafted."""

    def __init__(self, library: Library, work: str, seed: int) -> None:
        self._library, self._work, self._dice = library, work, random.Random(seed)

    def __call__(self, event: Event) -> None:
        if isinstance(event, SectionReached) and self._dice.random() < 0.7:
            live = [e for e in ledger.load_entries(self._library, self._work) if e.attribute]
            entry_edits.apply(self._library, self._work, self._edit(live))

    def _edit(self, live: list[Entry]) -> entry_edits.EntryEdit:
        name, value = self._dice.choice(NAMES), self._dice.choice(VALUES)
        if live and self._dice.random() < 0.6:
            entry = self._dice.choice(live).id
            if self._dice.random() < 0.2:
                return entry_edits.build_retraction([entry])
            return entry_edits.build_change(entry, statement=f"{value}.")
        given = Remembered(subject=name, attribute="eye colour", statement=f"{value}.")
        return entry_edits.build_addition([given], from_section=self._dice.choice([None, "s2"]))


def may_see(outline: Outline, entry: Entry, sid: str) -> bool:
    """Say from the rules, not from the code, whether ``sid`` may be shown this version."""
    source = entry.span.section if entry.span else entry.from_section
    if source is None or source in outline.ancestors[sid]:
        return True
    before = outline.position[source] <= outline.position[sid]
    return before and (source != sid or entry.span is None or entry.origin == "person")


def from_scratch(library: Library, work: str) -> set[str]:
    """Return the stale sections by comparing manifests with the ledger's rows, one by one."""
    outline = writing.plan(library, work).outline
    book = Ledger(library, work).refresh()
    current, shown = drafts.current(library, work), drafts.load_manifests(library, work)
    found = set()
    for sid, draft in current.items():
        with library.read() as db:
            stamps = set(draft_rows.load_stamps(db, work, draft))
        rows = [e for e in book.latest() if may_see(outline, e, sid)]
        visible = {e.id: e for e in rows if e.status == "live" and _landed(e, current)}
        superseded = {e.supersedes: e for e in visible.values()}
        later = since(library, work, shown[sid].known_until)
        changed = _changed(outline, book, shown[sid], visible, superseded)
        changed |= _new(book, outline, shown[sid], visible, superseded, sid, draft.text, later)
        changed |= {
            EntryCheck(e.id, None)
            for e in book.latest()
            if (e.status, e.origin) == ("retracted", "person")
            and e.span is not None
            and e.span.section == sid
            and (e.id, e.version) in later
        }
        if any(not _said_alike(book, stamp) & stamps for stamp in changed):
            found.add(sid)
    return found


def since(library: Library, work: str, sequence: int) -> set[tuple[str, int]]:
    """Return (id, version) of every row after ``sequence``."""
    table = schema.entries
    with library.read() as db:
        rows = db.execute(
            select(table.c.id, table.c.version).where(table.c.work == work, table.c.seq > sequence)
        )
        return {(eid, version) for eid, version in rows}


def _landed(entry: Entry, current: object) -> bool:
    return entry.span is None or entry.span.section in current  # type: ignore[operator]


def _said_alike(book: Ledger, stamp: CheckRecord) -> set[CheckRecord]:
    """Return the stamps of all versions of an entry that say what this one says."""
    same = {stamp}
    for now in book.versions(stamp.entry) if isinstance(stamp, EntryCheck) else ():
        if staleness.build_stamp(now) == stamp:
            alike = (
                e for e in book.versions(now.id) if (e.line, e.status) == (now.line, now.status)
            )
            same |= {staleness.build_stamp(e) for e in alike}
    return same


def _changed(
    outline: Outline,
    book: Ledger,
    shown: Manifest,
    visible: dict[str, Entry],
    heirs: dict[str | None, Entry],
) -> set[CheckRecord]:
    found = set()
    for was in shown.shown:
        then = next(e for e in book.versions(was.entry) if e.version == was.version)
        now = visible.get(was.entry)
        if not was.is_shown:
            continue
        if was.entry in heirs:
            found.add(staleness.build_stamp(heirs[was.entry]))
        elif now is None:
            gone = book.versions(was.entry)[-1]
            others = [
                e
                for e in visible.values()
                if gone.attribute and is_same_topic(e, gone) and e.story_time == gone.story_time
            ]
            instead = min(others, key=lambda e: _whose(outline, e), default=None)
            if instead is None or not is_same_fact(instead, then):
                found.add(
                    staleness.build_stamp(instead) if instead else EntryCheck(was.entry, None)
                )
        elif now.line != then.line:
            found.add(staleness.build_stamp(now))
    return found


def _new(
    book: Ledger,
    outline: Outline,
    shown: Manifest,
    visible: dict[str, Entry],
    heirs: dict[str | None, Entry],
    sid: str,
    text: str,
    later: set[tuple[str, int]],
) -> set[str]:
    known = {s.entry for s in shown.shown}
    seen = {s.entry for s in shown.shown if s.is_shown}
    found = set()
    for entry in visible.values():
        if entry.id in heirs or (entry.id in known and not _denies(book, sid, entry)):
            continue
        if outline.position.get(entry.from_section or "", 0) > outline.position[sid]:
            continue
        if entry.span is None or entry.origin == "person":
            news = (entry.id, entry.version) in later
        else:
            news = entry.span.draft > shown.heard.get(entry.span.section, 0)
        news = news or (entry.id not in seen and _denies(book, sid, entry))
        if (
            news
            and MentionedNames(text).select_mentioned(entry.names)
            and not _second(outline, entry, visible)
        ):
            found.add(staleness.build_stamp(entry))
    return found


def _denies(book: Ledger, sid: str, entry: Entry) -> bool:
    """Say whether an entry that ``sid`` itself has established gives the topic another value."""
    own = (e for e in book.latest() if e.span and e.span.section == sid and e.origin == "section")
    return any(
        e.status == "live"
        and e.attribute != ""
        and is_same_topic(e, entry)
        and e.story_time == entry.story_time
        and e.supersedes != entry.id
        and not is_same_fact(e, entry)
        for e in own
    )


def _second(outline: Outline, entry: Entry, visible: dict[str, Entry]) -> bool:
    """Say whether another entry comes first on this topic: a person's, or an earlier section's."""
    same = [e for e in visible.values() if e.attribute and e.topic == entry.topic]
    first = min((_whose(outline, e) for e in same), default=None)
    return first is not None and first < _whose(outline, entry)


def _whose(outline: Outline, entry: Entry) -> tuple[bool, int]:
    """Order entries by whose word counts: a person's, then the earliest section's."""
    return entry.origin != "person", outline.position.get(entry.from_section or "", 0)


@pytest.mark.slow
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    parts=outlines(),
    continuity=st.sampled_from(["strict", "chapter", "free"]),
    seed=st.integers(0, 999),
)
def test_no_section_is_shown_what_comes_after_it_and_settling_leaves_nothing_unsaid(
    sim: SimServer, tmp_path_factory: pytest.TempPathFactory, parts, continuity, seed
) -> None:
    sim.restore()
    dice = random.Random(seed)
    total = sum(len(chapter.sections) for chapter in parts)
    planted = [
        Fact(section=f"s{dice.randint(1, total)}", subject=n, attribute="eye colour", value=v)
        for n, v in zip(NAMES, VALUES, strict=True)
    ]
    needed = [
        Need(section=f"s{n}", subject=dice.choice(NAMES), attribute="eye colour")
        for n in range(1, total + 1)
    ]
    sim.configure(
        facts=planted, needs=needed, salt=str(seed), decode_ms_per_token=dice.choice([0.0, 0.05])
    )
    library = Library.open(Path(tmp_path_factory.mktemp("library")))
    brief = Brief(
        request="Write a report about the tides in a harbour.",
        continuity=continuity,
        outline=parts,
    )
    work = writing.begin(library, brief)
    writing.write(library, work, calling(sim), watch=Meddler(library, work, seed))

    outline, book = writing.plan(library, work).outline, Ledger(library, work).refresh()
    for sid, manifest in drafts.load_manifests(library, work).items():
        for shown in manifest.shown:
            entry = next(e for e in book.versions(shown.entry) if e.version == shown.version)
            assert may_see(outline, entry, sid), (sid, entry)
    assert set(staleness.find_reasons(library, work)) == from_scratch(library, work)

    inputs = RunInputs(
        library=library, calling=calling(sim), limits=writing.UNLIMITED, watch=Events()
    )
    asyncio.run(settle(work, inputs))
    left = staleness.find_reasons(library, work)
    assert set(left) == from_scratch(library, work)
    said = " ".join(writing.problems(library, work))
    assert all(f"{sid} is stale" in said for sid in left)
    library.close()

"""Many at once on one SQLite library: sections remember, people edit, and nothing is lost."""

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from inkwright.memory.changes import entry_edits
from inkwright.memory.domain.brief import Remembered
from inkwright.memory.domain.draft import Manifest
from inkwright.memory.domain.entry import Entry
from inkwright.memory.store import drafts, ledger, works
from inkwright.memory.store.ledger import Ledger
from inkwright.memory.store.library import Lease, Library
from tests.builders import begun, established, planned

SECTIONS = 16
IN_PROCESSES = 8
FACTS = 12
EDITS = 5


def facts(number: int) -> list[Entry]:
    return [
        established(f"s{number}.{n}", f"Person {number}", f"fact {n}", f"It is {n}.", "It is so.")
        for n in range(1, FACTS + 1)
    ]


def remember(library: Library, lease: Lease, number: int) -> None:
    """Take one section to ``drafted``, and let the person add to memory in between."""
    sid = f"s{number}"
    frozen = Manifest(section=sid, outline_version=1, node="", target_words=50, budget_tokens=100)
    manifest = drafts.start_section(library, lease, frozen)
    for n in range(EDITS):
        given = [Remembered(subject=f"Note {number}", statement=f"It is {n}.")]
        entry_edits.apply(library, lease.work_id, entry_edits.build_addition(given))
    drafts.save_first_draft(
        library,
        lease,
        sid,
        f"Text {number}.",
        manifest_id=manifest,
        summary="",
        delta=facts(number),
    )


def remember_in_process(home: Path, lease: Lease, numbers: list[int]) -> None:
    library = Library.open(home)
    with ThreadPoolExecutor(len(numbers)) as threads:
        list(threads.map(lambda n: remember(library, lease, n), numbers))
    library.close()


def test_sixteen_sections_remembering_at_once_lose_nothing(library: Library) -> None:
    work = begun(library)
    spawn = multiprocessing.get_context("forkserver")
    with works.hold_lease(library, work) as lease:
        planned(library, lease, SECTIONS, continuity="free")
        apart = [[1, 2, 3, 4], [5, 6, 7, 8]]
        others = [
            spawn.Process(target=remember_in_process, args=(library.home, lease, numbers))
            for numbers in apart
        ]
        for process in others:
            process.start()
        remember_in_process(library.home, lease, list(range(IN_PROCESSES + 1, SECTIONS + 1)))
        for process in others:
            process.join(60)
            assert process.exitcode == 0
    numbers = range(1, SECTIONS + 1)
    assert {r.state for r in drafts.load_section_rows(library, work).values()} == {"drafted"}
    texts = {sid: d.text for sid, d in drafts.current(library, work).items()}
    assert texts == {f"s{n}": f"Text {n}." for n in numbers}
    found = {e.id: e for e in ledger.load_entries(library, work)}
    assert {e.id for n in numbers for e in facts(n)} <= found.keys()
    notes = [e for e in found.values() if e.id.startswith("m.")]
    assert len({(e.subject, e.statement) for e in notes}) == SECTIONS * EDITS
    assert {e.version for e in found.values()} == {1}
    assert Ledger(library, work).refresh().find_next_number("m") == SECTIONS * EDITS + 1

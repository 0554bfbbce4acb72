"""Status says of a library on a server what it says of one in a file."""

from pathlib import Path

import pytest

from inkwright.app.services import library_status
from inkwright.memory.domain.brief import Brief
from inkwright.memory.domain.draft import Manifest, Review
from inkwright.memory.domain.outline import Outline, Section
from inkwright.memory.store import drafts, plans, works
from inkwright.memory.store.library import Library

pytestmark = pytest.mark.cluster


def _begin_two_works(library: Library) -> str:
    """Begin a work that is not planned, and one of two sections with one of them accepted."""
    works.begin(library, Brief(request="Boats.", words=900), {})
    work = works.begin(library, Brief(request="Tides.", title="On tides", words=50), {}).id
    sections = (
        Section(id="s1", title="Ebb", target_words=30),
        Section(id="s2", title="Flood", target_words=40),
    )
    outline = Outline(title="On tides", continuity="free", sections=sections)
    manifest = Manifest(
        section="s1", outline_version=1, node="n", target_words=30, budget_tokens=100
    )
    with works.hold_lease(library, work) as lease:
        plans.adopt(library, lease, outline, ())
        number = drafts.start_section(library, lease, manifest)
        draft = drafts.save_first_draft(
            library, lease, "s1", "It falls away.", manifest_id=number, summary="", delta=()
        )
        drafts.accept(library, lease, draft, text=draft.text, review=Review(), rounds=0)
        drafts.record_failure(library, lease, "s2", "no answer")
    library.close()
    return work


def test_a_library_on_a_server_says_what_one_in_a_file_says(home: Path, database: str):
    in_file, on_server = (
        _begin_two_works(Library.open(home)),
        _begin_two_works(Library.open(home, database)),
    )
    summaries = [
        [s.as_json() for s in library_status.load_work_summaries(home, url)]
        for url in (None, database)
    ]
    assert summaries[0] == summaries[1]
    assert library_status.load_section_summaries(
        home, in_file
    ) == library_status.load_section_summaries(home, on_server, database)

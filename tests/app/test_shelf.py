"""Status reads a library directly, and says the same as the library itself."""

import sqlite3
from pathlib import Path

import pytest

from inkwright.app.services import library_status
from inkwright.memory.domain.brief import Brief
from inkwright.memory.domain.draft import Manifest, Review
from inkwright.memory.domain.outline import Outline, Section
from inkwright.memory.errors import BadInput, LibraryUnusable, WorkNotFound
from inkwright.memory.store import drafts, plans, schema, works
from inkwright.memory.store.library import Library


@pytest.fixture
def work(home: Path) -> str:
    """A work of two sections, the first of them accepted."""
    library = Library.open(home)
    work = works.begin(library, Brief(request="Tides.", title="On tides", words=50), {}).id
    outline = Outline(
        title="On tides",
        continuity="free",
        sections=(
            Section(id="s1", title="Ebb", target_words=30),
            Section(id="s2", title="Flood", target_words=40),
        ),
    )
    with works.hold_lease(library, work) as lease:
        plans.adopt(library, lease, outline, ())
        number = drafts.start_section(
            library,
            lease,
            Manifest(section="s1", outline_version=1, node="n", target_words=30, budget_tokens=100),
        )
        draft = drafts.save_first_draft(
            library, lease, "s1", "It falls away.", manifest_id=number, summary="", delta=()
        )
        drafts.accept(library, lease, draft, text=draft.text, review=Review(), rounds=0)
        drafts.record_failure(library, lease, "s2", "no answer")
    library.close()
    return work


def test_a_standing_counts_words_and_accepted_sections(home, work):
    (found,) = library_status.load_work_summaries(home)
    assert found.as_json() == {
        "work": work,
        "title": "On tides",
        "status": "new",
        "words": 3,
        "target_words": 70,
        "sections": {"done": 1, "of": 2},
    }


def test_sections_stand_in_reading_order_with_their_failures(home, work):
    first, second = library_status.load_section_summaries(home, work)
    assert (first.title, first.state, first.words) == ("Ebb", "accepted", 3)
    assert (second.title, second.state, second.failure) == ("Flood", "planned", "no answer")


def test_before_it_is_planned_a_work_has_the_length_its_brief_asks_for(home):
    library = Library.open(home)
    works.begin(library, Brief(request="Tides.", words=900), {})
    library.close()
    (found,) = library_status.load_work_summaries(home)
    assert (found.target_words, found.done, found.of) == (900, 0, 0)


def test_read_directly_or_by_the_library_it_says_the_same(home, work, monkeypatch):
    direct = (
        library_status.load_work_summaries(home),
        library_status.load_section_summaries(home, work),
    )
    monkeypatch.setattr(library_status, "KNOWN_SCHEMA", "another")
    assert (
        library_status.load_work_summaries(home),
        library_status.load_section_summaries(home, work),
    ) == direct


def test_the_schema_it_reads_is_the_newest():
    assert schema.REVISION == library_status.KNOWN_SCHEMA


def test_a_library_that_was_never_used_is_empty(home):
    assert library_status.load_work_summaries(home) == []
    assert not home.exists()


def test_a_library_of_a_newer_version_is_refused(home, work):
    with sqlite3.connect(home / "library.db") as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    db.close()
    with pytest.raises(LibraryUnusable, match="newer"):
        library_status.load_work_summaries(home)


def test_a_file_that_is_no_library_is_refused(home):
    home.mkdir()
    (home / "library.db").write_text("not a database, but long enough to be looked at" * 99)
    with pytest.raises(LibraryUnusable, match="not a library"):
        library_status.load_work_summaries(home)


def test_a_work_is_named_by_its_id_or_enough_of_it():
    ids = ["tides-1a", "tides-2b", "tides-1a.2", "boats-3c"]
    assert library_status.match_work_id(ids, "boats") == "boats-3c"
    assert library_status.match_work_id(ids, "tides-1a") == "tides-1a"
    with pytest.raises(BadInput, match="could be tides-1a or tides-2b"):
        library_status.match_work_id(ids, "tides")
    with pytest.raises(WorkNotFound, match="did you mean boats-3c"):
        library_status.match_work_id(ids, "boots-3c")
    with pytest.raises(WorkNotFound):
        library_status.match_work_id(ids, "")

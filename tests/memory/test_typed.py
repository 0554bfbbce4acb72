"""What a person types is safe before it is a version, and never overwritten unseen."""

import pytest

from inkwright.memory.changes import staleness
from inkwright.memory.store import drafts, ledger, works
from inkwright.memory.store.library import Library
from inkwright.memory.transfer import copy_work
from inkwright.memory.user_work import autosave, user_drafts
from inkwright.memory.user_work.autosave import EditedElsewhere
from tests.builders import begun, drafted, established, planned


@pytest.fixture
def work(library: Library) -> str:
    made = begun(library)
    with works.hold_lease(library, made) as lease:
        planned(library, lease, 2)
        drafted(library, lease, "s1", "It rained.")
    return made


def test_a_section_reads_as_it_was_typed_until_it_has_a_version(
    library: Library, work: str
) -> None:
    assert autosave.load_text(library, work, "s1").text == "It rained."
    found = autosave.save_text(library, work, "s1", "It poured.", base_version=1, revision=0)
    assert (found.text, found.pending, found.revision) == ("It poured.", True, 1)
    assert autosave.list_pending_sections(library, work) == ["s1"]
    with works.hold_lease(library, work) as lease:
        user_drafts.save_text(library, lease, "s1", "It poured.")
    assert not autosave.load_text(library, work, "s1").pending
    assert autosave.list_pending_sections(library, work) == []


def test_a_section_without_text_can_be_typed_into(library: Library, work: str) -> None:
    found = autosave.save_text(library, work, "s2", "Then sun.", base_version=0, revision=0)
    assert (found.text, found.base, found.pending) == ("Then sun.", 0, True)


def test_two_windows_do_not_overwrite_each_other_unseen(library: Library, work: str) -> None:
    autosave.save_text(library, work, "s1", "First.", base_version=1, revision=0)
    with pytest.raises(EditedElsewhere) as fault:
        autosave.save_text(library, work, "s1", "Second.", base_version=1, revision=0)
    assert (fault.value.own_text, fault.value.other_edit.text) == ("Second.", "First.")
    assert autosave.load_text(library, work, "s1").text == "First."
    autosave.save_text(
        library, work, "s1", "Second.", base_version=1, revision=fault.value.other_edit.revision
    )
    assert autosave.load_text(library, work, "s1").text == "Second."


def test_the_same_words_twice_are_no_collision(library: Library, work: str) -> None:
    first = autosave.save_text(library, work, "s1", "First.", base_version=1, revision=0)
    assert autosave.save_text(library, work, "s1", "First.", base_version=1, revision=0) == first


def test_a_version_that_comes_in_meanwhile_is_seen(library: Library, work: str) -> None:
    autosave.save_text(library, work, "s1", "Mine.", base_version=1, revision=0)
    with works.hold_lease(library, work) as lease:
        user_drafts.save_text(library, lease, "s1", "A draft.")
    found = autosave.load_text(library, work, "s1")
    assert (found.is_overtaken, found.text, found.base, found.newest) == (True, "Mine.", 1, 2)


def test_a_copy_of_a_work_has_all_of_it_and_nothing_is_stale_for_it(library: Library) -> None:
    work, other = begun(library), begun(library, seed=2)
    text = "Mara has green eyes."
    for one in (other, work):
        with works.hold_lease(library, one) as lease:
            planned(library, lease, 2)
            eyes = established("s1.1", "Mara", "eye colour", "green", text)
            drafted(library, lease, "s1", text, delta=[eyes])
            known = ledger.Ledger(library, one).refresh().newest_sequence
            drafted(library, lease, "s2", "Mara looked on.", shown=[eyes], heard={"s1": 1},
                    known_until=known)  # fmt: skip
    copy = copy_work.duplicate_work(library, work)
    assert copy.id != work
    for sid, draft in drafts.current(library, work).items():
        assert drafts.current(library, copy.id)[sid].text == draft.text
    assert ledger.load_entries(library, copy.id) == ledger.load_entries(library, work)
    assert staleness.find_reasons(library, copy.id) == staleness.find_reasons(library, work)
    works.purge(library, work)
    assert drafts.load_manifests(library, copy.id).keys() == {"s1", "s2"}

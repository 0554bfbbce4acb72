"""A person's edits of memory: versions are added, and what the person says stands."""

import pytest

from inkwright.memory.changes import entry_edits, staleness
from inkwright.memory.domain.brief import Remembered
from inkwright.memory.domain.entry import Entry
from inkwright.memory.errors import BadInput, WorkNotFound
from inkwright.memory.store import ledger, works
from inkwright.memory.store.ledger import Ledger
from inkwright.memory.store.library import Library
from tests.builders import begun, drafted, established, planned

FIRST = "The eyes of Mara are green. Mara came home."
GREEN = established("s1.1", "Mara", "eye colour", "green", FIRST)


@pytest.fixture
def work(library: Library) -> str:
    """Three sections: the first establishes Mara's eyes, the second was shown it."""
    work = begun(library)
    with works.hold_lease(library, work) as lease:
        planned(library, lease, 3)
        drafted(library, lease, "s1", FIRST, delta=[GREEN])
        after = Ledger(library, work).refresh().newest_sequence
        drafted(
            library,
            lease,
            "s2",
            "Mara looked up.",
            shown=[GREEN],
            heard={"s1": 1},
            known_until=after,
        )
        drafted(library, lease, "s3", "Rain fell.", heard={"s1": 1, "s2": 1}, known_until=after)
    return work


def said(library: Library, work: str) -> dict[str, str]:
    return {e.id: e.statement for e in ledger.load_entries(library, work)}


def model_says(library: Library, work: str, *new: Entry) -> None:
    with library.write() as db:
        ledger.append_entries(db, work, new)


def test_an_edit_reaches_the_section_that_said_it_and_the_one_that_was_shown_it(
    library: Library, work: str
) -> None:
    assert staleness.find_reasons(library, work) == {}
    entry_edits.apply(library, work, entry_edits.build_change("s1.1", statement="blue"))
    assert set(staleness.find_reasons(library, work)) == {"s1", "s2"}
    changed = Ledger(library, work).refresh().latest()[0]
    assert (changed.version, changed.origin, changed.statement) == (2, "person", "blue")


def test_a_retraction_reaches_the_same_sections(library: Library, work: str) -> None:
    entry_edits.apply(library, work, entry_edits.build_retraction(["s1.1"]))
    assert set(staleness.find_reasons(library, work)) == {"s1", "s2"}
    assert said(library, work) == {}


def test_pinning_changes_nothing_that_a_section_could_contradict(
    library: Library, work: str
) -> None:
    entry_edits.apply(library, work, entry_edits.build_pinning(["s1.1"]))
    assert staleness.find_reasons(library, work) == {}
    assert Ledger(library, work).refresh().latest()[0].pinned
    entry_edits.apply(library, work, entry_edits.build_pinning(["s1.1"], pinned=False))
    assert not Ledger(library, work).refresh().latest()[0].pinned


def test_an_entry_that_is_added_reaches_those_who_name_its_subject(
    library: Library, work: str
) -> None:
    added = entry_edits.apply(
        library,
        work,
        entry_edits.build_addition([Remembered(subject="Mara", statement="She is deaf.")]),
    )
    assert [e.id for e in added] == ["m.1"]
    assert set(staleness.find_reasons(library, work)) == {"s1", "s2"}


def test_what_comes_true_later_does_not_concern_the_sections_before(
    library: Library, work: str
) -> None:
    given = [Remembered(subject="Mara", statement="She is deaf.")]
    entry_edits.apply(library, work, entry_edits.build_addition(given, from_section="s2"))
    assert set(staleness.find_reasons(library, work)) == {"s2"}


def test_what_is_there_already_is_not_added_again(library: Library, work: str) -> None:
    given = Remembered(subject="Mara", attribute="eye colour", statement="Her eyes are green.")
    assert entry_edits.apply(library, work, entry_edits.build_addition([given, given])) == ()


def test_a_model_s_version_of_a_person_s_entry_is_refused(library: Library, work: str) -> None:
    entry_edits.apply(library, work, entry_edits.build_change("s1.1", statement="blue"))
    model_says(library, work, GREEN.model_copy(update={"version": 2, "statement": "amber"}))
    model_says(library, work, GREEN.model_copy(update={"version": 3, "status": "retracted"}))
    assert said(library, work) == {"s1.1": "blue"}


def test_two_values_of_one_topic_are_a_conflict_unless_of_different_story_times(
    library: Library, work: str
) -> None:
    other = Remembered(subject="Mara", attribute="eye colour", statement="blue")
    then = other.model_copy(update={"story_time": "as a child"})
    entry_edits.apply(library, work, entry_edits.build_addition([then]))
    assert ledger.find_conflicts(ledger.load_entries(library, work)) == []
    entry_edits.apply(library, work, entry_edits.build_addition([other]))
    ((one, two),) = ledger.find_conflicts(ledger.load_entries(library, work))
    assert {one.statement, two.statement} == {"green", "blue"}


def test_merging_makes_two_subjects_one_and_leaves_one_of_two_equal_entries(
    library: Library, work: str
) -> None:
    given = [
        Remembered(subject="The Keeper", attribute="eye colour", statement="green"),
        Remembered(subject="The Keeper", attribute="home", statement="the rock"),
    ]
    entry_edits.apply(library, work, entry_edits.build_addition(given))
    entry_edits.apply(library, work, entry_edits.build_subject_merge("Mara", "the keeper"))
    live = ledger.load_entries(library, work)
    assert {e.subject for e in live} == {"Mara"}
    assert {e.aliases for e in live} == {("The Keeper",)}
    assert sorted(e.statement for e in live) == ["green", "the rock"]


def test_a_subject_that_is_not_known_is_named_with_the_nearest(library: Library, work: str) -> None:
    with pytest.raises(BadInput, match=r"no subject 'Marra'; did you mean Mara\?"):
        entry_edits.apply(library, work, entry_edits.build_subject_merge("Mara", "Marra"))
    with pytest.raises(BadInput, match=r"no entry 's1.7' in memory; did you mean s1.1\?"):
        entry_edits.apply(library, work, entry_edits.build_change("s1.7", statement="blue"))
    with pytest.raises(WorkNotFound):
        entry_edits.apply(
            library, "nowhere", entry_edits.build_addition([Remembered(subject="A", statement="B")])
        )


def test_an_earlier_version_can_be_restored(library: Library, work: str) -> None:
    entry_edits.apply(library, work, entry_edits.build_change("s1.1", statement="blue"))
    entry_edits.apply(library, work, entry_edits.build_restoration("s1.1", 1))
    history = Ledger(library, work).refresh().versions("s1.1")
    assert [(e.version, e.statement) for e in history] == [(1, "green"), (2, "blue"), (3, "green")]
    with pytest.raises(BadInput, match="no version 9; it has 1 to 3"):
        entry_edits.apply(library, work, entry_edits.build_restoration("s1.1", 9))


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        (entry_edits.build_acceptance, {"s1.2": "tall", "s1.1": "blue"}),
        (entry_edits.build_rejection, {"s1.1": "green"}),
    ],
)
def test_a_proposal_holds_only_once_it_is_accepted(
    library: Library, work: str, answer, left: dict[str, str]
) -> None:
    new = established("s1.2", "Mara", "build", "tall", FIRST)
    changed = GREEN.model_copy(update={"version": 2, "statement": "blue", "status": "proposed"})
    model_says(library, work, changed, new.model_copy(update={"status": "proposed"}))
    assert said(library, work) == {"s1.1": "green"}
    assert [e.id for e in Ledger(library, work).refresh().list_proposals()] == ["s1.1", "s1.2"]
    entry_edits.apply(library, work, answer([]))
    assert said(library, work) == left
    assert Ledger(library, work).refresh().list_proposals() == []


def test_a_proposed_retraction_takes_effect_when_it_is_accepted(
    library: Library, work: str
) -> None:
    doubted = GREEN.model_copy(update={"version": 2, "status": "doubted"})
    model_says(library, work, doubted)
    assert said(library, work) == {"s1.1": "green"}
    entry_edits.apply(library, work, entry_edits.build_acceptance(["s1.1"]))
    assert said(library, work) == {}


def test_the_same_words_at_another_place_are_a_sighting_and_no_new_version(
    library: Library, work: str
) -> None:
    assert GREEN.span is not None
    moved = GREEN.span.model_copy(update={"draft": 2, "start": 0, "end": 5})
    model_says(library, work, GREEN.model_copy(update={"span": moved}))
    book = Ledger(library, work).refresh()
    assert [e.version for e in book.versions("s1.1")] == [1]
    assert book.list_section_entries("s1")[0].span == moved


def test_an_open_thread_is_listed_until_something_pays_it_off(library: Library, work: str) -> None:
    promise = Remembered(subject="Mara", statement="She will come back.", kind="thread")
    entry_edits.apply(library, work, entry_edits.build_addition([promise]))
    assert [e.id for e in ledger.select_open_threads(ledger.load_entries(library, work))] == ["m.1"]
    paid = established("s3.1", "Mara", "", "She came back.", "x").model_copy(
        update={"kind": "event", "supersedes": "m.1"}
    )
    model_says(library, work, paid)
    assert ledger.select_open_threads(ledger.load_entries(library, work)) == []

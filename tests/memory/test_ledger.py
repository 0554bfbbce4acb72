"""The ledger: which entries hold depends on where one stands and which drafts one has heard of."""

from inkwright.memory.store import ledger
from inkwright.memory.store.ledger import Ledger, find_conflicts
from tests.builders import Built, fact, outline, sections, span


def heard(work: Built, **versions: int) -> list[str]:
    return [f"{e.id}:{e.version}" for e in work.ledger.list_visible(versions)]


def test_entries_of_plan_and_person_are_always_heard(a_work):
    a_work.write(fact("p.1", "Mara"), fact("m.1", "Style", origin="person"))
    assert heard(a_work) == ["m.1:1", "p.1:1"]


def test_a_sections_entry_is_heard_with_its_draft(a_work):
    a_work.write(fact("s1.1", "Mara", span=span("s1")))
    assert heard(a_work) == []
    assert heard(a_work, s1=1) == ["s1.1:1"]


def test_an_entry_is_heard_as_it_was_in_the_draft_one_knows(a_work):
    a_work.write(
        fact("s1.1", "Mara", "Blue.", span=span("s1", 1)),
        fact("s1.1", "Mara", "Green.", version=2, span=span("s1", 3)),
    )
    assert heard(a_work, s1=1) == ["s1.1:1"]
    assert heard(a_work, s1=2) == ["s1.1:1"]
    assert heard(a_work, s1=3) == ["s1.1:2"]


def test_what_a_later_draft_retracts_still_holds_for_who_knows_the_earlier_one(a_work):
    a_work.write(
        fact("s1.1", "Mara", span=span("s1", 1)),
        fact("s1.1", "Mara", version=2, span=span("s1", 2), status="retracted"),
    )
    assert heard(a_work, s1=1) == ["s1.1:1"]
    assert heard(a_work, s1=2) == []


def test_a_persons_version_of_a_sections_entry_holds_for_everyone(a_work):
    a_work.write(
        fact("s1.1", "Mara", span=span("s1")),
        fact("s1.1", "Mara", "Grey.", version=2, origin="person"),
    )
    assert heard(a_work) == ["s1.1:2"]


def test_a_superseded_entry_holds_only_for_who_has_not_heard_its_successor(a_work):
    a_work.write(
        fact("p.1", "Mara", "A girl.", attribute="age"),
        fact("s3.1", "Mara", "A woman.", attribute="age", span=span("s3"), supersedes="p.1"),
    )
    assert heard(a_work) == ["p.1:1"]
    assert heard(a_work, s3=1) == ["s3.1:1"]


def test_when_the_successor_is_retracted_the_old_value_holds_again(a_work):
    a_work.write(
        fact("p.1", "Mara", "A girl.", attribute="age"),
        fact("s3.1", "Mara", "Old.", attribute="age", span=span("s3"), supersedes="p.1"),
        fact("s3.1", "Mara", "Old.", version=2, attribute="age", span=span("s3", 2),
             supersedes="p.1", status="retracted"),
    )  # fmt: skip
    assert heard(a_work, s3=2) == ["p.1:1"]


def test_a_chain_of_successors_leaves_the_last(a_work):
    a_work.write(
        fact("p.1", "Mara", "1"),
        fact("s1.1", "Mara", "2", span=span("s1"), supersedes="p.1"),
        fact("s2.1", "Mara", "3", span=span("s2"), supersedes="s1.1"),
    )
    assert heard(a_work, s1=1, s2=1) == ["s2.1:1"]
    assert [e.id for e in ledger.load_entries(a_work.library, a_work.work)] == ["s2.1"]


def test_the_order_of_what_is_heard_does_not_depend_on_who_landed_first(a_work):
    a_work.write(fact("s2.10", "B", span=span("s2")), fact("s1.2", "C", span=span("s1")))
    a_work.write(fact("s2.9", "A", span=span("s2")), fact("p.1", "D"))
    assert heard(a_work, s1=1, s2=1) == ["p.1:1", "s1.2:1", "s2.9:1", "s2.10:1"]


def test_an_open_ledger_keeps_in_step_by_reading_what_is_new(a_work):
    open_one = Ledger(a_work.library, a_work.work).refresh()
    a_work.write(fact("p.1", "Mara"))
    assert open_one.latest() == []
    assert [e.id for e in open_one.refresh().latest()] == ["p.1"]
    assert open_one.newest_sequence == a_work.ledger.newest_sequence


def test_an_entry_comes_back_as_it_was_written(a_work):
    written = fact(
        "s1.1", "Mara", "Blue.", kind="character", aliases=("the keeper",), attribute="eyes",
        span=span("s1"), from_section="s1", supersedes="p.9", story_time="1920", pinned=True,
    )  # fmt: skip
    a_work.write(written)
    assert a_work.ledger.latest() == [written]


def test_numbers_of_entries_are_never_used_twice(a_work):
    a_work.write(
        fact("s1.1", "A", span=span("s1")),
        fact("s1.7", "B", span=span("s1")),
        fact("s1.7", "B", version=2, span=span("s1", 2), status="retracted"),
        fact("s11.9", "C", span=span("s11")),
    )
    assert a_work.ledger.find_next_number("s1") == 8
    assert a_work.ledger.find_next_number("s2") == 1


def test_what_a_section_established_is_what_of_it_still_holds(a_work):
    a_work.write(
        fact("s1.1", "A", span=span("s1")),
        fact("s1.2", "B", span=span("s1")),
        fact("s1.2", "B", version=2, span=span("s1", 2), status="retracted"),
        fact("p.1", "C"),
    )
    assert [e.id for e in a_work.ledger.list_section_entries("s1")] == ["s1.1"]


def test_a_plan_and_its_entries_are_adopted_together(a_work):
    a_work.plan(outline(*sections("s1")), entries=[fact("p.1", "Mara")])
    assert heard(a_work) == ["p.1:1"]


def pairs(*entries) -> list[tuple[str, str]]:
    return [(one.id, other.id) for one, other in find_conflicts(entries)]


def test_two_live_values_of_one_topic_are_a_conflict():
    one = fact("p.1", "Mara", "Blue.", attribute="Eyes")
    other = fact("s1.1", "MARA", "Green.", attribute="eyes", span=span("s1"))
    assert pairs(one, other) == [("p.1", "s1.1")]


def test_the_same_value_in_other_words_case_or_marks_is_no_conflict():
    assert not pairs(
        fact("p.1", "Mara", "Blue.", attribute="eyes"),
        fact("p.2", "Mara", "blue", attribute="eyes"),
    )


def test_statements_of_their_own_conflict_with_nothing():
    assert not pairs(fact("p.1", "Mara", "Blue."), fact("p.2", "Mara", "Green."))


def test_another_story_time_is_no_conflict_and_hides_none():
    young = fact("p.1", "Mara", "Seven.", attribute="age", story_time="1920")
    old = fact("p.2", "Mara", "Seventy.", attribute="age", story_time="1983")
    also_young = fact("p.3", "Mara", "Nine.", attribute="age", story_time="1920")
    assert pairs(young, old, also_young) == [("p.1", "p.3")]


def test_a_conflict_is_seen_across_aliases():
    one = fact("p.1", "Mara Voss", "Blue.", attribute="eyes", aliases=("the keeper",))
    other = fact("s1.1", "the keeper", "Green.", attribute="eyes", span=span("s1"))
    assert pairs(one, other) == [("p.1", "s1.1")]

"""Sections that count otherwise than an earlier one does are settled by the earlier one's words."""

from inkwright.agents.revision.count_conflicts import (
    add_count_conflicts,
    find_untold_counts,
    mend_counts,
)
from inkwright.memory.changes.staleness import build_stamp
from inkwright.memory.domain.entry import Entry, Span
from inkwright.memory.ids import SectionId
from tests.builders import build_draft, build_entry

TWO = "The ferry system consists of two ferries."
TWENTY = "It operates with a fleet of 20 diesel-powered ferries."
DRAFTS = {SectionId("s1"): build_draft(TWO), SectionId("s2"): build_draft(TWENTY, "s2")}
STAMPS = {section_id: set() for section_id in DRAFTS}


def told(statement: str = TWO, **fields) -> Entry:
    span = Span(section=SectionId("s1"), draft=1, start=0, end=len(TWO))
    plain = {"subject": "ferry system", "attribute": "", "origin": "section", "span": span}
    return build_entry("s1.1", statement, **{**plain, **fields})


def test_the_later_section_is_stale_by_the_words_that_count_otherwise():
    (stale,) = add_count_conflicts([], [told()], DRAFTS, STAMPS)
    (change,) = stale.changes
    assert (stale.section_id, change.id, change.evidence) == ("s2", "s1.1", TWENTY)
    assert TWO in change.line
    assert find_untold_counts([told()], DRAFTS) == []


def test_what_was_checked_before_is_not_named_again():
    stamps = STAMPS | {SectionId("s2"): {build_stamp(told())}}
    assert add_count_conflicts([], [told()], DRAFTS, stamps) == []


def test_what_the_person_says_comes_before_every_section():
    theirs = told("A fleet of 12 ferries.", origin="person", span=None)
    merged = add_count_conflicts([], [theirs], DRAFTS, STAMPS)
    assert {s.section_id for s in merged} == {"s1", "s2"}


def test_a_count_of_which_memory_tells_nothing_is_handed_back_to_be_remembered():
    assert find_untold_counts([], DRAFTS) == [("s1", TWO)]
    assert add_count_conflicts([], [], DRAFTS, STAMPS) == []


def test_a_count_that_an_editor_has_left_is_mended_by_its_number_alone():
    (stale,) = add_count_conflicts([], [told()], DRAFTS, STAMPS)
    kept = f"{TWENTY} {TWO}"
    mended = mend_counts(kept, stale.changes)
    assert mended == f"It operates with a fleet of two diesel-powered ferries. {TWO}"

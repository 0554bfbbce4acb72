"""What a reader would strike at once is mended, or reported, and never lands unseen."""

import pytest

from inkwright.app.services.review_summary import review
from inkwright.memory.store import works
from inkwright.memory.store.library import Library
from inkwright.memory.text.words import FIRST_RULE, OFFICE_RULE, count_words, use_text_rule
from tests.runs import writing
from tests.runs.test_parts_of_a_text import PartsModel, prose, write_piece

pytestmark = pytest.mark.slow
TWICE = "The ferry went under in the fog and nobody saw it go."


def test_a_sentence_said_twice_that_nothing_mends_is_a_finding_and_flags_the_piece(
    library: Library,
):
    model = PartsModel(
        [f"{prose(1, 4)} {TWICE} It was grey day. {TWICE} {prose(2, 4)}", prose(3, 9)]
    )
    work = write_piece(library, model)
    written = works.get(library, work)
    assert written.status == "flagged"
    assert any("The section has said this before" in line for line in written.problems)
    (finding,) = [p for p in review(library, work).problems if p.about == "text"]
    assert (finding.section, finding.evidence, finding.is_quoted) == ("s1", TWICE, True)


def test_numbers_of_one_thing_that_disagree_between_sections_are_mended(library: Library):
    model = PartsModel(
        [
            f"{prose(1, 8)} The town operates a fleet of two ferries.",
            f"{prose(2, 8)} The town operates a fleet of 20 ferries.",
        ]
    )
    work = write_piece(library, model)
    first, second = (versions[-1].text for versions in writing.accepted(library, work).values())
    assert "two ferries" in first
    assert "two ferries" in second
    assert "20" not in second


def test_a_precise_figure_from_nowhere_is_named_where_there_are_no_sources(library: Library):
    model = PartsModel([f"{prose(1, 8)} It cost $45,300 that year.", prose(2, 9)])
    work = write_piece(library, model)
    (line,) = [line for line in works.get(library, work).problems if "nothing supports" in line]
    assert "$45,300 (s1)" in line


def test_a_work_that_begins_now_is_counted_as_an_office_program_counts(library: Library):
    text = f"{prose(1, 9)} The bill was 3,000.50 in all."
    work = write_piece(library, PartsModel([text, prose(2, 9)]))
    assert works.get(library, work).text_rule == OFFICE_RULE
    for versions in writing.accepted(library, work).values():
        for draft in versions:
            assert draft.words == count_words(draft.text, OFFICE_RULE)
    assert count_words(text, OFFICE_RULE) < count_words(text, FIRST_RULE)


def test_the_rule_of_a_work_holds_only_while_its_lease_is_held(library: Library):
    work = write_piece(library, PartsModel([prose(1, 9), prose(2, 9)]))
    assert count_words("3,000.50") == 2 + 1
    with works.hold_lease(library, work):
        assert count_words("3,000.50") == 1
        with use_text_rule(FIRST_RULE):
            assert count_words("3,000.50") == 2 + 1
    assert count_words("3,000.50") == 2 + 1

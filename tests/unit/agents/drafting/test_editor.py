"""Patches and cuts: what is not named by them stays byte for byte."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwright.agents.drafting.editor import apply_edits, cut_sentences, find_concerned_sentences
from inkwright.agents.drafting.subset_sum import choose_subset
from inkwright.agents.llm.schemas import Edit, Edits
from inkwright.memory.domain.brief import Constraint
from inkwright.memory.domain.draft import Finding
from inkwright.memory.text.words import count_words, sentences

TEXT = "One went out.  Two stayed in!\n\nThree came back. Four\tslept.\n"
ANYTHING = st.lists(
    st.sampled_from([*"ab. !?\n\t\u3000“”*#字。！，…\u00e9", "e\u0301", "Two words. ", "\n\n"]),
    max_size=60,
).map("".join)
NEW = st.sampled_from(["New words came.", "Another one.", "新的一句话。"])


def edits(*items: tuple[int, int, str]) -> Edits:
    return Edits(edits=[Edit(first=first, last=last, text=text) for first, last, text in items])


def patched(text: str, *items: tuple[int, int, str]) -> str:
    return apply_edits(text, sentences(text), edits(*items))


def test_only_the_sentences_named_are_replaced():
    assert patched(TEXT, (2, 2, "Two left.")) == TEXT.replace("Two stayed in!", "Two left.")


def test_a_run_of_sentences_is_replaced_by_one_text():
    assert patched(TEXT, (1, 3, "Nobody.")) == "Nobody. Four\tslept.\n"


def test_edits_may_come_in_any_order():
    once = patched(TEXT, (1, 1, "A."), (4, 4, "D."))
    assert once == patched(TEXT, (4, 4, "D."), (1, 1, "A."))
    assert once == "A.  Two stayed in!\n\nThree came back. D.\n"


@pytest.mark.parametrize(
    "edit",
    [
        (0, 1, "New."),
        (5, 5, "New."),
        (3, 2, "New."),
        (-1, 2, "New."),
        (1, 99, "New."),
        (1, 1, ""),
        (1, 1, " \n"),
        (1, 1, "I'm sorry, but I can't help with that."),
        (1, 1, '{"error": "boom"}'),
        (1, 1, "word " * 200),
        (1, 1, "One went out and then the very next one came back in again. " * 12),
    ],
)
def test_an_edit_that_cannot_be_made_leaves_the_text_as_it_is(edit):
    assert patched(TEXT, edit) == TEXT


def test_an_edit_opens_or_closes_no_fence():
    text = "One went.\n\n```python\nx = 1\n```\n\nTwo came."
    assert patched(text, (1, 2, "Nobody."), (4, 5, "Nobody.")) == text
    assert patched(text, (3, 3, "x = 2"), (5, 5, "Nobody.")) == (
        "One went.\n\n```python\nx = 2\n```\n\nNobody."
    )


def test_of_two_edits_of_one_sentence_the_first_counts():
    found = patched(TEXT, (1, 2, "A."), (2, 3, "B."))
    assert found == "A.\n\nThree came back. Four\tslept.\n"


def test_a_fault_opens_its_sentence_with_those_beside_it_and_what_names_its_subject():
    text = "One. Two. Three. Four is wrong. Five. Six. Mara came. Eight."
    fault = Finding(constraint="s1.1", status="broken", evidence="Four is wrong.", by="judge")
    assert find_concerned_sentences(sentences(text), [fault], {"mara"}) == {3, 4, 5, 7}
    nowhere = fault.model_copy(update={"evidence": "Nobody said so."})
    assert find_concerned_sentences(sentences(text), [fault, nowhere], {"mara"}) == set(range(1, 9))


@given(ANYTHING, st.lists(st.tuples(st.integers(-1, 9), st.integers(-1, 9), NEW), max_size=5))
def test_text_outside_the_edits_is_byte_identical(text, items):
    parts = sentences(text)
    found = apply_edits(text, parts, edits(*items))
    taken: dict[int, tuple[int, str]] = {}
    for first, last, new in sorted(items, key=lambda item: item[0]):
        if 1 <= first <= last <= len(parts) and not set(range(first, last + 1)) & _covered(taken):
            taken[first] = (last, new)
    expected, at = "", 0
    for first, (last, new) in sorted(taken.items()):
        expected += text[at : parts[first - 1].start] + new
        at = parts[last - 1].end
    assert found == expected + text[at:]


def _covered(taken: dict[int, tuple[int, str]]) -> set[int]:
    return {n for first, (last, _) in taken.items() for n in range(first, last + 1)}


def test_a_cut_takes_whole_sentences_and_closes_the_gap():
    text = "One went out. Two stayed in. Three came back.\n\nFour slept. Five sang."
    assert cut_sentences(text, sentences(text), [2, 4], 5, 6) == (
        "One went out. Three came back.\n\nFive sang."
    )


def test_a_paragraph_that_is_cut_whole_leaves_no_empty_one():
    text = "One went out.\n\nTwo stayed in.\n\nThree came back."
    assert cut_sentences(text, sentences(text), [2], 3, 3) == "One went out.\n\nThree came back."


def test_a_cut_at_either_end_leaves_no_space_there():
    text = "One went out.\n\nTwo stayed in.\n\nThree came back."
    assert cut_sentences(text, sentences(text), [1], 3, 3) == "Two stayed in.\n\nThree came back."
    assert cut_sentences(text, sentences(text), [3], 3, 3) == "One went out.\n\nTwo stayed in."


def test_of_cuts_that_come_to_the_same_the_sentences_named_first_go():
    text = "A b c d. E f. G h i. J."
    assert cut_sentences(text, sentences(text), [2, 3, 1, 4], 4, 6) == "A b c d. E f. J."
    assert cut_sentences(text, sentences(text), [1, 2, 3, 4], 4, 4) == "E f. G h i. J."


def test_a_cut_comes_as_near_to_the_surplus_as_the_sentences_named_allow():
    text = "A b c d. E f. G h i. J."
    assert cut_sentences(text, sentences(text), [1, 2, 3, 4], 7, 7) == "E f. J."
    assert cut_sentences(text, sentences(text), [1, 3], 6, 6) == "E f. G h i. J."


def test_a_cut_leaves_what_a_rule_wants():
    text = "A red kite flew. Nobody saw it. A red kite fell. The end came."
    kite = Constraint(id="c1", text="kite", kind="must_contain", phrases=("red kite",))
    left = cut_sentences(text, sentences(text), [1, 3, 2, 4], 15, 15, [kite])
    assert left == "A red kite fell."


def test_a_sentence_with_which_too_much_would_go_is_passed_over():
    text = "A b c d. E f. G h i."
    assert cut_sentences(text, sentences(text), [1, 2, 3], 2, 3) == "A b c d. G h i."


def test_numbers_that_are_no_sentence_cut_nothing():
    assert cut_sentences(TEXT, sentences(TEXT), [0, -3, 99], 50, 60) == TEXT


def test_indentation_and_blank_lines_elsewhere_survive_a_cut():
    text = "    indented code\n\n\n\n* a list\n* of two\n\nA line to lose. The end."
    assert cut_sentences(text, sentences(text), [4], 4, 4) == (
        "    indented code\n\n\n\n* a list\n* of two\n\nThe end."
    )


SIZES = st.integers(0, 60)


@given(ANYTHING, st.lists(st.integers(-1, 12), max_size=8), SIZES, SIZES)
def test_what_a_cut_leaves_is_byte_identical(text, numbers, surplus, most):
    parts = sentences(text)
    found = cut_sentences(text, parts, numbers, surplus, most)
    gone = _fitting(parts, numbers, surplus, most)
    kept = [n for n in range(1, len(parts) + 1) if n not in gone]
    at = 0
    for before, number in zip([None, *kept], kept, strict=False):
        part = parts[number - 1]
        start = found.index(part.text, at)
        between = found[at:start]
        assert not between.strip()
        if before == number - 1 and before is not None:
            assert between == text[parts[before - 1].end : part.start]
        at = start + len(part.text)
    assert not found[at:].strip()
    assert gone or found == text


def _fitting(parts, numbers, surplus, most) -> set[int]:
    known = [n for n in dict.fromkeys(numbers) if 1 <= n <= len(parts)]
    sizes = [count_words(parts[n - 1].text) for n in known]
    return {known[p] for p in choose_subset(sizes, surplus, most, max(most - surplus, 0) // 2)}


@given(st.lists(st.integers(0, 20), max_size=9), SIZES, SIZES, st.integers(0, 6))
def test_the_choice_is_the_nearest_of_all_there_are(sizes, wanted, most, slack):
    def off(places) -> int:
        return max(abs(wanted - sum(sizes[p] for p in places)), slack)

    every = (c for n in range(len(sizes) + 1) for c in combinations(range(len(sizes)), n))
    possible = [c for c in every if sum(sizes[p] for p in c) <= most]
    found = choose_subset(sizes, wanted, most, slack)
    assert found in possible
    assert off(found) == min(off(c) for c in possible)

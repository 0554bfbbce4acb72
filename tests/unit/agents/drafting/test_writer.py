"""The writer's text is tidied before it counts: no heading, no broken end, no overrun."""

import pytest
from hypothesis import given

from inkwright.agents.drafting.text_faults import find_text_faults
from inkwright.agents.drafting.writer import _remove_overlap, tidy
from inkwright.memory.domain.brief import Brief
from inkwright.memory.domain.outline import Section
from inkwright.memory.text.words import count_words
from tests.memory.texts import PROSE

BODY = "The keeper climbed the stairs. He trimmed the lamp."


def test_a_first_line_that_is_no_heading_stays():
    text = f"The lamp was lit.\n\n{BODY}"
    assert tidy(text, 50, cut_short=False) == text


@pytest.mark.parametrize("end", [" The wind tur", " “Who", " It was,"])
def test_a_last_sentence_that_the_token_limit_broke_off_is_dropped(end):
    assert tidy(BODY + end, 50, cut_short=True) == BODY


@pytest.mark.parametrize("end", [" The wind tur", " It was, he knew"])
def test_a_last_sentence_that_the_model_itself_broke_off_stays_and_is_a_fault(end):
    assert tidy(BODY + end, 50, cut_short=False) == BODY + end
    brief = Brief(request="Write about a lamp.")
    section = Section(id="s1", title="The Lamp", purpose="", target_words=50)
    (fault,) = find_text_faults(BODY + end, "\nSection: s1\nTitle: T", brief=brief, section=section)
    assert fault.why.startswith("The text breaks off here")


@pytest.mark.parametrize(
    "text",
    [
        "Boats:\n\n- the old one\n- the new one",
        "The sea is grey\nThe lamp is low\nNobody came",
        "“Who?” she said. “Nobody,” he said…",
        "她点亮了灯。然后她等着。",
        "Only half of a sen",
    ],
)
def test_lists_verses_and_single_sentences_keep_their_end(text):
    assert tidy(text, 50, cut_short=False) == text


@given(PROSE)
def test_an_overrun_is_cut_at_the_end_of_a_sentence(text):
    found = tidy(text, 5, cut_short=False)
    assert text.strip().startswith(found)
    assert count_words(found) <= 70


@pytest.mark.parametrize(
    "first", ["#LowWater was painted on the wall.", "#1 was the boat.", "#", "####### seven", "#!"]
)
def test_a_first_line_with_a_number_sign_is_a_heading_only_as_markdown_has_it(first):
    text = f"{first}\n\n{BODY}"
    assert tidy(text, 50, cut_short=False) == text


def test_text_that_goes_on_may_begin_with_a_heading_of_its_own():
    text = f"### Oil\n\n{BODY}"
    assert tidy(text, 50, cut_short=False) == text


NEW = "It rained until noon."


@pytest.mark.parametrize("shown", ["He trimmed the lamp.", BODY, f"{BODY}\n\n“Who?”", "* * *"])
def test_text_that_repeats_where_it_goes_on_from_is_joined_there(shown):
    assert _remove_overlap(f"It began.\n\n{shown}", f"{shown}\n\n{NEW}") == NEW
    assert _remove_overlap(f"It began.\n\n{shown}", shown) == ""


VERSE = "O the sea, the sea,\nHe lit the lamp.\nO the sea, the sea,"


@pytest.mark.parametrize(
    ("text", "more"),
    [
        (f"{BODY}\n\n* * *\n\nNobody came.", f"* * *\n\n{NEW}"),
        (f"O the sea, the sea,\n{BODY}", f"O the sea, the sea,\n{NEW}"),
        (VERSE, f"O the sea, the sea,\n{NEW}"),
        (VERSE, "O the sea, the sea,"),
        ("She asked again.\n“Never.”", f"“Never.”\n{NEW}"),
        (f"{BODY} {NEW}", "The keeper climbed the stairs. Then he slept."),
    ],
)
def test_what_comes_again_elsewhere_is_the_authors(text, more):
    assert _remove_overlap(text, more) == more

"""The writer's text is tidied before it counts: no heading, no echo, no broken end, no overrun."""

import pytest
from hypothesis import given

from inkwright.agents.writer import tidy, without_echo
from inkwright.memory.wordcount import count_words
from tests.memory.texts import PROSE

BODY = "The keeper climbed the stairs. He trimmed the lamp."


@pytest.mark.parametrize("heading", ["# The Lamp", "## Chapter 2", "The Lamp", "**the lamp**"])
def test_a_heading_the_writer_added_is_taken_off(heading):
    assert tidy(f"{heading}\n\n{BODY}", "The Lamp", 50, cut_short=False) == BODY


def test_a_first_line_that_is_no_heading_stays():
    text = f"The lamp was lit.\n\n{BODY}"
    assert tidy(text, "The Lamp", 50, cut_short=False) == text


@pytest.mark.parametrize("end", [" The wind tur", " “Who", " It was,"])
def test_a_last_sentence_that_breaks_off_is_dropped(end):
    assert tidy(BODY + end, "T", 50, cut_short=False) == BODY
    assert tidy(BODY + end, "T", 50, cut_short=True) == BODY


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
    assert tidy(text, "T", 50, cut_short=False) == text


@given(PROSE)
def test_an_overrun_is_cut_at_the_end_of_a_sentence(text):
    found = tidy(text, "T", 5, cut_short=False)
    assert text.strip().startswith(found)
    assert count_words(found) <= 70


def test_lines_of_the_prompt_are_dropped_but_not_what_somebody_says():
    prompt = "Section: s1\n<before>\nThe wind turned at noon.\n“Yes.”\n</before>\nLength: 50 words"
    text = "Section: s1\n<before>\nThe wind turned at noon.\n“Yes.”\nIt rained.\nLength: 50 words"
    assert without_echo(text, prompt) == "“Yes.”\nIt rained."

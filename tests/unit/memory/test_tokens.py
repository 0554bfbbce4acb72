"""Keeping text within a budget of tokens, whatever the text."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwright.agents.llm.tokenizer import ScaledTokenizer, compute_factor
from inkwright.memory.text.tokens import mark_fitting, shorten
from inkwright.memory.text.words import count_words, sentences
from tests.memory.texts import PROSE, TEXTS
from tests.simserver.tokens import tokenize

COUNTS: dict[str, Callable[[str], int]] = {
    "o200k": ScaledTokenizer(1.3).count,
    "simulated": lambda text: len(tokenize(text)),
    "characters": len,
}


@pytest.mark.parametrize("count", COUNTS.values(), ids=COUNTS)
@given(texts=st.lists(TEXTS, max_size=12), budget=st.integers(0, 120))
def test_what_fits_never_exceeds_the_budget(count, texts, budget):
    fits = mark_fitting(texts, budget, count)
    assert len(fits) == len(texts)
    kept = [text for text, fitting in zip(texts, fits, strict=True) if fitting]
    assert not kept or count("\n".join(kept)) <= budget


def test_a_text_that_does_not_fit_makes_room_for_later_ones():
    assert mark_fitting(["aa", "a" * 50, "aaa"], 8, len) == (True, False, True)


@pytest.mark.parametrize("count", COUNTS.values(), ids=COUNTS)
@given(text=TEXTS, budget=st.integers(0, 60))
def test_a_shortened_text_never_exceeds_the_budget(count, text, budget):
    short = shorten(text, budget, count)
    assert text.startswith(short)
    assert not short or count(short) <= budget


@given(PROSE, st.integers(12, 80))
def test_a_text_is_shortened_at_the_end_of_a_sentence(text, budget):
    short = shorten(text, budget, count_words)
    whole = [s.text for s in sentences(text)]
    assert [s.text for s in sentences(short)] == whole[: len(sentences(short))]


def test_a_text_that_fits_is_left_alone():
    assert shorten(" One. \n Two. ", 50, len) == " One. \n Two. "


def test_a_first_sentence_that_is_too_long_is_cut_rather_than_lost():
    text = "word " * 400
    short = shorten(text, 100, len)
    assert 80 < len(short) <= 100
    assert text.startswith(short)


def test_counts_are_never_below_those_of_the_served_model():
    samples = ("The keeper climbed the stairs.", "她爬上楼梯，修剪灯芯。", '{"a": [1, 2]}')
    served = [len(tokenize(sample)) for sample in samples]
    tokenizer = ScaledTokenizer(compute_factor(served, samples))
    assert all(tokenizer.count(s) >= n for s, n in zip(samples, served, strict=True))


def test_a_server_that_does_not_say_is_given_a_wide_margin():
    assert compute_factor([12, None], ["a", "b"]) > 1.2

"""Differences: word by word, in any language, with nothing of either text lost."""

import pytest
from hypothesis import given

from inkwright.memory.text.word_diff import DiffSpan, diff_words
from tests.memory.texts import TEXTS


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_from_their_differences(before, after):
    found = diff_words(before, after)
    assert "".join(p.text for p in found if p.kind != "new") == before
    assert "".join(p.text for p in found if p.kind != "gone") == after


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ("The lamp went out.", "The lamp burned out.", [("gone", "went"), ("new", "burned")]),
        ("她点亮了灯。", "她熄灭了灯。", [("gone", "点亮"), ("new", "熄灭")]),
        ("One.\nTwo.\nThree.", "One.\nThree.", [("gone", "Two.\n")]),
        ("Same.", "Same.", []),
    ],
)
def test_only_the_words_that_changed_are_told(before, after, changed):
    told = [p for p in diff_words(before, after) if p.kind != "same"]
    assert told == [DiffSpan(*pair) for pair in changed]

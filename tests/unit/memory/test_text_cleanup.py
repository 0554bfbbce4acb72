"""Text from outside is made fit to be stored: halves of characters, controls, terminal commands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwright.memory.cleanup import CleanStream, clean, each_text, storable

ROUGH = st.lists(
    st.sampled_from(
        ["a", "é", "灯", "\n", "\r", "\r\n", "\t", " ", "\0", "\x0b", "\x85", "\x9b", "\x1b", "[",
         "]", "31", ";", "m", "(", "B", "P", "\\", "\x07", "\ud83d", "\ude00", "😀"]
    ),
    max_size=14,
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\ud83d b", "a\ufffd b"),
        ("a\ude00\ud83d", "a\ufffd\ufffd"),
        ("a\ud83d\ude00b", "a😀b"),
        ("a\0b\x07c\x7fd\x9ce", "abcde"),
        ("one\r\ntwo\rthree\n", "one\ntwo\nthree\n"),
        ("one\x0btwo\x0cthree\x85four", "one\ntwo\nthree\nfour"),
        ("a \x1b[31mred\x1b[0m boat", "a red boat"),
        ("a \x1b[38;5;196;1mred\x9b0m boat\x1b[2K", "a red boat"),
        ("\x1b]0;title\x07The \x1b]8;;http://x.example\x1b\\boat\x1b]8;;\x1b\\", "The boat"),
        ("a\x1b(B boat\x1bPq#0\x1b\\", "a boat"),
        ("the end\x1b[31", "the end"),
        ("a stray \x1b before Words", "a stray  before Words"),
    ],
)
def test_what_is_no_text_goes(text, cleaned):
    assert clean(text) == cleaned


@pytest.mark.parametrize(
    "text",
    [
        "👨\u200d👩\u200d👧 and ❤\ufe0f",
        "می\u200cخواهم \u200fעברית\u200e \u2066x\u2069",
        "cafe\u0301 a\u00a0b \u3000灯 \u2028 \ue000 \ufffd \U0010fffd \ufeff",
        "soft\u00adhyphen [31m stays where no escape was\tand tabs\n",
    ],
)
def test_all_that_is_text_stays(text):
    assert clean(text) == storable(text) == text


def test_what_a_person_gives_loses_only_what_cannot_be_stored():
    assert storable("a\0b\r\n\x1b[31m\ud83d") == "ab\r\n\x1b[31m\ufffd"


@given(ROUGH)
def test_a_text_is_cleaned_to_the_same_words_in_pieces_as_whole(pieces):
    stream = CleanStream()
    assert "".join([*map(stream.add, pieces), stream.end()]) == clean("".join(pieces))


@given(ROUGH)
def test_what_is_clean_stays_as_it_is(pieces):
    once = clean("".join(pieces))
    assert clean(once) == once
    once.encode()


def test_text_is_changed_wherever_it_stands():
    found = each_text({"a\0": ["b\0", {"c": ("d\0", 1, None, True)}]}, storable)
    assert found == {"a": ["b", {"c": ("d", 1, None, True)}]}

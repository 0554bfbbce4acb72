"""Words and sentences, in any language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwright.memory.text.words import count_words, prose_sentences, sentences, tail, words
from tests.memory.texts import PROSE, TEXTS


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 0),
        (" \n—…", 0),
        ("One word", 2),
        ("don't mother-in-law 3rd", 3),
        ("她点亮了灯。", 5),
        ("カメラを買う", 6),
        ("她用GPU训练", 5),
        ("Ünïcode e\u0301te\u0301 слово", 3),
        ("a_b", 2),
        ("3.14", 2),
        ("*bold* #heading", 2),
    ],
)
def test_one_word_for_each_han_character_and_each_run_of_letters(text, number):
    assert count_words(text) == number
    assert len(words(text)) == number


@given(st.text(st.characters(max_codepoint=0x24F) | st.sampled_from("’'-_– “é")))
def test_latin_text_has_the_words_that_it_has_beside_another_script(text):
    assert words(f"灯 {text}") == ["灯", *words(text)]


@given(TEXTS)
def test_sentences_cover_all_that_is_not_white_space(text):
    at = 0
    for sentence in sentences(text):
        assert text[sentence.start : sentence.end] == sentence.text
        assert not text[at : sentence.start].strip()
        assert sentence.text.strip()
        at = sentence.end
    assert not text[at:].strip()


@given(st.text())
def test_sentences_cover_any_text_at_all(text):
    assert "".join("".join(s.text.split()) for s in sentences(text)) == "".join(text.split())


@given(TEXTS)
def test_no_word_is_cut_in_two_between_sentences(text):
    assert sum(count_words(s.text) for s in sentences(text)) == count_words(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("“Who?” she said. “I.”", ["“Who?”", "she said.", "“I.”"]),
        ("Pi is 3.14 here. Yes.", ["Pi is 3.14 here.", "Yes."]),
        ("No end\nNext line", ["No end", "Next line"]),
        ("Wait... what?! No.", ["Wait...", "what?!", "No."]),
        ("她点灯。风来了！“谁？”她问。", ["她点灯。", "风来了！", "“谁？”", "她问。"]),
        ("他说：“走吧。”然后走了。", ["他说：“走吧。”", "然后走了。"]),
    ],
)
def test_sentences_end_where_a_reader_says(text, parts):
    assert [s.text for s in sentences(text)] == parts


@given(PROSE, st.integers(0, 60))
def test_the_tail_is_the_end_of_the_text_in_whole_sentences(text, limit):
    end = tail(text, limit)
    assert text.rstrip().endswith(end)
    parts = [s.text.strip() for s in sentences(text)]
    if end:
        assert [s.text.strip() for s in sentences(end)] == parts[-len(sentences(end)) :]
        assert count_words(end) <= limit or len(sentences(end)) == 1
    else:
        assert not parts


def test_the_tail_of_chinese_text_counts_characters():
    assert tail("她点灯。风来了。船不见了。", 8) == "风来了。船不见了。"


def test_rules_code_and_tables_are_no_sentences_of_prose():
    text = (
        "One went.\n\n* * *\n\n```python\nx = 1\n\n# two\n```\n\n"
        "Three came.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n~~~\nls"
    )
    assert [s.text for s in prose_sentences(text)] == ["One went.", "Three came."]
    assert [text[s.start : s.end] for s in prose_sentences(text)] == ["One went.", "Three came."]

"""Passages: whole sentences, and no text lost between them."""

from hypothesis import given
from hypothesis import strategies as st

from inkwright.memory.domain.draft import Draft
from inkwright.memory.retrieval.passages import (
    PASSAGE_WORDS,
    split_draft,
    split_into_pieces,
    split_source,
)
from inkwright.memory.text.words import count_words, sentences
from tests.memory.texts import TEXTS


@given(TEXTS, st.integers(1, 20))
def test_no_text_is_lost_between_passages(text, limit):
    at = 0
    for piece in split_into_pieces(text, limit):
        start = text.index(piece, at)
        assert not text[at:start].strip()
        at = start + len(piece)
    assert not text[at:].strip()


@given(TEXTS, st.integers(1, 20))
def test_a_passage_is_within_its_limit_unless_one_sentence_is_longer(text, limit):
    for piece in split_into_pieces(text, limit):
        longest = max(count_words(s.text) for s in sentences(piece))
        assert count_words(piece) <= max(limit, longest)


def test_a_passage_of_a_draft_names_section_version_and_place():
    text = "The lamp went out. " * 60
    draft = Draft(section="s3", version=2, stage="drafted", text=text, words=240, manifest=1)
    found = split_draft(draft)
    assert [p.id for p in found] == [f"s3@2#{n}" for n in range(1, len(found) + 1)]
    assert {p.origin for p in found} == {"s3"}
    assert len(found) == -(-240 // PASSAGE_WORDS)


def test_a_passage_of_a_source_names_its_number():
    assert [(p.id, p.origin) for p in split_source(4, "One. Two.")] == [("source4#1", "source")]


def test_chinese_text_is_cut_by_characters():
    assert len(list(split_into_pieces("她点亮了灯，等船回来。" * 30, 90))) == 3

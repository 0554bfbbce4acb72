"""Names are found exactly: whole words in alphabetic scripts, substrings in Han and kana."""

import pytest

from inkwright.memory.domain.entry import Entry
from inkwright.memory.text.names import MentionedNames, terms
from inkwright.memory.text.normalise import normalise


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Mara's lamp", "Mara"),
        ("MARA VOSS came", "Mara  Voss"),
        ("the Voss-Lindqvist report", "Voss"),
        ("林舟走进码头。", "林舟"),
        ("“林舟，”她说", "林舟"),
        ("安娜·卡列尼娜来了", "安娜·卡列尼娜"),
        ("她用GPU训练", "GPU"),
        ("住在A座三楼", "A座"),
        ("Ａｌｐｈａ塔", "Alpha"),
        ("Zoë left", "Zoe\u0308"),
    ],
)
def test_a_name_in_a_text_is_found(text, name):
    assert MentionedNames(text).mentions(normalise(name))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Marat left", "Mara"),
        ("Tamara left", "Mara"),
        ("Mara met Voss", "Mara Voss"),
        ("林中有舟", "林舟"),
        ("", "Mara"),
        ("Mara", ""),
        ("她用GPUS训练", "GPU"),
    ],
)
def test_a_name_that_is_not_there_is_not_found(text, name):
    assert not MentionedNames(text).mentions(normalise(name))


def test_all_names_of_a_text_at_once():
    names = {"mara", "voss", "lamp house"}
    assert MentionedNames("Mara went to the lamp house.").select_mentioned(names) == {
        "mara",
        "lamp house",
    }


def test_an_entry_goes_by_its_subject_and_its_aliases():
    entry = Entry(
        id="p.1", subject="Mara Voss", aliases=("the keeper", ""), statement="x", origin="plan"
    )
    assert entry.names == {"mara voss", "the keeper"}


def test_search_terms_are_words_of_some_length_and_pairs_of_characters():
    assert terms("The lamp is in 灯塔上") == {"the", "lamp", "灯塔", "塔上"}

"""Sameness: the same fact in other words is no new fact, and another fact is never the same."""

import pytest

from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.entry_equality import is_same_fact


def saying(statement: str, subject: str = "Mara", attribute: str = "eye colour") -> Entry:
    return Entry(
        id="s1.1", subject=subject, attribute=attribute, statement=statement, origin="section"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Green.", "green"),
        ("Green.", "Her eyes are green."),
        ("Mara's eyes are green.", "She has green eyes."),
        ("The eye colour of Mara is green.", "green"),
    ],
)
def test_the_same_value_in_other_words_is_the_same_fact(one: str, other: str) -> None:
    assert is_same_fact(saying(one), saying(other))
    assert is_same_fact(saying(other), saying(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Green.", "Not green."),
        ("Green.", "Blue."),
        ("Green.", "Grey-green."),
        ("Since 1802.", "Since 1803."),
        ("Green.", "Green, until the fire."),
    ],
)
def test_another_value_is_another_fact(one: str, other: str) -> None:
    assert not is_same_fact(saying(one), saying(other))


def test_who_did_it_to_whom_is_part_of_the_fact() -> None:
    one = saying("Ann struck Bo.", "The brawl", "outcome")
    other = saying("Bo struck Ann.", "The brawl", "outcome")
    assert not is_same_fact(one, other)


def test_chinese_values_are_compared_without_the_words_around_them() -> None:
    one, other = saying("绿色", "林舟", "眼睛"), saying("林舟的眼睛是绿色的。", "林舟", "眼睛")
    assert is_same_fact(one, other)
    assert not is_same_fact(one, saying("蓝色", "林舟", "眼睛"))


def test_a_subject_is_the_same_by_any_of_its_names() -> None:
    one = saying("Green.").model_copy(update={"aliases": ("the keeper",)})
    assert is_same_fact(one, saying("Green.", "The Keeper"))
    assert not is_same_fact(one, saying("Green.", "Orla"))


def test_entries_without_an_attribute_are_the_same_only_in_the_same_words() -> None:
    assert is_same_fact(saying("It rained.", attribute=""), saying("it rained", attribute=""))
    assert not is_same_fact(saying("It rained.", attribute=""), saying("Rain fell.", attribute=""))

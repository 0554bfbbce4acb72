"""A number or a language counts only if the words that were quoted for it name it."""

import pytest

from inkwright.agents.requests import request_evidence
from inkwright.memory.domain.brief import Placement


@pytest.mark.parametrize(
    ("quote", "named"),
    [
        ("Section 7 must mention a kite", {7}),
        ("The third letter names Ann; the twelfth too", {3, 12}),
        ("Chapters two to five", {2, 5}),
        ("every 4th floor from floor 20", {4, 20}),
        ("第七节必须提到大海", {7}),
        ("第二十一章到第三十章", {21, 30}),
        ("从第十篇起", {10}),
        ("Stay cheerful", set()),
        ("Someone must be alone", set()),
    ],
)
def test_numbers_are_read_as_digits_words_and_ordinals(quote, named):
    assert request_evidence.find_numbers(quote) == named


@pytest.mark.parametrize(
    ("where", "quote", "stands"),
    [
        ({"scope": "once", "first": 7}, "Section 7 mentions a kite", True),
        ({"scope": "once", "first": 7}, "Somewhere it mentions a kite", False),
        ({"scope": "once", "first": 1}, "The opening section is short", True),
        ({"scope": "range", "first": 3, "last": 8}, "Weeks 3 to 8 are wet", True),
        ({"scope": "range", "first": 3, "last": 9}, "Weeks 3 to 8 are wet", False),
        ({"scope": "range", "first": 1, "last": 8}, "The first 8 weeks are wet", True),
        ({"scope": "range", "first": 5}, "From week 5 on it rains", True),
        ({"scope": "periodic", "first": 2, "every": 2}, "Every other letter ends in verse", True),
        ({"scope": "periodic", "first": 4, "every": 4}, "Every fourth floor has a shop", True),
        ({"scope": "periodic", "first": 3, "every": 4}, "Every fourth floor has a shop", False),
        ({"scope": "once", "first": 14}, "Row 3, seat 2 is empty", True),
        ({"scope": "all"}, "Stay cheerful", True),
    ],
)
def test_a_place_that_the_quote_does_not_name_is_somewhere_in_the_piece(where, quote, stands):
    placed = Placement(**where)
    assert request_evidence.verify_placement(placed, quote) == (placed if stands else Placement())


@pytest.mark.parametrize(
    ("quote", "code"),
    [
        ("Write it in Chinese", "zh"),
        ("请用英文写", "en"),
        ("Both English and French words occur", None),
        ("Write well", None),
    ],
)
def test_a_language_is_told_by_its_name(quote, code):
    assert request_evidence.find_language(quote) == code

"""Constraints that cannot all be met are refused before anything is written."""

import pytest

from inkwright.memory.domain.brief import Constraint
from inkwright.memory.domain.constraint_consistency import check
from inkwright.memory.errors import BadInput


def must(phrase: str, where: object = "whole", **more: object) -> Constraint:
    return Constraint.model_validate(
        {
            "text": f"say {phrase}",
            "kind": "must_contain",
            "phrases": [phrase],
            "where": where,
            **more,
        }
    )


def never(phrase: str, where: object = "whole") -> Constraint:
    return Constraint.model_validate(
        {"text": f"avoid {phrase}", "kind": "must_not_contain", "phrases": [phrase], "where": where}
    )


def length(least: int | None, most: int | None, where: object = "whole") -> Constraint:
    return Constraint.model_validate(
        {"text": "length", "kind": "length", "min_words": least, "max_words": most, "where": where}
    )


def speaks(language: str, where: object = "whole") -> Constraint:
    return Constraint.model_validate(
        {"text": language, "kind": "language", "language": language, "where": where}
    )


@pytest.mark.parametrize(
    "pair",
    [
        (must("fog", 3), never("Fog", "all")),
        (must("fog", "2-5"), never("fog", "every 2 from 1")),
        (must("fog"), never("fog", "all")),
        (must("fog"), never("fog")),
        (must("thick fog", 3), never("fog")),
        (length(500, None), length(None, 400)),
        (length(500, None, 3), length(None, 400, "all")),
        (length(None, 300), length(100, None, "all")),
        (length(3000, None), length(None, 100, "all")),
        (speaks("en"), speaks("zh", "all")),
    ],
)
def test_contradictory_constraints_are_refused_in_any_order(pair: tuple[Constraint, Constraint]):
    for both in (pair, pair[::-1]):
        with pytest.raises(BadInput, match="contradict|ask for|asks for|allow"):
            check(both, 6)


@pytest.mark.parametrize(
    "pair",
    [
        (must("fog", 3), never("fog", 4)),
        (must("fog"), never("fog", 4)),
        (must("fog", "every 2 from 2"), never("fog", "every 2 from 1")),
        (must("fog", 3), never("foghorn", 3)),
        (must("fog", 3, required=False), never("fog", 3)),
        (length(100, 200, "all"), length(600, 1200)),
        (speaks("en"), speaks("zh", 2)),
    ],
)
def test_constraints_that_can_be_met_together_pass(pair: tuple[Constraint, Constraint]):
    check(pair, 6)


def test_a_constraint_for_a_section_that_is_not_there_is_refused():
    with pytest.raises(BadInput, match="section 60 of 52"):
        check([must("fog", 60)], 52)


def test_before_the_outline_stands_any_section_may_come():
    check([must("fog", 60)], None)


def test_a_range_that_ends_before_it_begins_is_refused():
    with pytest.raises(BadInput, match="ends before it begins"):
        check([must("fog", "8-3")], None)


def test_a_target_outside_the_length_constraint_is_refused():
    with pytest.raises(BadInput, match="the target is 900"):
        check([length(None, 500)], None, 900)


def test_two_constraints_of_one_id_are_refused():
    with pytest.raises(BadInput, match="the id 'c1'"):
        check([must("fog", id="c1"), must("rain", id="c1")], None)


def about(words: int, where: object = "whole") -> Constraint:
    return Constraint.model_validate({"kind": "length", "about_words": words, "where": where})


def of_kind(kind: str, **fields: object) -> Constraint:
    return Constraint.model_validate({"kind": kind, **fields})


@pytest.mark.parametrize(
    "pair",
    [
        (about(500), about(600)),
        (about(500), length(None, 300)),
        (about(500, 2), length(None, 300, "all")),
        (must("fog", 3), of_kind("banned", phrases=["fog"])),
        (must("fog", 3), of_kind("must_not_contain", phrases=["fog"], where="all but 2")),
        (of_kind("tense", tense="past"), of_kind("tense", tense="present", where=2)),
        (of_kind("point_of_view", person="first"), of_kind("point_of_view", person="third")),
        (of_kind("format", format="plain"), of_kind("format", format="list", where=3)),
        (of_kind("format", opens="A {n}"), of_kind("format", opens="B {n}")),
        (of_kind("format", closes="end"), of_kind("format", closes="fin")),
    ],
)
def test_two_demands_of_one_thing_are_refused_in_any_order(pair: tuple[Constraint, Constraint]):
    for both in (pair, pair[::-1]):
        with pytest.raises(BadInput, match="contradict each other"):
            check(both, 6)


@pytest.mark.parametrize(
    "pair",
    [
        (must("fog", 3), of_kind("must_not_contain", phrases=["fog"], where="all but 3")),
        (about(500, 2), about(600, 3)),
        (about(500), of_kind("length", max_words=300, counted="characters")),
        (of_kind("format", format="table", where=2), of_kind("format", format="list", where=2)),
        (of_kind("tense", tense="past"), of_kind("tense", tense="present", required=False)),
    ],
)
def test_demands_of_different_things_pass(pair: tuple[Constraint, Constraint]):
    check(pair, 6)


def test_a_section_that_must_be_there_and_is_not_is_named():
    parts = of_kind("structure", sections=["Aims", "Methods"])
    check([parts], 3, titles=["Aims", "Means", "Methods"])
    with pytest.raises(BadInput, match="no section 'Methods'"):
        check([parts], 2, titles=["Methods", "Aims"])


def test_a_periodic_constraint_that_begins_beyond_the_end_is_refused():
    with pytest.raises(BadInput, match="section 60 of 52"):
        check([must("fog", "every 4 from 60")], 52)

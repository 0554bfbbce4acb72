"""A requirement's own words neither show that it is met nor meet it."""

import pytest

from inkwright.agents.checks.requirement_wording import brings_in_wording, is_own_wording
from inkwright.memory.domain.constraint import Constraint

STORM = Constraint(text="The storm must break before midnight")
LAST = Constraint(text="The last line must be spoken by Tom")
TABLE = Constraint(text="Include a table that compares costs")
CHINESE = Constraint(text="结尾必须由汤姆说最后一句话")
FACT = Constraint(text="Mara has kept the light for years", kind="fact")
THREE = Constraint(
    text="It ends with recommendations",
    kind="must_contain",
    phrases=("recommendation", "numbered", "1 to 3"),
)
WORDS = Constraint(text="Mention the strait", kind="must_contain", phrases=("Corran Narrows",))
SPOKEN = Constraint(text="Somebody speaks of “a lamp at dusk”")
BEFORE = "The ferry is old."


@pytest.mark.parametrize(
    ("constraint", "new_text"),
    [
        (THREE, "The ferry is old (“recommendation”, “numbered”, “1 to 3”)."),
        (THREE, "The ferry is old: recommendation, numbered, 1 to 3."),
        (THREE, "The ferry is old.\n- recommendation\n- numbered\n- 1 to 3"),
        (STORM, "The storm must break before midnight."),
        (STORM, "The ferry is old (storm before midnight)."),
        (LAST, "He knew that the last line must be spoken by Tom."),
        (TABLE, "The following is a table that compares costs."),
        (CHINESE, "结尾必须由汤姆说最后一句话。"),
        (WORDS, "The ferry is old. Corran Narrows."),
        (WORDS, "The ferry is old (Corran Narrows)."),
        (SPOKEN, "The ferry is old. Somebody speaks of “a lamp at dusk”."),
        (SPOKEN, "The ferry is old (“a lamp at dusk”)."),
    ],
)
def test_an_edit_may_not_paste_what_is_asked_for(constraint: Constraint, new_text: str):
    assert brings_in_wording(new_text, BEFORE, constraint)


@pytest.mark.parametrize(
    ("constraint", "new_text"),
    [
        (THREE, "Our recommendation is a new boat; the steps, numbered 1 to 3, follow this page."),
        (STORM, "The storm broke an hour before midnight, and the windows shook."),
        (LAST, "“Goodnight, Mara,” said Tom."),
        (TABLE, "| | Diesel | Electric |\n| --- | --- | --- |\n| Fuel a year | 40 | 12 |"),
        (CHINESE, "“灯灭了。”汤姆低声说。"),
        (WORDS, "The ferry is old and slow in the Corran Narrows."),
        (FACT, "Mara has kept the light for years."),
        (SPOKEN, "The ferry is old. A voice near the quay said “a lamp at dusk” and fell silent."),
    ],
)
def test_an_edit_may_say_what_is_asked_for(constraint: Constraint, new_text: str):
    assert not brings_in_wording(new_text, BEFORE, constraint)


def test_wording_that_was_there_before_is_not_brought_in():
    text = "The storm must break before midnight, the pilot said."
    assert not brings_in_wording(f"{text} He was sure.", text, STORM)


@pytest.mark.parametrize(
    ("constraint", "quote", "text"),
    [
        (STORM, "The storm must break before midnight", "The storm must break before midnight."),
        (STORM, "storm, before midnight", "The day ended (storm, before midnight)."),
        (TABLE, "a table that compares costs", "Here is a table that compares costs."),
        (CHINESE, "最后一句话", "结尾必须由汤姆说最后一句话。"),
        (SPOKEN, "Somebody speaks of “a lamp at dusk”", "Somebody speaks of “a lamp at dusk”."),
    ],
)
def test_the_requirement_again_is_no_evidence(constraint: Constraint, quote: str, text: str):
    assert is_own_wording(quote, text, constraint)


@pytest.mark.parametrize(
    ("constraint", "quote", "text"),
    [
        (STORM, "the storm broke", "At ten the storm broke over the bay."),
        (STORM, "before midnight", "At ten, long before midnight, the storm broke."),
        (TABLE, "| Fuel | 40 |", "| Cost | Diesel |\n| Fuel | 40 |"),
        (CHINESE, "汤姆低声说", "“灯灭了。”汤姆低声说。"),
        (WORDS, "Corran Narrows", "Corran Narrows."),
        (FACT, "Mara has kept the light for years", "Mara has kept the light for years."),
        (SPOKEN, "a lamp at dusk", "A voice near the quay said “a lamp at dusk” and fell silent."),
    ],
)
def test_what_the_text_says_is_evidence(constraint: Constraint, quote: str, text: str):
    assert not is_own_wording(quote, text, constraint)

"""What a section begins and ends with is set by code, whatever a model wrote."""

import pytest

from inkwright.agents.checks import rules, section_format
from inkwright.memory.domain.constraint import Constraint
from inkwright.memory.domain.outline import Outline, Section
from inkwright.memory.store.plans import Plan
from inkwright.memory.text.words import count_words

OPENS = Constraint.model_validate({"id": "c1", "kind": "format", "opens": "#*# Part {n}:"})
CLOSES = Constraint.model_validate({"id": "c2", "kind": "format", "closes": "*** finished"})


def plan(*constraints: Constraint) -> Plan:
    sections = tuple(Section(id=f"s{n}", title=f"Part {n}", target_words=50) for n in (1, 2, 3))
    outline = Outline(title="Parts", continuity="free", sections=sections)
    return Plan(version=1, outline=outline, constraints=constraints)


FRAMED = plan(OPENS, CLOSES)


@pytest.mark.parametrize(
    ("written", "framed"),
    [
        ("The tide rose.", "#*# Part 2:\nThe tide rose."),
        ("#*# Part 2:\nThe tide rose.", "#*# Part 2:\nThe tide rose."),
        ("#*# Part 2: The tide rose.", "#*# Part 2: The tide rose."),
        ("#*# Part 4: The tide rose.", "#*# Part 2:\nThe tide rose."),
        ("Part 2\nThe tide rose.", "#*# Part 2:\nThe tide rose."),
        ("Here it is:\n#*# Part 2:\nThe tide rose.", "#*# Part 2:\nThe tide rose."),
        ("#*# Part 2:\nIt rose.\n\n#*# Part 3:\nIt fell.", "#*# Part 2:\nIt rose."),
        ("It rose.\n\n#*# Part 2:\nIt fell.", "#*# Part 2:\nIt fell."),
        ("It rose.\n\n*** finished", "#*# Part 2:\nIt rose."),
    ],
)
def test_a_section_gets_its_own_opening_once_and_nothing_of_other_sections(
    written: str, framed: str
) -> None:
    once = section_format.apply_frame(FRAMED, "s2", written)
    assert once == framed
    assert section_format.apply_frame(FRAMED, "s2", once) == once


def test_only_the_last_section_gets_the_closing_words() -> None:
    assert (
        section_format.apply_frame(FRAMED, "s3", "It rose.")
        == "#*# Part 3:\nIt rose.\n\n*** finished"
    )
    assert section_format.apply_frame(FRAMED, "s1", "It rose.") == "#*# Part 1:\nIt rose."


def test_without_such_a_format_a_text_stays_byte_for_byte() -> None:
    text = "  Part 2\nIt rose. \n"
    assert section_format.apply_frame(plan(), "s2", text) == text
    assert section_format.extract_body(plan(), "s2", text) == text


def test_what_a_section_begins_and_ends_with_does_not_count_as_its_words() -> None:
    least = Constraint(id="c3", text="Long", kind="length", min_words=5)
    text = section_format.apply_frame(FRAMED, "s3", "It rose and fell.")
    assert count_words(text) > 5
    (length,) = (
        f for f in rules.check(text, [*FRAMED.constraints_for("s3"), least]) if f.constraint == "c3"
    )
    assert (length.status, "4 words" in length.evidence) == ("broken", True)


def test_editors_are_shown_neither_opening_nor_closing() -> None:
    text = section_format.apply_frame(FRAMED, "s3", "It rose. It fell.")
    assert [s.text for s in section_format.find_body_sentences(FRAMED, "s3", text)] == [
        "It rose.",
        "It fell.",
    ]


TABLE = "| a | b |\n| --- | --- |\n| 1 | 2 |"


@pytest.mark.parametrize(
    ("form", "text", "status", "evidence"),
    [
        ("heading", "## Tides\nThey rise.", "met", "## Tides"),
        ("heading", "They rise.\n## Tides", "broken", "none"),
        ("list", "So:\n- one\n- two", "met", "- one"),
        ("list", "So:\n- one", "broken", "none"),
        ("table", f"So:\n\n{TABLE}", "met", "| a | b |"),
        ("table", "a | b", "broken", "none"),
        ("plain", "Three * four is 12 - really. 1. One", "met", ""),
        ("plain", "They **rise** daily.", "broken", "**rise**"),
        ("plain", f"So:\n{TABLE}", "broken", "| a | b |"),
        ("markdown", "They *rise* daily.", "met", "*rise*"),
        ("markdown", "They rise.", "broken", "none"),
    ],
)
def test_markdown_is_seen_where_it_is(form: str, text: str, status: str, evidence: str) -> None:
    constraint = Constraint.model_validate({"id": "c1", "kind": "format", "format": form})
    (found,) = rules.check(text, [constraint])
    assert found.status == status
    assert evidence in found.evidence

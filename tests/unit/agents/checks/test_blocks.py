"""Blocks by rule: tables, lists, quotations; how many and where."""

import pytest

from inkwright.agents.checks import rules
from inkwright.memory.domain.constraint import Constraint

TABLE = "Costs:\n\n| boat | cost |\n| --- | --- |\n| old | 3 |\n\nThat is all."
THREE = "We ask for this:\n\n1. Buy.\n2. Wait.\n3. Sell."
HEADED = "Text.\n\n**Recommendation 1:** Buy.\nNow.\n\n**Recommendation 2:** Wait.\nLong."
CHECKLIST = "End.\n\n- [ ] rope\n- [ ] lamp\n- [ ] oil"


def check(text: str, **fields: object) -> str:
    (finding,) = rules.check(text, [Constraint.model_validate({"kind": "block", **fields})])
    return finding.status


@pytest.mark.parametrize(
    ("text", "fields", "status"),
    [
        (TABLE, {"block": "table"}, "met"),
        ("There is a table by the door.", {"block": "table"}, "broken"),
        (TABLE, {"block": "table", "min_count": 2}, "broken"),
        (THREE, {"block": "numbered list", "min_count": 3, "max_count": 3, "at": "end"}, "met"),
        (THREE, {"block": "numbered list", "min_count": 4}, "broken"),
        (f"{THREE}\n4. Go.", {"block": "numbered list", "max_count": 3}, "broken"),
        (f"{THREE}\n\nMore.", {"block": "numbered list", "at": "end"}, "broken"),
        ("(“recommendation”, “numbered”, “1 to 3”)", {"block": "numbered list"}, "broken"),
        (HEADED, {"block": "numbered list", "min_count": 2, "max_count": 2, "at": "end"}, "met"),
        (CHECKLIST, {"block": "checklist", "min_count": 3, "max_count": 3, "at": "end"}, "met"),
        (CHECKLIST, {"block": "checklist", "min_count": 5}, "broken"),
        (CHECKLIST, {"block": "list", "at": "start"}, "met"),
        (f"A.\n\nB.\n\n{CHECKLIST}", {"block": "list", "at": "start"}, "broken"),
        ("He said: “The boat is late.”", {"block": "quotation"}, "met"),
        ("他说：「渡船又晚了半个小时。」", {"block": "quotation"}, "met"),
        ("A so-called “boat”.", {"block": "quotation"}, "broken"),
        ("> The boat is late.", {"block": "quotation", "min_count": 1}, "met"),
        ("# One\n\nText.", {"block": "heading"}, "met"),
    ],
)
def test_a_block_is_there_as_often_and_where_it_is_asked_for(text, fields, status):
    assert check(text, **fields) == status


@pytest.mark.parametrize(("parts", "status"), [(("a", "b", "c"), "met"), (("a", "b"), "broken")])
def test_a_number_of_chapters_is_counted_in_the_outline(parts, status):
    three = Constraint.model_validate({"kind": "structure", "min_count": 3, "max_count": 3})
    (finding,) = rules.check("Text.", [three], parts, parts)
    assert (finding.status, three.text) == (status, "Exactly 3 chapters or sections")


def test_what_earlier_releases_could_not_say_leaves_digests_as_they_were():
    old = Constraint(text="A table", kind="format", format="table")
    assert not {"block", "at", "min_count", "max_count", "quote"} & old.model_dump().keys()
    assert old.model_copy(update={"quote": "with a table"}).digest == old.digest

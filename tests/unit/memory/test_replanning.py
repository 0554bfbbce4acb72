"""Changes of the outline: what they make of sections, and that constraints follow theirs."""

import pytest

from inkwright.memory.changes.outline_edits import (
    OutlineEdit,
    build_insertion,
    build_join,
    build_move,
    build_relocation,
    build_removal,
    build_section_edit,
    build_split,
)
from inkwright.memory.domain.brief import Constraint, Placement
from inkwright.memory.domain.outline import Heading, Outline
from inkwright.memory.errors import BadInput
from inkwright.memory.store.plans import Plan
from tests.builders import outline, sections


def plan(*constraints: Constraint) -> Plan:
    return Plan(
        version=1, outline=outline(*sections("s1", "s2", "s3", "s4")), constraints=constraints
    )


def once(at: int) -> Constraint:
    return Constraint(id="c1", text="Say it.", where=Placement(scope="once", first=at))


def ids(change: OutlineEdit, *constraints: Constraint) -> list[str]:
    return [s.id for s in change(plan(*constraints)).outline.sections]


def carriers(change: OutlineEdit, constraint: Constraint) -> list[str]:
    """Return the ids of the sections that carry the constraint after the change."""
    made = change(plan(constraint))
    return [
        s.id
        for c in made.constraints
        for s in made.outline.sections_at(c.where.positions(len(made.outline.sections)))
    ]


def test_sections_are_added_moved_and_taken_out_under_ids_of_their_own() -> None:
    assert ids(build_insertion("New", after_id="s2", target_words=10)) == [
        "s1",
        "s2",
        "s5",
        "s3",
        "s4",
    ]
    assert ids(build_insertion("New", after_id=None, target_words=10)) == [
        "s5",
        "s1",
        "s2",
        "s3",
        "s4",
    ]
    assert ids(build_move("s3", -1)) == ["s1", "s3", "s2", "s4"]
    assert ids(build_move("s1", 3)) == ["s2", "s3", "s4", "s1"]
    assert ids(build_removal("s2")) == ["s1", "s3", "s4"]
    assert ids(build_split("s2", "Second half")) == ["s1", "s2", "s5", "s3", "s4"]
    assert ids(build_join("s2")) == ["s1", "s2", "s4"]


def test_a_section_is_placed_beside_another_and_goes_under_its_heading() -> None:
    under = {"s1": "h1", "s2": "h1", "s3": "h2", "s4": "h2"}
    parts = (
        s.model_copy(update={"within": (under[s.id],), "level": 2})
        for s in sections("s1", "s2", "s3", "s4")
    )
    headings = tuple(Heading(id=h, title=h, level=1) for h in ("h1", "h2"))
    told = Outline(title="T", continuity="free", headings=headings, sections=tuple(parts))

    def placed(section: str, beside: str, *, behind: bool) -> list[tuple[str, str]]:
        made = build_relocation(section, beside, behind=behind)(
            Plan(version=1, outline=told, constraints=())
        )
        return [(s.id, s.within[0]) for s in made.outline.sections]

    first, last = ("s1", "h1"), ("s4", "h2")
    assert placed("s2", "s3", behind=False) == [first, ("s2", "h2"), ("s3", "h2"), last]
    assert placed("s3", "s2", behind=True) == [first, ("s2", "h1"), ("s3", "h1"), last]
    assert placed("s4", "s1", behind=False) == [("s4", "h1"), first, ("s2", "h1"), ("s3", "h2")]


def test_words_are_shared_out_and_added_up() -> None:
    halves = build_split("s2", "Second half")(plan()).outline
    assert [halves.section(s).target_words for s in ("s2", "s5")] == [50, 50]
    assert build_join("s2")(plan()).outline.section("s2").target_words == 200


@pytest.mark.parametrize(
    "change",
    [
        build_insertion("New", after_id="s1", target_words=10),
        build_insertion("New", after_id=None, target_words=10),
        build_removal("s1"),
        build_move("s3", -2),
        build_split("s1", "Second half"),
    ],
)
def test_a_constraint_on_one_section_stays_with_it(change: OutlineEdit) -> None:
    assert carriers(change, once(3)) == ["s3"]


def test_a_constraint_goes_to_the_section_that_takes_its_own_in_and_falls_away_with_it() -> None:
    assert carriers(build_join("s2"), once(3)) == ["s2"]
    assert carriers(build_removal("s3"), once(3)) == []


def test_a_range_keeps_its_sections_and_those_that_come_between() -> None:
    span = Constraint(id="c1", text="Say.", where=Placement(scope="range", first=2, last=3))
    assert carriers(build_insertion("New", after_id="s2", target_words=9), span) == [
        "s2",
        "s5",
        "s3",
    ]
    assert carriers(build_removal("s2"), span) == ["s3"]
    assert carriers(build_insertion("New", after_id="s4", target_words=9), span) == ["s2", "s3"]


def test_what_a_section_builds_on_follows_too() -> None:
    before = Plan(
        version=1,
        outline=outline(
            *sections("s1", "s2"), sections("s3")[0].model_copy(update={"after": ("s1", "s2")})
        ),
        constraints=(),
    )
    assert build_removal("s1")(before).outline.section("s3").after == ("s2",)
    assert build_join("s1")(before).outline.section("s3").after == ("s1",)


@pytest.mark.parametrize(
    "change",
    [
        build_section_edit("s9", title="x"),
        build_section_edit("s1", target_words=0),
        build_removal("s9"),
        build_move("s1", -1),
        build_relocation("s2", "s2", behind=True),
        build_relocation("s2", "s1", behind=True),
        build_relocation("s2", "s9", behind=False),
        build_join("s4"),
        build_split("s1", " "),
        build_insertion(" ", after_id="s1", target_words=5),
    ],
)
def test_what_cannot_be_done_is_one_line(change: OutlineEdit) -> None:
    with pytest.raises(BadInput) as fault:
        change(plan())
    assert "\n" not in str(fault.value)


def test_a_circle_is_refused() -> None:
    first = build_section_edit("s1", after=("s3",))(plan())
    circle = Plan(version=2, outline=first.outline, constraints=())
    with pytest.raises(BadInput, match="circle"):
        build_section_edit("s3", after=("s1",))(circle)

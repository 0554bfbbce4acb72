"""Hearing: reckoned beforehand, so that a resumed run hears what the uninterrupted one heard."""

from graphlib import TopologicalSorter

from hypothesis import given
from hypothesis import strategies as st

from inkwright.agents.orchestration.visibility_schedule import compute_urgency, compute_visibility
from inkwright.memory.domain.outline import Heading, Outline, Section
from tests.unit.agents.orchestration.strategies import outlines

SLOTS = st.integers(1, 8)


def two_chapters(continuity: str) -> Outline:
    return Outline(
        title="T",
        continuity=continuity,
        headings=(Heading(id="h1", title="One", level=1), Heading(id="h2", title="Two", level=1)),
        sections=tuple(
            Section(id=f"s{n}", title=f"S{n}", within=("h1" if n < 4 else "h2",), target_words=100)
            for n in range(1, 8)
        ),
    )


def test_chapters_hear_what_has_long_landed_elsewhere():
    heard = compute_visibility(two_chapters("chapter"), concurrency=2)
    assert heard["s4"] == frozenset()
    assert heard["s7"] == {"s1", "s2"}
    assert heard["s3"] == frozenset()


def test_nothing_is_heard_in_free_continuity():
    assert set(compute_visibility(two_chapters("free"), concurrency=2).values()) == {frozenset()}


def test_in_strict_continuity_everything_before_is_an_ancestor_and_nothing_is_left_to_hear():
    outline = two_chapters("strict")
    assert set(compute_visibility(outline, concurrency=2).values()) == {frozenset()}
    for place, section in enumerate(outline.sections):
        assert outline.ancestors[section.id] == {s.id for s in outline.sections[:place]}


@given(outlines(), SLOTS)
def test_hearing_is_a_function_of_outline_and_slots(outline, slots):
    again = Outline.model_validate(outline.model_dump())
    assert compute_visibility(outline, slots) == compute_visibility(again, slots)


@given(outlines(), SLOTS)
def test_no_section_hears_a_later_one_itself_or_what_it_depends_on(outline, slots):
    for sid, heard in compute_visibility(outline, slots).items():
        assert all(outline.position[t] < outline.position[sid] for t in heard)
        assert not heard & outline.ancestors[sid]


@given(outlines(), SLOTS)
def test_hearing_and_dependencies_together_never_go_in_circles(outline, slots):
    heard = compute_visibility(outline, slots)
    edges = {s.id: {*outline.ancestors[s.id], *heard[s.id]} for s in outline.sections}
    assert len(tuple(TopologicalSorter(edges).static_order())) == len(outline.sections)


@given(outlines())
def test_urgency_is_the_longest_way_still_to_go(outline):
    found = compute_urgency(outline)
    for section in outline.sections:
        dependants = [s for s, needs in outline.depends_on.items() if section.id in needs]
        rest = max((found[d] for d in dependants), default=0)
        assert found[section.id] == section.target_words + rest

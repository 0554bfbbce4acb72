"""Outlines made by code: budgets that add up, series without a gap, a given outline verbatim."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwright.agents.llm.schemas import Chapters, OutlineFault, PlannedChapter, PlannedSection
from inkwright.agents.planning import outline_builder
from inkwright.agents.planning.titles import derive_title
from inkwright.memory.domain.brief import Brief, Constraint, OutlineItem
from inkwright.memory.errors import BadInput, UnusableAnswer
from inkwright.memory.text.normalise import normalise

WORDS = st.integers(-50, 100_000)


def planned(title: str, purpose: str = "p", words: int = 0, *, last: bool = False):
    return PlannedSection(title=title, purpose=purpose, words=words, last=last)


def a_brief(*items: OutlineItem | dict[str, object], **fields: object) -> Brief:
    return Brief.model_validate({"request": "Write.", "outline": items} | fields)


def given_outline(*items: OutlineItem | dict[str, object], words: int = 1200):
    return outline_builder.build_from_brief(a_brief(*items), "T", "chapter", words)


@given(st.lists(WORDS, min_size=1, max_size=40), st.integers(0, 100_000))
def test_shares_add_up_and_none_is_empty(weights, total):
    parts = outline_builder.split_in_proportion(weights, total)
    assert len(parts) == len(weights)
    assert min(parts) >= 1
    assert sum(parts) == max(total, len(weights))


@given(st.lists(WORDS, min_size=1, max_size=24), st.integers(1, 50_000))
def test_the_budgets_of_a_flat_outline_add_up(hints, words):
    sections = [planned(f"T{n}", words=hint) for n, hint in enumerate(hints)]
    outline = outline_builder.build_flat("T", "chapter", words, sections)
    assert outline.target_words == max(words, len(hints))


@given(st.lists(st.lists(WORDS, max_size=5), min_size=1, max_size=6), st.integers(1, 50_000))
def test_the_budgets_of_an_outline_in_chapters_add_up(hints, words):
    chapters = [
        (
            PlannedChapter(title=f"C{n}", purpose="p"),
            [planned(f"T{n}.{m}", words=w) for m, w in enumerate(part)],
        )
        for n, part in enumerate(hints)
    ]
    total = sum(map(len, hints))
    if not total:
        with pytest.raises(UnusableAnswer, match="no section"):
            outline_builder.build_chapters("T", "chapter", words, chapters)
        return
    outline = outline_builder.build_chapters("T", "chapter", words, chapters)
    assert outline.target_words == max(words, total)
    assert [s.chapter_id for s in outline.sections] == [
        f"h{n}" for n, part in enumerate(hints, 1) for _ in part
    ]


def test_an_outline_without_a_section_is_a_failure_of_the_model_not_of_the_person():
    with pytest.raises(UnusableAnswer, match="no section"):
        outline_builder.build_flat("T", "chapter", 600, [])


def test_a_wild_word_count_is_only_a_hint():
    outline = outline_builder.build_flat(
        "T",
        "chapter",
        900,
        [planned("A", words=1), planned("B", words=10**9), planned("C", words=300)],
    )
    assert max(s.target_words for s in outline.sections) < 600


def test_a_series_of_52_units_misses_none():
    outline = outline_builder.build_series("Diary", "chapter", 5200, 52, "Week {n}")
    assert [s.title for s in outline.sections] == [f"Week {n}" for n in range(1, 53)]
    assert {s.target_words for s in outline.sections} == {100}
    assert len({s.id for s in outline.sections}) == 52


@given(st.integers(2, 300), st.integers(1, 20_000), st.text(max_size=20))
def test_every_series_is_complete_and_its_titles_differ(units, words, unit_title):
    outline = outline_builder.build_series("T", "chapter", words, units, unit_title)
    assert len(outline.sections) == units
    assert len({s.title for s in outline.sections}) == units
    assert outline.target_words == max(words, units)


def test_a_unit_title_without_a_number_gets_one():
    assert outline_builder.build_series("T", "free", 99, 3, "Floor").sections[2].title == "Floor 3"
    assert outline_builder.build_series("T", "free", 99, 3, "").sections[0].title == "Part 1"


NESTED = (
    OutlineItem(title="Opening", words=70),
    OutlineItem(
        title="Part One",
        purpose="The island",
        sections=(
            OutlineItem(
                title="The Rock",
                sections=(
                    OutlineItem(
                        title="Landing", words=120, purpose="They land.", key_points=("boat",)
                    ),
                    OutlineItem(title="Night", subjects=("Mara",)),
                ),
            ),
            OutlineItem(title="The Lamp"),
        ),
    ),
    OutlineItem(title="Landing"),
)  # fmt: skip


def test_a_given_outline_is_used_verbatim_at_any_depth():
    outline = given_outline(*NESTED, words=1000)
    assert [(s.title, s.level) for s in outline.sections] == [
        ("Opening", 1), ("Landing", 3), ("Night", 3), ("The Lamp", 2), ("Landing", 1),
    ]  # fmt: skip
    assert [(h.title, h.level) for h in outline.headings] == [("Part One", 1), ("The Rock", 2)]
    assert outline.sections[1].within == ("h1", "h2")
    assert outline.headings[0].purpose == "The island"


def test_a_given_outline_keeps_its_budgets_and_shares_the_rest():
    outline = given_outline(*NESTED, words=1000)
    assert [s.target_words for s in outline.sections] == [70, 120, 270, 270, 270]
    assert outline.target_words == 1000


def test_a_given_outline_keeps_purpose_key_points_and_subjects():
    outline = given_outline(*NESTED)
    assert outline.sections[1].purpose == "They land."
    assert outline.sections[1].key_points == ("boat",)
    assert outline.sections[2].subjects == ("Mara",)


def test_budgets_beyond_the_whole_length_still_stand():
    outline = given_outline(OutlineItem(title="A", words=900), OutlineItem(title="B"), words=500)
    assert outline.sections[0].target_words == 900
    assert outline.sections[1].target_words > 0


def test_what_a_given_outline_leaves_open_is_filled_in_and_nothing_else():
    outline = given_outline(*NESTED)
    detail = PlannedSection(title="Other", purpose="A purpose", key_points=["x"], subjects=["Y"])
    filled = outline_builder.fill_in_details(outline, {s.id: detail for s in outline.sections})
    assert [s.title for s in filled.sections] == [s.title for s in outline.sections]
    assert [s.target_words for s in filled.sections] == [s.target_words for s in outline.sections]
    assert filled.sections[1].purpose == "They land."
    assert filled.sections[1].key_points == ("boat",)
    assert filled.sections[0].purpose == "A purpose"
    assert filled.sections[2].subjects == ("Mara",)


@given(st.lists(st.sampled_from(["A", "a", "A (2)", "A (3)", "B", "B!"]), min_size=1, max_size=9))
def test_titles_of_a_planned_outline_are_set_apart(titles):
    outline = outline_builder.build_flat("T", "chapter", 900, [planned(t) for t in titles])
    names = [normalise(s.title) for s in outline.sections]
    assert len(set(names)) == len(names)
    assert outline.sections[0].title == titles[0]


def test_a_section_without_a_title_gets_one():
    outline = outline_builder.build_flat("T", "chapter", 900, [planned(" "), planned("B")])
    assert outline.sections[0].title == "Part 1"


def test_an_executive_summary_stands_first_and_waits_for_all():
    sections = [planned("Summary", last=True), planned("A"), planned("B"), planned("C")]
    outline = outline_builder.build_flat("T", "strict", 900, sections)
    assert outline.depends_on["s1"] == ("s2", "s3", "s4")
    assert outline.depends_on["s2"] == ()
    assert outline.depends_on["s4"] == ("s3",)
    assert outline.position["s1"] == 1


def test_several_closing_sections_are_not_believed():
    outline = outline_builder.build_flat(
        "T", "free", 900, [planned("A", last=True), planned("B", last=True)]
    )
    assert outline.depends_on == {"s1": (), "s2": ()}


def test_a_given_section_can_wait_for_all_others():
    summary = OutlineItem(title="Summary", depends_on=("all",))
    outline = given_outline(summary, OutlineItem(title="A"), OutlineItem(title="B"))
    assert outline.ancestors["s1"] == {"s2", "s3"}


def test_a_given_section_waits_for_those_it_names():
    outline = given_outline(
        OutlineItem(title="A", depends_on=("c",)), OutlineItem(title="B"), OutlineItem(title="C")
    )
    assert outline.depends_on["s1"] == ("s3",)


@pytest.mark.parametrize(
    "items",
    [
        [OutlineItem(title="A", depends_on=("B",)), OutlineItem(title="B", depends_on=("A",))],
        [OutlineItem(title="A", depends_on=("A",))],
        [OutlineItem(title="A", depends_on=("all",)), OutlineItem(title="B", depends_on=("all",))],
    ],
)
def test_circular_dependencies_are_one_line_that_names_the_titles(items):
    with pytest.raises(BadInput) as caught:
        given_outline(*items)
    said = str(caught.value)
    assert "circle" in said
    assert "'A'" in said
    assert "\n" not in said
    assert "s1" not in said


def test_an_unknown_dependency_is_one_line_that_names_it():
    with pytest.raises(
        BadInput, match=r"^outline: 'A' depends on 'Z', which no section is called$"
    ):
        given_outline(OutlineItem(title="A", depends_on=("Z",)), OutlineItem(title="B"))


def test_a_patch_of_the_outline_keeps_titles_distinct_and_ignores_unknown_sections():
    outline = outline_builder.build_flat(
        "T", "free", 900, [planned("A", "pa"), planned("B", "pb"), planned("C", "pc")]
    )
    faults = [
        OutlineFault(section="s1", fault="f", title="New", purpose="New purpose"),
        OutlineFault(section="s2", fault="f", title="c!", purpose=" "),
        OutlineFault(section="s9", fault="f", title="Z"),
    ]
    patched = outline_builder.apply_faults(outline, faults)
    assert [(s.title, s.purpose) for s in patched.sections] == [
        ("New", "New purpose"), ("B", "pb"), ("C", "pc"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ([planned("A", "1")], "1 sections; 2 were asked for"),
        ([planned("A", "1"), planned("", "2")], "no title"),
        ([planned("A", "1"), planned("B", "")], "no purpose"),
        ([planned("A", "1"), planned("a.", "2")], "same title"),
        ([planned("A", "1"), planned("B", "1!")], "same purpose"),
    ],
)
def test_what_a_planned_list_lacks_is_said(sections, said):
    assert said in (outline_builder.find_sections_fault(sections, 2) or "")


def test_a_sound_plan_has_no_fault():
    assert outline_builder.find_sections_fault([planned("A", "1"), planned("B", "2")], 2) is None
    chapters = Chapters(chapters=[PlannedChapter(title="A", purpose="p")])
    assert outline_builder.find_chapters_fault(chapters, 1) is None
    assert "2 were asked for" in (outline_builder.find_chapters_fault(chapters, 2) or "")


@given(st.integers(1, 2_000_000))
def test_sections_are_neither_too_small_nor_too_large_to_write(words):
    number = outline_builder.estimate_section_count(words)
    assert number >= 1
    assert number == 1 or 40 <= words / number <= 1300


def test_an_outline_reaches_the_highest_section_a_constraint_names():
    placed = [
        Constraint.model_validate({"text": "a", "where": where})
        for where in ("all", 3, "2-8", "every 4 from 9", "whole")
    ]
    assert outline_builder.find_highest_position(placed) == 9
    assert outline_builder.find_highest_position([]) == 0


def test_a_long_request_gives_a_short_title():
    assert derive_title(Brief(request="x" * 300)) == "x" * 57 + "..."
    assert derive_title(Brief(request="A lamp\nand more")) == "A lamp"


def test_titles_of_a_planner_lose_marks_labels_and_numbers():
    titles = ["## Low Water", "Title: The Ferry", '**"The Rope"**', "3. The Gale", "Chapter 4"]
    outline = outline_builder.build_flat("T", "chapter", 500, [planned(t) for t in titles])
    assert [s.title for s in outline.sections] == [
        "Low Water", "The Ferry", "The Rope", "The Gale", "Chapter 4",
    ]  # fmt: skip

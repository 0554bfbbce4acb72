"""The planner: a brief becomes an outline, constraints in their places, and the plan's entries."""

import pytest

from inkwright.agents.context.prompt_builder import language_is_han
from inkwright.agents.llm.parsing import is_han
from inkwright.agents.planning import planner
from inkwright.memory.domain.brief import Brief
from inkwright.memory.errors import BadInput
from inkwright.memory.text.normalise import normalise
from tests.agents.small_runs import Outcome, Small

pytestmark = pytest.mark.asyncio(loop_scope="module")

REPORT = "A report for the harbour office on the state of its five oldest boats."
DIARY = (
    'Write a gardener\'s diary of 52 weekly entries numbered 1 to 52, headed "Week 1" and so on, '
    'each about 20 words. Every 4th entry from 5 must mention "the old pump".'
)
CHINESE = "写一个约300字的灯塔故事。主角叫林舟。每一节必须写到“绿灯”。"


def planning(request: str = REPORT, *, arms: dict[str, str] | None = None, **brief) -> Small:
    return Small(request=request, brief=brief, arms=arms or {}, until="planned")


def sections(outcome: Outcome):
    assert outcome.plan is not None
    return outcome.plan.outline.sections


def asked_for(outcome: Outcome) -> list[str | None]:
    return [c.schema_name for c in outcome.calls if c.kind == "chat"]


@pytest.mark.parametrize("words", [120, 900, 4000, 12_000])
async def test_budgets_add_up_and_titles_and_purposes_differ(runs, words):
    outcome = await runs.run(planning(words=words))
    planned = sections(outcome)
    assert sum(s.target_words for s in planned) == words
    assert len({normalise(s.title) for s in planned}) == len(planned)
    assert all(s.purpose for s in planned)


async def test_a_large_outline_is_planned_in_chapters(runs):
    outcome = await runs.run(planning(words=12_000))
    assert "Chapters" in asked_for(outcome)
    assert all(s.within for s in sections(outcome))


async def test_a_series_misses_no_unit_and_its_constraints_are_expanded(runs):
    outcome = await runs.run(planning(DIARY))
    assert [s.title for s in sections(outcome)] == [f"Week {n}" for n in range(1, 53)]
    assert sum(s.target_words for s in sections(outcome)) == 52 * 20
    carried = [n for n in range(1, 53) if outcome.plan.constraints_for(f"s{n}")]
    assert carried == list(range(5, 53, 4))
    assert all(s.purpose for s in sections(outcome))


async def test_a_given_outline_is_not_planned_again(runs):
    given = [{"title": "Boats", "words": 80}, {"title": "Quay", "purpose": "The quay."}]
    outcome = await runs.run(planning(outline=given, words=200))
    assert [(s.title, s.target_words) for s in sections(outcome)] == [("Boats", 80), ("Quay", 120)]
    assert sections(outcome)[1].purpose == "The quay."
    assert sections(outcome)[0].purpose
    detail_calls = [c for c in outcome.calls if c.schema_name == "Sections"]
    assert len(detail_calls) == 1
    assert "- s2: Quay" not in detail_calls[0].messages[1]["content"]


async def test_the_plans_entries_are_in_the_ledger_with_the_plan(runs):
    outcome = await runs.run(planning(words=300))
    own = [e for e in outcome.entries if e.origin == "plan"]
    assert own
    assert {e.id for e in own} == {f"p.{n}" for n in range(1, len(own) + 1)}
    known = {s.id for s in sections(outcome)} | {None}
    assert {e.from_section for e in own} <= known


async def test_what_a_person_remembers_comes_first(runs):
    bible = [{"subject": "Mara", "statement": "She is left-handed.", "pinned": True}]
    outcome = await runs.run(planning(words=120, memory=bible))
    person = [e for e in outcome.entries if e.origin == "person"]
    assert [(e.id, e.statement, e.pinned) for e in person] == [("m.1", "She is left-handed.", True)]


async def test_a_constraint_for_a_section_further_on_makes_the_outline_reach_it(runs):
    placed = [{"text": "Name the quay", "where": 9}]
    outcome = await runs.run(planning(words=200, constraints=placed))
    assert len(sections(outcome)) == 9
    assert [c.id for c in outcome.plan.constraints_for("s9")] == ["c1"]


async def test_a_plan_that_is_found_at_fault_is_patched(runs):
    placed = [{"text": "Name the quay", "where": 7}]
    small = planning(words=200, constraints=placed)
    outcome = await runs.run(Small(**{**small.__dict__, "sim": {"plan_faults": ["s2"]}}))
    assert sections(outcome)[1].purpose.endswith("(revised)")


@pytest.mark.parametrize(
    ("arms", "asked"),
    [
        ({"plan": "none"}, []),
        ({"plan": "given"}, []),
        ({"memory": "none"}, ["Requirements", "Sections"]),
        ({"review": "off"}, ["Requirements", "Sections", "Cast"]),
    ],
)
async def test_a_part_that_is_off_asks_nothing(runs, arms, asked):
    assert asked_for(await runs.run(planning(words=120, arms=arms))) == asked


async def test_without_a_plan_the_piece_is_one_section(runs):
    outcome = await runs.run(planning(words=120, arms={"plan": "none"}))
    assert [(s.id, s.target_words) for s in sections(outcome)] == [("s1", 120)]


async def test_contradictory_constraints_are_one_line_before_any_outline_is_kept(runs):
    both = [
        {"text": "Say lamp", "kind": "must_contain", "phrases": ["lamp"], "where": "all"},
        {"text": "Never say lamp", "kind": "must_not_contain", "phrases": ["lamp"], "where": "all"},
    ]
    with pytest.raises(BadInput, match="contradict each other") as caught:
        await runs.run(planning(words=120, constraints=both))
    assert "\n" not in str(caught.value)


async def test_circular_dependencies_of_a_given_outline_are_one_line(runs):
    given = [{"title": "A", "depends_on": ["B"]}, {"title": "B", "depends_on": ["A"]}]
    with pytest.raises(BadInput, match="circle") as caught:
        await runs.run(planning(outline=given))
    assert "\n" not in str(caught.value)


async def test_an_executive_summary_is_placed_first_and_waits_for_all(runs):
    given = [{"title": "Summary", "depends_on": ["all"]}, {"title": "Boats"}, {"title": "Quay"}]
    outcome = await runs.run(planning(outline=given))
    assert outcome.plan.outline.ancestors["s1"] == {"s2", "s3"}


async def test_a_chinese_brief_is_planned_and_written_in_chinese(runs):
    outcome = await runs.run(Small(request=CHINESE))
    assert outcome.status == "complete", outcome.problems
    assert all(is_han(s.title + s.purpose) for s in sections(outcome))
    assert all(is_han(text) and "绿灯" in text for text in outcome.texts.values())
    assert sum(s.target_words for s in sections(outcome)) == 300
    writing = [c.messages for c in outcome.calls if c.role == "writer"]
    assert all("林舟" in opening["content"] for opening, _ in writing)
    assert all("绿灯" in orders["content"] for _, orders in writing)


@pytest.mark.parametrize(
    ("brief", "han"),
    [
        ({"request": CHINESE}, True),
        ({"request": REPORT}, False),
        ({"request": REPORT, "language": "zh-CN"}, True),
        ({"request": CHINESE, "language": "en"}, False),
        ({"request": "灯台の話を書いて", "language": "ja"}, True),
    ],
)
async def test_the_language_of_the_piece_is_the_briefs_or_the_requests(brief, han):
    assert language_is_han(Brief.model_validate(brief)) is han


@pytest.mark.parametrize(
    ("kind", "continuity"),
    [
        ("novel", "strict"),
        ("A short story", "strict"),
        ("短篇小说", "strict"),
        ("report", "chapter"),
        (None, "chapter"),
    ],
)
async def test_fiction_is_one_chain_and_everything_else_goes_by_chapters(kind, continuity):
    brief = Brief(request="Write about tides.", kind=kind)
    assert planner._choose_continuity(brief, None) == continuity

"""The planner's parts, each with the answers that it needs and no more."""

import pytest

from inkwright.agents.llm.schemas import (
    Cast,
    Instructions,
    PlannedEntry,
    PlannedSection,
    Requirement,
    Requirements,
    Sections,
)
from inkwright.agents.planning import planner, requirements
from inkwright.memory.errors import ModelUnreachable, UnusableAnswer
from tests.builders import build_ledger, build_run

REQUEST = "Write 300 words about a lighthouse. Mention the old lamp."
BRIEF = {"request": REQUEST}
NOTHING_FIXED = Requirements(title="The Lamp", kind="story", fiction=True, requirements=[])
TITLES = ("Dusk", "Night", "Dawn")
THREE = Sections(
    sections=[
        PlannedSection(title=title, purpose=f"It tells of {title}.", words=100) for title in TITLES
    ]
)
NOBODY = Cast(entries=[])
UNUSABLE = UnusableAnswer("planner", "it is no JSON", "")


async def plan(run, ledger=None):
    return await planner.plan(run.session, ledger or build_ledger())


def start(*answers, **options):
    return build_run(*answers, planned=False, brief=options.pop("brief", BRIEF), **options)


async def test_a_request_becomes_an_outline_with_its_length():
    run = start(NOTHING_FIXED, THREE, NOBODY)
    new_plan = await plan(run)
    assert (new_plan.outline.title, new_plan.outline.target_words) == ("The Lamp", 300)
    assert tuple(s.title for s in new_plan.outline.sections) == TITLES
    assert [call.label for call in run.client.calls] == ["requirements", "outline", "entries"]


async def test_a_requirement_that_the_request_bears_out_becomes_a_constraint():
    fixed = NOTHING_FIXED.model_copy(
        update={
            "requirements": [
                Requirement(
                    quote=quote,
                    text="It mentions the lamp",
                    kind="must_contain",
                    phrases=["old lamp"],
                )
                for quote in ("Mention the old lamp.", "Mention the sea.")
            ]
        }
    )
    run = start(fixed, THREE, NOBODY)
    new_plan = await plan(run)
    assert [(c.id, c.phrases) for c in new_plan.constraints] == [("c1", ("old lamp",))]


async def test_without_an_account_of_the_request_it_is_planned_and_reported():
    run = start(UNUSABLE, THREE, NOBODY)
    new_plan = await plan(run)
    assert new_plan.constraints == ()
    (problem,) = run.problems
    assert "requirements could not be read" in problem
    assert problem.endswith("(it is no JSON)")


async def test_a_given_outline_keeps_its_titles_and_gets_purposes():
    brief = {**BRIEF, "outline": [{"title": title} for title in TITLES]}
    run = start(NOTHING_FIXED, THREE, NOBODY, brief=brief)
    new_plan = await plan(run)
    assert [(s.title, s.purpose) for s in new_plan.outline.sections] == [
        (title, f"It tells of {title}.") for title in TITLES
    ]
    assert run.client.calls[1].label == "details 1"


async def test_the_plan_agrees_on_facts_but_not_over_a_person():
    brief = {
        **BRIEF,
        "memory": [{"subject": "Mara", "attribute": "eye colour", "statement": "green"}],
    }
    planned = [
        PlannedEntry(kind="fact", subject="Mara", attribute=attribute, statement=statement)
        for attribute, statement in (("eye colour", "blue"), ("age", "forty"))
    ]
    run = start(NOTHING_FIXED, THREE, Cast(entries=planned), brief=brief)
    new_plan = await plan(run)
    assert [(e.id, e.origin, e.statement) for e in new_plan.entries] == [
        ("m.1", "person", "green"),
        ("p.2", "plan", "forty"),
    ]


async def test_where_planning_is_off_no_model_is_asked():
    run = start(arms={"plan": "none"})
    new_plan = await plan(run)
    assert len(new_plan.outline.sections) == 1
    assert run.client.calls == []


async def test_a_planner_that_does_not_answer_stops_the_plan():
    with pytest.raises(ModelUnreachable):
        await plan(start(ModelUnreachable("it is down")))


async def test_of_a_long_request_only_what_stands_in_it_is_taken_as_an_instruction():
    long_request = f"Write a story. {'Filler stands here. ' * 150}Keep it calm. It ends here."
    answers = [Instructions(quotes=["Keep it calm.", "Add dragons."])] * 4
    run = start(*answers, brief={"request": long_request})
    text = await requirements.extract_instructions(run.session)
    assert "Keep it calm." in text
    assert "dragons" not in text
    assert text.startswith("Write a story.")

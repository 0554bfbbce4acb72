"""The planner's parts, each with the answers that it needs and no more."""

import json

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
from inkwright.prompts.inputs import RequirementsInputs
from inkwright.prompts.render import render
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


async def test_a_model_that_copies_every_field_of_the_prompts_example_gets_none_of_it_in():
    template = render(RequirementsInputs(request=""))
    example = json.JSONDecoder().raw_decode(template[template.index('{"') :])[0]
    copied = Requirements.model_validate(example)
    run = start(copied, THREE, NOBODY)
    new_plan = await plan(run)
    assert new_plan.outline.title == "A lighthouse"
    assert tuple(s.title for s in new_plan.outline.sections) == TITLES
    assert [c.text for c in new_plan.constraints] == ["Mention the old lamp."]


async def test_an_example_of_the_prompt_counts_where_the_request_has_it():
    copied = NOTHING_FIXED.model_copy(update={"title": "Six Letters"})
    run = start(copied, THREE, NOBODY, brief={"request": "Write Six Letters, 300 words."})
    assert (await plan(run)).outline.title == "Six Letters"


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ("## The Lamp", "The Lamp"),
        ("Title: The Ferry", "The Ferry"),
        ('**"Low Water"**', "Low Water"),
        ("标题：《退潮》", "退潮"),
        ("Report", "The harbour at low water"),
        ("Introduction", "The harbour at low water"),
    ],
)
async def test_the_title_of_a_piece_has_no_marks_and_says_something(given, title):
    request = (
        "写300字，关于退潮" if title == "退潮" else
        "Write 300 words about the harbour at low water, and how it is dredged"
    )  # fmt: skip
    run = start(
        NOTHING_FIXED.model_copy(update={"title": given}), THREE, NOBODY, brief={"request": request}
    )
    assert (await plan(run)).outline.title == title


async def test_a_storys_sections_are_not_called_introduction_and_conclusion():
    titles = ("## Introduction", "**Night**", "Conclusion")
    planned = Sections(
        sections=[
            PlannedSection(title=t, purpose=f"Mara waits for storm {n}.", words=100)
            for n, t in enumerate(titles)
        ]
    )
    run = start(
        NOTHING_FIXED, planned, NOBODY, brief={"request": "A story of 300 words about a lamp."}
    )
    (first, second, third) = (s.title for s in (await plan(run)).outline.sections)
    assert (first, second, third) == ("Mara waits for storm 0", "Night", "Mara waits for storm 2")
    report = start(
        NOTHING_FIXED, planned, NOBODY, brief={"request": "A report of 300 words on lamps."}
    )
    titles_of_report = [s.title for s in (await plan(report)).outline.sections]
    assert titles_of_report == ["Introduction", "Night", "Conclusion"]


async def test_as_many_chapters_are_planned_as_the_request_asks_for():
    five = Sections(
        sections=[PlannedSection(title=f"T{n}", purpose=f"P{n}", words=1) for n in range(5)]
    )
    run = start(NOTHING_FIXED, five, NOBODY, brief={"request": "A guide in 5 chapters, 300 words."})
    new_plan = await plan(run)
    assert len(new_plan.outline.sections) == 5
    (structure,) = new_plan.constraints
    assert (structure.kind, structure.min_count, structure.max_count) == ("structure", 5, 5)


async def test_a_section_that_the_outline_does_not_have_is_checked_on_the_whole_and_said():
    outline = [{"title": "Dusk", "purpose": "a"}, {"title": "Dawn", "purpose": "b"}]
    request = "Write 300 words about a lighthouse. In section 7 the dog must die."
    run = start(NOTHING_FIXED, NOBODY, brief={"request": request, "outline": outline})
    (constraint,) = (await plan(run)).constraints
    assert constraint.where.scope == "whole"
    assert "section 7 of 2" in run.problems[0]


async def test_without_an_account_of_the_request_it_is_planned_and_reported():
    run = start(UNUSABLE, THREE, NOBODY)
    new_plan = await plan(run)
    assert [c.phrases for c in new_plan.constraints] == [("old lamp",)]
    (problem,) = run.problems
    assert "requirements could not be read by the model" in problem
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

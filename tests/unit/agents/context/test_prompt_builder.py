"""What every prompt opens with, what a section is told, and what is clipped to fit."""

from inkwright.agents.context.prompt_builder import PromptBuilder
from tests.builders import WordTokenizer, build_plan, build_run, everywhere


def test_a_prompt_opens_with_the_brief_and_the_outline():
    prompts = build_run(plan=build_plan(sections=2), brief={"audience": "Sailors"}).session.prompts
    opening = prompts.build_system_prompt("s1. Part 1")
    assert "For: Sailors" in opening
    assert "Request: Write about a lighthouse." in opening


def test_an_outline_too_long_for_the_opening_is_shown_by_its_neighbours():
    plan = build_plan(sections=40)
    short = build_run(plan=plan, context_tokens=1000).session.prompts
    assert not short.shows_whole_outline()
    assert "Nearby sections: Part 1" in short.build_section_instructions(plan.outline.section("s2"))
    whole = build_run(plan=plan).session.prompts
    assert "Nearby" not in whole.build_section_instructions(plan.outline.section("s2"))


def test_a_section_is_not_told_again_what_the_opening_forbids():
    banned = everywhere("c1", "Never write “storm”", kind="banned", phrases=("storm",))
    run = build_run(plan=build_plan(banned), brief={"banned": ["storm"]})
    instructions = run.session.prompts.build_section_instructions(run.plan.outline.section("s1"))
    assert "storm" not in instructions


def test_the_language_of_every_section_is_the_works():
    language = everywhere("c1", "In Chinese", kind="language", language="zh")
    prompts = build_run(plan=build_plan(language)).session.prompts
    assert (prompts.han, prompts.brief.language) == (True, "zh")


def test_a_text_is_clipped_to_what_prompt_and_answer_leave():
    prompts = build_run(context_tokens=2000).session.prompts
    text = "It rained. " * 2000
    clipped = prompts.clip_to_fit(text, 400, "word " * 100)
    assert text.startswith(clipped.rstrip("…").rstrip())
    assert WordTokenizer().count(clipped) <= prompts.count_free_tokens(400, "word " * 100)


def test_a_work_that_is_not_planned_has_an_opening_too():
    prompts = build_run(planned=False).session.prompts
    assert isinstance(prompts, PromptBuilder)
    assert not prompts.is_planned
    assert "Write about a lighthouse." in prompts.build_system_prompt("")

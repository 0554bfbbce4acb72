"""What the writer is asked, and what becomes of its text."""

import pytest

from inkwright.agents.drafting import writer
from inkwright.memory.errors import ModelUnreachable
from tests.builders import build_manifest, build_plan, build_run, everywhere

DRAFT = "# Part 1\n\nThe lamp went out. Mara slept on."


async def write(run, **manifest) -> str:
    section = run.plan.outline.section("s1")
    return await writer.write(run.session, section, build_manifest(**manifest))


async def test_a_writer_is_told_its_length_its_requirements_and_what_memory_has():
    plan = build_plan(everywhere("c1", "The tone is calm"))
    run = build_run(DRAFT, plan=plan)
    await write(run, recall="- [p.1] Mara: asleep", target_words=80)
    (call,) = run.client.calls
    assert (call.step, call.role, call.label) == ("s1", "writer", "write")
    assert "80 words" in call.user
    assert "[c1] The tone is calm" in call.user
    assert "[p.1] Mara: asleep" in call.user
    assert "Write about a lighthouse." in call.system


async def test_a_draft_loses_the_heading_that_is_its_title():
    assert await write(build_run(DRAFT)) == "The lamp went out. Mara slept on."


async def test_a_han_piece_is_asked_for_in_characters():
    run = build_run("灯灭了。", brief={"request": "写一个关于灯塔的故事。"})
    await write(run)
    assert "100 characters (字)" in run.client.prompts[0]


async def test_what_is_written_is_sent_on_as_it_comes():
    pieces: list[str] = []
    run = build_run("It rained.")
    section = run.plan.outline.section("s1")
    await writer.write(run.session, section, build_manifest(), on_text=pieces.append)
    assert pieces == ["It rained."]


async def test_more_of_a_section_comes_after_what_is_there_and_says_nothing_twice():
    run = build_run("Mara slept on. Then the sun came up.")
    text = "The lamp went out. Mara slept on."
    longer = await writer.continue_draft(
        run.session, run.plan.outline.section("s1"), build_manifest(), text, 20, turn=2
    )
    assert longer == f"{text}\n\nThen the sun came up."
    assert run.client.calls[0].label == "continue 2"


async def test_a_writer_that_does_not_answer_writes_nothing():
    with pytest.raises(ModelUnreachable):
        await write(build_run(ModelUnreachable("it is down")))

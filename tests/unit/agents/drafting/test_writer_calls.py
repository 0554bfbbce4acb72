"""What the writer is asked, and what becomes of its text."""

import pytest

from inkwright.agents.drafting import writer
from inkwright.memory.errors import ModelUnreachable
from tests.builders import build_manifest, build_plan, build_run, everywhere

DRAFT = "The lamp went out. Mara slept on."


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


@pytest.mark.parametrize("heading", ["# Part 1", "## Chapter 2", "Part 1", "**part 1**"])
async def test_a_draft_loses_the_heading_that_the_writer_added(heading):
    run = build_run(f"{heading}\n\nThe lamp went out. Mara slept on.")
    assert await write(run) == "The lamp went out. Mara slept on."


TWICE = "The lamp went out and Mara slept on until the morning came."
CLEAN = "The lamp went out. Mara slept on."


@pytest.mark.parametrize(
    "faulty",
    [
        f"{CLEAN}\n\n{TWICE} It was late. {TWICE}",
        f"{CLEAN} The wind turned and the boats came in with",
        f"{CLEAN}\n\n## Oil\n\n## Wicks\n\nShe went down.",
    ],
)
async def test_a_draft_with_a_fault_that_a_reader_would_strike_is_sampled_again(faulty):
    run = build_run(faulty, CLEAN)
    assert await write(run, sample=3) == CLEAN
    assert [call.sample for call in run.client.calls] == [3, 1003]


async def test_the_sample_with_the_fewest_faults_is_taken_after_three():
    two, one = f"{TWICE} No. {TWICE} Yes. {TWICE}", f"{TWICE} No. {TWICE}"
    run = build_run(two, one, two)
    assert await write(run) == one
    assert run.client.is_used_up


async def test_a_sample_that_does_not_come_leaves_the_first_and_is_reported():
    first = f"{TWICE} No. {TWICE}"
    run = build_run(first, ModelUnreachable("it is down"))
    assert await write(run) == first
    assert run.problems == ["s1: was not sampled again (it is down)"]


async def test_without_review_the_first_draft_is_taken_as_it_is():
    first = f"{TWICE} No. {TWICE}"
    assert await write(build_run(first, arms={"review": "off"})) == first


async def test_a_sentence_copied_from_the_text_before_is_a_fault():
    run = build_run(f"{TWICE} Then she woke.", CLEAN)
    assert await write(run, last_passage=f"It was late. {TWICE}") == CLEAN


@pytest.mark.parametrize("request_text", ["Write a song of a lighthouse.", f"Say “{TWICE}” twice."])
async def test_a_refrain_or_words_that_were_asked_for_may_come_again(request_text):
    text = f"{TWICE}\nAnd the sea\nwas grey.\n{TWICE}"
    run = build_run(text, brief={"request": request_text})
    assert await write(run) == text


async def test_more_of_a_section_that_only_repeats_it_is_sampled_again():
    run = build_run(f"{TWICE} And on.", "Then the sun came up.")
    text = f"{TWICE} It rained."
    longer = await writer.continue_draft(
        run.session, run.plan.outline.section("s1"), build_manifest(), text, 20, turn=1
    )
    assert longer == f"{text}\n\nThen the sun came up."


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

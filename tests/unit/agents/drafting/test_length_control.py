"""A section is brought into its band by counting, whatever a model gives."""

from inkwright.agents.drafting import length_control
from inkwright.agents.llm.schemas import Cuts, Edit, Edits
from inkwright.memory.errors import ModelUnreachable
from inkwright.memory.text.words import count_words
from tests.builders import build_manifest, build_plan, build_run, everywhere

SENTENCE = "The old lamp burned on in the tower all night. "


async def fit(run, text: str, **options) -> str:
    section = run.plan.outline.section("s1")
    manifest = build_manifest(target_words=section.target_words)
    return await length_control.fit(
        run.session, run.plan, section, manifest, text, priority=0.0, **options
    )


async def test_a_text_of_the_right_length_is_left_as_it_is():
    run = build_run()
    assert await fit(run, SENTENCE * 10) == SENTENCE * 10
    assert run.client.calls == []


async def test_a_text_far_too_short_is_continued():
    more = "And then the wind came up from the sea again. " * 6
    run = build_run(more)
    text = await fit(run, SENTENCE * 4)
    assert [call.label for call in run.client.calls] == ["continue 1"]
    assert 90 <= count_words(text) <= 110


async def test_a_text_a_little_too_short_is_made_denser():
    fuller = (
        "The old lamp, which nobody had cleaned since spring, burned on in the tower all night."
    )
    run = build_run(
        Edits(edits=[Edit(first=1, last=1, text=fuller), Edit(first=2, last=2, text=fuller)])
    )
    text = await fit(run, SENTENCE * 9)
    assert [call.label for call in run.client.calls] == ["densify 1"]
    assert 95 <= count_words(text) <= 105


async def test_a_text_too_long_is_trimmed():
    run = build_run(Cuts(sentences=list(range(1, 16))))
    text = await fit(run, SENTENCE * 15)
    assert [call.label for call in run.client.calls] == ["trim 1"]
    assert 90 <= count_words(text) <= 110


async def test_where_editing_is_off_a_long_text_stays_long():
    run = build_run(arms={"review": "off"})
    assert await fit(run, SENTENCE * 15) == SENTENCE * 15


async def test_a_model_that_fails_leaves_the_best_version_so_far_and_is_reported():
    more = "And then the wind came up from the sea again. " * 2
    run = build_run(more, ModelUnreachable("it is down"))
    text = await fit(run, SENTENCE * 2)
    assert count_words(text) == 40
    assert run.problems == ["s1: its length could not be put right (it is down)"]


async def test_a_writer_that_gives_too_little_is_asked_for_more_than_is_missing():
    more = "And then the wind came up from the sea again. "
    run = build_run(more * 2, more * 6)
    await fit(run, SENTENCE * 2)
    asked_words = [int(p.split(" more words")[0].split()[-1]) for p in run.client.prompts]
    assert asked_words == [80, 200]


def test_a_bound_of_a_constraint_comes_before_the_budget():
    short = everywhere("c1", "At most 50 words", kind="length", max_words=50)
    run = build_run(plan=build_plan(short, sections=2))
    section = run.plan.outline.section("s1")
    band = length_control.compute_band(run.plan, run.session.prompts.brief, section, SENTENCE)
    assert (band.high, band.ceiling) == (50, 50)

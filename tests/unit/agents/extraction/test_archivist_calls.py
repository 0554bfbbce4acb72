"""How memory follows a text: what is kept, moved, taken back, or lost with a failed call."""

from inkwright.agents.extraction import archivist
from inkwright.agents.llm.schemas import Delta, DeltaItem
from inkwright.memory.domain.entry import Span
from inkwright.memory.errors import ModelUnreachable
from tests.builders import (
    build_draft,
    build_entry,
    build_memory,
    build_run,
    empty_memory,
)

TEXT = "Mara's eyes are green. She slept on."
SECTION_ENTRY = build_entry(
    "s1.1", "green", origin="section", span=Span(section="s1", draft=1, start=0, end=22)
)


def item(**fields) -> Delta:
    plain = {"action": "add", "subject": "Mara", "attribute": "eye colour", "statement": "green"}
    return Delta(summary="Mara sleeps.", items=[DeltaItem.model_validate(plain | fields)])


async def remember(run, memory=None):
    section = run.plan.outline.section("s1")
    return await archivist.remember(run.session, memory or empty_memory(), section, TEXT, 1, [])


async def test_a_first_draft_is_remembered_with_the_words_that_state_each_entry():
    run = build_run(item(quote="Mara's eyes are green."))
    result = await remember(run)
    assert result.summary == "Mara sleeps."
    (entry,) = result.delta
    assert (entry.id, entry.statement) == ("s1.1", "green")
    assert entry.span is not None
    assert TEXT[entry.span.start : entry.span.end] == "Mara's eyes are green."
    assert (run.client.calls[0].role, run.client.calls[0].label) == ("archivist", "remember")


async def test_an_archivist_that_fails_leaves_no_entries_and_a_summary_by_rule():
    run = build_run(ModelUnreachable("it is down"))
    result = await remember(run)
    assert (result.summary, result.delta) == (TEXT, ())
    assert run.problems == ["s1: what it establishes is not in memory (it is down)"]


async def update(run, new_text: str):
    draft = build_draft(TEXT)
    memory = build_memory([SECTION_ENTRY], draft)
    section = run.plan.outline.section("s1")
    return await archivist.update_entries(run.session, memory, section, draft, new_text)


async def test_a_text_that_loses_no_entry_and_says_nothing_new_costs_no_call():
    run = build_run()
    assert await update(run, "Mara's eyes are green.") == ()


async def test_an_entry_found_at_its_new_place_is_a_new_version():
    new_text = "Mara's eyes are blue. She slept on."
    run = build_run(
        item(action="change", id="s1.1", statement="blue", quote="Mara's eyes are blue.")
    )
    (entry,) = await update(run, new_text)
    assert (entry.id, entry.version, entry.statement) == ("s1.1", 2, "blue")
    assert "[s1.1]" in run.client.prompts[0]


async def test_an_entry_whose_words_are_gone_is_retracted():
    run = build_run(Delta(summary="", items=[]))
    (entry,) = await update(run, "She slept on.")
    assert (entry.id, entry.status) == ("s1.1", "retracted")


async def test_a_long_text_is_read_in_pieces():
    answers = [Delta(summary=f"Part {n}.", items=[]) for n in (1, 2, 3)]
    run = build_run(*answers)
    section = run.plan.outline.section("s1")
    text = "\n\n".join(f"{'word ' * 899}{n}." for n in range(3))
    answer = await archivist.read_long_text(run.session, section, text)
    assert answer.summary == "Part 1. Part 2. Part 3."
    assert [call.label for call in run.client.calls] == ["read 1", "read 2", "read 3"]

"""Long requests and long pieces in a short context: nothing is lost, no prompt too long."""

from statistics import mean

from inkwright.memory.domain.brief import Brief
from inkwright.memory.store.library import Library
from tests.calling import calling
from tests.runs import writing
from tests.simserver.log import Call
from tests.simserver.process import SimServer

CONTEXT = 8192
FIRST = "Write a report about the lamps of a harbour, and keep it dry."
MIDDLE = "You must call the harbour master Orla Venn throughout."
LAST = "The report should end with the night of the great storm."


def size(call: Call) -> int:
    """Return the tokens that a call may take in all: prompt and the longest answer it allows."""
    return call.prompt_tokens + (call.max_tokens or 0)


def assert_all_fit(sim: SimServer) -> None:
    calls = sim.calls(kind="chat")
    assert {call.status for call in calls} == {200}
    assert max(size(call) for call in calls) <= CONTEXT


def written_in_a_short_context(sim: SimServer, library: Library, request: str) -> list[str]:
    """Return the prompts by which the sections of a long request were written."""
    assert len(request.encode()) > 60_000
    sim.configure(max_model_len=CONTEXT)
    work = writing.begin(library, Brief(request=request, words=600))
    result = writing.write(library, work, calling(sim))
    assert (result.status, result.problems) == ("complete", ())
    assert_all_fit(sim)
    return [writing.said(call.messages) for call in sim.calls(role="writer")]


def test_a_request_of_sixty_kilobytes_keeps_its_instructions_in_every_prompt_that_writes(
    sim: SimServer, library: Library
) -> None:
    material = [
        f"On day {n} the lamp by pier {n % 7} burned for {n % 11} hours and cost {n} pence in oil."
        for n in range(820)
    ]
    request = "\n".join([FIRST, *material[:400], MIDDLE, *material[400:], LAST])
    for prompt in written_in_a_short_context(sim, library, request):
        assert all(sentence in prompt for sentence in (FIRST, MIDDLE, LAST))
        assert "pence in oil" in prompt


def test_a_long_request_that_is_one_endless_sentence_is_searched_as_well(
    sim: SimServer, library: Library
) -> None:
    first, last = "write a report about the lamps of a harbour", "and end with the great storm"
    request = " ".join([first, *(f"lamp {n}, wick {n}, oil," for n in range(3200)), last])
    for prompt in written_in_a_short_context(sim, library, request):
        assert first in prompt
        assert last in prompt


def test_of_more_instructions_than_prompts_can_hold_the_first_and_the_last_are_kept(
    sim: SimServer, library: Library
) -> None:
    orders = [
        f"You should think of lamp {n} and its oil, and of all that it shone upon."
        for n in range(900)
    ]
    request = "\n".join([FIRST, *orders, LAST])
    for prompt in written_in_a_short_context(sim, library, request):
        assert FIRST in prompt
        assert orders[0] in prompt
        assert LAST in prompt


def test_the_prompts_of_a_long_chain_stop_growing(sim: SimServer, library: Library) -> None:
    sections = 48
    titles = [f"Pier {n}" for n in range(1, sections + 1)]
    brief = Brief(
        request="Write a report about the tides in a harbour.",
        continuity="strict",
        outline=writing.outline(*titles, words=40),
    )
    sim.configure(max_model_len=CONTEXT, distractors=3)
    work = writing.begin(library, brief)
    result = writing.write(library, work, calling(sim))

    assert result.status in ("complete", "flagged")
    assert len(writing.texts(library, work)) == sections
    assert_all_fit(sim)
    prompts = {c.section: c.prompt_tokens for c in sim.calls(role="writer") if c.section}
    middle = mean(prompts[f"s{n}"] for n in range(21, 33))
    end = mean(prompts[f"s{n}"] for n in range(37, sections + 1))
    assert end <= 1.1 * middle


def test_a_large_outline_drafted_side_by_side_fits_a_short_context(
    sim: SimServer, library: Library
) -> None:
    sim.configure(max_model_len=CONTEXT, slots=16, distractors=2, length_error=0.4)
    brief = Brief(
        request="Write a handbook of 40 lessons, numbered 1 to 40, on keeping a light.",
        words=2400,
        continuity="free",
    )
    work = writing.begin(library, brief)
    writing.write(library, work, calling(sim, concurrency=16))
    assert [s.title for s in writing.plan(library, work).outline.sections] == [
        f"Lesson {n}" for n in range(1, 41)
    ]
    assert len(writing.texts(library, work)) == 40
    assert_all_fit(sim)

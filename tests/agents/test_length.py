"""Length: a writer who is far off still hands in what was asked for, within bounded rounds."""

import pytest

from inkwright.agents.drafting.length_control import ROUNDS
from inkwright.agents.revision import length_balance
from inkwright.memory.text.words import OFFICE_RULE, count_words
from tests.agents.small_runs import Outcome, Small

pytestmark = pytest.mark.asyncio(loop_scope="module")

ENGLISH = "A report for the harbour office on the state of its five oldest boats."
CHINESE = "写一份关于港口五条旧船的报告。"
TARGETS = (90, 150, 240)


def work(request: str, **sim: object) -> Small:
    outline = [
        {"title": f"{n}号船" if request == CHINESE else f"Boat {n}", "purpose": f"{n}", "words": t}
        for n, t in enumerate(TARGETS, 1)
    ]
    return Small(
        request=request,
        brief={"outline": outline, "continuity": "free"},
        arms={"plan": "given", "memory": "none"},
        sim=sim,
    )


def misses(outcome: Outcome) -> dict[str, float]:
    """Return how far off each section is, as a share of its budget."""
    assert outcome.plan is not None
    return {
        s.id: abs(count_words(outcome.texts[s.id], OFFICE_RULE) / s.target_words - 1)
        for s in outcome.plan.outline.sections
    }


@pytest.mark.parametrize("request_", [ENGLISH, CHINESE], ids=["english", "chinese"])
@pytest.mark.parametrize("salt", ["a", "b", "c", "d"])
async def test_a_writer_off_by_up_to_60_percent_is_brought_within_10(runs, request_, salt):
    outcome = await runs.run(work(request_, length_error=0.6, salt=salt))
    assert max(misses(outcome).values()) <= 0.1 + 1e-9
    assert outcome.status == "complete"


@pytest.mark.parametrize("request_", [ENGLISH, CHINESE], ids=["english", "chinese"])
@pytest.mark.parametrize("factor", [0.4, 0.7, 1.3, 1.6])
async def test_a_writer_who_is_always_off_is_brought_within_10_percent(runs, request_, factor):
    outcome = await runs.run(work(request_, length_factor=factor))
    assert max(misses(outcome).values()) <= 0.1 + 1e-9


async def test_a_writer_who_is_right_is_left_alone(runs):
    outcome = await runs.run(work(ENGLISH))
    assert [c.role for c in outcome.calls] == ["writer"] * len(TARGETS)


async def test_rounds_are_bounded_when_nothing_helps(runs):
    hopeless = {"length_factor": 0.2, "continue_factor": 0.02, "editor_ignores": 1.0}
    outcome = await runs.run(work(ENGLISH, **hopeless))
    per_section = {s: [c for c in outcome.calls if c.section == s] for s in ("s1", "s2", "s3")}
    most = 1 + ROUNDS + 2 * length_balance.ROUNDS
    assert all(len(calls) <= most for calls in per_section.values())
    assert outcome.status == "flagged"
    assert "words; 81 to 99 were wanted" in outcome.problems


async def test_what_was_written_stays_when_more_is_written_after_it(runs):
    first = await runs.run(work(ENGLISH, length_factor=0.4))
    for sid, text in first.texts.items():
        (draft,) = [c.answer for c in first.calls if c.section == sid and "Length" in _orders(c)]
        assert text.startswith(draft)


async def test_a_length_constraint_of_a_section_narrows_its_band(runs):
    small = work(ENGLISH, length_factor=0.92)
    atleast = {"text": "At least 150 words", "kind": "length", "min_words": 150, "where": 2}
    outcome = await runs.run(
        Small(**{**small.__dict__, "brief": {**small.brief, "constraints": [atleast]}})
    )
    assert count_words(outcome.texts["s2"], OFFICE_RULE) >= 150
    assert outcome.status == "complete"


def _orders(call) -> str:
    return call.messages[1]["content"]

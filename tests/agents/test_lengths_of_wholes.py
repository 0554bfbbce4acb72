"""Whole pieces: each the length that was asked for, from a writer who is off by 60 % either way."""

from statistics import mean

import pytest

from inkwright.agents.drafting.length_control import ROUNDS
from inkwright.agents.llm.parsing import is_han
from inkwright.agents.requests.requested_length import parse_requested_length
from inkwright.memory.text.words import count_characters, count_words
from tests.agents.small_runs import Outcome, Small

pytestmark = pytest.mark.asyncio(loop_scope="module")

OFF = dict.fromkeys(("length_error", "continue_error", "trim_error", "densify_error"), 0.6)
ENGLISH = "A report on old boats, {}."
CHINESE = "写一篇关于港口旧船的报告，{}。"


def piece(request: str, salt: int, **more: object) -> Small:
    arms = {"memory": "none", **more.pop("arms", {})}  # type: ignore[dict-item]
    return Small(request=request, arms=arms, sim={**OFF, "salt": str(salt)}, **more)


def words(outcome: Outcome) -> int:
    return sum(count_words(text) for text in outcome.texts.values())


def worst(outcome: Outcome) -> float:
    """Return by how much the section that is furthest off misses its budget."""
    assert outcome.plan is not None
    sections = outcome.plan.outline.sections
    return max(abs(count_words(outcome.texts[s.id]) / s.target_words - 1) for s in sections)


def score(asked: int, written: int) -> float:
    """LongBench-Write's S_l of one piece (Bai et al. 2024)."""
    if written > asked:
        return 100 * max(0.0, 1 - (written / asked - 1) / 3)
    return 100 * max(0.0, 1 - (asked / written - 1) / 2) if written else 0.0


@pytest.mark.parametrize(("form", "unit"), [(ENGLISH, "{} words"), (CHINESE, "{}字")])
@pytest.mark.parametrize(("target", "seeds"), [(100, 5), (300, 3), (1000, 2), (4000, 1)])
async def test_the_whole_is_within_5_percent_and_each_section_within_10(
    runs, form, unit, target, seeds
):
    scores = []
    for salt in range(seeds):
        outcome = await runs.run(piece(form.format(unit.format(target)), salt))
        assert abs(words(outcome) / target - 1) <= 0.05 + 1e-9
        assert worst(outcome) <= 0.1 + 1e-9
        assert outcome.status == "complete"
        scores.append(score(target, words(outcome)))
        assert max(_rounds(outcome).values()) <= 2 * ROUNDS
    assert mean(scores) >= 97


async def test_a_piece_of_20_000_words_is_no_further_off(runs):
    outcome = await runs.run(piece(ENGLISH.format("20,000 words"), 1))
    assert abs(words(outcome) / 20_000 - 1) <= 0.02
    assert worst(outcome) <= 0.1 + 1e-9
    assert sum(_rounds(outcome).values()) <= 3 * len(outcome.texts)


def _rounds(outcome: Outcome) -> dict[str, int]:
    """Return how many calls each section took beside its draft."""
    found: dict[str, int] = {}
    for call in outcome.calls:
        if call.role in ("writer", "editor"):
            found[call.section] = found.get(call.section, -1) + 1
    return found


@pytest.mark.parametrize("salt", range(2))
@pytest.mark.parametrize(
    ("asked", "low", "high"),
    [
        ("at least 400 words", 400, 440),
        ("no more than 400 words", 340, 400),
        ("300 to 400 words", 300, 400),
        ("不少于400字", 400, 440),
        ("400字以内", 300, 400),
        ("300 to 400 characters", 50, 90),
    ],
)
async def test_a_bound_in_the_request_is_kept_and_is_no_target(runs, asked, low, high, salt):
    form = CHINESE if "字" in asked else ENGLISH
    outcome = await runs.run(piece(form.format(asked), salt))
    assert low <= words(outcome) <= high
    assert outcome.status == "complete"
    signs = sum(count_characters(text) for text in outcome.texts.values())
    if "characters" in asked:
        assert 300 <= signs <= 400
    if "以内" in asked:
        assert signs <= 400, "whoever counts punctuation finds no more either"


async def test_a_bound_in_the_brief_comes_before_what_the_request_says(runs):
    bound = {"text": "Short", "kind": "length", "max_words": 200}
    request = ENGLISH.format("about 900 words")
    outcome = await runs.run(piece(request, 1, brief={"constraints": [bound]}))
    assert 160 <= words(outcome) <= 200
    assert outcome.status == "complete"


async def test_a_length_that_cannot_be_met_is_said_with_its_numbers(runs):
    small = piece(ENGLISH.format("at least 300 words"), 1)
    small.sim.update(length_factor=0.1, continue_factor=0.01, editor_ignores=1.0)
    outcome = await runs.run(small)
    assert outcome.status == "flagged"
    assert "at least 300" in outcome.problems
    assert "s1 has" in outcome.problems


async def test_what_earlier_sections_lack_later_ones_are_asked_for(runs):
    outline = [{"title": f"Boat {n}", "purpose": f"{n}", "words": 200} for n in range(1, 5)]
    small = piece(ENGLISH.format("in four parts"), 1)
    small = Small(
        request=small.request,
        brief={"outline": outline, "continuity": "strict"},
        arms={"plan": "given", "memory": "none", "review": "off"},
        sim={"length_factor": 0.92},
    )
    outcome = await runs.run(small)
    asked = [_asked(c) for c in outcome.calls if c.role == "writer"]
    assert asked[0] == 200
    assert all(200 < n <= 216 for n in asked[1:])


def _asked(call) -> int:
    (line,) = [x for x in call.messages[1]["content"].splitlines() if x.startswith("Length: ")]
    return int(line.split()[2])


@pytest.mark.parametrize(
    ("request_", "units", "found"),
    [
        ("A story of 800 words.", 1, (800, None, None)),
        ("An essay, at least 2,000 words long.", 1, (2080, 2000, None)),
        ("No more than 400 words on tides.", 1, (380, None, 400)),
        ("Between 800 and 1,000 words on tides.", 1, (900, 800, 1000)),
        ("A 2000-word story about life under the sea.", 1, (2000, None, None)),
        ("写一篇不少于5000字的小说", 1, (5200, 5000, None)),
        ("生成一篇五千字的小说", 1, (5000, None, None)),
        ("字数要求：2000左右", 1, (2000, None, None)),
        ("字数要求100至200字。", 1, (138, 100, 200)),
        ("写7000到8000字的作文", 1, (7140, 7000, 8000)),
        ("字数在4000至5000之间", 1, (4212, 4000, 5000)),
        ("总字数请控制在3000字以内", 1, (2522, None, 3000)),
        ("字数不超过2000字", 1, (1682, None, 2000)),
        ("字数需超过3000字", 1, (3120, 3000, None)),
        ("请以第一人称写一篇大约5000字的游记", 1, (5000, None, None)),
        ("Ensure that it does not exceed 6,000 words.", 1, (5700, None, 6000)),
        ("It must exceed 4000 words.", 1, (4160, 4000, None)),
        ("All within a 500-word limit.", 1, (475, None, 500)),
        ("An abstract of 200-250 words.\n**Word count:** about 7,000 words", 1, (7000, None, None)),
        ("A notice of at most 520 characters.", 1, (95, None, 520)),
        ("A 900-word tale of 12 characters.", 1, (900, None, None)),
        ("五篇日记，每篇400字左右", 5, (2000, None, None)),
        ("Section 2 has at least 40 words.", 1, None),
        ("Sing of the sea.", 1, None),
    ],
)
async def test_a_length_is_read_from_the_words_of_a_request(request_, units, found):
    asked = parse_requested_length(request_, units, han=is_han(request_))
    assert (asked and (asked.words, asked.least, asked.most)) == found

"""Twelve requirements, each broken by hand in three ways: they are hardly ever called met."""

import asyncio
import random

import pytest

from benchmarks.broken_requirements import BROKEN, MOST_MET
from inkwright.agents.llm.schemas import Verdict, Verdicts
from inkwright.agents.review import reviewer
from inkwright.memory.judge_record import JudgeRecord
from inkwright.memory.text.words import sentences, words
from tests.builders import build_judges, build_run, everywhere

CASES = [(requirement, text) for requirement, texts in BROKEN for text in texts]


def quote_nearest(requirement: str, text: str) -> str:
    """Return the sentence that has most of the requirement's words."""
    wanted = set(words(requirement.casefold()))
    return max(sentences(text), key=lambda s: len(wanted & set(words(s.text.casefold())))).text


def test_there_are_three_texts_for_each_of_twelve():
    assert len(BROKEN) == 12
    assert len(set(CASES)) == 36


@pytest.mark.parametrize(("requirement", "text"), [(r, texts[2]) for r, texts in BROKEN])
async def test_a_pasted_requirement_is_never_met_whatever_a_judge_says(requirement: str, text: str):
    yes = Verdict(constraint="c1", broken=False, quote=quote_nearest(requirement, text))
    run = build_run(Verdicts(verdicts=[yes]))
    review = await reviewer.check(
        run.session, run.plan, "s1", text, [everywhere("c1", requirement)]
    )
    assert [f.status for f in review.findings] == ["not reviewed"]


def test_with_a_judge_that_misses_a_tenth_broken_texts_are_met_once_in_twenty_at_most():
    """As the whole is judged, which nothing reads later; sections are read again at the end."""
    dice, met, times = random.Random(3), 0, 20
    record = JudgeRecord(broken=11, caught=10, sound=12, alarms=1)
    for requirement, text in CASES * times:
        quote = sentences(text)[0].text
        answers = [
            Verdicts(verdicts=[Verdict(constraint="c1", broken=dice.random() > 0.1, quote=quote)])
            for _ in range(6)
        ]
        run = build_run(*answers)
        object.__setattr__(run.session, "judges", build_judges(record))
        check = reviewer.check(
            run.session,
            run.plan,
            "s1",
            text,
            [everywhere("c1", requirement)],
            is_last_reading=True,
        )
        met += asyncio.run(check).findings[0].status == "met"
    assert 0 < met <= MOST_MET * len(CASES) * times

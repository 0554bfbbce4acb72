"""Ten kinds of malformed answer at every call site, in small whole works over HTTP.

Each leads to a repair, to being asked once more, or to a failure that is told: never to a crash,
nor to any of it in the manuscript, the ledger or a later prompt.
"""

import pytest

from inkwright.agents.llm.parsing import is_han
from tests.agents.sites import SITES, WORKS
from tests.agents.small_runs import Outcome
from tests.simserver.log import Call

pytestmark = pytest.mark.asyncio(loop_scope="module")

MENDED = ("fences", "think", "prose_around")
UNUSABLE = ("no_json", "cut_json", "wrong_keys", "empty", "refusal")
KINDS = (*MENDED, *UNUSABLE, "wrong_language", "oversized")
UNUSABLE_PROSE = ("empty", "refusal", "wrong_language")
NOT_TO_BE_SEEN = {
    "fences": ("```",),
    "think": ("<think>", "First I look at what is asked"),
    "prose_around": ("Here is what you asked for", "Let me know if you would like"),
    "wrong_keys": ("_value",),
    "refusal": ("I'm sorry, but I can't help",),
}


def struck(outcome: Outcome) -> list[Call]:
    return [call for call in outcome.calls if call.fault]


def assert_nothing_leaked(outcome: Outcome, kind: str) -> None:
    """Nothing of what was wrong with an answer is kept, or told to a model again."""
    texts = f"{outcome.kept}\n{outcome.prompts}"
    for poison in NOT_TO_BE_SEEN.get(kind, ()):
        assert poison not in texts
    if kind == "wrong_language":
        assert not any("\u4e00" <= c <= "\u9fff" for c in texts)
    if kind == "no_json":
        for call in struck(outcome):
            assert call.schema_name is None or call.answer[:40] not in texts
    for line in filter(None, (*outcome.problems.splitlines(), outcome.error)):
        assert line not in texts
    for text in outcome.texts.values():
        assert not is_han(text)
        assert "litellm" not in text
        assert "Traceback" not in text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("site", SITES, ids=lambda s: s.name)
async def test_a_site_that_only_ever_gets_malformed_answers_mends_them_or_does_without(
    runs, site, kind
):
    clean = await runs.clean(site)
    outcome = await runs.run(site, [{"fault": kind, "match": site.match}])
    assert struck(outcome)
    assert_nothing_leaked(outcome, kind)
    unusable = kind in (UNUSABLE_PROSE if site.prose else UNUSABLE)
    if unusable or (kind == "wrong_language" and site.words):
        assert outcome.status == site.without
        assert site.says in outcome.problems
        assert outcome.asked_again
    elif kind in MENDED:
        assert (outcome.status, outcome.kept) == (clean.status, clean.kept)
        assert not outcome.asked_again
    else:
        assert outcome.status in (clean.status, site.without, *(("flagged",) if site.prose else ()))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("work", WORKS, ids=lambda w: w.site.name)
async def test_one_malformed_answer_at_each_site_is_mended_or_asked_for_once_more(runs, work, kind):
    clean = await runs.clean(work.site)
    faults = [
        {"fault": kind, "match": match, "times": 1}
        for match in work.matches
        if kind in UNUSABLE_PROSE or match.get("role") != "writer"  # else it is just another text
    ]
    outcome = await runs.run(work.site, faults)
    assert len(struck(outcome)) == len(faults)
    assert_nothing_leaked(outcome, kind)
    assert outcome.asked_again <= len(faults)
    assert (outcome.error, outcome.status) == ("", clean.status)
    habit = "passes over schemas"  # which two questions in a row without a form are taken for
    problems = [line for line in outcome.problems.splitlines() if habit not in line]
    assert problems == clean.problems.splitlines()
    assert len(problems) == len(outcome.problems.splitlines()) or len(faults) > 1

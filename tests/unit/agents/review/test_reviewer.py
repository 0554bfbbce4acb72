"""What a judge says of a draft, and what of it becomes a finding."""

import pytest

from inkwright.agents.llm.schemas import Contradiction, Contradictions, Verdict, Verdicts
from inkwright.agents.review import judge, reviewer
from inkwright.memory.changes.staleness import Change
from inkwright.memory.domain.check_record import EntryCheck
from inkwright.memory.domain.draft import Finding, Review
from inkwright.memory.errors import BudgetSpent, ModelUnreachable
from inkwright.memory.ids import EntryId
from tests.builders import build_draft, build_plan, build_run, everywhere

TEXT = "The lamp went out. Mara slept on."
CALM = everywhere("c1", "The tone is calm")
SHORT = everywhere("c2", "At most three words", kind="length", max_words=3)


def verdict(broken: bool, quote: str = "", constraint: str = "c1") -> Verdicts:
    return Verdicts(verdicts=[Verdict(constraint=constraint, broken=broken, quote=quote)])


BROKEN, MET = verdict(True, "Mara slept on."), verdict(False)


async def check(run, *constraints, **options) -> Review:
    return await reviewer.check(run.session, run.plan, "s1", TEXT, constraints, **options)


async def test_what_a_rule_decides_no_judge_is_asked():
    run = build_run()
    review = await check(run, SHORT)
    assert [(f.constraint, f.status) for f in review.findings] == [("c2", "broken")]
    assert run.client.calls == []


async def test_a_met_constraint_is_asked_about_once():
    run = build_run(MET)
    review = await check(run, CALM)
    assert [f.status for f in review.findings] == ["met"]
    assert [call.label for call in run.client.calls] == ["check 0"]


@pytest.mark.parametrize(
    ("votes", "status"),
    [([BROKEN, BROKEN], "broken"), ([BROKEN, MET, BROKEN], "broken"), ([BROKEN, MET, MET], "met")],
)
async def test_what_a_judge_calls_broken_is_so_by_two_votes_of_at_most_three(votes, status):
    run = build_run(*votes)
    review = await check(run, CALM)
    assert [f.status for f in review.findings] == [status]
    assert [call.sample for call in run.client.calls] == [0, 2, 3][: len(votes)]
    assert run.client.is_used_up


async def test_a_second_vote_reads_what_the_first_one_said():
    run = build_run(BROKEN, MET, MET)
    await check(run, CALM)
    is_said = '[c1] is said to be broken: "Mara slept on."'
    assert [is_said in prompt for prompt in run.client.prompts] == [False, True, True]


async def test_a_quote_that_is_not_in_the_text_is_no_finding():
    invented = verdict(True, "The storm came.")
    run = build_run(invented, invented)
    review = await check(run, CALM)
    assert [f.status for f in review.findings] == ["not reviewed"]
    assert run.client.refused


async def test_an_unavailable_judge_leaves_a_constraint_not_reviewed_and_is_reported():
    run = build_run(ModelUnreachable("it is down"))
    review = await check(run, CALM, SHORT)
    assert [f.status for f in review.findings] == ["not reviewed", "broken"]
    assert run.problems == ["s1: not reviewed (it is down)"]


async def test_a_spent_budget_is_no_missing_verdict():
    run = build_run(BudgetSpent("10 calls are used up"))
    with pytest.raises(BudgetSpent):
        await check(run, CALM)


async def test_without_a_judge_only_rules_are_checked():
    run = build_run(arms={"review": "rules"})
    review = await check(run, CALM, SHORT)
    assert [f.status for f in review.findings] == ["not reviewed", "broken"]
    assert run.client.calls == []


async def test_a_revision_that_no_judge_reads_keeps_what_was_found_before():
    plan = build_plan(CALM, SHORT)
    run = build_run(plan=plan, arms={"review": "rules"})
    earlier = Review(findings=tuple(Finding(constraint=c, status="met") for c in ("c1", "c2")))
    review = await reviewer.review_revision(
        run.session, plan, build_draft(TEXT, review=earlier), "Four words are here.", (), turn=1
    )
    assert [f.status for f in review.findings] == ["met", "broken"]


async def test_a_contradiction_counts_where_its_change_was_asked_about_and_its_quote_stands():
    change = Change(
        id="p.1", line="- [p.1] Mara: awake", reason="changed", stamp=EntryCheck(EntryId("p.1"), 2)
    )
    answer = Contradictions(
        contradictions=[
            Contradiction(entry="p.1", quote="Mara slept on."),
            Contradiction(entry="p.9", quote="Mara slept on."),
        ]
    )
    run = build_run(answer)
    findings = await judge.find_contradictions(run.session, "s1", TEXT, [change])
    assert [(f.constraint, f.evidence) for f in findings] == [("p.1", "Mara slept on.")]


@pytest.mark.parametrize(
    ("answers", "status"),
    [([MET, MET], "met"), ([MET, BROKEN, BROKEN], "broken"), ([MET, BROKEN, MET], "met")],
)
async def test_what_nothing_reads_later_is_read_again_at_once(answers, status):
    run = build_run(*answers)
    review = await check(run, CALM, is_last_reading=True)
    assert [f.status for f in review.findings] == [status]
    assert run.client.is_used_up


async def test_a_requirement_pasted_into_the_text_is_not_met():
    """A judge that says yes to everything is shown the requirement, and takes it for the text."""
    text = "The lamp went out. The tone is calm in this text."
    calm = everywhere("c1", "The tone is calm in this text")
    run = build_run(verdict(False, "The tone is calm in this text."))
    review = await reviewer.check(run.session, run.plan, "s1", text, [calm])
    assert [f.status for f in review.findings] == ["not reviewed"]

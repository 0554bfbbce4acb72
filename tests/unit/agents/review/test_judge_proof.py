"""A judge answers questions whose answers are known, and counts as far as it was right."""

from inkwright.agents.llm.schemas import (
    Contradiction,
    Contradictions,
    Support,
    Supports,
    Verdict,
    Verdicts,
)
from inkwright.agents.review import citation_check, judge_proof, reviewer
from inkwright.agents.review.control_questions import CLAIMS, FACTS, REQUIREMENTS
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.errors import ModelUnreachable, UnusableAnswer
from inkwright.memory.judge_record import JudgeRecord
from tests.builders import build_judges, build_run, everywhere

CALM = everywhere("c1", "The tone is calm")
TEXT = "The lamp went out. Mara slept on."


def start(*answers, **options):
    run = build_run(*answers, **options)
    object.__setattr__(run.session, "judges", build_judges(None))
    return run


def say(is_right: bool) -> list[Verdicts]:
    """Return the answers to the requirements: all right, or all *met*."""
    return [
        Verdicts(
            verdicts=[
                Verdict(constraint=name, broken=is_right and not is_sound)
                for name, (_, is_sound) in control.questions.items()
            ]
        )
        for control in REQUIREMENTS
    ]


def met(constraint: str = "c1") -> Verdicts:
    return Verdicts(verdicts=[Verdict(constraint=constraint, broken=False)])


async def check(run):
    return await reviewer.check(run.session, run.plan, "s1", TEXT, [CALM])


def test_control_questions_are_some_twenty_a_purpose_half_of_them_sound():
    for controls in (REQUIREMENTS, FACTS, tuple(CLAIMS.values())):
        sound, broken = sum(len(c.sound) for c in controls), sum(len(c.broken) for c in controls)
        assert 20 <= sound + broken <= 24
        assert abs(sound - broken) <= 2


async def test_a_judge_that_says_yes_to_everything_is_never_asked_about_the_text():
    run = start(*say(is_right=False))
    review = await check(run)
    assert [f.status for f in review.findings] == ["not reviewed"]
    assert run.client.is_used_up
    (problem,) = run.problems
    assert "no judge of requirements" in problem
    assert "missed 11 of 11" in problem


async def test_a_judge_that_is_right_is_asked_once_for_all_texts():
    run = start(*say(is_right=True), met(), met())
    for _ in range(2):
        review = await check(run)
        assert [f.status for f in review.findings] == ["met"]
    assert [call.step for call in run.client.calls] == ["judge"] * 3 + ["s1"] * 2
    assert len({(c.step, c.purpose, c.attempt, c.sample) for c in run.client.calls[:3]}) == 3


async def test_a_record_is_kept_for_other_works():
    run = start(*say(is_right=True), met())
    await check(run)
    other = build_run(met())
    object.__setattr__(
        other.session, "judges", type(run.session.judges)(run.session.judges.measured)
    )
    assert [f.status for f in (await check(other)).findings] == ["met"]


async def test_a_judge_that_is_down_proves_nothing_and_is_asked_again_later():
    run = start(*[ModelUnreachable("it is down")] * 3, *say(is_right=True), met())
    assert [f.status for f in (await check(run)).findings] == ["not reviewed"]
    assert run.problems == ["s1: not reviewed (it is down)"]
    assert [f.status for f in (await check(run)).findings] == ["met"]


async def test_answers_that_cannot_be_used_catch_nothing():
    faults = [UnusableAnswer("reviewer", "it is no JSON", "")] * 2
    run = start(*faults)
    record = await judge_proof.prove(run.session, Purpose.SETTLE)
    assert not record.can_judge
    assert record.unanswered == record.asked


async def test_the_judge_of_contradictions_is_proved_on_facts():
    answers = [
        Contradictions(
            contradictions=[
                Contradiction(entry=name, quote=control.text[:20])
                for name, (_, is_sound) in control.questions.items()
                if not is_sound
            ]
        )
        for control in FACTS
    ]
    record = await judge_proof.prove(start(*answers).session, Purpose.SETTLE)
    assert (record.caught, record.alarms) == (record.broken, 0)
    nothing = [Contradictions(contradictions=[])] * 2
    assert not (await judge_proof.prove(start(*nothing).session, Purpose.SETTLE)).can_judge


async def test_the_judge_of_citations_is_proved_on_claims():
    rows = [
        (control.text.split("。" if key == "cha" else ".")[0], is_sound)
        for key, control in CLAIMS.items()
        for _, is_sound in control.questions.values()
    ]

    def answer(*, always: bool) -> Supports:
        verdicts = [
            Support(
                claim=n, supported=always or is_sound, quote=quote if always or is_sound else ""
            )
            for n, (quote, is_sound) in enumerate(rows, 1)
        ]
        return Supports(verdicts=verdicts)

    record = await judge_proof.prove(start(answer(always=False)).session, Purpose.SUPPORT)
    assert (record.caught, record.alarms, record.unanswered) == (record.broken, 0, 0)
    run = start(answer(always=True))
    assert not (await judge_proof.prove(run.session, Purpose.SUPPORT)).can_judge


async def test_a_judge_without_false_alarms_needs_one_vote():
    run = build_run(
        Verdicts(verdicts=[Verdict(constraint="c1", broken=True, quote="Mara slept on.")])
    )
    sure = JudgeRecord(broken=11, caught=11, sound=12)
    object.__setattr__(run.session, "judges", build_judges(sure))
    assert [f.status for f in (await check(run)).findings] == ["broken"]


async def test_nothing_to_judge_takes_no_call():
    run = start()
    assert (await reviewer.check(run.session, run.plan, "s1", TEXT, [])).findings == ()
    cite = everywhere("cite", "What is taken from a source is cited", kind="citations")
    findings, _ = await citation_check.check(run.session, run.plan, "s1", TEXT, cite, ())
    assert [f.status for f in findings] == ["met"]
    assert run.client.calls == []

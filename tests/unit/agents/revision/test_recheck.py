"""What was found met is read once more: what a judge says then, and what of it stands."""

from inkwright.agents.llm.schemas import Breach, Breaches, Seam, Seams, Verdict, Verdicts
from inkwright.agents.revision.recheck import find_missed_breaches
from inkwright.agents.revision.repetition_and_transitions import find_bad_transitions
from inkwright.memory.domain.draft import Finding, Review
from inkwright.memory.errors import ModelUnreachable
from tests.builders import build_draft, build_plan, build_run, everywhere

CALM = everywhere("c1", "The tone is calm")
MET = Review(findings=(Finding(constraint="c1", status="met", by="judge"),))
DRAFTS = {
    section: build_draft(f"It rained in {section}. Mara slept.", section, review=MET)
    for section in ("s1", "s2")
}


def breaches(*sections: str, quote: str = "Mara slept.") -> Breaches:
    return Breaches(breaches=[Breach(section=s, constraint="c1", quote=quote) for s in sections])


def vote(broken: bool) -> Verdicts:
    return Verdicts(verdicts=[Verdict(constraint="c1", broken=broken, quote="Mara slept.")])


async def reread(run, drafts=DRAFTS):
    found = await find_missed_breaches(run.session, build_plan(CALM, sections=2), drafts)
    return [(breach.section, breach.finding.evidence) for breach in found]


async def test_all_sections_are_read_in_one_call():
    run = build_run(breaches())
    assert await reread(run) == []
    assert "[c1] The tone is calm (in s1, s2)" in run.client.prompts[0]


async def test_a_breach_stands_when_a_second_vote_says_so():
    run = build_run(breaches("s2"), vote(True))
    assert await reread(run) == [("s2", "Mara slept.")]
    assert run.client.is_used_up


async def test_a_breach_that_a_second_vote_does_not_see_falls():
    run = build_run(breaches("s2"), vote(False))
    assert await reread(run) == []


async def test_a_breach_with_words_that_are_not_there_is_none():
    assert await reread(build_run(breaches("s1", quote="The sun shone."))) == []


async def test_a_judge_that_does_not_answer_finds_nothing_and_is_reported():
    run = build_run(ModelUnreachable("it is down"))
    assert await reread(run) == []
    assert run.problems == ["s1 to s2 were not read once more (it is down)"]


async def test_what_settling_broke_needs_no_second_reading():
    broken = Review(
        findings=(Finding(constraint="c1", status="broken", evidence="It rained", by="judge"),)
    )
    drafts = {"s1": build_draft("It rained.", review=broken, stage="settled")}
    assert await reread(build_run(), drafts) == [("s1", "It rained")]


async def test_a_bad_join_is_kept_where_its_words_begin_the_section():
    seams = Seams(
        seams=[
            Seam(section="s2", quote="It rained in s2.", fault="It begins as s1 did."),
            Seam(section="s2", quote="Not there.", fault="It is not there."),
        ]
    )
    run = build_run(seams)
    faults = await find_bad_transitions(run.session, build_plan(sections=2).outline, DRAFTS)
    assert [(f.section, f.quote) for f in faults] == [("s2", "It rained in s2.")]
    assert "[s1] ends: It rained in s1. Mara slept." in run.client.prompts[0]


async def test_how_a_persons_section_begins_is_theirs():
    run = build_run()
    drafts = {**DRAFTS, "s2": DRAFTS["s2"].model_copy(update={"author": "person"})}
    assert await find_bad_transitions(run.session, build_plan(sections=2).outline, drafts) == []

"""Whether a sentence that cites rests on its source: by rule, and by votes of a judge."""

from inkwright.agents.context import section_sources
from inkwright.agents.embedding.vector_search import VectorSearch
from inkwright.agents.llm.schemas import Choice, Choices, Support, Supports
from inkwright.agents.review import citation_check
from inkwright.memory.domain.source import Source
from inkwright.memory.errors import ModelUnreachable
from inkwright.memory.retrieval.source_index import SourceIndex
from inkwright.memory.store.sources import StoredSource
from tests.builders import build_run, everywhere

PASSAGE = "The lamp was first lit in 1890. The tower is built of granite from the north shore."
CITE = everywhere("cite", "What is taken from a source is cited", kind="citations")
CLAIM = "Its tower is built of granite [@smith]."


def start(*answers, **options):
    run = build_run(*answers, **options)
    source = Source(key="smith", title="Lamps", text=PASSAGE)
    run.session.prompts.sources = SourceIndex([StoredSource(number=1, source=source)])
    return run


async def check(run, text: str = CLAIM):
    findings, claims = await citation_check.check(run.session, run.plan, "s1", text, CITE, ())
    return [f.status for f in findings], [c.status for c in claims]


def verdict(supported: bool, quote: str = "The tower is built of granite") -> Supports:
    return Supports(verdicts=[Support(claim=1, supported=supported, quote=quote)])


async def test_a_claim_that_the_judge_finds_in_its_passage_is_supported():
    run = start(verdict(True))
    assert await check(run) == (["met"], ["supported"])
    assert "granite from the north shore" in run.client.prompts[0]


async def test_a_claim_is_unsupported_by_two_votes():
    run = start(verdict(False), verdict(False))
    assert await check(run) == (["broken"], ["unsupported"])
    assert [call.sample for call in run.client.calls] == [0, 2]


async def test_of_three_votes_the_last_decides():
    run = start(verdict(False), verdict(True), verdict(True))
    assert await check(run) == (["met"], ["supported"])
    assert run.client.is_used_up


async def test_support_without_words_of_the_passage_says_nothing():
    invented = verdict(True, "The tower is made of gold")
    run = start(invented, invented)
    assert await check(run) == (["not reviewed"], ["not reviewed"])


async def test_a_source_that_there_is_not_needs_no_judge():
    run = start()
    assert await check(run, "Its tower is built of granite [@jones].") == (
        ["broken"],
        ["unsupported"],
    )


async def test_an_unavailable_judge_leaves_a_claim_not_reviewed_and_is_reported():
    run = start(ModelUnreachable("it is down"))
    assert await check(run) == (["not reviewed"], ["not reviewed"])
    assert run.problems == ["s1: citations not reviewed (it is down)"]


async def test_a_passage_is_chosen_by_the_words_that_are_quoted_from_it():
    run = start(Choices(choices=[Choice(passage=1, quote="The tower is built of granite")]))
    section = run.plan.outline.section("s1").model_copy(
        update={"key_points": ("The granite tower", "The lamp")}
    )
    evidence = await section_sources.select_evidence(
        run.session, VectorSearch("work", None, None), section, 500
    )
    assert [e.key for e in evidence] == ["smith"]
    assert [call.purpose for call in run.client.calls] == ["choose"]

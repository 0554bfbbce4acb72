"""Whether a draft contradicts what changed: what judge and memory say, and who is asked again."""

from inkwright.agents.llm.schemas import Contradiction, Contradictions
from inkwright.agents.revision.settler import judge_changes
from inkwright.memory.changes.staleness import SOURCE_PREFIX, Change
from inkwright.memory.domain.entry import Span
from tests.builders import build_draft, build_entry, build_ledger, build_run

DRAFT = build_draft("Mara's eyes are green. She slept on.")
BLUE = build_entry("p.1", "blue", version=2)
GREEN_HERE = build_entry(
    "s1.1", "green", origin="section", span=Span(section="s1", draft=1, start=0, end=22)
)
NOTHING = Contradictions(contradictions=[])


def change(entry=BLUE) -> Change:
    return Change(entry.id, entry.line, "it changed", f"entry:{entry.id}:2", entry)


def contradiction(entry_id: str = "p.1") -> Contradictions:
    item = Contradiction(entry=entry_id, quote="Mara's eyes are green.")
    return Contradictions(contradictions=[item])


async def judge(run, *changes: Change, entries=()):
    return await judge_changes(run.session, build_ledger(entries), DRAFT, changes, 1)


async def test_what_memory_and_judge_both_say_is_asked_once():
    run = build_run(contradiction())
    findings = await judge(run, change(), entries=[BLUE, GREEN_HERE])
    assert [(f.constraint, f.evidence) for f in findings] == [("p.1", "Mara's eyes are green.")]
    assert [call.sample for call in run.client.calls] == [100]


async def test_what_neither_says_is_asked_once():
    quiet = build_entry("p.2", "tall", attribute="height")
    run = build_run(NOTHING)
    assert await judge(run, change(quiet), entries=[quiet]) == []
    assert run.client.is_used_up


async def test_what_only_the_judge_says_needs_a_second_answer():
    storm = build_entry("p.2", "It never rains.", attribute="", subject="The storm")
    for second, expected in ((contradiction("p.2"), ["p.2"]), (NOTHING, [])):
        run = build_run(contradiction("p.2"), second)
        findings = await judge(run, change(storm), entries=[storm])
        assert [f.constraint for f in findings] == expected
        assert run.client.is_used_up


async def test_what_only_memory_suspects_stands_when_any_answer_says_so():
    run = build_run(NOTHING, NOTHING, contradiction())
    findings = await judge(run, change(), entries=[BLUE, GREEN_HERE])
    assert [f.constraint for f in findings] == ["p.1"]
    assert [call.sample for call in run.client.calls] == [100, 110, 120]


async def test_a_sentence_that_cites_a_withdrawn_source_needs_no_judge():
    draft = build_draft("The tower is old [@smith]. She slept on.")
    gone = Change(f"{SOURCE_PREFIX}smith", "", "it was dropped", "source:smith:dropped")
    run = build_run()
    findings = await judge_changes(run.session, build_ledger(), draft, [gone], 1)
    assert [f.evidence for f in findings] == ["The tower is old [@smith]."]


async def test_many_changes_are_put_in_several_questions():
    entries = [build_entry(f"p.{n}", f"fact {n}", subject=f"Thing {n}") for n in range(1, 32)]
    run = build_run(NOTHING, NOTHING)
    await judge(run, *map(change, entries), entries=entries)
    assert [call.sample for call in run.client.calls] == [100, 101]

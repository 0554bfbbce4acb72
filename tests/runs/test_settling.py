"""Parallel drafting is speculation; settling finds what it missed or contradicts."""

import asyncio
from typing import Any

from inkwright.agents.llm.events import SectionSettled
from inkwright.agents.orchestration.run import RunInputs, settle
from inkwright.memory.changes import staleness
from inkwright.memory.domain.brief import Brief
from inkwright.memory.domain.draft import Draft
from inkwright.memory.store import drafts, ledger
from inkwright.memory.store.library import Library
from inkwright.memory.text.words import sentences
from tests.calling import calling
from tests.conftest import Events
from tests.runs import writing
from tests.simserver.config import Fact, Need
from tests.simserver.log import Call
from tests.simserver.process import SimServer
from tests.simserver.prompt import numbered
from tests.simserver.tokens import tokenize

CHAPTERS = 9
BRIEF = Brief(
    request="Write a report about the tides in a harbour.",
    continuity="chapter",
    outline=tuple(
        writing.chapter(
            f"Chapter {n}", writing.section(f"Pier {n}", subjects={5: ("Orla",)}.get(n, ("Mara",)))
        )
        for n in range(1, CHAPTERS + 1)
    ),
)
FACTS = (
    Fact(section="s1", subject="Mara", attribute="eye colour", value="green"),
    Fact(section="s2", subject="Orla", attribute="trade", value="rope making"),
)
CONTRADICTION = Need(section="s9", subject="Mara", attribute="eye colour", wrong="blue")
HOLD = {"fault": "hold", "match": {"role": "archivist", "section": "s1"}, "times": 1}
WRONG, RIGHT = "The eye colour of Mara is blue.", "The eye colour of Mara is green."


def written_at_once(sim: SimServer, library: Library, watch: Any, **trouble: Any) -> str:
    """Write the piece with every section begun before the first has landed."""
    usual = {"slots": 2 * CHAPTERS, "facts": FACTS, "needs": [CONTRADICTION], "faults": [HOLD]}
    sim.configure(**usual | trouble)
    work = writing.begin(library, BRIEF)
    how = calling(sim, concurrency=2 * CHAPTERS)
    with writing.writing(sim, library, work, how, watch=watch) as run:
        sim.wait_for(CHAPTERS, "arrived", role="writer")
        sim.wait_for(CHAPTERS, "started", role="archivist")
        sim.release()
        run.result()
    return work


def two_chapters(last: str) -> Brief:
    """Return a brief of Mara in both chapters, whose last section is about ``last``."""
    return Brief(
        request="Write a report about the tides in a harbour.",
        continuity="chapter",
        outline=(
            writing.chapter("One", writing.section("Pier 1", subjects=("Mara",))),
            writing.chapter(
                "Two",
                writing.section("Pier 2", subjects=("Mara",)),
                writing.section("Pier 3", subjects=(last,)),
            ),
        ),
    )


def versions(library: Library, work: str, sid: str) -> list[Draft]:
    return drafts.versions(library, work, sid)


def test_a_contradiction_of_what_was_written_at_the_same_time_is_patched_and_nothing_else(
    sim: SimServer, library: Library, events: Events
) -> None:
    work = written_at_once(sim, library, events)
    first, last = versions(library, work, "s9")
    assert WRONG in first.text
    assert last.text == first.text.replace(WRONG, RIGHT)
    assert last.stage == "settled"
    assert SectionSettled(work, "s9", patched=True) in events
    values = {
        e.statement for e in ledger.load_entries(library, work) if e.attribute == "eye colour"
    }
    assert values == {"green."}


def test_a_text_is_computed_once_for_all_who_read_it(sim: SimServer, library: Library) -> None:
    work = written_at_once(sim, library, lambda event: None)
    first, last = versions(library, work, "s9")
    begun = f"Section: s9\n<draft>\n{first.text}\n</draft>\n"
    asked = [c for c in sim.calls(section="s9") if c.messages[-1]["content"].startswith(begun)]
    assert [c.role for c in asked] == ["archivist", "reviewer", "editor"]
    for call in asked[1:]:
        shared = len(tokenize(call.messages[0]["content"])) + len(tokenize(begun))
        assert call.cached_tokens > shared - sim.config.block_tokens
    _, _, rest = asked[-1].messages[-1]["content"].partition("<sentences>")
    listed = numbered(rest.partition("</sentences>")[0])
    assert WRONG in listed.values()
    assert len(listed) < len(sentences(last.text))


def test_a_section_that_only_missed_a_harmless_fact_is_stamped_and_stays_as_it_is(
    sim: SimServer, library: Library, events: Events
) -> None:
    work = written_at_once(sim, library, events)
    assert SectionSettled(work, "s5", patched=False) in events
    judged = sim.calls(role="reviewer", schema_name="Contradictions", section="s5")
    assert len(judged) == 1
    assert "rope making" in judged[0].messages[-1]["content"]
    assert [d.version for d in versions(library, work, "s5")] == [1]
    assert staleness.find_reasons(library, work) == {}


def test_a_settled_work_is_not_settled_again(sim: SimServer, library: Library) -> None:
    work = written_at_once(sim, library, Events())
    piece = writing.manuscript(library, work)
    sim.reset_log()
    asyncio.run(
        settle(
            work,
            RunInputs(
                library=library, calling=calling(sim), limits=writing.UNLIMITED, watch=Events()
            ),
        )
    )
    assert sim.calls() == []
    assert writing.manuscript(library, work) == piece


def test_an_editor_that_changes_nothing_ends_settling_and_what_remains_is_reported(
    sim: SimServer, library: Library, events: Events
) -> None:
    work = written_at_once(sim, library, events, editor_ignores=1.0)
    judged = sim.calls(role="reviewer", schema_name="Contradictions", section="s9")
    assert 1 <= len(judged) <= 2
    assert [d.version for d in versions(library, work, "s9")] == [1]
    problems = writing.problems(library, work)
    assert "s9: contradicts memory, and the editor left it so" in problems
    assert any(line.startswith("s9 is stale: ") for line in problems)


def test_a_judge_that_passes_everything_leaves_the_text_alone(
    sim: SimServer, library: Library, events: Events
) -> None:
    work = written_at_once(sim, library, events, judge_miss=1.0, control_errors=0.0)
    assert SectionSettled(work, "s9", patched=False) in events
    assert [d.text.count(WRONG) for d in versions(library, work, "s9")] == [1]


def test_a_patch_that_changes_what_memory_says_settles_its_readers_in_the_second_pass(
    sim: SimServer, library: Library, events: Events
) -> None:
    """Section 2 of a chapter repeats what the first got wrong; both end up right."""
    sim.configure(
        facts=FACTS[:1],
        needs=[
            Need(section=sid, subject="Mara", attribute="eye colour", wrong="blue")
            for sid in ("s2", "s3")
        ],
    )
    work = writing.begin(library, two_chapters("Mara"))
    result = writing.write(library, work, calling(sim), watch=events)
    assert (result.status, result.problems) == ("complete", ())
    found = writing.texts(library, work)
    assert [RIGHT in found[sid] for sid in ("s1", "s2", "s3")] == [True] * 3
    assert WRONG not in writing.manuscript(library, work)
    assert staleness.find_reasons(library, work) == {}


def test_what_settling_changed_is_not_asked_of_a_section_that_says_nothing_of_it(
    sim: SimServer, library: Library, events: Events
) -> None:
    """Section 3 was shown what the second got wrong, and is about something else."""
    wrong = Need(section="s2", subject="Mara", attribute="eye colour", wrong="blue")
    sim.configure(facts=FACTS[:1], needs=[wrong])
    work = writing.begin(library, two_chapters("Orla"))
    result = writing.write(library, work, calling(sim), watch=events)
    assert (result.status, result.problems) == ("complete", ())
    assert [d.stage for d in versions(library, work, "s2")] == ["drafted", "settled"]
    shown = drafts.load_manifests(library, work)["s3"].shown
    kept = ledger.Ledger(library, work).refresh()
    seen = [
        v for s in shown if s.is_shown for v in kept.versions(s.entry) if v.version == s.version
    ]
    assert "blue." in {entry.statement for entry in seen}
    assert sim.calls(role="reviewer", schema_name="Contradictions", section="s3") == []
    assert staleness.find_reasons(library, work) == {}


def test_a_section_is_settled_to_its_end_while_its_text_is_in_the_cache(
    sim: SimServer, library: Library
) -> None:
    places = 3
    sim.configure(
        facts=FACTS, needs=[CONTRADICTION], judge_false=1.0, control_errors=0.15, editor_ignores=1.0
    )
    work = writing.begin(library, BRIEF)
    writing.write(library, work, calling(sim, concurrency=places))
    asked: dict[str, list[Call]] = {}
    for call in sim.calls(role="reviewer", schema_name="Contradictions"):
        asked.setdefault(call.section, []).append(call)
    spans = [(first.arrival, again.end) for first, again, *_ in asked.values()]
    assert len(spans) > places
    for begun, _ in spans:
        assert sum(start <= begun < end for start, end in spans if end) <= places


def test_of_sections_that_disagree_the_earliest_holds_and_the_others_follow_it_at_once(
    sim: SimServer, library: Library, events: Events
) -> None:
    needs = [
        Need(section=sid, subject="Mara", attribute="eye colour", wrong=value)
        for sid, value in (("s4", "blue"), ("s7", "amber"), ("s9", "grey"))
    ]
    work = written_at_once(sim, library, events, needs=needs)
    assert writing.manuscript(library, work).count(RIGHT) == 4
    for sid in ("s4", "s7", "s9"):
        assert [d.stage for d in versions(library, work, sid)] == ["drafted", "settled"]
        (judged,) = sim.calls(role="reviewer", schema_name="Contradictions", section=sid)
        changed = judged.messages[-1]["content"].partition("<changed>")[2].partition("<")[0]
        assert changed.count("eye colour") == 1


def test_a_fact_that_sections_agree_on_is_no_repetition(sim: SimServer, library: Library) -> None:
    brief = Brief(
        request="Write a report about the tides in a harbour.",
        continuity="strict",
        outline=tuple(writing.section(f"Pier {n}", subjects=("Mara",)) for n in (1, 2)),
    )
    stated = FACTS[0].model_copy(update={"value": "green with a wide rim of amber and of grey"})
    sim.configure(
        facts=[stated], needs=[Need(section="s2", subject="Mara", attribute="eye colour")]
    )
    work = writing.begin(library, brief)
    result = writing.write(library, work, calling(sim))
    assert (
        writing.manuscript(library, work).count(f"The eye colour of Mara is {stated.value}.") == 2
    )
    assert (result.status, result.problems) == ("complete", ())


def test_what_no_judge_could_be_had_for_is_settled_by_the_next_run(
    sim: SimServer, library: Library, events: Events
) -> None:
    down = {"fault": "400", "match": {"schema": "Contradictions"}}
    work = written_at_once(sim, library, events, faults=[HOLD, down])
    assert any("not settled" in line for line in writing.problems(library, work))
    assert WRONG in writing.manuscript(library, work)
    sim.configure(faults=[])
    result = writing.write(library, work, calling(sim), watch=events)
    assert (result.status, result.problems) == ("complete", ())
    assert WRONG not in writing.manuscript(library, work)


def test_settling_ends_after_two_passes_whatever_the_judge_says(
    sim: SimServer, library: Library, events: Events
) -> None:
    work = written_at_once(sim, library, events, judge_false=1.0, control_errors=0.15)
    for sid in writing.texts(library, work):
        judged = sim.calls(role="reviewer", schema_name="Contradictions", section=sid)
        assert len(judged) <= 2
        assert len(versions(library, work, sid)) <= 3

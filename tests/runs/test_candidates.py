"""Several drafts of one section to choose from: its text stays until one of them is taken."""

import asyncio

import pytest

from inkwright.agents.llm.events import ignore_event
from inkwright.agents.orchestration.run import RunInputs, choose, draft_candidates, settle
from inkwright.memory.changes import staleness
from inkwright.memory.domain.draft import Draft
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.errors import BadInput, ModelError
from inkwright.memory.store import drafts, journal, ledger, works
from inkwright.memory.store.library import Library
from inkwright.memory.user_work import autosave, user_drafts
from tests.calling import calling
from tests.runs import writing
from tests.runs.mara import GREEN, HAZEL, finished
from tests.simserver.config import FaultRule, Match
from tests.simserver.process import SimServer


@pytest.fixture
def work(sim: SimServer, library: Library) -> str:
    """A finished work whose third section repeats what the first established."""
    return finished(sim, library)


def means(sim: SimServer, library: Library) -> RunInputs:
    return RunInputs(
        library=library, calling=calling(sim), limits=writing.UNLIMITED, watch=ignore_event
    )


def offered(sim: SimServer, library: Library, work: str, note: str = "") -> list[Draft]:
    return asyncio.run(draft_candidates(work, means(sim, library), "s1", note=note))


def test_candidates_stand_in_the_history_and_the_text_stays(
    sim: SimServer, library: Library, work: str
) -> None:
    before = drafts.current(library, work)["s1"]
    known = ledger.load_entries(library, work)
    found = offered(sim, library, work, "Give her other eyes.")
    assert len({d.text for d in found}) == 3
    assert {d.stage for d in found} == {"candidate"}
    assert all(d.review is not None for d in found)
    asked = sim.calls(role="writer")
    assert all("Give her other eyes." in c.messages[-1]["content"] for c in asked)
    now = drafts.current(library, work)["s1"]
    assert (now.text, now.review, now.base) == (before.text, before.review, before.version)
    assert now.version == max(d.version for d in drafts.versions(library, work, "s1"))
    assert [e.line for e in ledger.load_entries(library, work)] == [e.line for e in known]
    assert staleness.find_reasons(library, work) == {}
    assert works.get(library, work).status == "complete"


def test_the_one_that_is_taken_is_the_text_and_its_readers_are_settled(
    sim: SimServer, library: Library, work: str
) -> None:
    found = offered(sim, library, work)
    before = writing.texts(library, work)
    taken = asyncio.run(choose(work, means(sim, library), "s1", found[1].version))
    assert (taken.text, taken.base, taken.author) == (found[1].text, found[1].version, "model")
    assert drafts.load_manifest(library, taken.manifest).sample == found[1].version
    assert [e.line for e in ledger.load_entries(library, work) if e.span and e.span.section == "s1"]
    assert set(staleness.find_reasons(library, work)) == {"s2", "s3"}, "both were shown her eyes"
    asyncio.run(settle(work, means(sim, library)))
    after = writing.texts(library, work)
    assert HAZEL in after["s1"]
    assert after["s2"] == before["s2"]
    assert after["s3"] == before["s3"].replace(GREEN, HAZEL)
    stages = [d.stage for d in drafts.versions(library, work, "s1")]
    assert stages.count("candidate") == 3


def test_what_was_answered_before_a_cut_is_not_asked_again(
    sim: SimServer, library: Library, work: str
) -> None:
    rest = Match(role="writer", nth=(2, 3))
    sim.configure(faults=[FaultRule(fault="hold", match=rest)])
    running = draft_candidates(work, means(sim, library), "s1")
    asyncio.run(writing.interrupted(sim, running, role="writer", count=3))
    stages = [d.stage for d in drafts.versions(library, work, "s1")]
    assert "candidate" not in stages, "all at once, or none"
    sim.configure(faults=[])
    sim.reset_log()
    assert len(offered(sim, library, work)) == 3
    answered = [c for c in journal.load_calls(library, work, "s1") if c.purpose == Purpose.WRITE]
    assert len(answered) == 4, "its own draft, and three"


def test_typing_goes_on_over_candidates_as_on_the_text_it_began_on(
    sim: SimServer, library: Library, work: str
) -> None:
    base = drafts.current(library, work)["s1"].version
    autosave.save_text(library, work, "s1", "Mara sleeps.", base_version=base, revision=0)
    offered(sim, library, work)
    found = autosave.load_text(library, work, "s1")
    assert (found.text, found.pending, found.is_overtaken) == ("Mara sleeps.", True, False)


def test_where_no_candidate_comes_nothing_is_stored(
    sim: SimServer, library: Library, work: str
) -> None:
    before = drafts.versions(library, work, "s1")
    sim.configure(faults=[FaultRule(fault="400", match=Match(role="writer"))])
    with pytest.raises(ModelError):
        offered(sim, library, work)
    assert drafts.versions(library, work, "s1") == before


@pytest.mark.parametrize(("section", "version"), [("s1", 1), ("s2", 4), ("s9", 1)])
def test_what_is_no_candidate_cannot_be_taken(
    sim: SimServer, library: Library, work: str, section: str, version: int
) -> None:
    with pytest.raises(BadInput, match="no candidate"):
        asyncio.run(choose(work, means(sim, library), section, version))


def test_words_of_a_persons_are_not_drafted_over(
    sim: SimServer, library: Library, work: str
) -> None:
    with works.hold_lease(library, work) as lease:
        user_drafts.save_text(library, lease, "s1", "Mine.")
    with pytest.raises(BadInput, match="yours"):
        offered(sim, library, work)
    assert sim.calls(role="writer") == []

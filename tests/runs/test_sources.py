"""A work written from sources: what it cites holds, or is mended, or is said not to hold."""

from typing import Any

from inkwright.memory import citations, drafts, plans, sources
from inkwright.memory.brief import Brief
from inkwright.memory.draft import Grounded
from inkwright.memory.library import Library
from inkwright.memory.shelf import Shelf
from inkwright.memory.source import Source
from tests.calling import calling
from tests.runs import writing
from tests.simserver.process import SimServer

TIDES = Source(
    title="Tides of Brest",
    authors=("Anna Le Goff",),
    date="2020",
    text="The tidal range at Brest is 7.2 metres at springs. The gauge was built in 1807 and has "
    "run for 200 years. Its readings are sent to Paris every 6 hours.\n\n"
    "A storm in 1987 raised the water by 2.1 metres above the tables.",
)
PORT = Source(
    title="The port in figures",
    authors=("Jean Kerr",),
    date="2022",
    text="The port handles 2.4 million tonnes of goods a year. It has 13 docks, and 3 of them are "
    "dry. Some 1,200 people work there on any day.",
)
FISH = Source(
    title="Fishing",
    text="The fleet landed 8,400 tonnes of sardines in 1950. Only 6 boats still fish for them.",
)


def brief(*given: Source, sections: int = 3, **more: Any) -> Brief:
    return Brief(
        request="Write a report about the tides and the port of Brest.",
        continuity="free",
        outline=writing.outline(*(f"Pier {n}" for n in range(1, sections + 1)), words=120),
        sources=given,
        **more,
    )


def grounds(library: Library, work: str) -> list[Grounded]:
    """Return what the newest drafts rest on, as reviewed."""
    current = drafts.current(library, work).values()
    return [g for draft in current if draft.review for g in draft.review.grounds]


def test_what_a_piece_cites_is_an_exact_span_of_a_source(sim: SimServer, library: Library) -> None:
    work = writing.begin(library, brief(TIDES, PORT, FISH))
    result = writing.write(library, work, calling(sim))

    assert result.status == "complete", result.problems
    found = grounds(library, work)
    shelf = Shelf(sources.kept(library, work))
    assert len(found) >= 3
    for ground in found:
        assert ground.status == "supported"
        quote = shelf.text(ground.spans[0])
        assert quote in ground.claim or citations.without(ground.claim) in quote


def test_citations_of_nothing_and_misquotations_are_mended(
    sim: SimServer, library: Library
) -> None:
    sim.configure(invents_sources=0.4, misquotes=0.4)
    work = writing.begin(library, brief(TIDES, PORT, FISH, sections=6))
    result = writing.write(library, work, calling(sim))

    first = [v[0] for s in range(1, 7) if (v := drafts.versions(library, work, f"s{s}"))]
    keys = {k for draft in first for k in citations.keys(draft.text)}
    assert any(k.startswith("invented") for k in keys)
    assert result.status == "complete", result.problems
    assert {g.status for g in grounds(library, work)} == {"supported"}


def test_a_judge_that_cannot_be_had_leaves_claims_not_reviewed(
    sim: SimServer, library: Library
) -> None:
    sim.configure(faults=[{"fault": "500", "match": {"schema": "Supports"}}])
    work = writing.begin(library, brief(TIDES))
    result = writing.write(library, work, calling(sim, tries=1))
    assert result.status == "flagged"
    assert {g.status for g in grounds(library, work)} == {"not reviewed"}


def test_the_plan_says_which_sources_carry_which_sections(sim: SimServer, library: Library) -> None:
    work = writing.begin(library, brief(TIDES, PORT, FISH))
    writing.write(library, work, calling(sim), until="planned")
    plan = plans.current(library, work)
    assert plan is not None
    placed = {c.source for s in plan.outline.sections for c in s.cites}
    assert placed == {"goff2020", "kerr2022", "fishing"}


def test_a_work_without_sources_makes_no_call_for_them(sim: SimServer, library: Library) -> None:
    work = writing.begin(library, brief())
    writing.write(library, work, calling(sim))
    asked = {c.schema_name for c in sim.calls(kind="chat")}
    assert not asked & {"CitationPlan", "Choices", "Supports"}
    assert not any("<sources>" in writing.said(c.messages) for c in sim.calls(kind="chat"))

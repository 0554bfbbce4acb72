"""What a person wrote or locked survives whatever settling and redrafting do around it."""

import asyncio
import random

import pytest

from inkwright.agents.orchestration.run import RunInputs, redraft, settle
from inkwright.memory.changes import contradictions, entry_edits, staleness
from inkwright.memory.changes.edit_impact import preview
from inkwright.memory.domain.brief import Brief, Remembered
from inkwright.memory.domain.protected_spans import find_new_ranges
from inkwright.memory.errors import BadInput
from inkwright.memory.store import drafts, ledger, works
from inkwright.memory.store.ledger import Ledger
from inkwright.memory.store.library import Library
from inkwright.memory.text.words import sentences
from inkwright.memory.user_work import imported_drafts, locks, user_drafts
from tests.calling import calling
from tests.conftest import Events
from tests.runs import writing
from tests.simserver.config import Fact, Need
from tests.simserver.process import SimServer

SECTIONS = ("s1", "s2", "s3", "s4", "s5")
COLOURS = ("green", "blue", "amber", "grey", "black")
ROUNDS = 50
BRIEF = Brief(
    request="Write a report about the tides in a harbour.",
    continuity="chapter",
    outline=(
        writing.chapter("One", *writing.outline("Quay", "Light", subjects=("Mara",))),
        writing.chapter("Two", *writing.outline("Bar", "Buoy", "Bell", subjects=("Mara", "Orla"))),
    ),
)
FACTS = [
    Fact(section="s1", subject="Mara", attribute="eye colour", value="green"),
    Fact(section="s3", subject="Orla", attribute="trade", value="rope making"),
]
NEEDS = [
    Need(section="s2", subject="Mara", attribute="eye colour"),
    Need(section="s4", subject="Mara", attribute="eye colour"),
    Need(section="s5", subject="Orla", attribute="trade"),
]


def settled(library: Library, work: str, sim: SimServer, only: object = None) -> None:
    asyncio.run(
        settle(
            work,
            RunInputs(
                library=library, calling=calling(sim), limits=writing.UNLIMITED, watch=Events()
            ),
            only=only,
        )
    )


def redrafted(library: Library, work: str, sim: SimServer, *sections: str) -> None:
    asyncio.run(
        redraft(
            work,
            RunInputs(
                library=library, calling=calling(sim), limits=writing.UNLIMITED, watch=Events()
            ),
            sections,
        )
    )


@pytest.fixture
def work(sim: SimServer, library: Library) -> str:
    sim.configure(facts=FACTS, needs=NEEDS)
    work = writing.begin(library, BRIEF)
    writing.write(library, work, calling(sim))
    return work


def said(library: Library, work: str, subject: str, attribute: str) -> str:
    found = [
        e.id
        for e in ledger.load_entries(library, work)
        if (e.subject, e.attribute) == (subject, attribute)
    ]
    return found[0]


@pytest.mark.slow
def test_a_person_s_words_survive_fifty_random_settles_and_redrafts(
    sim: SimServer, library: Library, work: str
) -> None:
    dice = random.Random(7)
    theirs: dict[str, list[str]] = {sid: [] for sid in SECTIONS}
    refused = changed = 0
    for turn in range(ROUNDS):
        text, sid = writing.texts(library, work), dice.choice(SECTIONS)
        match dice.choice(["write", "lock", "edit", "edit", "redraft", "add"]):
            case "write" if sum(map(bool, theirs.values())) < 4 or theirs[sid]:
                with works.hold_lease(library, work) as lease:
                    line = f"In {1800 + turn} the eye colour of Mara is {dice.choice(COLOURS)}."
                    imported_drafts.store_texts(library, lease, {sid: f"{text[sid]} {line}"})
                theirs[sid].append(line)
            case "lock" if sum(map(bool, theirs.values())) < 4:
                line = dice.choice(sentences(text[sid])).text
                if text[sid].count(line) == 1:
                    with works.hold_lease(library, work) as lease:
                        locks.lock_words(library, lease, sid, line)
                    theirs[sid].append(line)
            case "redraft":
                try:
                    redrafted(library, work, sim, sid)
                except BadInput:
                    refused += 1
                    assert theirs[sid]
            case "add":
                given = Remembered(subject="Orla", attribute=f"age in {turn}", statement=f"{turn}.")
                entry_edits.apply(library, work, entry_edits.build_addition([given]))
            case _:
                entry = said(library, work, "Mara", "eye colour")
                entry_edits.apply(
                    library,
                    work,
                    entry_edits.build_change(entry, statement=f"{dice.choice(COLOURS)}."),
                )
        before = writing.texts(library, work)
        settled(library, work, sim)
        after = drafts.current(library, work)
        changed += sum(after[s].text != before[s] for s in SECTIONS)
        for sid, lines in theirs.items():
            draft = after[sid]
            held = "\n".join(draft.text[h.start : h.end] for h in draft.held)
            assert all(line in held for line in lines), (turn, sid)
    assert refused
    assert changed > 5


def test_an_edit_of_memory_leaves_no_contradiction_and_touches_nothing_else(
    sim: SimServer, library: Library, work: str
) -> None:
    before = writing.texts(library, work)
    edit = entry_edits.build_change(said(library, work, "Mara", "eye colour"), statement="black.")
    seen = preview(library, work, edit)
    entry_edits.apply(library, work, edit)
    settled(library, work, sim)
    old, new = "eye colour of Mara is green", "eye colour of Mara is black"
    after = writing.texts(library, work)
    assert after == {sid: text.replace(old, new) for sid, text in before.items()}
    assert sum(old in text for text in before.values()) == 3
    assert {sid for sid in after if after[sid] != before[sid]} <= seen.sections
    assert staleness.find_reasons(library, work) == {}


def test_sections_outside_the_preview_keep_every_version_they_had(
    sim: SimServer, library: Library, work: str
) -> None:
    edit = entry_edits.build_change(said(library, work, "Orla", "trade"), statement="fishing.")
    seen = preview(library, work, edit)
    assert seen.sections == {"s3", "s4", "s5"}
    versions = {sid: len(drafts.versions(library, work, sid)) for sid in SECTIONS}
    entry_edits.apply(library, work, edit)
    settled(library, work, sim)
    for sid in set(SECTIONS) - seen.sections:
        assert len(drafts.versions(library, work, sid)) == versions[sid]
    assert "rope making" not in writing.manuscript(library, work)


def test_a_person_s_sentence_that_contradicts_is_listed_and_a_dismissed_one_stays_away(
    sim: SimServer, library: Library, work: str
) -> None:
    mine = "The eye colour of Mara is amber."
    text = writing.texts(library, work)["s2"]
    with works.hold_lease(library, work) as lease:
        imported_drafts.store_texts(library, lease, {"s2": f"{text} {mine}"})
    entry_edits.apply(
        library,
        work,
        entry_edits.build_change(said(library, work, "Mara", "eye colour"), statement="green."),
    )
    settled(library, work, sim)
    found = contradictions.load_findings(library, work)
    assert {(f.section, f.evidence) for f in found} == {("s2", mine)}
    assert writing.texts(library, work)["s2"].endswith(mine)
    for told in found:
        contradictions.dismiss(library, work, told.number)
    text = writing.texts(library, work)["s2"]
    with works.hold_lease(library, work) as lease:
        imported_drafts.store_texts(library, lease, {"s2": f"A new beginning. {text}"})
    settled(library, work, sim)
    assert contradictions.load_findings(library, work) == []
    assert mine in writing.texts(library, work)["s2"]


def test_a_finding_goes_with_the_words_or_the_entry_that_it_is_about(
    sim: SimServer, library: Library, work: str
) -> None:
    mine = "The eye colour of Mara is amber."
    with works.hold_lease(library, work) as lease:
        text = writing.texts(library, work)["s4"]
        keep = find_new_ranges(text, f"{text} {mine}")
        user_drafts.save_text(library, lease, "s4", f"{text} {mine}", protected_ranges=keep)
    settled(library, work, sim)
    assert len(contradictions.load_findings(library, work)) == 1
    entry = said(library, work, "Mara", "eye colour")
    entry_edits.apply(library, work, entry_edits.build_change(entry, statement="amber."))
    assert contradictions.load_findings(library, work) == []
    settled(library, work, sim)
    assert contradictions.load_findings(library, work) == []
    assert "amber" in writing.texts(library, work)["s1"]


def test_a_redraft_retracts_what_only_the_old_text_established(
    sim: SimServer, library: Library, work: str
) -> None:
    entry = said(library, work, "Orla", "trade")
    sim.configure(facts=FACTS[:1], needs=())
    redrafted(library, work, sim, "s3")
    history = Ledger(library, work).refresh().versions(entry)
    assert history[-1].status == "retracted"
    assert entry not in {e.id for e in ledger.load_entries(library, work)}


def test_a_redraft_that_says_the_same_makes_no_new_version_and_nobody_stale(
    sim: SimServer, library: Library, work: str
) -> None:
    entry = said(library, work, "Mara", "eye colour")
    sim.reset_log()
    redrafted(library, work, sim, "s1")
    assert [e.version for e in Ledger(library, work).refresh().versions(entry)] == [1]
    assert sim.calls(role="reviewer", schema_name="Contradictions") == []

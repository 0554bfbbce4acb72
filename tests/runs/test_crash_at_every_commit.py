"""A crash before any commit of a small work, and what a second run makes of what is there."""

from dataclasses import replace
from pathlib import Path

import pytest

from inkwright.memory.domain.brief import Brief, Constraint, Placement
from inkwright.memory.ids import WorkId
from inkwright.memory.store import journal, works
from inkwright.memory.store.library import Library
from tests.calling import calling
from tests.runs import child, writing
from tests.runs.outcome import Outcome, outcome
from tests.simserver.config import Fact, JudgeFail, Need
from tests.simserver.log import Call
from tests.simserver.process import SimServer

BRIEF = Brief(
    request="Write a report about the tides in a harbour.",
    continuity="chapter",
    outline=(
        writing.section("The Quay", subjects=("Mara",)),
        writing.section("The Light", subjects=("Mara",)),
    ),
    constraints=(
        Constraint(text="The tone must be brisk", where=Placement(scope="all")),
        Constraint(text="It says 'slack water'", kind="must_contain", phrases=("slack water",)),
    ),
)


FORM = "\n\nAnswer with one JSON object"
"""How the form of an answer begins that a prompt shows where a model passed over the schema."""


def asked_in(call: Call) -> tuple[str, int | None]:
    """Return what a call asks, and its seed, as the journal has it: without the form, which is put
    to it when it is sent.
    """
    return writing.said(call.messages).partition(FORM)[0], call.seed


def journaled(library: Library, work: WorkId) -> set[tuple[str, int | None]]:
    """Return the same of every call in the journal.

    A question that was refused twice is asked again in the same words, with another seed.
    """
    seed = works.get(library, work).brief.seed * 1009
    return {
        (
            writing.said(m.model_dump() for m in call.messages),
            seed + call.sample * 101 + call.refused,
        )
        for call in journal.load_calls(library, work)
    }


def text_of(library: Library, work: str) -> Outcome:
    """Return the outcome less the problems: each run tells those that it met itself."""
    return replace(outcome(library, work), problems=frozenset())


SHARES = 3
"""The commits are dealt out to so many tests, which run side by side."""


@pytest.mark.parametrize("share", range(SHARES))
def test_a_work_resumed_from_before_any_of_its_commits_ends_the_same(
    sim: SimServer, library: Library, tmp_path: Path, share: int
) -> None:
    sim.configure(
        facts=[Fact(section="s1", subject="Mara", attribute="eye colour", value="green")],
        needs=[Need(section="s2", subject="Mara", attribute="eye colour", wrong="blue")],
        judge_fails=[JudgeFail(constraint="brisk", section="s2")],
        length_factor=0.7,
        faults=[{"fault": "no_json", "match": {"schema": "Verdicts", "probability": 0.5}}],
    )
    work = writing.begin(library, BRIEF)
    how = calling(sim, concurrency=4)
    copies = tmp_path / "copies"
    with child.writing(library.home, work, how, copies=copies) as process:
        process.join()
    expected, expected_calls = text_of(library, work), journaled(library, WorkId(work))
    stages = {stage for drafts in expected.versions.values() for _, stage, _ in drafts}
    assert stages == {"drafted", "reviewed", "settled"}

    moments = sorted(copies.iterdir(), key=lambda folder: int(folder.name))
    assert len(moments) > 20
    for folder in moments[share::SHARES]:
        moment = f"after a crash at commit {folder.name}"
        left = Library.open(folder)
        known_calls = journaled(left, WorkId(work))
        sim.reset_log()
        writing.write(left, work, how)
        assert text_of(left, work) == expected, moment
        asked = {asked_in(call) for call in sim.calls(kind="chat")}
        assert asked == expected_calls - known_calls, moment
        left.close()

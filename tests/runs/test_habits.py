"""Whole runs against models of odd habits: what they wrote stays, and what is no text goes."""

import asyncio
import re

import pytest

from inkwright.agents.llm.config import Limits
from inkwright.agents.llm.events import TextGrew
from inkwright.agents.orchestration.run import RunInputs, RunResult, run
from inkwright.app.reports.memory_json import format_memory_file
from inkwright.memory.domain.brief import Brief
from inkwright.memory.store import journal
from inkwright.memory.store.library import Library
from tests.calling import calling
from tests.conftest import Events
from tests.runs import writing
from tests.simserver.process import SimServer

pytestmark = [  # LiteLLM's own, when it streams
    pytest.mark.filterwarnings("ignore:Item '.*' on TypedDict class:UserWarning"),
    pytest.mark.filterwarnings("ignore:Accessing the 'model_:DeprecationWarning"),
]

TITLES = ("The Quay", "The Light", "The Bar")
BRIEF = Brief(
    request="Write a report about the tides in a harbour.",
    continuity="strict",
    outline=writing.outline(*TITLES, words=120, subjects=("Mara",)),
)
LINES = {
    "scenes": ["* * *"],
    "signed": ["Dear Anna,", "Yours ever,", "Nell"],
    "codey": ["```python", "x = 1", "```", "| a | b |", "|---|---|"],
    "poem": ["O the sea, the sea,"],
    "closing": ["Feel free to contact the harbour office with any questions about {}."],
    "hashtag": ["#{} was painted on the wall."],
    "canthelp": [],
}
EDITED = ("closing", "canthelp")
"""Whole sentences alike in every section: an editor would be asked to word them otherwise."""
NO_TEXT = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]|\\[31m")


def run_with(
    sim: SimServer, library: Library, habit: str, events: Events, *, streamed: bool
) -> tuple[str, RunResult]:
    """Write the brief with a model of this habit; return the work and how it went."""
    ignores = float(habit in EDITED)
    sim.configure(habit=habit, editor_ignores=ignores, archivist_events=1, tokens_per_chunk=1)
    work = writing.begin(library, BRIEF)
    how = calling(sim)
    going = run(
        work,
        RunInputs(library=library, calling=how, limits=Limits(), watch=events, watch_text=streamed),
    )
    went = asyncio.run(going)
    assert [p for p in went.problems if "missing" in p or "used" in p] == []
    assert bool(events.of(TextGrew)) == streamed
    return work, went


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("habit", LINES)
def test_every_section_keeps_the_lines_that_others_have_too(
    sim: SimServer, library: Library, events: Events, habit: str, streamed: bool
) -> None:
    work, _ = run_with(sim, library, habit, events, streamed=streamed)
    texts = writing.texts(library, work)
    assert list(texts) == ["s1", "s2", "s3"]
    for title, text in zip(TITLES, texts.values(), strict=True):
        lines = text.splitlines()
        for line in LINES[habit]:
            assert line.format(title.replace(" ", "")) in lines
        if habit == "canthelp":
            assert text.startswith(f"I cannot help thinking of {title.replace(' ', '')} tonight.")


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    ("habit", "becomes"), [("nul", ""), ("surrogate", "\ufffd"), ("pair", "\U0001f600")]
)
def test_what_is_no_text_is_nowhere_in_what_is_kept(
    sim: SimServer, library: Library, events: Events, habit: str, becomes: str, streamed: bool
) -> None:
    work, went = run_with(sim, library, habit, events, streamed=streamed)
    assert went.status in ("complete", "flagged")
    texts = writing.texts(library, work)
    prose = [c.answer for c in journal.load_calls(library, work) if c.role == "writer"]
    grown = [event.text for event in events.of(TextGrew)]
    kept = [
        writing.manuscript(library, work),
        format_memory_file(library, work, "The tides"),
        writing.plan(library, work).model_dump_json(),
        *went.problems,
        *prose,
    ]
    assert not [text for text in kept if NO_TEXT.search(text)]
    assert all(becomes in text for text in texts.values())
    assert "".join(grown).count(becomes) >= 3 * streamed
    assert not NO_TEXT.search("".join(grown))

"""A manuscript from outside is read into memory, and writing goes on from it."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from inkwright.agents.orchestration.run import RunInputs, remember, settle
from inkwright.app.manuscripts.import_file import ImportOptions, import_manuscript
from inkwright.app.manuscripts.sync import sync_manuscript
from inkwright.memory.changes import staleness
from inkwright.memory.domain.brief import Brief
from inkwright.memory.errors import BadInput
from inkwright.memory.store import drafts, ledger, works
from inkwright.memory.store.library import Library
from inkwright.memory.user_work import imported_drafts
from tests.calling import calling
from tests.conftest import Events
from tests.runs import writing
from tests.simserver.process import SimServer

GREEN = "The eye colour of Mara is green."
BOOK = f"""\
# The Quay

## One

Mara came to the harbour. {GREEN} She waited.

## Two

Mara saw the light. The trade of Orla is rope making.

## Three

## Four

Orla and Mara went home.
"""


def imported(library: Library, folder: Path, text: str = BOOK) -> str:
    file = folder / "book.md"
    file.write_text(text)
    return import_manuscript(library, file, ImportOptions()).work


def done(act: Any, library: Library, work: str, sim: SimServer, *more: Any) -> Any:
    inputs = RunInputs(
        library=library, calling=calling(sim), limits=writing.UNLIMITED, watch=Events()
    )
    return asyncio.run(act(work, inputs, *more))


def values(library: Library, work: str) -> dict[str, str]:
    return {e.attribute: e.statement for e in ledger.load_entries(library, work) if e.attribute}


def test_entries_are_taken_from_each_section_with_their_exact_words(
    sim: SimServer, library: Library, tmp_path: Path
) -> None:
    work = imported(library, tmp_path)
    done(remember, library, work, sim)
    texts = writing.texts(library, work)
    found = {e.attribute: e for e in ledger.load_entries(library, work)}
    assert values(library, work) == {"eye colour": "green.", "trade": "rope making."}
    for entry in found.values():
        assert entry.span is not None
        assert entry.statement in texts[entry.span.section][entry.span.start : entry.span.end]
    assert all(d.summary for d in drafts.current(library, work).values())
    assert imported_drafts.load_unread_sections(library, work) == {}
    assert staleness.find_reasons(library, work) == {}


def test_resuming_writes_what_is_missing_and_shows_it_what_was_imported(
    sim: SimServer, library: Library, tmp_path: Path
) -> None:
    work = imported(library, tmp_path)
    before = writing.texts(library, work)
    result = writing.write(library, work, calling(sim))
    assert result.status in ("complete", "flagged")
    assert {c.section for c in sim.calls(role="writer")} == {"s3"}
    told = writing.said(sim.calls(role="writer")[0].messages)
    assert "Mara | eye colour: green." in told
    assert "Mara saw the light." in told
    after = writing.texts(library, work)
    assert {sid: after[sid] for sid in before} == before
    piece = writing.manuscript(library, work)
    assert piece == BOOK.replace("## Three\n\n", f"## Three\n\n{after['s3']}\n\n")


def test_what_was_read_once_is_not_read_again(
    sim: SimServer, library: Library, tmp_path: Path
) -> None:
    work = imported(library, tmp_path)
    done(remember, library, work, sim)
    sim.reset_log()
    done(remember, library, work, sim)
    assert sim.calls(kind="chat") == []


def test_what_could_not_be_read_waits_and_is_reported(
    sim: SimServer, library: Library, tmp_path: Path
) -> None:
    sim.configure(faults=[{"fault": "400", "match": {"role": "archivist", "section": "s1"}}])
    work = imported(library, tmp_path)
    result = done(remember, library, work, sim)
    assert any(line.startswith("s1: ") for line in result.problems)
    assert imported_drafts.load_unread_sections(library, work) == {"s1": 0}
    assert values(library, work) == {"trade": "rope making."}
    sim.configure(faults=[])
    done(remember, library, work, sim)
    assert values(library, work) == {"trade": "rope making.", "eye colour": "green."}


def test_a_long_section_is_read_to_its_end(
    sim: SimServer, library: Library, tmp_path: Path
) -> None:
    filler = "The sea was calm and the gulls were loud above the wall. " * 500
    work = imported(library, tmp_path, f"# One\n\n{filler}\n\n{filler}{GREEN}\n")
    done(remember, library, work, sim)
    (entry,) = [e for e in ledger.load_entries(library, work) if e.attribute == "eye colour"]
    assert entry.span is not None
    text = writing.texts(library, work)["s1"]
    assert text[entry.span.start : entry.span.end] == GREEN
    assert len(sim.calls(role="archivist")) > 5


def test_a_later_value_in_the_persons_text_supersedes_the_earlier(
    sim: SimServer, library: Library, tmp_path: Path
) -> None:
    grey = "The eye colour of Mara is grey."
    work = imported(library, tmp_path, BOOK.replace("went home.", f"went home. {grey}"))
    done(remember, library, work, sim)
    assert values(library, work)["eye colour"] == "grey."
    result = writing.write(library, work, calling(sim))
    assert not any("two values" in line for line in result.problems)
    assert "Mara | eye colour: green." in writing.said(sim.calls(role="writer")[0].messages)


def test_a_synced_edit_changes_memory_and_makes_its_readers_stale(
    sim: SimServer, library: Library, tmp_path: Path
) -> None:
    work = imported(library, tmp_path)
    writing.write(library, work, calling(sim))
    piece = writing.manuscript(library, work)
    versions = [
        {"id": sid, "version": d.version} for sid, d in drafts.current(library, work).items()
    ]
    (tmp_path / "report.json").write_text(json.dumps({"work": work, "sections": versions}))
    (tmp_path / "manuscript.md").write_text(piece.replace(GREEN, GREEN.replace("green", "grey")))
    assert sync_manuscript(library, tmp_path).changed == ("s1",)
    done(remember, library, work, sim)
    assert values(library, work)["eye colour"] == "grey."
    assert {"s2", "s4"} <= set(staleness.find_reasons(library, work))
    before = writing.texts(library, work)
    done(settle, library, work, sim)
    after = writing.texts(library, work)
    assert {s: after[s] for s in ("s1", "s2", "s4")} == {s: before[s] for s in ("s1", "s2", "s4")}


def test_a_work_that_is_not_written_cannot_be_remembered(sim: SimServer, library: Library) -> None:
    work = writing.begin(library, Brief(request="Tides."))
    with pytest.raises(BadInput, match="not planned yet"):
        done(remember, library, work, sim)


def test_settling_reads_first_what_waits(sim: SimServer, library: Library, tmp_path: Path) -> None:
    work = imported(library, tmp_path, BOOK.replace("## Three\n\n", ""))
    done(settle, library, work, sim)
    assert imported_drafts.load_unread_sections(library, work) == {}
    assert works.get(library, work).status in ("complete", "flagged")

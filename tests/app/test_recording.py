"""A run is on record while it goes on, whoever started it, and does what is asked of it there."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from inkwright.app import background, endpoints, engine, recording, watching
from inkwright.app.job import Job
from inkwright.app.settings import Settings
from inkwright.memory import live, works
from inkwright.memory.brief import Brief
from inkwright.memory.errors import BadInput, ModelUnreachable, Stopped, WorkBusy
from inkwright.memory.library import Library
from tests.conftest import Events
from tests.memory.shelf import begun
from tests.runs import writing
from tests.simserver.process import SimServer

BRIEF = Brief(
    request="Write a report about tides.",
    continuity="strict",
    outline=writing.outline("Ebb", "Flood", "Slack"),
)


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "EVERY_S", 0.05)


def going(model: SimServer, work: str, thread: ThreadPoolExecutor, events: Events):
    """Start a run whose second section waits, and return it when it does."""
    model.configure(
        faults=[{"fault": "hold", "match": {"role": "writer", "section": "s2"}, "times": 1}]
    )
    job = Job(Settings.load(), watch=events)
    run = thread.submit(lambda: asyncio.run(engine.write(work, job)))
    try:
        model.wait_for(2, "started", role="writer")
    except BaseException:
        model.release()
        raise
    return run


def said(work: str) -> live.Telling:
    with engine.opened(Settings.load()) as library:
        found = live.of(library, work)
    assert found is not None
    return found


def beaten(work: str, *, times: int) -> None:
    """Return when the run has been on record so often again; it reads there what is asked."""
    for _ in range(times):
        last, end = said(work).updated_at, time.monotonic() + 60
        while said(work).updated_at == last:
            assert time.monotonic() < end, "the run tells nothing any more"


def test_a_run_tells_its_phase_its_sections_and_its_end(
    model: SimServer, library: Library, events: Events
) -> None:
    work = writing.begin(library, BRIEF)
    with ThreadPoolExecutor(1) as thread:
        run = going(model, work, thread, events)
        try:
            seen = watching.watch(work, Settings.load())
            assert (seen.going, seen.under_way) == ("running", True)
            assert seen.rows[0].stage == "accepted"
        finally:
            model.release()
        run.result()
    told = said(work)
    assert told.ended in ("complete", "flagged")
    assert told.told["calls"] > 0
    seen = watching.watch(work, Settings.load())
    assert (seen.going, seen.done, seen.tokens > 0) == ("idle", 3, True)


def test_a_stopped_run_ends_at_once_and_resuming_goes_on(
    model: SimServer, library: Library, events: Events
) -> None:
    work = writing.begin(library, BRIEF)
    with ThreadPoolExecutor(1) as thread:
        run = going(model, work, thread, events)
        try:
            watching.ask(work, "stop", Settings.load())
            with pytest.raises(Stopped):
                run.result()
        finally:
            model.release()
    assert said(work).ended == "stopped"
    assert works.holder(library, work) is None
    piece = asyncio.run(engine.write(work, Job(Settings.load())))
    assert piece.status in ("complete", "flagged")


def test_a_paused_run_keeps_the_answer_under_way_and_asks_no_more(
    model: SimServer, library: Library, events: Events
) -> None:
    work = writing.begin(library, BRIEF)
    with ThreadPoolExecutor(1) as thread:
        run = going(model, work, thread, events)
        try:
            watching.ask(work, "pause", Settings.load())
            beaten(work, times=2)
        finally:
            model.release()
        piece = run.result()
    assert piece.status == "partial"
    assert any("paused" in p for p in piece.report["problems"])
    assert model.calls(role="writer", section="s3") == []
    assert model.calls(role="writer", section="s2", status=200)
    again = asyncio.run(engine.write(work, Job(Settings.load())))
    assert again.status in ("complete", "flagged")
    assert len(model.calls(role="writer", section="s2", status=200)) == 1, "it was kept"


def test_why_a_run_could_not_go_on_is_told(model: SimServer, library: Library, monkeypatch):
    work = writing.begin(library, BRIEF)
    monkeypatch.setenv("INKWRIGHT_API_BASE", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("INKWRIGHT_TRIES", "1")
    with pytest.raises(ModelUnreachable):
        asyncio.run(engine.write(work, Job(Settings.load())))
    ended = said(work).ended
    assert ended is not None
    assert "127.0.0.1:9" in ended


def test_a_second_run_does_not_speak_for_the_first(
    model: SimServer, library: Library, events: Events
) -> None:
    work = writing.begin(library, BRIEF)
    with ThreadPoolExecutor(1) as thread:
        run = going(model, work, thread, events)
        try:
            with pytest.raises(WorkBusy):
                asyncio.run(engine.write(work, Job(Settings.load())))
            with pytest.raises(WorkBusy):
                background.start(work, "write", Settings.load())
            assert said(work).ended is None
        finally:
            model.release()
        run.result()


def test_a_run_of_its_own_has_the_settings_it_was_started_with(
    model: SimServer, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also those that it would not come to by itself: an argument's, an approved file's."""
    work, settings = writing.begin(library, BRIEF), Settings.load()
    for name in ("API_BASE", "MODEL", "EMBEDDER_MODEL", "HOME"):
        monkeypatch.delenv(f"INKWRIGHT_{name}")
    background.start(work, "write", settings)
    end = time.monotonic() + 60
    while (telling := live.of(library, work)) is None or telling.ended is None:
        assert time.monotonic() < end, "the run does not end"
        time.sleep(0.05)
    assert telling.ended == "complete"


def test_nothing_is_started_without_a_model(library: Library) -> None:
    work = begun(library)
    with pytest.raises(BadInput, match="no model is set"):
        background.start(work, "write", Settings.load())
    assert live.of(library, work) is None


def test_the_endpoint_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    assert endpoints.said(Settings.load()) == "no model set"
    named = Settings.load(model="qwen", api_base="http://me:secret@127.0.0.1:8000/v1")
    assert endpoints.said(named) == "qwen at 127.0.0.1:8000"
    assert endpoints.said(Settings.load(model="embedded")) == "the small model on this machine"


def test_every_place_that_text_goes_to_is_named() -> None:
    here = {"model": "qwen", "api_base": "http://127.0.0.1:8000/v1", "planner_model": "big"}
    assert endpoints.said(Settings.load(**here)) == "qwen at 127.0.0.1:8000"
    two = Settings.load(**here, planner_api_base="https://models.example/v1")
    assert endpoints.said(two) == "qwen at 127.0.0.1:8000, and models.example"

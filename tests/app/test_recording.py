"""A run is on record while it goes on, whoever started it, and does what is asked of it there."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from inkwright.agents.llm.events import Event, Phase, PhaseBegan
from inkwright.app.config import endpoints
from inkwright.app.config.settings import Settings
from inkwright.app.services import background, engine, run_monitor, run_recorder
from inkwright.app.services.run_options import RunOptions
from inkwright.memory.domain.brief import Brief
from inkwright.memory.errors import BadInput, InkwrightError, ModelUnreachable, Stopped, WorkBusy
from inkwright.memory.store import run_status, works
from inkwright.memory.store.library import Library
from inkwright.memory.store.run_status import StopRequest
from tests.builders import begun
from tests.conftest import Events
from tests.runs import writing
from tests.simserver.process import SimServer

BRIEF = Brief(
    request="Write a report about tides.",
    continuity="strict",
    outline=writing.outline("Ebb", "Flood", "Slack"),
)


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_recorder, "RECORD_EVERY_S", 0.05)


def going(model: SimServer, work: str, thread: ThreadPoolExecutor, events: Events):
    """Start a run whose second section waits, and return it when it does."""
    model.configure(
        faults=[{"fault": "hold", "match": {"role": "writer", "section": "s2"}, "times": 1}]
    )
    job = RunOptions(Settings.load(), watch=events)
    run = thread.submit(lambda: asyncio.run(engine.write(work, job)))
    try:
        model.wait_for(2, "started", role="writer")
    except BaseException:
        model.release()
        raise
    return run


def said(work: str) -> run_status.RunStatus:
    with engine.open_library(Settings.load()) as library:
        found = run_status.load_status(library, work)
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
            seen = run_monitor.load_monitored_work(work, Settings.load())
            assert (seen.activity, seen.is_under_way) == ("running", True)
            assert seen.rows[0].state == "accepted"
        finally:
            model.release()
        run.result()
    told = said(work)
    assert told.ended in ("complete", "flagged")
    assert told.told.calls > 0
    seen = run_monitor.load_monitored_work(work, Settings.load())
    assert (seen.activity, seen.done, seen.tokens > 0) == ("idle", 3, True)


def test_a_stopped_run_ends_at_once_and_resuming_goes_on(
    model: SimServer, library: Library, events: Events
) -> None:
    work = writing.begin(library, BRIEF)
    with ThreadPoolExecutor(1) as thread:
        run = going(model, work, thread, events)
        try:
            run_monitor.request_stop(work, "stop", Settings.load())
            with pytest.raises(Stopped):
                run.result()
        finally:
            model.release()
    assert said(work).ended == "stopped"
    assert works.find_lease_holder(library, work) is None
    piece = asyncio.run(engine.write(work, RunOptions(Settings.load())))
    assert piece.status in ("complete", "flagged")


def test_a_paused_run_keeps_the_answer_under_way_and_asks_no_more(
    model: SimServer, library: Library, events: Events
) -> None:
    work = writing.begin(library, BRIEF)
    with ThreadPoolExecutor(1) as thread:
        run = going(model, work, thread, events)
        try:
            run_monitor.request_stop(work, "pause", Settings.load())
            beaten(work, times=2)
        finally:
            model.release()
        piece = run.result()
    assert piece.status == "partial"
    assert any("paused" in p for p in piece.report["problems"])
    assert model.calls(role="writer", section="s3") == []
    assert model.calls(role="writer", section="s2", status=200)
    again = asyncio.run(engine.write(work, RunOptions(Settings.load())))
    assert again.status in ("complete", "flagged")
    assert len(model.calls(role="writer", section="s2", status=200)) == 1, "it was kept"


def ask(work: str, *wishes: StopRequest) -> None:
    for what in wishes:
        run_monitor.request_stop(work, what, Settings.load())


def ended(work: str) -> str:
    """Return how the run of another process ended, once it has."""
    end = time.monotonic() + 60
    while (found := said(work)).ended is None:
        assert time.monotonic() < end, "it does not end"
    return found.ended


@pytest.mark.slow
def test_a_run_stopped_or_paused_while_its_process_starts_sends_nothing(
    model: SimServer, library: Library
) -> None:
    wishes: dict[StopRequest, str] = {"stop": "stopped", "pause": "paused"}
    begun_by = {
        what: writing.begin(library, BRIEF.model_copy(update={"seed": seed}))
        for seed, what in enumerate(wishes)
    }
    for what, work in begun_by.items():
        background.start(work, "write", Settings.load())
        assert run_monitor.load_monitored_work(work, Settings.load()).activity == "starting"
        with pytest.raises(WorkBusy):
            background.start(work, "write", Settings.load())
        ask(work, what)
    going = {
        run_monitor.load_monitored_work(w, Settings.load()).activity for w in begun_by.values()
    }
    assert going == {"stopping", "pausing"}
    for what, work in begun_by.items():
        assert ended(work) == wishes[what]
    assert model.calls() == []
    for work in begun_by.values():
        piece = asyncio.run(engine.write(work, RunOptions(Settings.load())))
        assert piece.status in ("complete", "flagged")


def test_a_process_killed_while_it_starts_holds_nothing(model: SimServer, library: Library) -> None:
    work = writing.begin(library, BRIEF)
    background.start(work, "write", Settings.load())
    owner = works.find_lease_holder(library, work)
    assert owner is not None
    ask(work, "stop")
    os.kill(int(owner.split(":")[-2]), signal.SIGKILL)
    end = time.monotonic() + 60
    while run_monitor.load_monitored_work(work, Settings.load()).activity != "cut off":
        assert time.monotonic() < end, "it is held"
    piece = asyncio.run(engine.write(work, RunOptions(Settings.load())))
    assert piece.status in ("complete", "flagged")


@pytest.mark.parametrize("what", ["stop", "pause"])
@pytest.mark.parametrize("where", ["_import_run_module", "endpoints.serve_models", "works.approve"])
def test_a_run_asked_to_end_before_its_first_call_sends_none(
    model: SimServer,
    library: Library,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    what: StopRequest,
) -> None:
    work = writing.begin(library, BRIEF)
    step = f"inkwright.app.services.engine.{where}"
    act = engine
    for name in where.split("."):
        act = getattr(act, name)

    def asking(*given: object) -> object:
        ask(work, what)
        return act(*given)  # type: ignore[operator]

    monkeypatch.setattr(step, asking)
    if where == "works.approve":  # before the run is on record: it is no run's wish
        assert asyncio.run(engine.write(work, RunOptions(Settings.load()))).status == "complete"
        return
    with pytest.raises(InkwrightError, match="^stopped$|^paused$"):
        asyncio.run(engine.write(work, RunOptions(Settings.load())))
    assert model.calls() == []
    assert works.find_lease_holder(library, work) is None


@pytest.mark.parametrize("what", ["stop", "pause"])
@pytest.mark.parametrize("phase", ["planning", "drafting", "settling", "reviewing"])
def test_nothing_is_sent_after_a_run_was_asked_to_end_in_any_phase(
    model: SimServer, library: Library, phase: Phase, what: StopRequest
) -> None:
    work = writing.begin(library, BRIEF.model_copy(update={"continuity": "free"}))
    sent: list[int] = []

    def watch(event: Event) -> None:
        if event == PhaseBegan(work, phase) and not sent:
            ask(work, what)
            sent.append(len(model.calls(kind="chat")))

    async def write() -> str:
        try:
            return (await engine.write(work, RunOptions(Settings.load(), watch=watch))).status
        except InkwrightError as fault:
            return str(fault)

    found = asyncio.run(write())
    assert [len(model.calls(kind="chat"))] == sent
    if what == "stop":
        assert (found, said(work).ended) == ("stopped", "stopped")
    again = asyncio.run(engine.write(work, RunOptions(Settings.load())))
    assert again.status in ("complete", "flagged")


def test_a_stop_after_a_pause_ends_the_run_and_a_pause_after_a_stop_changes_nothing(
    model: SimServer, library: Library, events: Events
) -> None:
    work = writing.begin(library, BRIEF)
    with ThreadPoolExecutor(1) as thread:
        run = going(model, work, thread, events)
        try:
            ask(work, "pause")
            beaten(work, times=2)
            assert run_monitor.load_monitored_work(work, Settings.load()).activity == "pausing"
            ask(work, "stop", "pause")
            with pytest.raises(Stopped):
                run.result()
        finally:
            model.release()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_what_is_asked_as_a_run_ends_is_not_asked_of_the_next(
    model: SimServer, library: Library, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    work = writing.begin(library, BRIEF)
    end = run_status.end_run

    def ending(*given: object) -> None:
        if moment == "before":
            ask(work, "stop")
        end(*given)  # type: ignore[arg-type]
        if moment == "after":
            ask(work, "stop")

    monkeypatch.setattr(run_status, "end_run", ending)
    planned = asyncio.run(engine.plan(work, RunOptions(Settings.load())))
    assert planned.work == work
    monkeypatch.setattr(run_status, "end_run", end)
    piece = asyncio.run(engine.write(work, RunOptions(Settings.load())))
    assert piece.status in ("complete", "flagged")


def test_an_edit_can_be_stopped_like_a_run(
    model: SimServer, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = writing.begin(library, BRIEF)
    asyncio.run(engine.write(work, RunOptions(Settings.load())))
    model.configure(faults=[{"fault": "hold", "match": {"role": "editor"}}])
    with ThreadPoolExecutor(1) as thread:
        job = RunOptions(Settings.load())
        told = "Make it plainer."
        proposed = thread.submit(lambda: asyncio.run(engine.propose(work, "s1", told, job)))
        try:
            model.wait_for(1, "started", role="editor")
            ask(work, "stop")
            assert run_monitor.load_monitored_work(work, Settings.load()).activity == "stopping"
            with pytest.raises(Stopped):
                proposed.result()
        finally:
            model.release()
    assert works.find_lease_holder(library, work) is None


@pytest.mark.slow
def test_a_killed_run_that_nobody_reaps_is_taken_up_by_another_process(
    model: SimServer, library: Library
) -> None:
    work = writing.begin(library, BRIEF)
    model.configure(faults=[{"fault": "hold", "match": {"role": "writer", "section": "s2"}}])
    command = [sys.executable, "-c", "from inkwright.__main__ import main; main()", "resume", work]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet) as run:
        try:
            model.wait_for(2, "started", role="writer")
            assert run_monitor.load_monitored_work(work, Settings.load()).activity == "running"
        finally:
            run.kill()
            model.configure(faults=[])
            model.release()
        os.waitid(os.P_PID, run.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and stays a zombie
        assert run_monitor.load_monitored_work(work, Settings.load()).activity == "cut off"
        piece = asyncio.run(engine.write(work, RunOptions(Settings.load())))
        os.kill(run.pid, 0)  # it is there yet
    assert piece.status == "complete"
    assert run_monitor.load_monitored_work(work, Settings.load()).activity == "idle"


def test_why_a_run_could_not_go_on_is_told(model: SimServer, library: Library, monkeypatch):
    work = writing.begin(library, BRIEF)
    monkeypatch.setenv("INKWRIGHT_API_BASE", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("INKWRIGHT_TRIES", "1")
    with pytest.raises(ModelUnreachable):
        asyncio.run(engine.write(work, RunOptions(Settings.load())))
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
                asyncio.run(engine.write(work, RunOptions(Settings.load())))
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
    while (telling := run_status.load_status(library, work)) is None or telling.ended is None:
        assert time.monotonic() < end, "the run does not end"
        time.sleep(0.05)
    assert telling.ended == "complete"


def test_nothing_is_started_without_a_model(library: Library) -> None:
    work = begun(library)
    with pytest.raises(BadInput, match="no model is set"):
        background.start(work, "write", Settings.load())
    assert run_status.load_status(library, work) is None


def test_the_endpoint_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    assert endpoints.describe_models(Settings.load()) == "no model set"
    named = Settings.load(model="qwen", api_base="http://me:secret@127.0.0.1:8000/v1")
    assert endpoints.describe_models(named) == "qwen at 127.0.0.1:8000"
    assert (
        endpoints.describe_models(Settings.load(model="embedded"))
        == "the small model on this machine"
    )


def test_every_place_that_text_goes_to_is_named() -> None:
    here = {"model": "qwen", "api_base": "http://127.0.0.1:8000/v1", "planner_model": "big"}
    assert endpoints.describe_models(Settings.load(**here)) == "qwen at 127.0.0.1:8000"
    two = Settings.load(**here, planner_api_base="https://models.example/v1")
    assert endpoints.describe_models(two) == "qwen at 127.0.0.1:8000, and models.example"

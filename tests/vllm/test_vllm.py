"""Pieces written by a real model on a real vLLM, and a server that dies in the middle of one.

The parts that a small model on two cores is slow at, planning and reviewing, are switched off: what
is seen here is how the server is talked to.
"""

import asyncio
from collections import Counter
from contextlib import suppress

import pytest

import inkwright
from inkwright.app.config.settings import Settings
from inkwright.app.services.doctor import run_doctor
from inkwright.memory.errors import ModelUnreachable
from inkwright.memory.store import journal
from inkwright.memory.store.library import Library
from tests.vllm.conftest import NAME, Server

pytestmark = pytest.mark.vllm
TITLES = ("harbour", "lamp", "keeper", "storm", "boat", "quay")


def brief(about: str, sections: int) -> inkwright.Brief:
    """Return a brief for sections that wait for nothing."""
    return inkwright.Brief(
        request=f"Write short notes about {about}.",
        continuity="free",
        outline=tuple(
            inkwright.OutlineItem(title=title, purpose=f"Tell of the {title}.", words=40)
            for title in TITLES[:sections]
        ),
    )


def calls(settings: Settings, work: str) -> list[journal.JournaledCall]:
    library = Library.open(settings.home)
    try:
        return journal.load_calls(library, work)
    finally:
        library.close()


def test_sections_are_written_side_by_side_streamed_and_remembered_by_schema(
    server: Server, settings: Settings
) -> None:
    before, busiest = server.load(), 0.0

    async def follow() -> tuple[list[inkwright.Event], inkwright.Manuscript]:
        nonlocal busiest
        piece = brief("an old lighthouse", 3)
        run = inkwright.stream(piece, settings=settings, plan="given", review="off")
        events = []
        async for event in run:
            events.append(event)
            if isinstance(event, inkwright.TextGrew) and len(events) % 10 == 0:
                busiest = max(busiest, (await asyncio.to_thread(server.load)).running)
        return events, run.manuscript

    events, piece = asyncio.run(follow())
    report = piece.report
    assert [s["status"] for s in report["sections"]] == ["accepted"] * 3
    assert {e.section for e in events if isinstance(e, inkwright.TextGrew)} == {"s1", "s2", "s3"}
    assert busiest >= 2
    asked = calls(settings, piece.work)
    remembered = [c for c in asked if c.role == "archivist"]
    assert {c.step for c in remembered} == {"s1", "s2", "s3"}
    assert all(c.answer.lstrip().startswith("{") for c in remembered)
    assert report["tokens"]["cached"] > 0

    after = server.load()
    prompts = after.prompt_tokens - before.prompt_tokens
    hits = after.hit_tokens - before.hit_tokens
    assert prompts >= report["tokens"]["prompt"]
    assert hits >= report["tokens"]["cached"]
    took = f"{report['calls']['total']} calls in {report['seconds']:.0f} s"
    print(
        f"\n{took}; prefix hits {hits:,.0f} of {prompts:,.0f} prompt tokens, {hits / prompts:.0%}"
    )


def test_doctor_says_what_limits_the_server(
    server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKWRIGHT_HOME", str(settings.home))
    monkeypatch.setenv("INKWRIGHT_API_BASE", settings.api_base[0])
    monkeypatch.setenv("INKWRIGHT_MODEL", NAME)
    told: list[str] = []
    assert run_doctor(told.append).exit_code == 0, told
    assert any("4,096 tokens, its own token counts" in line for line in told)
    assert any("prefix hits" in line and "KV cache" in line for line in told)
    assert any("answers by JSON schema" in line for line in told)


def test_a_server_killed_in_mid_run_and_started_again_costs_no_answer_twice(
    server: Server, settings: Settings
) -> None:
    piece = brief("a fishing village", 6)
    settings = settings.model_copy(update={"concurrency": 2})

    async def write() -> None:
        killed: list[asyncio.Future[None]] = []
        loop = asyncio.get_running_loop()

        def watch(event: inkwright.Event) -> None:
            if isinstance(event, inkwright.CallAnswered) and event.role == "writer" and not killed:
                killed.append(loop.run_in_executor(None, server.kill))

        with suppress(ModelUnreachable):
            half = await inkwright.awrite(
                piece, settings=settings, watch=watch, plan="given", memory="none", review="off"
            )
            assert half.status == "partial"
        await killed[0]

    asyncio.run(write())
    [standing] = inkwright.status(settings=settings)
    known = Counter((c.step, c.label, c.digest) for c in calls(settings, standing.work))
    assert 0 < len(known) < 6

    server.start()
    done = inkwright.write(piece, settings=settings, plan="given", memory="none", review="off")
    assert [s["status"] for s in done.report["sections"]] == ["accepted"] * 6
    asked = Counter((c.step, c.label, c.digest) for c in calls(settings, done.work))
    assert set(known) <= set(asked)
    assert max(asked.values()) == 1
    assert done.report["calls"]["total"] == len(asked)

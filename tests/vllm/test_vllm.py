"""A piece written by a real model on a real vLLM, and a server that dies in the middle of one."""

import asyncio
from collections import Counter
from contextlib import suppress

import pytest

import inkwright
from inkwright.app.settings import Settings
from inkwright.memory import journal
from inkwright.memory.errors import ModelUnreachable
from inkwright.memory.library import Library
from tests.vllm.conftest import Server

pytestmark = pytest.mark.vllm


def brief(about: str, sections: int = 4) -> inkwright.Brief:
    """Return a brief for sections that wait for nothing."""
    return inkwright.Brief(
        request=f"Write short notes about {about}.",
        continuity="free",
        outline=tuple(
            inkwright.OutlineItem(title=title, purpose=f"Tell of the {title}.", words=50)
            for title in ("harbour", "lamp", "keeper", "storm", "boat", "quay")[:sections]
        ),
    )


def calls(settings: Settings, work: str) -> list[dict[str, object]]:
    library = Library.open(settings.home)
    try:
        return journal.calls(library, work)
    finally:
        library.close()


def test_sections_are_written_side_by_side_streamed_and_remembered_by_schema(
    server: Server, settings: Settings
) -> None:
    before = server.load()
    busiest = 0.0

    async def follow() -> tuple[list[inkwright.Event], inkwright.Manuscript]:
        nonlocal busiest
        run = inkwright.stream(brief("an old lighthouse"), settings=settings)
        events = []
        async for event in run:
            events.append(event)
            if isinstance(event, inkwright.TextGrew) and len(events) % 10 == 0:
                busiest = max(busiest, (await asyncio.to_thread(server.load)).running)
        return events, run.manuscript

    events, piece = asyncio.run(follow())
    report = piece.report
    assert [s["status"] for s in report["sections"]] == ["accepted"] * 4
    assert {e.section for e in events if isinstance(e, inkwright.TextGrew)} == {
        "s1", "s2", "s3", "s4",
    }  # fmt: skip
    assert busiest >= 2
    assert report["calls"]["by_role"]["archivist"]["calls"] >= 4
    assert all(c["answer"].lstrip().startswith("{") for c in calls(settings, piece.work)
               if c["role"] == "archivist")  # fmt: skip
    assert report["tokens"]["cached"] > 0

    after = server.load()
    assert after.prompt_tokens - before.prompt_tokens >= report["tokens"]["prompt"]
    assert after.hit_tokens > before.hit_tokens


def test_a_server_killed_in_mid_run_and_started_again_costs_no_answer_twice(
    server: Server, settings: Settings
) -> None:
    piece = brief("a fishing village", 6)

    async def write() -> None:
        killed: list[asyncio.Future[None]] = []
        loop = asyncio.get_running_loop()

        def watch(event: inkwright.Event) -> None:
            if isinstance(event, inkwright.CallAnswered) and event.role == "writer" and not killed:
                killed.append(loop.run_in_executor(None, server.kill))

        with suppress(ModelUnreachable):
            half = await inkwright.awrite(piece, settings=settings, watch=watch)
            assert half.status == "partial"
        await killed[0]

    asyncio.run(write())
    [standing] = inkwright.status(settings=settings)
    known = Counter((c["step"], c["purpose"], c["digest"]) for c in calls(settings, standing.work))
    assert known

    server.start()
    done = inkwright.write(piece, settings=settings)
    assert [s["status"] for s in done.report["sections"]] == ["accepted"] * 6
    assert done.report["calls"]["from_journal"] > 0
    asked = Counter((c["step"], c["purpose"], c["digest"]) for c in calls(settings, done.work))
    assert set(known) <= set(asked)
    assert max(asked.values()) == 1

"""Running works against the simulated server, and reading what came of them."""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Coroutine, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, Literal

from inkwright.agents.llm.config import Ablation, CallSettings, Limits
from inkwright.agents.llm.events import Watch, ignore_event
from inkwright.agents.orchestration.run import RunInputs, RunResult, run
from inkwright.app.manuscripts.assemble import assemble
from inkwright.memory.domain.brief import Brief, OutlineItem
from inkwright.memory.domain.draft import Draft
from inkwright.memory.store import drafts, journal, plans, works
from inkwright.memory.store.library import Library
from inkwright.memory.store.plans import Plan
from tests.simserver.log import Call
from tests.simserver.process import SimServer

UNLIMITED = Limits()


def begin(library: Library, brief: Brief, *, fresh: bool = False, **arms: Any) -> str:
    """Return the id of the work of ``brief``; ``arms`` are fields of ``Ablation``."""
    return works.begin(library, brief, Ablation.model_validate(arms).model_dump(), fresh=fresh).id


def write(
    library: Library,
    work: str,
    how: CallSettings,
    *,
    limits: Limits = UNLIMITED,
    watch: Watch = ignore_event,
    until: Literal["planned", "complete"] = "complete",
) -> RunResult:
    """Write a work to its end, or to its outline, going on from wherever it stands."""
    return asyncio.run(
        run(work, RunInputs(library=library, calling=how, limits=limits, watch=watch), until=until)
    )


@contextmanager
def writing(
    sim: SimServer,
    library: Library,
    work: str,
    how: CallSettings,
    *,
    watch: Watch = ignore_event,
) -> Iterator[Future[RunResult]]:
    """Yield a run that goes on in another thread. It has ended when the block has.

    What ``sim`` holds is released at the end at the latest.
    """
    with ThreadPoolExecutor(1) as thread:
        try:
            yield thread.submit(write, library, work, how, watch=watch)
        finally:
            sim.configure(faults=[])
            sim.release()


def manuscript(library: Library, work: str) -> str:
    """Return the piece as it would be handed over."""
    headings = works.get(library, work).brief.headings
    return assemble(plan(library, work).outline, drafts.current(library, work), headings)


async def interrupted(
    sim: SimServer, run: Coroutine[Any, Any, Any], *, role: str, count: int = 1
) -> None:
    """Cancel ``run``, as Ctrl-C does, once ``count`` calls of ``role`` have started."""
    task = asyncio.create_task(run)
    await asyncio.to_thread(sim.wait_for, count, "started", role=role)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert task.cancelled()


def plan(library: Library, work: str) -> Plan:
    """Return the newest plan of a work that has one."""
    found = plans.current(library, work)
    assert found is not None, "it is not planned yet"
    return found


def texts(library: Library, work: str) -> dict[str, str]:
    """Return the newest text of every section that has one."""
    return {sid: draft.text for sid, draft in drafts.current(library, work).items()}


def problems(library: Library, work: str) -> tuple[str, ...]:
    """Return what the last run had to say."""
    return works.get(library, work).problems


def accepted(library: Library, work: str) -> dict[str, list[Draft]]:
    """Return all versions of the sections that are accepted, by section."""
    return {
        sid: drafts.versions(library, work, sid)
        for sid, row in drafts.load_section_rows(library, work).items()
        if row.state == "accepted"
    }


def roles(library: Library, work: str) -> Counter[str]:
    """Return how often each role was called, by the journal."""
    return Counter(call.role for call in journal.load_calls(library, work))


def questions(sim: SimServer, **wanted: object) -> list[str]:
    """Return what tells each answered chat call in the server's log from every other, in order."""
    return [question(c) for c in sim.calls(kind="chat", status=200, **wanted)]


def question(call: Call) -> str:
    """Return the digest of a call's messages, seed, schema and limit."""
    asked = [said(call.messages), call.seed, call.schema_name, call.max_tokens]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def said(messages: Iterable[dict[str, str]]) -> str:
    """Return all of a call's messages as one text."""
    return "\n".join(f"{m['role']}: {m['content']}" for m in messages)


def journaled(library: Library, work: str) -> set[str]:
    """Return the messages of every call in the journal."""
    return {
        said(m.model_dump() for m in call.messages) for call in journal.load_calls(library, work)
    }


def section(title: str, *, words: int = 60, **more: Any) -> OutlineItem:
    """Return a section of an outline, with a purpose, so that no planner need give it one."""
    about = {"purpose": f"Say what {title} is about.", "words": words, **more}
    return OutlineItem.model_validate({"title": title, **about})


def outline(*titles: str, **more: Any) -> tuple[OutlineItem, ...]:
    """Return an outline without chapters; ``more`` are fields of every section."""
    return tuple(section(title, **more) for title in titles)


def chapter(title: str, *sections: OutlineItem) -> OutlineItem:
    return OutlineItem(title=title, purpose=f"All about {title}.", sections=sections)

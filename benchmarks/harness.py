"""Running works against the simulated server, and what its log says about them."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkwright.agents.llm.config import ROLES, Ablation, CallSettings, Endpoint, Limits
from inkwright.agents.llm.events import Watch, ignore_event
from inkwright.agents.orchestration.run import RunInputs, RunResult, run
from inkwright.app.config.settings import Settings
from inkwright.memory.domain.brief import Brief
from inkwright.memory.domain.outline import Outline
from inkwright.memory.ids import WorkId
from inkwright.memory.store import plans, works
from inkwright.memory.store.library import Library
from tests.simserver.log import Call
from tests.simserver.process import SimServer


@dataclass(frozen=True)
class Measured:
    """One run: how long it took, what it asked for, and what it could not have been faster than."""

    wall_s: float
    """From the run's first call to its end."""
    chain_s: float
    """Longest chain of drafts and deltas along the outline's dependencies, by service time."""
    work_s: float
    """All service time over the number of slots."""
    result: RunResult
    calls: tuple[Call, ...]
    outline: Outline
    library: Library
    work: WorkId

    @property
    def bound_s(self) -> float:
        return max(self.chain_s, self.work_s)

    @property
    def ratio(self) -> float:
        return self.wall_s / self.bound_s


def calling(server: SimServer, concurrency: int, **changes: Any) -> CallSettings:
    """Return how to call every role's model on the simulated server."""
    chat = Endpoint(model=f"hosted_vllm/{server.model}", api_bases=(server.base,))
    embedder = Endpoint(
        model=f"hosted_vllm/{server.config.embedding_model}", api_bases=(server.base,)
    )
    endpoints = {role: embedder if role == "embedder" else chat for role in ROLES}
    return CallSettings(endpoints=endpoints, concurrency=concurrency, **changes)


def measure(
    server: SimServer,
    brief: Brief,
    *,
    slots: int,
    arms: Ablation | None = None,
    seen: Callable[[Library, WorkId], None] = lambda library, work: None,
) -> Measured:
    """Write ``brief`` into a library of its own and return what was measured."""
    with begun(brief, arms or Ablation()) as (library, work):
        server.reset_log(cache=True)
        result = write(server, library, work, slots=slots)
        ended = time.monotonic()
        calls = tuple(server.calls())
        plan = plans.current(library, work)
        assert plan is not None
        seen(library, work)
        return Measured(
            wall_s=ended - min(c.arrival for c in calls),
            chain_s=longest_chain(plan.outline, calls),
            work_s=sum(c.service_s for c in calls) / slots,
            result=result,
            calls=calls,
            outline=plan.outline,
            library=library,
            work=work,
        )


@contextmanager
def begun(brief: Brief, arms: Ablation) -> Iterator[tuple[Library, WorkId]]:
    """Yield a library of its own for the while, with a work of this brief that is begun."""
    with tempfile.TemporaryDirectory() as home, closing(Library.open(Path(home))) as library:
        yield library, works.begin(library, brief, arms.model_dump()).id


def write(
    server: SimServer, library: Library, work: WorkId, *, slots: int, watch: Watch = ignore_event
) -> RunResult:
    """Write a work to its end on the simulated server."""
    how = calling(server, slots)
    return asyncio.run(
        run(work, RunInputs(library=library, calling=how, limits=Limits(), watch=watch))
    )


def settings(server: SimServer, home: Path, **changes: Any) -> Settings:
    """Return settings that name the simulated server."""
    return Settings.load(
        home=home,
        api_base=(server.base,),
        model=server.model,
        embedder_model=server.config.embedding_model,
        **changes,
    )


def longest_chain(outline: Outline, calls: Sequence[Call]) -> float:
    """Return the service seconds of the longest chain of draft and delta along dependencies.

    What an archivist is asked of a section later, when it was patched or looked at again, is no
    link of the chain, and so makes the bound no longer.
    """
    own: dict[str, float] = {}
    remembered: set[str] = set()
    for call in sorted(calls, key=lambda c: c.seq):
        if call.section and (
            call.role == "writer" or (call.role == "archivist" and call.section not in remembered)
        ):
            own[call.section] = own.get(call.section, 0.0) + call.service_s
        if call.role == "archivist":
            remembered.add(call.section)
    total: dict[str, float] = {}
    for sid in sorted(outline.ancestors, key=lambda s: len(outline.ancestors[s])):
        before = max((total[d] for d in outline.depends_on[sid]), default=0.0)
        total[sid] = before + own.get(sid, 0.0)
    return max(total.values())


def warm_up(server: SimServer) -> None:
    """Import what calls models, and make the first connections, before anything is timed."""
    measure(server, Brief(request="Write a note of 120 words about a harbour."), slots=2)


def median(values: Sequence[float]) -> float:
    return statistics.median(values)

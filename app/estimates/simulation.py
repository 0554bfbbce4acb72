"""A run with an understudy in place of every model: the same planner, graphs and scheduler."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from inkwright.agents.context.run_context import RunContext
from inkwright.agents.embedding.vector_search import VectorSearch
from inkwright.agents.llm.config import CallSettings, Limits
from inkwright.agents.llm.events import Event, Planned, Watch
from inkwright.agents.orchestration import run_setup
from inkwright.agents.orchestration.section_graph import section_graph
from inkwright.agents.orchestration.work_graph import WorkContext, WorkState, work_graph
from inkwright.app.estimates.fake_model import FakeModel
from inkwright.memory.store.library import Lease, Library
from inkwright.memory.store.works import Work


class AnyIndex:
    """A vector index to which all texts are equally near: the first ones asked about are found."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def missing(self, work: str, ids: Sequence[str]) -> list[str]:
        return [i for i in ids if i not in self._known]

    def add(self, work: str, vectors: Mapping[str, np.ndarray]) -> None:
        self._known.update(vectors)

    def nearest(
        self, work: str, vector: np.ndarray, ids: Sequence[str], limit: int
    ) -> dict[str, float]:
        return dict.fromkeys(ids[-limit:], 1.0)

    def drop(self, work: str) -> None:
        self._known.clear()

    def close(self) -> None:
        pass


async def rehearse(
    library: Library,
    lease: Lease,
    work: Work,
    pinned: Mapping[str, Any],
    stand_in: FakeModel,
    calling: CallSettings,
    watch: Watch,
    *,
    searches: bool,
) -> RunContext:
    """Go through the graphs as a run does, and return the desk as it was left."""

    def follow(event: Event) -> None:
        if isinstance(event, Planned):
            stand_in.plan = desk.plan
        watch(event)

    desk = run_setup.desk_of(
        library, lease, work, pinned, stand_in, calling=calling, limits=Limits(), watch=follow
    )
    if searches and desk.arms.memory in ("vector", "full"):
        desk.finder = VectorSearch(work.id, AnyIndex(), stand_in.embed)
    await run_setup.take_up(desk)
    run = WorkContext(desk, section_graph(), "complete")
    stage: Any = dict.fromkeys(WorkState.__annotations__, 0)
    await work_graph().ainvoke(stage, context=run, config={"recursion_limit": 50})
    return desk

"""A run with an understudy in place of every model: the same planner, graphs and scheduler."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from inkwright.agents import setup
from inkwright.agents.config import Calling, Limits
from inkwright.agents.desk import Desk
from inkwright.agents.events import Event, Planned, Watch
from inkwright.agents.finder import Finder
from inkwright.agents.section_graph import section_graph
from inkwright.agents.work_graph import Run, Stage, work_graph
from inkwright.app.understudy import Understudy
from inkwright.memory.library import Lease, Library
from inkwright.memory.works import Work


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
    stand_in: Understudy,
    calling: Calling,
    watch: Watch,
    *,
    searches: bool,
) -> Desk:
    """Go through the graphs as a run does, and return the desk as it was left."""

    def follow(event: Event) -> None:
        if isinstance(event, Planned):
            stand_in.plan = desk.plan
        watch(event)

    desk = setup.desk_of(
        library, lease, work, pinned, stand_in, calling=calling, limits=Limits(), watch=follow
    )
    if searches and desk.arms.memory in ("vector", "full"):
        desk.finder = Finder(work.id, AnyIndex(), stand_in.embed)
    await setup.take_up(desk)
    run = Run(desk, section_graph(), "complete")
    stage: Any = dict.fromkeys(Stage.__annotations__, 0)
    await work_graph().ainvoke(stage, context=run, config={"recursion_limit": 50})
    return desk

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
from inkwright.memory.ids import WorkId
from inkwright.memory.store.library import Lease, Library
from inkwright.memory.store.run_state import RunSettings
from inkwright.memory.store.works import Work


class AnyIndex:
    """A vector index to which all texts are equally near: the first ones asked about are found."""

    def __init__(self) -> None:
        self._added_ids: set[str] = set()

    def find_missing(self, work_id: WorkId, ids: Sequence[str]) -> list[str]:
        return [i for i in ids if i not in self._added_ids]

    def add(self, work_id: WorkId, vectors: Mapping[str, np.ndarray]) -> None:
        self._added_ids.update(vectors)

    def find_nearest(
        self, work_id: WorkId, vector: np.ndarray, ids: Sequence[str], limit: int
    ) -> dict[str, float]:
        return dict.fromkeys(ids[-limit:], 1.0)

    def delete_work(self, work_id: WorkId) -> None:
        self._added_ids.clear()

    def close(self) -> None:
        pass


async def simulate_run(
    library: Library,
    lease: Lease,
    work: Work,
    run_settings: RunSettings,
    fake_model: FakeModel,
    call_settings: CallSettings,
    emit: Watch,
    *,
    uses_search: bool,
) -> RunContext:
    """Go through the graphs as a run does, and return the context as it was left."""

    def forward_event(event: Event) -> None:
        if isinstance(event, Planned):
            fake_model.plan = context.plan
        emit(event)

    context = run_setup.build_context(
        library,
        lease,
        work,
        run_settings,
        fake_model,
        call_settings=call_settings,
        limits=Limits(),
        watch=forward_event,
    )
    if uses_search and context.ablation.memory in ("vector", "full"):
        context.vector_search = VectorSearch(work.id, AnyIndex(), fake_model.embed)
    await run_setup.load_work_state(context)
    work_context = WorkContext(context, section_graph(), "complete")
    state: Any = dict.fromkeys(WorkState.__annotations__, 0)
    await work_graph().ainvoke(state, context=work_context, config={"recursion_limit": 50})
    return context

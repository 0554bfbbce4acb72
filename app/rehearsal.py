"""A run with an understudy in place of every model: the same planner, graphs and scheduler."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from inkwright.agents.config import Arms, Calling, Limits
from inkwright.agents.desk import Desk, language_is_han
from inkwright.agents.events import Event, Planned, Watch
from inkwright.agents.finder import Finder
from inkwright.agents.model import Models
from inkwright.agents.requirements import fits_whole, instructions_of
from inkwright.agents.section_graph import section_graph
from inkwright.agents.tokenizer import ScaledTokenizer
from inkwright.agents.work_graph import Run, Stage, work_graph
from inkwright.app.understudy import Understudy
from inkwright.memory import plans, sources
from inkwright.memory.ledger import Ledger
from inkwright.memory.library import Lease, Library
from inkwright.memory.shelf import Shelf
from inkwright.memory.source import Source
from inkwright.memory.works import Work


class NoIndex:
    """A vector index that finds nothing."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def missing(self, work: str, ids: Sequence[str]) -> list[str]:
        return [i for i in ids if i not in self._known]

    def add(self, work: str, vectors: Mapping[str, np.ndarray]) -> None:
        self._known.update(vectors)

    def nearest(
        self, work: str, vector: np.ndarray, ids: Sequence[str], limit: int
    ) -> dict[str, float]:
        return {}

    def drop(self, work: str) -> None:
        self._known.clear()

    def close(self) -> None:
        pass


async def rehearse(desk: Desk, stand_in: Understudy) -> None:
    """Go through the graphs as a run does."""

    desk.shelf = Shelf(sources.kept(desk.library, desk.work))
    if not fits_whole(desk.brief, desk.tokenizer, desk.context_tokens):
        desk.request = ""
        desk.request = await instructions_of(desk)
        whole = Source(kind="request", title=sources.THE_REQUEST, text=desk.brief.request)
        sources.keep(desk.library, desk.lease, [whole])

    def follow(event: Event) -> None:
        if isinstance(event, Planned):
            stand_in.plan = desk.plan
        told(event)

    told, desk.watch = desk.watch, follow
    run = Run(desk, section_graph(), "complete")
    stage: Any = dict.fromkeys(Stage.__annotations__, 0)
    await work_graph().ainvoke(stage, context=run, config={"recursion_limit": 50})


def set_up(
    library: Library,
    lease: Lease,
    work: Work,
    calling: Calling,
    stand_in: Understudy,
    tokenizer: ScaledTokenizer,
    context_tokens: int,
    watch: Watch,
) -> Desk:
    """Return the desk of a rehearsal, set up as a run's is."""
    arms, pinned = Arms.model_validate(work.arms), work.pinned or {}
    models = Models(
        library,
        lease,
        stand_in,
        tokenizer,
        calling=calling,
        context_tokens=pinned.get("context_tokens", context_tokens),
        limits=Limits(),
        seed=work.brief.seed,
        watch=watch,
    )
    searches = arms.memory in ("vector", "full")
    desk = Desk(
        library=library,
        lease=lease,
        brief=work.brief,
        arms=arms,
        models=models,
        finder=Finder(work.id, NoIndex() if searches else None, stand_in.embed),
        ledger=Ledger(library, work.id).refresh(),
        watch=watch,
        slots=pinned.get("slots", calling.concurrency),
        request=pinned.get("request") or work.brief.request,
        han=language_is_han(work.brief),
    )
    if (plan := plans.current(library, work.id)) is not None:
        desk.use(plan)
    return desk

"""Scheduler: drafts all sections of a work, each the moment what it waits for has landed.

LangGraph's supersteps are barriers, so fan-out is done here: a ready set over the outline's graph
and a task for each section. A section's failure is its own; only what ends the whole run leaves
this module as an error.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from inkwright.agents.context.run_context import RunContext
from inkwright.agents.llm.events import SectionFailed
from inkwright.agents.orchestration.section_graph import SectionContext, SectionState
from inkwright.agents.orchestration.visibility_schedule import hearing, urgency
from inkwright.memory.domain.draft import Draft
from inkwright.memory.errors import AccessRefused, BudgetSpent, ModelError
from inkwright.memory.store import drafts, plans

AHEAD = 2
"""One section for every so many slots is made ready while all slots are busy, so that none of them
waits for our own work between two calls."""


class Scheduler:
    """Drafts what is not accepted yet."""

    def __init__(self, desk: RunContext, graph: Any) -> None:
        self._desk, self._graph = desk, graph
        self._landed: dict[str, Draft] = drafts.as_drafted(desk.library, desk.work)
        self._given_up: set[str] = set()
        self._begun: set[str] = set()
        self._writing = 0
        self._changed = asyncio.Event()
        self.stopped_by: BudgetSpent | AccessRefused | ModelError | None = None
        """Why sections were left for another run, if they were."""

    async def run(self) -> None:
        """Return when every section is accepted, has failed, or the run was stopped."""
        desk = self._desk
        self._take_up_plan()
        for sid, row in drafts.rows(desk.library, desk.work).items():
            if row.state == "accepted":
                self._begun.add(sid)
            elif row.state == "started":
                self._landed.pop(sid, None)
        async with asyncio.TaskGroup() as sections:
            running: set[asyncio.Task[None]] = set()
            while True:
                for sid in self._ready():
                    task = sections.create_task(self._section(sid), name=sid)
                    running.add(task)
                    task.add_done_callback(running.discard)
                    task.add_done_callback(lambda _: self._changed.set())
                if not running:
                    return
                await self._changed.wait()
                self._changed.clear()
                self._follow_edits()

    def _ready(self) -> list[str]:
        """Return the sections to begin now, the most urgent first."""
        if self.stopped_by is not None:
            return []
        settled = self._landed.keys() | self._given_up
        outline, found = self._desk.plan.outline, []
        for section in outline.sections:
            needed = {*outline.depends_on[section.id], *self._hears[section.id]}
            if section.id not in self._begun and needed <= settled:
                found.append(section.id)
        found.sort(key=lambda sid: (-self._urgency[sid], outline.position[sid]))
        resumed = [sid for sid in found if sid in self._landed]
        fresh = [sid for sid in found if sid not in self._landed]
        places = self._desk.slots + self._desk.slots // AHEAD
        return resumed + fresh[: max(places - self._writing, 0)]

    async def _section(self, sid: str) -> None:
        desk = self._desk
        job = self._job(sid)
        try:
            state = SectionState(section=sid, round=0, broken=0)
            await self._graph.ainvoke(state, context=job)
        except (BudgetSpent, AccessRefused) as stopped:
            self.stopped_by = stopped
        except ModelError as fault:
            if desk.models.down:
                self.stopped_by = self.stopped_by or fault
            drafts.fail(desk.library, desk.lease, sid, str(fault))
            desk.watch(SectionFailed(desk.work, sid, str(fault)))
            self._given_up.add(sid)
        except KeyError:
            if sid in desk.plan.outline.position:
                raise  # else a person has taken it out of the outline meanwhile
        finally:
            self._stop_writing(job)  # that it is done, its task tells

    def _job(self, sid: str) -> SectionContext:
        desk, outline = self._desk, self._desk.plan.outline
        self._begun.add(sid)
        known = {*outline.ancestors[sid], *self._hears[sid]}
        job = SectionContext(
            desk=desk,
            section=outline.section(sid),
            heard={
                s.id: self._landed[s.id]
                for s in outline.sections
                if s.id in known and s.id in self._landed
            },
            landed=lambda draft: self._land(job, draft),
            priority=self._urgency[sid],
        )
        if (draft := self._landed.get(sid)) is not None:
            job.draft, job.text = draft, draft.text
            job.manifest = drafts.manifest(desk.library, draft.manifest)
        else:
            job.writes = True
            self._writing += 1
        return job

    def _land(self, job: SectionContext, draft: Draft) -> None:
        self._landed[draft.section] = draft
        self._stop_writing(job)
        self._changed.set()

    def _stop_writing(self, job: SectionContext) -> None:
        """Give up the job's place among the writers, once."""
        if job.writes:
            job.writes = False
            self._writing -= 1

    def _take_up_plan(self) -> None:
        outline = self._desk.plan.outline
        self._hears: Mapping[str, frozenset[str]] = hearing(outline, self._desk.slots)
        self._urgency: Mapping[str, float] = urgency(outline)

    def _follow_edits(self) -> None:
        """Rebuild the ready set when a person has changed the outline in the meantime."""
        newest = plans.newest_version(self._desk.library, self._desk.work)
        if newest == self._desk.plan.version:
            return
        plan = plans.current(self._desk.library, self._desk.work)
        assert plan is not None
        self._desk.use(plan)
        self._take_up_plan()

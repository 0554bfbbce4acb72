"""Scheduler: drafts all sections of a work, each the moment what it waits for has landed.

LangGraph's supersteps are barriers, so fan-out is done here: a ready set over the outline's graph
and a task for each section. A section's failure is its own; only what ends the whole run leaves
this module as an error.
"""

import asyncio
from collections.abc import Mapping

from inkwright.agents.context.run_context import RunContext
from inkwright.agents.llm.events import SectionFailed
from inkwright.agents.orchestration.section_graph import SectionContext, SectionGraph, SectionState
from inkwright.agents.orchestration.visibility_schedule import compute_urgency, compute_visibility
from inkwright.memory.domain.draft import Draft
from inkwright.memory.errors import AccessRefused, BudgetSpent, ModelError
from inkwright.memory.ids import SectionId
from inkwright.memory.store import drafts, plans

CALLS_PER_EXTRA_SECTION = 2
"""One section for every so many slots is made ready while all slots are busy, so that none of them
waits for our own work between two calls."""


class Scheduler:
    """Drafts what is not accepted yet."""

    def __init__(self, context: RunContext, graph: SectionGraph) -> None:
        self._context, self._graph = context, graph
        self._first_drafts: dict[SectionId, Draft] = drafts.load_first_drafts(
            context.library, context.work_id
        )
        self._failed_ids: set[str] = set()
        self._started_ids: set[str] = set()
        self._writing_count = 0
        self._state_changed = asyncio.Event()
        self.stopped_by: BudgetSpent | AccessRefused | ModelError | None = None
        """Why sections were left for another run, if they were."""

    async def run(self) -> None:
        """Return when every section is accepted, has failed, or the run was stopped."""
        context = self._context
        self._compute_schedule()
        for section_id, row in drafts.load_section_rows(context.library, context.work_id).items():
            if row.state == "accepted":
                self._started_ids.add(section_id)
            elif row.state == "started":
                self._first_drafts.pop(section_id, None)
        async with asyncio.TaskGroup() as task_group:
            running_tasks: set[asyncio.Task[None]] = set()
            while True:
                for section_id in self._find_ready_sections():
                    task = task_group.create_task(self._run_section(section_id), name=section_id)
                    running_tasks.add(task)
                    task.add_done_callback(running_tasks.discard)
                    task.add_done_callback(lambda _: self._state_changed.set())
                if not running_tasks:
                    return
                await self._state_changed.wait()
                self._state_changed.clear()
                self._follow_outline_edits()

    def _find_ready_sections(self) -> list[SectionId]:
        """Return the sections to begin now, the most urgent first."""
        if self.stopped_by is not None:
            return []
        finished_ids = self._first_drafts.keys() | self._failed_ids
        outline, ready_ids = self._context.plan.outline, []
        for section in outline.sections:
            needed_ids = {*outline.depends_on[section.id], *self._visible_sections[section.id]}
            if section.id not in self._started_ids and needed_ids <= finished_ids:
                ready_ids.append(section.id)
        ready_ids.sort(
            key=lambda section_id: (-self._urgency[section_id], outline.position[section_id])
        )
        resumed_ids = [section_id for section_id in ready_ids if section_id in self._first_drafts]
        fresh_ids = [section_id for section_id in ready_ids if section_id not in self._first_drafts]
        capacity = self._context.concurrency + self._context.concurrency // CALLS_PER_EXTRA_SECTION
        return resumed_ids + fresh_ids[: max(capacity - self._writing_count, 0)]

    async def _run_section(self, section_id: SectionId) -> None:
        context = self._context
        job = self._create_job(section_id)
        try:
            state = SectionState(section=section_id, round=0, broken=0)
            await self._graph.ainvoke(state, context=job)
        except (BudgetSpent, AccessRefused) as error:
            self.stopped_by = error
        except ModelError as fault:
            if context.llm.is_down:
                self.stopped_by = self.stopped_by or fault
            drafts.record_failure(context.library, context.lease, section_id, str(fault))
            context.emit(SectionFailed(context.work_id, section_id, str(fault)))
            self._failed_ids.add(section_id)
        except KeyError:
            if section_id in context.plan.outline.position:
                raise  # else a person has taken it out of the outline meanwhile
        finally:
            self._release_writer_slot(job)  # that it is done, its task tells

    def _create_job(self, section_id: SectionId) -> SectionContext:
        context, outline = self._context, self._context.plan.outline
        self._started_ids.add(section_id)
        visible_ids = {*outline.ancestors[section_id], *self._visible_sections[section_id]}
        job = SectionContext(
            run_context=context,
            section=outline.section(section_id),
            visible_drafts={
                s.id: self._first_drafts[s.id]
                for s in outline.sections
                if s.id in visible_ids and s.id in self._first_drafts
            },
            on_first_draft=lambda draft: self._record_first_draft(job, draft),
            priority=self._urgency[section_id],
        )
        if (draft := self._first_drafts.get(section_id)) is not None:
            job.draft, job.text = draft, draft.text
            job.manifest = drafts.load_manifest(context.library, draft.manifest)
        else:
            job.holds_writer_slot = True
            self._writing_count += 1
        return job

    def _record_first_draft(self, job: SectionContext, draft: Draft) -> None:
        self._first_drafts[draft.section] = draft
        self._release_writer_slot(job)
        self._state_changed.set()

    def _release_writer_slot(self, job: SectionContext) -> None:
        """Give up the job's place among the writers, once."""
        if job.holds_writer_slot:
            job.holds_writer_slot = False
            self._writing_count -= 1

    def _compute_schedule(self) -> None:
        outline = self._context.plan.outline
        self._visible_sections: Mapping[str, frozenset[str]] = compute_visibility(
            outline, self._context.concurrency
        )
        self._urgency: Mapping[str, float] = compute_urgency(outline)

    def _follow_outline_edits(self) -> None:
        """Rebuild the ready set when a person has changed the outline in the meantime."""
        newest_version = plans.find_newest_version(self._context.library, self._context.work_id)
        if newest_version == self._context.plan.version:
            return
        plan = plans.current(self._context.library, self._context.work_id)
        assert plan is not None
        self._context.prompts.use_plan(plan)
        self._compute_schedule()

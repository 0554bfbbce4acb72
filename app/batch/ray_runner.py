"""A batch on a Ray cluster: works are written by processes on several machines.

A worker has a fixed share of the calls in flight, so that all together never have more than was
asked for; a share that idles is not lent to others. Lines go to whoever has room. When a worker is
lost, its works go to others, which find in the library what was answered and accepted, and another
worker takes its place. Results, budgets and the output stay with the process that began the batch:
no work begins once a budget is spent, and what works under way send in the next
``REPORT_EVERY_S`` comes on top.
"""

import asyncio
import importlib
import os
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from inkwright.agents.llm.budget import UsageBudget
from inkwright.agents.llm.config import CallSettings, Limits
from inkwright.agents.llm.events import CallAnswered, Event, Notice
from inkwright.app.batch.events import NoResultReason
from inkwright.app.batch.input import BatchLine
from inkwright.app.batch.local_runner import Emit, record_end, track_usage
from inkwright.app.batch.options import BatchOptions, BatchOutcome, EarlierUsage
from inkwright.app.batch.ray_worker import Worker, WorkerFailure, WorkerResult
from inkwright.app.batch.results import Result
from inkwright.app.display.formatting import collapse_lines, shorten
from inkwright.app.services.run_options import RunOptions
from inkwright.memory.errors import BadInput, LibraryUnusable, ModelUnreachable
from inkwright.memory.ids import NO_WORK
from inkwright.memory.install_command import build_extra_command
from inkwright.memory.store.library import Library
from inkwright.memory.store.works import LEASE_S

MIN_CALLS_PER_WORKER = 4
"""Calls in flight of one worker, at the least, where the number of workers is not given."""
END_TIMEOUT_S = 5.0
"""Workers have so long to end what they do."""
BUSY_RETRY_S = 2.0
"""A lost worker's work is tried so often, until its lease is over."""
MAX_LOSSES = 3
"""Workers that a line may lose before it is left for another run; workers that may end before they
begin."""


async def run_lines(
    lines: Sequence[BatchLine],
    library: Library,
    call_settings: CallSettings,
    run_options: RunOptions,
    batch_options: BatchOptions,
    *,
    earlier_usage: EarlierUsage,
    emit: Emit,
    outcome: BatchOutcome,
) -> None:
    """As ``local_runner.run_lines``, on the cluster that RAY_ADDRESS names, or one on this machine.

    Raises:
        BadInput: the cluster cannot be used.
    """
    with _connect_to_ray() as ray:
        shares = split_concurrency(
            call_settings.concurrency,
            batch_options.workers or _count_fitting_workers(ray, call_settings.concurrency),
        )
        with track_usage(batch_options, earlier_usage, outcome) as budget:
            pool = _WorkerPool(
                ray, call_settings, run_options, batch_options, budget, lines, emit, outcome
            )
            try:
                await pool.run(shares)
            finally:
                await pool.end()


def split_concurrency(concurrency: int, worker_count: int) -> list[int]:
    """Return each worker's share of the calls in flight; together they are ``concurrency``."""
    worker_count = min(worker_count, concurrency)
    return [
        concurrency // worker_count + (n < concurrency % worker_count) for n in range(worker_count)
    ]


@dataclass(eq=False)
class _WorkerHandle:
    """A worker as the batch sees it."""

    actor: Any
    has_begun: bool = False
    """It has begun."""
    is_lost: bool = False
    is_idle: bool = False
    """It is given nothing more."""


class _WorkerPool:
    """The workers, the lines that wait, and what has come of the others."""

    def __init__(
        self,
        ray: Any,
        call_settings: CallSettings,
        run_options: RunOptions,
        batch_options: BatchOptions,
        budget: UsageBudget,
        lines: Sequence[BatchLine],
        emit: Emit,
        outcome: BatchOutcome,
    ) -> None:
        self._ray = ray
        self._call_settings = call_settings
        self._batch_options = batch_options
        self._budget = budget
        prompts = run_options.settings.prompts
        self._settings = run_options.settings.model_copy(
            update={
                "home": run_options.settings.home.resolve(),
                "prompts": prompts.resolve() if prompts else None,
            }
        )
        self._lost_worker_error: Any = ray.exceptions.RayActorError
        self._watch, self._emit, self._outcome = run_options.watch, emit, outcome
        self._waiting_lines = deque(lines)
        self._assigned_count = 0
        """Lines that workers have."""
        self._loss_times: dict[str, list[float]] = {}
        self._workers: list[_WorkerHandle] = []
        self._change = asyncio.Condition()

    async def run(self, shares: Iterable[int]) -> None:
        """Return when every line has ended, or no more may be begun."""
        async with asyncio.TaskGroup() as group:
            for share in shares:
                group.create_task(self._keep_worker(share))
        self._outcome.count_by_reason["untouched"] += len(self._waiting_lines)

    async def end(self) -> None:
        """End all workers."""
        end_refs = [worker.actor.end.remote() for worker in self._workers]
        if end_refs:
            wait = self._ray.wait
            await asyncio.to_thread(
                wait, end_refs, num_returns=len(end_refs), timeout=END_TIMEOUT_S
            )
        for worker in self._workers:
            self._ray.kill(worker.actor)

    async def _keep_worker(self, share: int) -> None:
        """Have one worker, and another when it is lost, for as long as lines wait."""
        failure_count = 0
        while await self._wait_for_line():
            worker = self._start_worker(share)
            try:
                await worker.actor.begin.remote()
            except self._lost_worker_error as fault:
                failure_count += 1
                self._kill_worker(worker)
                if failure_count == MAX_LOSSES:
                    reason = shorten(collapse_lines(str(fault)), 300)
                    raise BadInput(f"Ray's workers end before they begin: {reason}") from fault
                continue
            worker.has_begun = True
            async with asyncio.TaskGroup() as group:
                group.create_task(self._listen(worker))
                await self._feed_lines(worker, group)
                worker.is_idle = True

    async def _feed_lines(self, worker: _WorkerHandle, group: asyncio.TaskGroup) -> None:
        """Give a worker lines as it has room for them."""
        while await self._wait_for_line() and not worker.is_lost:
            try:
                await worker.actor.room.remote()
                await self._refresh_budget()
                if not self._waiting_lines or self._is_over():
                    continue
                line = self._waiting_lines.popleft()
                self._assigned_count += 1
                acceptance = worker.actor.take.remote(line)
                group.create_task(self._await_line(worker, line, acceptance))
                await acceptance
            except self._lost_worker_error:
                await self._handle_lost_worker(worker)

    async def _await_line(self, worker: _WorkerHandle, line: BatchLine, acceptance: Any) -> None:
        try:
            await acceptance
            worker_result: WorkerResult = await worker.actor.written.remote(line.id)
        except self._lost_worker_error:
            await self._handle_lost_worker(worker)
            should_retry = self._may_try_again(line)
            result: Result | NoResultReason | WorkerFailure = "unfinished"
        else:
            self._handle_events(worker_result.events)
            result, should_retry = worker_result.result, False
            if result == "busy" and self._was_just_lost(line):
                await asyncio.sleep(BUSY_RETRY_S)
                should_retry = True
        if should_retry:
            self._waiting_lines.appendleft(line)
        else:
            await self._record_end(line, result)
        self._assigned_count -= 1
        await self._notify_change()

    async def _record_end(
        self, line: BatchLine, result: Result | NoResultReason | WorkerFailure
    ) -> None:
        if isinstance(result, WorkerFailure):
            if result.cause == "library":
                raise LibraryUnusable(result.message)
            self._outcome.stopped_by = self._outcome.stopped_by or ModelUnreachable(result.message)
            result = "unfinished"
        await record_end(line, result, self._emit, self._outcome, self._watch)

    def _may_try_again(self, line: BatchLine) -> bool:
        """Note that a line's worker is lost; False when it has lost too many."""
        losses = self._loss_times.setdefault(line.id, [])
        losses.append(time.monotonic())
        return len(losses) < MAX_LOSSES

    def _was_just_lost(self, line: BatchLine) -> bool:
        """True while the lease of a lost worker may still hold this line's work."""
        losses = self._loss_times.get(line.id)
        return losses is not None and time.monotonic() - losses[-1] < 2 * LEASE_S

    async def _listen(self, worker: _WorkerHandle) -> None:
        """Hear what a worker tells, and stop it when the budget is spent."""
        try:
            while not (worker.is_lost or (worker.is_idle and not self._assigned_count)):
                self._handle_events(await worker.actor.told.remote())
                if self._is_over():
                    await worker.actor.stop.remote()
                    await self._notify_change()
        except self._lost_worker_error:
            await self._handle_lost_worker(worker)

    async def _refresh_budget(self) -> None:
        """Hear from all workers what they have spent, before something new is begun."""
        if self._batch_options.batch_limits == Limits():
            return
        for worker in [h for h in self._workers if h.has_begun]:
            try:
                self._handle_events(await worker.actor.told.remote(0.0))
            except self._lost_worker_error:
                await self._handle_lost_worker(worker)

    def _handle_events(self, events: Iterable[Event]) -> None:
        for event in events:
            self._watch(event)
            if isinstance(event, CallAnswered) and not event.from_journal:
                self._budget.calls += 1
                self._budget.tokens += event.prompt_tokens + event.completion_tokens

    def _start_worker(self, share: int) -> _WorkerHandle:
        actor_class = self._ray.remote(num_cpus=1, scheduling_strategy="SPREAD")(Worker)
        call_settings = self._call_settings.model_copy(update={"concurrency": share})
        worker = _WorkerHandle(
            actor_class.remote(self._settings, call_settings, self._batch_options)
        )
        self._workers.append(worker)
        return worker

    def _kill_worker(self, worker: _WorkerHandle) -> None:
        self._workers.remove(worker)
        self._ray.kill(worker.actor)

    async def _handle_lost_worker(self, worker: _WorkerHandle) -> None:
        if not worker.is_lost:
            worker.is_lost = True
            self._kill_worker(worker)
            self._watch(Notice(NO_WORK, "a worker was lost: its works go on elsewhere"))
        await self._notify_change()

    def _is_over(self) -> bool:
        """True when no more lines may begin."""
        return self._outcome.is_over(self._budget)

    async def _wait_for_line(self) -> bool:
        """Return True as soon as a line may begin, False when none will any more."""
        async with self._change:
            await self._change.wait_for(
                lambda: self._waiting_lines or not self._assigned_count or self._is_over()
            )
        return bool(self._waiting_lines) and not self._is_over()

    async def _notify_change(self) -> None:
        """Let all look again that wait for something to change."""
        async with self._change:
            self._change.notify_all()


def _count_fitting_workers(ray: Any, concurrency: int) -> int:
    """Return how many workers the cluster has CPUs and the calls in flight go round for."""
    return max(
        min(int(ray.cluster_resources().get("CPU", 1)), concurrency // MIN_CALLS_PER_WORKER), 1
    )


@contextmanager
def _connect_to_ray() -> Iterator[Any]:
    """Yield Ray, connected: to the program's own cluster, the one that is named, or a new one."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        ray: Any = importlib.import_module("ray")
    except ModuleNotFoundError as fault:
        raise BadInput(f"--engine ray needs Ray: {build_extra_command('cluster')}") from fault
    if ray.is_initialized():
        yield ray
        return
    try:
        ray.init(log_to_driver=False, logging_level="ERROR")
    except (ConnectionError, RuntimeError, ValueError) as fault:
        reason = shorten(collapse_lines(str(fault)), 160)
        message = f"Ray cannot be reached: {reason}; start it, or correct RAY_ADDRESS"
        raise BadInput(message) from fault
    try:
        yield ray
    finally:
        ray.shutdown()

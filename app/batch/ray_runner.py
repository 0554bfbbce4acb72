"""A batch on a Ray cluster: works are written by processes on several machines.

A worker has a fixed share of the calls in flight, so that all together never have more than was
asked for; a share that idles is not lent to others. Lines go to whoever has room. When a worker is
lost, its works go to others, which find in the library what was answered and accepted, and another
worker takes its place. Results, budgets and the output stay with the process that began the batch:
no work begins once a budget is spent, and what works under way send in the next ``TELL_EVERY_S``
comes on top.
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
from inkwright.app.batch.events import Left
from inkwright.app.batch.input import BatchLine
from inkwright.app.batch.local_runner import Emit, accounted, ended
from inkwright.app.batch.options import BatchOptions, BatchOutcome, Spent
from inkwright.app.batch.ray_worker import Worker, WorkerFailure, WorkerResult
from inkwright.app.batch.results import Result
from inkwright.app.display.formatting import shortened
from inkwright.app.services.run_options import RunOptions
from inkwright.memory.errors import BadInput, LibraryUnusable, ModelUnreachable
from inkwright.memory.store.library import Library
from inkwright.memory.store.works import LEASE_S

SLOTS_EACH = 4
"""Calls in flight of one worker, at the least, where the number of workers is not given."""
END_S = 5.0
"""Workers have so long to end what they do."""
BUSY_EVERY_S = 2.0
"""A lost worker's work is tried so often, until its lease is over."""
MOST_LOSSES = 3
"""Workers that a line may lose before it is left for another run; workers that may end before they
begin."""


async def run_lines(
    lines: Sequence[BatchLine],
    library: Library,
    calling: CallSettings,
    job: RunOptions,
    asked: BatchOptions,
    *,
    spent: Spent,
    emit: Emit,
    outcome: BatchOutcome,
) -> None:
    """As ``running.run_lines``, on the cluster that RAY_ADDRESS names, or one on this machine.

    Raises:
        BadInput: the cluster cannot be used.
    """
    with _connected() as ray:
        shares = split(calling.concurrency, asked.workers or _fitting(ray, calling.concurrency))
        with accounted(asked, spent, outcome) as purse:
            crew = _WorkerPool(ray, calling, job, asked, purse, lines, emit, outcome)
            try:
                await crew.run(shares)
            finally:
                await crew.end()


def split(slots: int, workers: int) -> list[int]:
    """Return each worker's share of the calls in flight; together they are ``slots``."""
    workers = min(workers, slots)
    return [slots // workers + (n < slots % workers) for n in range(workers)]


@dataclass(eq=False)
class _WorkerHandle:
    """A worker as the batch sees it."""

    actor: Any
    there: bool = False
    """It has begun."""
    lost: bool = False
    idle: bool = False
    """It is given nothing more."""


class _WorkerPool:
    """The workers, the lines that wait, and what has come of the others."""

    def __init__(
        self,
        ray: Any,
        calling: CallSettings,
        job: RunOptions,
        asked: BatchOptions,
        purse: UsageBudget,
        lines: Sequence[BatchLine],
        emit: Emit,
        outcome: BatchOutcome,
    ) -> None:
        self._ray, self._calling, self._asked, self._purse = ray, calling, asked, purse
        prompts = job.settings.prompts
        self._settings = job.settings.model_copy(
            update={
                "home": job.settings.home.resolve(),
                "prompts": prompts.resolve() if prompts else None,
            }
        )
        self._lost_by: Any = ray.exceptions.RayActorError
        self._watch, self._emit, self._outcome = job.watch, emit, outcome
        self._waiting = deque(lines)
        self._given = 0
        """Lines that workers have."""
        self._losses: dict[str, list[float]] = {}
        self._hands: list[_WorkerHandle] = []
        self._turned = asyncio.Condition()

    async def run(self, shares: Iterable[int]) -> None:
        """Return when every line has ended, or no more may be begun."""
        async with asyncio.TaskGroup() as group:
            for share in shares:
                group.create_task(self._keep(share))
        self._outcome.left["untouched"] += len(self._waiting)

    async def end(self) -> None:
        """End all workers."""
        ended = [hand.actor.end.remote() for hand in self._hands]
        if ended:
            wait = self._ray.wait
            await asyncio.to_thread(wait, ended, num_returns=len(ended), timeout=END_S)
        for hand in self._hands:
            self._ray.kill(hand.actor)

    async def _keep(self, share: int) -> None:
        """Have one worker, and another when it is lost, for as long as lines wait."""
        failed = 0
        while await self._lines_wait():
            hand = self._hire(share)
            try:
                await hand.actor.begin.remote()
            except self._lost_by as fault:
                failed += 1
                self._dismiss(hand)
                if failed == MOST_LOSSES:
                    said = shortened(" ".join(str(fault).split()), 300)
                    raise BadInput(f"Ray's workers end before they begin: {said}") from fault
                continue
            hand.there = True
            async with asyncio.TaskGroup() as group:
                group.create_task(self._listen(hand))
                await self._feed(hand, group)
                hand.idle = True

    async def _feed(self, hand: _WorkerHandle, group: asyncio.TaskGroup) -> None:
        """Give a worker lines as it has room for them."""
        while await self._lines_wait() and not hand.lost:
            try:
                await hand.actor.room.remote()
                await self._look_at_the_budget()
                if not self._waiting or self._over():
                    continue
                line = self._waiting.popleft()
                self._given += 1
                taken = hand.actor.take.remote(line)
                group.create_task(self._one(hand, line, taken))
                await taken
            except self._lost_by:
                await self._lose(hand)

    async def _one(self, hand: _WorkerHandle, line: BatchLine, taken: Any) -> None:
        try:
            await taken
            written: WorkerResult = await hand.actor.written.remote(line.id)
        except self._lost_by:
            await self._lose(hand)
            again = self._may_try_again(line)
            found: Result | Left | WorkerFailure = "unfinished"
        else:
            self._heard(written.events)
            found, again = written.found, False
            if found == "busy" and self._was_just_lost(line):
                await asyncio.sleep(BUSY_EVERY_S)
                again = True
        if again:
            self._waiting.appendleft(line)
        else:
            await self._ended(line, found)
        self._given -= 1
        await self._turn()

    async def _ended(self, line: BatchLine, found: Result | Left | WorkerFailure) -> None:
        if isinstance(found, WorkerFailure):
            if found.what == "library":
                raise LibraryUnusable(found.said)
            self._outcome.stopped_by = self._outcome.stopped_by or ModelUnreachable(found.said)
            found = "unfinished"
        await ended(line, found, self._emit, self._outcome, self._watch)

    def _may_try_again(self, line: BatchLine) -> bool:
        """Note that a line's worker is lost; False when it has lost too many."""
        losses = self._losses.setdefault(line.id, [])
        losses.append(time.monotonic())
        return len(losses) < MOST_LOSSES

    def _was_just_lost(self, line: BatchLine) -> bool:
        """True while the lease of a lost worker may still hold this line's work."""
        losses = self._losses.get(line.id)
        return losses is not None and time.monotonic() - losses[-1] < 2 * LEASE_S

    async def _listen(self, hand: _WorkerHandle) -> None:
        """Hear what a worker tells, and stop it when the budget is spent."""
        try:
            while not (hand.lost or (hand.idle and not self._given)):
                self._heard(await hand.actor.told.remote())
                if self._over():
                    await hand.actor.stop.remote()
                    await self._turn()
        except self._lost_by:
            await self._lose(hand)

    async def _look_at_the_budget(self) -> None:
        """Hear from all workers what they have spent, before something new is begun."""
        if self._asked.whole == Limits():
            return
        for hand in [h for h in self._hands if h.there]:
            try:
                self._heard(await hand.actor.told.remote(0.0))
            except self._lost_by:
                await self._lose(hand)

    def _heard(self, events: Iterable[Event]) -> None:
        for event in events:
            self._watch(event)
            if isinstance(event, CallAnswered) and not event.from_journal:
                self._purse.calls += 1
                self._purse.tokens += event.prompt_tokens + event.completion_tokens

    def _hire(self, share: int) -> _WorkerHandle:
        kind = self._ray.remote(num_cpus=1, scheduling_strategy="SPREAD")(Worker)
        calling = self._calling.model_copy(update={"concurrency": share})
        hand = _WorkerHandle(kind.remote(self._settings, calling, self._asked))
        self._hands.append(hand)
        return hand

    def _dismiss(self, hand: _WorkerHandle) -> None:
        self._hands.remove(hand)
        self._ray.kill(hand.actor)

    async def _lose(self, hand: _WorkerHandle) -> None:
        if not hand.lost:
            hand.lost = True
            self._dismiss(hand)
            self._watch(Notice("", "a worker was lost: its works go on elsewhere"))
        await self._turn()

    def _over(self) -> bool:
        """True when no more lines may begin."""
        return self._outcome.is_over(self._purse)

    async def _lines_wait(self) -> bool:
        """Return True as soon as a line may begin, False when none will any more."""
        async with self._turned:
            await self._turned.wait_for(lambda: self._waiting or not self._given or self._over())
        return bool(self._waiting) and not self._over()

    async def _turn(self) -> None:
        """Let all look again that wait for something to change."""
        async with self._turned:
            self._turned.notify_all()


def _fitting(ray: Any, slots: int) -> int:
    """Return how many workers the cluster has CPUs and the calls in flight go round for."""
    return max(min(int(ray.cluster_resources().get("CPU", 1)), slots // SLOTS_EACH), 1)


@contextmanager
def _connected() -> Iterator[Any]:
    """Yield Ray, connected: to the program's own cluster, the one that is named, or a new one."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        ray: Any = importlib.import_module("ray")
    except ModuleNotFoundError as fault:
        raise BadInput("--engine ray needs Ray: pip install 'inkwright[cluster]'") from fault
    if ray.is_initialized():
        yield ray
        return
    try:
        ray.init(log_to_driver=False, logging_level="ERROR")
    except (ConnectionError, RuntimeError, ValueError) as fault:
        said = shortened(" ".join(str(fault).split()), 160)
        told = f"Ray cannot be reached: {said}; start it, or correct RAY_ADDRESS"
        raise BadInput(told) from fault
    try:
        yield ray
    finally:
        ray.shutdown()

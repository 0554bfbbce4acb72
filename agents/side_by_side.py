"""Several questions at once: all are waited for, whatever becomes of one of them."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

T = TypeVar("T")


async def all_of(tasks: Iterable[Awaitable[T]], *, at_once: int | None = None) -> list[T]:
    """Return the results in order, once all are there; raise the first error then, if any.

    What was asked and answered meanwhile is in the journal, so that nothing of it is lost. No more
    than ``at_once`` are begun and not ended, the first ones first.
    """
    tasks = list(tasks)
    room = asyncio.Semaphore(at_once or len(tasks))

    async def in_turn(task: Awaitable[T]) -> T:
        async with room:
            return await task

    found: list[T] = []
    for result in await asyncio.gather(*map(in_turn, tasks), return_exceptions=True):
        if isinstance(result, BaseException):
            raise result
        found.append(result)
    return found

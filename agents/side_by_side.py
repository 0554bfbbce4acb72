"""Several questions at once: all are waited for, whatever becomes of one of them."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

T = TypeVar("T")


async def all_of(tasks: Iterable[Awaitable[T]]) -> list[T]:
    """Return the results in order, once all are there; raise the first error then, if any.

    What was asked and answered meanwhile is in the journal, so that nothing of it is lost.
    """
    found: list[T] = []
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result
        found.append(result)
    return found

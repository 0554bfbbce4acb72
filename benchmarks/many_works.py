"""Does a process that writes work after work stay small? ``python -m benchmarks.many_works``.

So many works (``--works``) of two short sections are written by one process into one library, a few
side by side as ``inkwright batch`` does. Reported are memory and open files as their number grows,
and how many megabytes a hundred works added in the second half.
"""

import argparse
import asyncio
import gc
import os
import tempfile
import time
from pathlib import Path

from benchmarks.harness import calling
from inkwright.agents.llm.config import Ablation, CallSettings, Limits
from inkwright.agents.llm.events import ignore_event
from inkwright.agents.orchestration.run import RunInputs, run
from inkwright.memory.domain.brief import Brief, OutlineItem
from inkwright.memory.store import works
from inkwright.memory.store.library import Library
from tests.simserver.config import Fact, SimConfig
from tests.simserver.process import SimServer

SIDE_BY_SIDE = 4
WORDS = 60


def brief(number: int) -> Brief:
    """Return a piece of two sections that says its number."""
    titles = (f"Arrival of boat {number}", f"Departure of boat {number}")
    return Brief(
        request=f"Write the log of boat {number} in a small harbour.",
        outline=tuple(
            OutlineItem(title=title, words=WORDS, subjects=("Mara",)) for title in titles
        ),
    )


async def write(library: Library, how: CallSettings, number: int) -> None:
    """Write one work to its end."""
    work = works.begin(library, brief(number), Ablation(plan="given").model_dump())
    done = await run(
        work.id, RunInputs(library=library, calling=how, limits=Limits(), watch=ignore_event)
    )
    assert done.status == "complete", done.problems


async def write_all(
    library: Library, how: CallSettings, count: int, marks: list[int]
) -> list[float]:
    """Write ``count`` works; return the megabytes held at each of ``marks``."""
    held: list[float] = []
    began = time.monotonic()
    for first in range(0, count, SIDE_BY_SIDE):
        numbers = range(first, min(first + SIDE_BY_SIDE, count))
        await asyncio.gather(*(write(library, how, n) for n in numbers))
        if marks[len(held)] <= numbers[-1] + 1:
            gc.collect()
            held.append(resident_mb())
            seconds = time.monotonic() - began
            print(
                f"after {numbers[-1] + 1:>5} works: {held[-1]:,.0f} MB, {open_files()} open files,"
                f" {seconds:,.0f} s",
                flush=True,
            )
    return held


def resident_mb() -> float:
    """Return what this process holds in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def open_files() -> int:
    """Return how many descriptors this process holds."""
    return len(list(Path("/proc/self/fd").iterdir()))


def main() -> None:
    """Write, and print what was held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--works", type=int, default=1000)
    count = max(parser.parse_args().works, 20)
    marks = [count // 20, *(count * n // 10 for n in range(1, 11))]
    facts = (Fact(section="s1", subject="Mara", attribute="trade", value="rope making"),)
    config = SimConfig(slots=16, facts=facts, distractors=3, log_messages=False)
    with (
        SimServer(config) as server,
        tempfile.TemporaryDirectory(prefix="inkwright-") as home,
    ):
        library = Library.open(Path(home))
        held = asyncio.run(write_all(library, calling(server, 16), count, marks))
        library.close()
    half, growth = held[5], held[-1] - held[5]
    print(f"second half: {growth / (count / 2) * 100:+.1f} MB for 100 works, from {half:,.0f} MB")


if __name__ == "__main__":
    main()

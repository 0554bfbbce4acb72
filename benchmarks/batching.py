"""Many works on one set of slots: ``python -m benchmarks.batching [CASE ...] [--runs 5]``.

Wall time over the lower bound from the service times in the simulated server's own log (the
longest chain of draft and delta, or all work over the slots), the engine's CPU for each call, its
memory and open files, the library's size for each word written, and how many calls it takes where
calls fail. Sections of 300 words, no streaming; the server is a process of its own, at 2 ms a token
unless ``--token-ms`` says another pace.
"""

import argparse
import asyncio
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import longest_chain, median, settings, warm_up
from inkwright.agents.llm.config import Ablation
from inkwright.app.batch.batch import run_batch
from inkwright.app.batch.input import FieldNames, build_lines
from inkwright.app.batch.options import BatchOptions
from inkwright.app.batch.results import Result
from inkwright.app.services.run_options import RunOptions
from inkwright.app.services.signals import run_to_end
from inkwright.memory.domain.brief import Brief, OutlineItem
from inkwright.memory.ids import WorkId
from inkwright.memory.store import plans
from inkwright.memory.store.library import Library
from tests.simserver.config import FaultRule, Match, SimConfig
from tests.simserver.log import Call
from tests.simserver.process import SimServer

WORDS = 300
MIXED = (
    "500", "503", "429", "drop", "drop_before", "garbage", "truncate", "cut_json", "no_json",
    "wrong_keys", "empty", "refusal", "wrong_language", "oversized", "loop",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One load."""

    name: str
    works: int
    sections: int
    slots: int = 64
    failing: float = 0.0
    """Share of calls that fail, in mixed ways."""
    aim: str = ""
    """What is asked of it."""


CASES = {
    case.name: case
    for case in (
        Case("one", 1, 100, aim="ratio at most 1.15"),
        Case("many", 64, 20, aim="ratio at most 1.15; CPU at most 25 ms a call"),
        Case("short", 500, 5, aim="ratio at most 1.2; CPU at most 25 ms a call"),
        Case("flight", 500, 5, slots=500, aim="under 1,000 MB and 1,000 files"),
        Case("library", 200, 5, aim="at most 100 bytes a word"),
        Case("failing", 200, 5, failing=0.2, aim="all end; at most 1.4 times the calls of library"),
    )
}


@dataclass(frozen=True)
class Measured:
    """What one run took."""

    wall_s: float
    bound_s: float
    calls: int
    cpu_s: float
    peak_mb: float
    files: int
    bytes_a_word: float
    ended: Counter[str]


def brief(number: int, sections: int) -> Brief:
    """Return a brief with an outline of its own, in chapters of five."""
    items = tuple(
        OutlineItem(
            title=f"Chapter {c + 1}",
            sections=tuple(
                OutlineItem(
                    title=f"Harbour {number}, year {1800 + n}",
                    purpose=f"Tell what happened in harbour {number} in year {1800 + n}.",
                    words=WORDS,
                )
                for n in range(c * 5, min(c * 5 + 5, sections))
            ),
        )
        for c in range((sections + 4) // 5)
    )
    return Brief(
        request=f"Write the annals of harbour number {number}.",
        kind="chronicle",
        continuity="chapter",
        outline=items,
    )


def _footprint() -> dict[str, int]:
    status = Path("/proc/self/status").read_text()
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return {"kb": int(resident.split()[1]), "files": len(list(Path("/proc/self/fd").iterdir()))}


async def watched(run: asyncio.Task[object], peaks: Counter[str]) -> None:
    """Note the most memory and open files while ``run`` goes on."""
    while not run.done():
        for name, now in _footprint().items():
            peaks[name] = max(peaks[name], now)
        await asyncio.wait([run], timeout=0.2)


def measure(server: SimServer, case: Case) -> Measured:
    """Run a batch into a library of its own."""
    rules = [
        FaultRule(fault=fault, match=Match(probability=case.failing / len(MIXED)), times_each=1)
        for fault in (MIXED if case.failing else ())
    ]
    server.configure(faults=rules, slots=case.slots)
    server.reset_log(cache=True)
    lines = build_lines(
        [brief(n, case.sections) for n in range(case.works)], FieldNames(), Ablation()
    )
    peaks: Counter[str] = Counter()
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as home:
        at = settings(server, Path(home), concurrency=case.slots)

        async def batch() -> None:
            run = asyncio.ensure_future(
                run_batch(
                    lines,
                    RunOptions(at),
                    BatchOptions(ablation=Ablation(plan="given")),
                    out=Path(home) / "out.jsonl",
                    emit=results.append,
                )
            )
            await watched(run, peaks)
            await run

        before = resource.getrusage(resource.RUSAGE_SELF)
        run_to_end(batch())
        ended, after = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
        calls = server.calls()
        words = sum(r.words for r in results)
        size = sum(f.stat().st_size for f in Path(home).glob("library.db*"))
        chains = _chains(Path(home), results, calls)
    work_s = sum(c.service_s for c in calls) / case.slots
    assert len({r.id for r in results}) == len(results) == case.works
    return Measured(
        wall_s=ended - min(c.arrival for c in calls),
        bound_s=max(work_s, *chains),
        calls=len(calls),
        cpu_s=(after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime),
        peak_mb=peaks["kb"] / 1024,
        files=peaks["files"],
        bytes_a_word=size / max(words, 1),
        ended=Counter(r.status for r in results),
    )


def _chains(home: Path, results: Sequence[Result], calls: Sequence[Call]) -> list[float]:
    """Return the longest chain of drafts and deltas of a work, by service time."""
    if len(results) > 1:
        return [0.0]  # the slots are what is short
    library = Library.open(home)
    try:
        plan = plans.current(library, WorkId(results[0].work or ""))
        assert plan is not None
        return [longest_chain(plan.outline, calls)]
    finally:
        library.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)}")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--token-ms", type=float, default=2.0, help="the server's pace")
    told = parser.parse_args()
    if unknown := set(told.cases) - CASES.keys():
        parser.error(f"there is no case {min(unknown)!r}; there are {', '.join(CASES)}")
    config = SimConfig(slots=64, decode_ms_per_token=told.token_ms, log_messages=False)
    with SimServer(config) as server:
        warm_up(server)
        print(
            f"sections of {WORDS} words, {told.token_ms:g} ms a token, median of {told.runs} runs"
        )
        print(
            f"{'case':<9}{'load':<10}{'slots':>6}{'wall s':>8}{'bound s':>9}{'ratio':>7}"
            f"{'calls':>8}{'CPU ms/call':>13}{'peak MB':>9}{'files':>7}{'bytes/word':>12}"
            "  ended; aim"
        )
        for name in told.cases or CASES:
            _print(CASES[name], [measure(server, CASES[name]) for _ in range(told.runs)])


def _print(case: Case, found: Sequence[Measured]) -> None:
    ended = ", ".join(
        f"{n} {status}" for status, n in sum((f.ended for f in found), Counter()).items()
    )
    load = f"{case.works} x {case.sections}"
    print(
        f"{case.name:<9}{load:<10}{case.slots:>6}{median([f.wall_s for f in found]):>8.1f}"
        f"{median([f.bound_s for f in found]):>9.1f}"
        f"{median([f.wall_s / f.bound_s for f in found]):>7.2f}"
        f"{median([float(f.calls) for f in found]):>8.0f}"
        f"{median([f.cpu_s / f.calls * 1000 for f in found]):>13.1f}"
        f"{max(f.peak_mb for f in found):>9.0f}{max(f.files for f in found):>7}"
        f"{median([f.bytes_a_word for f in found]):>12.1f}  {ended}; {case.aim}",
        flush=True,
    )


if __name__ == "__main__":
    main()

"""Cost and depth of the methods side by side: ``python -m benchmarks.cost [--sections 20,100]``.

Every method writes the same series of entries of 500 words on the same simulated model: 64 slots,
2 ms a token, a prefix cache that evicts. Depth is the longest row of calls of which each began
after the one before had ended. The bound is, for ours, the longest chain of draft and delta along
the outline's dependencies, for the others the longest row of calls as it happened, by service time;
or all work over the slots, where that is more.

Early entries state facts that later ones need, and every plan says of whom. *Right* is the share of
needed facts that the finished text states rightly; *contradictions left* are those it gives another
value. Judges and archivists, where a method has them, are wrong in a tenth of what they see.
"""

import argparse
import asyncio
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import series
from benchmarks.client import clients
from benchmarks.harness import measure, settings, warm_up
from benchmarks.methods import PEERS
from benchmarks.planting import MISTAKES, Planted, planted
from inkwright.memory.domain.brief import Brief, Continuity, OutlineItem
from inkwright.memory.ids import SectionId, WorkId
from inkwright.memory.store import drafts
from inkwright.memory.store.library import Library
from tests.simserver.config import KnownTask, SimConfig
from tests.simserver.log import Call
from tests.simserver.process import SimServer

SLOTS = 64
WORDS = 500
IN_CHAPTER = 10
CONTINUITY = {
    "single-shot": "one call",
    "agentwrite": "all text so far",
    "recurrent": "rolling memory",
    "cogwriter": "none",
}
COLUMNS = (
    "sections", "method", "continuity", "calls", "depth", "prompt tokens", "uncached",
    "uncached a section", "completion tokens", "wall s", "wall over bound", "right",
    "contradictions left",
)  # fmt: skip


@dataclass(frozen=True)
class Cost:
    """What one piece took."""

    wall_s: float
    bound_s: float
    calls: Sequence[Call]
    said: Sequence[str]
    """What the text says of each fact that is needed: ``right``, ``wrong`` or nothing."""

    def row(self, sections: int, method: str, continuity: str) -> str:
        prompt = sum(c.prompt_tokens for c in self.calls)
        uncached = prompt - sum(c.cached_tokens for c in self.calls)
        told = (
            sections, method, continuity, len(self.calls), longest_row(self.calls, lambda _: 1),
            f"{prompt:,}", f"{uncached:,}", f"{uncached / sections:,.0f}",
            f"{sum(c.completion_tokens for c in self.calls):,}",
            f"{self.wall_s:.1f}", f"{self.wall_s / self.bound_s:.2f}",
            f"{self.said.count('right') / len(self.said):.0%}",
            f"{self.said.count('wrong')} of {len(self.said)}",
        )  # fmt: skip
        return f"| {' | '.join(map(str, told))} |"


def longest_row(calls: Sequence[Call], weight: Callable[[Call], float]) -> float:
    """Return the most that calls weigh of which each began after the one before had ended."""
    ended: list[tuple[float, float]] = []
    """When a call ended, and the weight of the longest row that ends with it."""
    for call in sorted(calls, key=lambda c: c.span[0]):
        began, end = call.span
        before = max((total for at, total in ended if at <= began), default=0)
        ended.append((end, before + weight(call)))
    return max(total for _, total in ended)


def request(sections: int, piece: Planted) -> KnownTask:
    """Return the request that every method gets, and how a model that reads well reads it."""
    said = series.request(sections, WORDS)
    return KnownTask(
        request=said,
        words=sections * WORDS,
        units=sections,
        unit="Entry",
        heading="Entry {n}",
        unit_words=round(WORDS / 1.1),
        unit_line=said,
        points=tuple(_purpose(n, piece) for n in range(1, sections + 1)),
    )


def _purpose(number: int, piece: Planted) -> str:
    return f"Tell of day {number} at the light.{piece.about(number)}"


def brief(task: KnownTask, piece: Planted, continuity: Continuity) -> Brief:
    """Return the same request for ours, in chapters of ten entries."""
    entries = [
        OutlineItem(title=f"Entry {n}", purpose=told, words=WORDS, subjects=piece.names(n))
        for n, told in enumerate(task.points, 1)
    ]
    outline = series.chapters(entries, IN_CHAPTER)
    return Brief(request=task.request, continuity=continuity, outline=outline)


def ours(server: SimServer, task: KnownTask, piece: Planted, continuity: Continuity) -> Cost:
    """Return what the application took."""
    texts: dict[SectionId, str] = {}

    def read(library: Library, work: WorkId) -> None:
        texts.update({sid: d.text for sid, d in drafts.current(library, work).items()})

    found = measure(server, brief(task, piece, continuity), slots=SLOTS, seen=read)
    said = [piece.said(texts[SectionId(need.section)], need) for need in piece.needs]
    return Cost(found.wall_s, found.bound_s, _chats(found.calls), said)


async def peer(server: SimServer, task: KnownTask, piece: Planted, method: str) -> Cost:
    """Return what a method from a paper took."""
    with tempfile.TemporaryDirectory() as folder:
        at = settings(server, Path(folder), concurrency=SLOTS)
        async with clients(at, Path(folder) / "calls.jsonl") as make:
            server.reset_log(cache=True)
            text = await PEERS[method](task.request, make(1))
            ended = time.monotonic()
    calls = _chats(server.calls())
    chain_s = longest_row(calls, lambda call: call.service_s)
    bound_s = max(chain_s, sum(c.service_s for c in calls) / SLOTS)
    _, *parts = re.split(r"^Entry (\d+) ", text, flags=re.MULTILINE)
    entries = dict(zip((f"s{n}" for n in parts[::2]), parts[1::2], strict=True))
    said = [piece.said(entries.get(need.section, ""), need) for need in piece.needs]
    return Cost(ended - min(c.arrival for c in calls), bound_s, calls, said)


def _chats(calls: Sequence[Call]) -> list[Call]:
    return [c for c in calls if c.kind == "chat" and c.end is not None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sections", default="10,20,50,100,200")
    parser.add_argument("--methods", default=",".join(("ours", *PEERS)))
    parser.add_argument("--decode-ms", type=float, default=2.0)
    told = parser.parse_args()
    sizes = [int(n) for n in told.sections.split(",")]
    pieces = [planted(n, seed=1) for n in sizes]
    tasks = [request(n, piece) for n, piece in zip(sizes, pieces, strict=True)]
    config = SimConfig(
        known=tuple(tasks),
        slots=SLOTS,
        decode_ms_per_token=told.decode_ms,
        prefill_ms_per_token=told.decode_ms / 40,
        cache_blocks=8192,
        max_model_len=400_000,
        tokens_per_chunk=64,
        log_messages=False,
        summary_facts=4,
        archivist_miss=MISTAKES,
        archivist_false=MISTAKES,
        judge_miss=MISTAKES,
        judge_false=MISTAKES,
    )
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}", flush=True)
    with SimServer(config) as server:
        warm_up(server)
        for task, piece in zip(tasks, pieces, strict=True):
            server.configure(facts=piece.facts, needs=piece.needs)
            for method in told.methods.split(","):
                if method == "ours":
                    for continuity in ("chapter", "strict"):
                        cost = ours(server, task, piece, continuity)
                        print(cost.row(task.units, method, continuity), flush=True)
                else:
                    cost = asyncio.run(peer(server, task, piece, method))
                    print(cost.row(task.units, method, CONTINUITY[method]), flush=True)


if __name__ == "__main__":
    main()

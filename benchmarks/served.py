"""The methods on a real server, by its own counters: ``python -m benchmarks.served``.

``INKWRIGHT_API_BASE`` and ``INKWRIGHT_MODEL`` name a vLLM that serves nobody else meanwhile. Every
method is asked for the same short series of entries; ours gets its outline, plans nothing and
reviews by rules, for what a small model plans and judges is worth nothing. What a method has
written is not looked at here.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Mapping
from pathlib import Path
from typing import Any

import inkwright
from benchmarks import series
from benchmarks.client import clients
from benchmarks.methods import METHODS, PEERS
from inkwright.app.config import endpoints
from inkwright.app.config.settings import Settings
from inkwright.app.serving.metrics import read_counters
from inkwright.memory.domain.brief import Brief, Continuity, OutlineItem
from inkwright.memory.errors import InkwrightError

COUNTED = {
    "calls": "vllm:request_success_total",
    "prompt tokens": "vllm:prefix_cache_queries_total",
    "from the prefix cache": "vllm:prefix_cache_hits_total",
    "generated tokens": "vllm:generation_tokens_total",
}
IN_CHAPTER = 2


def brief(sections: int, words: int, continuity: Continuity) -> Brief:
    """Return the request for ours, with its outline in chapters of two entries."""
    entries = [
        OutlineItem(title=f"Entry {n}", purpose=f"Tell of day {n} at the light.", words=words)
        for n in range(1, sections + 1)
    ]
    outline = series.chapters(entries, IN_CHAPTER)
    asked = series.request(sections, words)
    return Brief(request=asked, continuity=continuity, outline=outline)


async def ours(settings: Settings, piece: Brief) -> str:
    """Return how it ended."""
    found = await inkwright.awrite(piece, settings=settings, plan="given", review="rules")
    return found.status


async def peer(settings: Settings, method: str, asked: str) -> str:
    """Return how it ended."""
    async with clients(settings, settings.home / "calls.jsonl") as make:
        await PEERS[method](asked, make(1))
    return "complete"


async def row(root: str, method: str, continuity: str, run: Awaitable[str], most_s: float) -> str:
    """Return a line of the table: what the server counted while ``run`` went on."""
    before, began = read_counters(root), time.monotonic()
    try:
        ended = await asyncio.wait_for(run, most_s)
    except TimeoutError:
        ended = f"not in {most_s / 60:g} min"
    except InkwrightError as fault:
        ended = f"failed: {fault}"
    wall_s, after = time.monotonic() - began, read_counters(root)
    counted = _counted(before, after)
    hits = counted["from the prefix cache"] / max(counted["prompt tokens"], 1)
    told: list[Any] = [
        method, continuity, f"{counted['calls']:,.0f}", f"{counted['prompt tokens']:,.0f}",
        f"{hits:.0%}", f"{counted['generated tokens']:,.0f}", f"{wall_s:.0f}", ended,
    ]  # fmt: skip
    return f"| {' | '.join(told)} |"


def _counted(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    return {name: after.get(of, 0.0) - before.get(of, 0.0) for name, of in COUNTED.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sections", type=int, default=6)
    parser.add_argument("--words", type=int, default=60)
    parser.add_argument("--methods", default=",".join(METHODS), help="separated by commas")
    parser.add_argument("--minutes", type=float, default=5.0, help="most for each method")
    told = parser.parse_args()
    asked = series.request(told.sections, told.words)
    root = Settings.load().api_base[0].removesuffix("/v1")
    if not read_counters(root):
        parser.error(f"{root}/metrics has no counters of vLLM's")
    columns = ("method", "continuity", *COUNTED, "wall s", "ended")
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}", flush=True)
    for method in told.methods.split(","):
        for continuity in ("chapter", "strict") if method == "ours" else ("",):
            with tempfile.TemporaryDirectory() as home:
                settings = Settings.load(home=Path(home))
                endpoints.resolve_models(settings)
                if method == "ours":
                    run = ours(settings, brief(told.sections, told.words, continuity))
                else:
                    run = peer(settings, method, asked)
                line = asyncio.run(row(root, method, continuity, run, told.minutes * 60))
            print(line, flush=True)


if __name__ == "__main__":
    main()

"""Wall time over the lower bound: ``python -m benchmarks.scheduling [--runs 5]``.

The bound is taken from the service times in the simulated server's own log: the longest dependency
chain of draft and delta, or all work over the slots, whichever is larger. 16 slots, 2 ms a token.
"""

import argparse
import random

from benchmarks.harness import Measured, measure, median, warm_up
from inkwright.agents.llm.config import Ablation
from inkwright.memory.domain.brief import Brief, Continuity, OutlineItem
from tests.simserver.config import SimConfig
from tests.simserver.process import SimServer

SLOTS = 16
SECTIONS = 60


def random_graph(seed: int) -> Brief:
    """Return 60 sections of 100 to 900 words, each after up to three earlier ones."""
    dice = random.Random(seed)
    items = []
    for number in range(1, SECTIONS + 1):
        before = range(max(1, number - 12), number)
        after = dice.sample(list(before), min(len(before), dice.randint(0, 3)))
        items.append(
            _item(number, dice.randint(100, 900), tuple(f"Section {n}" for n in sorted(after)))
        )
    return _brief(tuple(items), "free")


def free_sections(seed: int) -> Brief:
    """Return 60 sections of 100 to 900 words that wait for nothing."""
    dice = random.Random(seed)
    items = tuple(_item(n, dice.randint(100, 900), ()) for n in range(1, SECTIONS + 1))
    return _brief(items, "free")


def chapters(seed: int) -> Brief:
    """Return 12 chapters of 5 sections, drafted side by side and listening to each other."""
    dice = random.Random(seed)
    items = tuple(
        OutlineItem(
            title=f"Chapter {c}",
            sections=tuple(_item(5 * c + n, dice.randint(100, 900), ()) for n in range(1, 6)),
        )
        for c in range(12)
    )
    return _brief(items, "chapter")


def _item(number: int, words: int, after: tuple[str, ...]) -> OutlineItem:
    return OutlineItem(
        title=f"Section {number}",
        purpose=f"Tell what happened in year {1800 + number}.",
        words=words,
        depends_on=after,
    )


def _brief(items: tuple[OutlineItem, ...], continuity: Continuity) -> Brief:
    return Brief(
        request="Write the annals of a small harbour.",
        kind="chronicle",
        continuity=continuity,
        outline=items,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    config = SimConfig(slots=SLOTS, decode_ms_per_token=2.0, log_messages=False)
    with SimServer(config) as server:
        warm_up(server)
        print(f"{SECTIONS} sections, {SLOTS} slots, 2 ms a token, median of {runs} runs")
        print(f"{'outline':<14}{'wall s':>8}{'chain s':>9}{'work s':>8}{'ratio':>7}{'worst':>7}")
        for name, brief in (
            ("random graph", random_graph),
            ("free", free_sections),
            ("chapters", chapters),
        ):
            found = [
                measure(server, brief(seed), slots=SLOTS, arms=Ablation(plan="given"))
                for seed in range(1, runs + 1)
            ]
            _print(name, found)


def _print(name: str, found: list[Measured]) -> None:
    ratios = [f.ratio for f in found]
    print(
        f"{name:<14}{median([f.wall_s for f in found]):>8.2f}"
        f"{median([f.chain_s for f in found]):>9.2f}{median([f.work_s for f in found]):>8.2f}"
        f"{median(ratios):>7.3f}{max(ratios):>7.3f}",
        flush=True,
    )


if __name__ == "__main__":
    main()

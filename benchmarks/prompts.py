"""How prompts grow, and what of them is not cached: ``python -m benchmarks.prompts``.

One strict chain of 200 sections on the simulated server: 8k context, 16-token blocks, a cache of
4,096 blocks with eviction, 8 facts a section. A write call's own part is what no other call has:
summary, recall, last passage, orders.
"""

import argparse
import re
import statistics

from benchmarks.harness import measure, warm_up
from inkwright.agents.llm.config import Ablation
from inkwright.memory.domain.brief import Brief, OutlineItem
from tests.simserver.config import SimConfig
from tests.simserver.log import Call
from tests.simserver.process import SimServer
from tests.simserver.tokens import tokenize

OWN_PART = re.compile(r"<summary>|<memory>|<before>|^Section: ", re.MULTILINE)


def brief(sections: int) -> Brief:
    """Return a chain of sections of 150 words with purposes of their own."""
    items = tuple(
        OutlineItem(title=f"Entry {n}", purpose=f"What happened on day {n}.", words=150)
        for n in range(1, sections + 1)
    )
    return Brief(
        request="Write the log of a lighthouse keeper, a day at a time.",
        kind="log book",
        continuity="strict",
        outline=items,
    )


def own_tokens(call: Call) -> int:
    """Return the tokens of a write call's own part."""
    user = str(call.messages[-1]["content"])
    found = OWN_PART.search(user)
    assert found is not None
    return len(tokenize(user[found.start() :]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sections", type=int, default=200)
    number = parser.parse_args().sections
    config = SimConfig(max_model_len=8192, cache_blocks=4096, distractors=8, slots=8)
    with SimServer(config) as server:
        warm_up(server)
        found = measure(server, brief(number), slots=8, arms=Ablation(plan="given"))
    writes = [c for c in found.calls if c.role == "writer" and "<sofar>" not in str(c.messages)]
    early, late = (
        statistics.mean(c.prompt_tokens for c in writes[number * a // 4 : number * b // 4])
        for a, b in ((1, 2), (3, 4))
    )
    ratios = [(c.prompt_tokens - c.cached_tokens) / own_tokens(c) for c in writes[1:]]
    embedded = [len(c.inputs) for c in found.calls if c.kind == "embeddings"]
    half = sum(embedded[: len(embedded) // 2])
    largest = max(c.prompt_tokens + (c.max_tokens or 0) for c in found.calls if c.kind == "chat")
    print(f"{number} sections in one chain, {len(found.calls)} calls, {found.result.status}")
    print(
        f"mean prompt tokens of a write call, sections {number // 4} to {number // 2}: {early:.0f}"
    )
    print(
        f"the same, sections {number * 3 // 4} to {number}: {late:.0f} ({late / early:.3f} times)"
    )
    print(
        f"uncached prompt tokens of a write call over its own part: median"
        f" {statistics.median(ratios):.2f}, worst {max(ratios):.2f}"
    )
    print(f"largest prompt with its answer: {largest} of 8192 tokens")
    print(f"texts embedded: {sum(embedded)}, the first half of the calls {half}")


if __name__ == "__main__":
    main()

"""What a vLLM server's own counters say about what limits it."""

import re
from dataclasses import dataclass

import httpx

FULL_CACHE_SHARE = 0.9
"""Share of the KV cache in use above which it is what calls wait for."""
LOW_HIT_RATE = 0.3
"""Prefix hit rate below which prompts of one work hardly ever meet."""
MIN_PROMPT_TOKENS = 20_000
"""Prompt tokens before a hit rate says anything."""
_LINE = re.compile(r"^(vllm:[a-z_]+)(?:\{[^}]*\})?\s+([0-9.eE+-]+|NaN)$", re.MULTILINE)


@dataclass(frozen=True)
class ServerLoad:
    """How a server is doing, over all its engines."""

    running: float
    waiting: float
    cache_used: float
    """Share of the KV cache, 0 to 1."""
    prompt_tokens: float
    hit_tokens: float
    preempted_calls: float

    @property
    def hit_rate(self) -> float:
        """Share of prompt tokens that were in the prefix cache."""
        return self.hit_tokens / self.prompt_tokens if self.prompt_tokens else 0.0

    def __str__(self) -> str:
        return (
            f"{self.running:.0f} running, {self.waiting:.0f} waiting, KV cache "
            f"{self.cache_used:.0%} full, prefix hits {self.hit_rate:.0%} of "
            f"{self.prompt_tokens:,.0f} prompt tokens; {self.limit}"
        )

    @property
    def limit(self) -> str:
        """What holds it back, and what would help."""
        if self.waiting and self.cache_used >= FULL_CACHE_SHARE:
            return (
                "calls wait for the KV cache: lower --max-model-len, raise "
                "--gpu-memory-utilization, or add a replica"
            )
        if self.waiting:
            return "calls wait for a place: raise --max-num-seqs, or lower INKWRIGHT_CONCURRENCY"
        if self.preempted_calls:
            return f"{self.preempted_calls:,.0f} calls were begun twice for want of KV cache"
        if self.prompt_tokens >= MIN_PROMPT_TOKENS and self.hit_rate < LOW_HIT_RATE:
            return "few prefixes are met again: serve with --enable-prefix-caching"
        if self.running:
            return "nothing waits: more INKWRIGHT_CONCURRENCY would be served"
        return "idle"


def read_counters(root: str) -> dict[str, float]:
    """Return what the server at ``root`` counts, summed over its engines; empty: nothing.

    Names are those of vLLM's metrics. ``engines`` is how many of them count.
    """
    try:
        answer = httpx.get(f"{root}/metrics", timeout=10.0)
    except httpx.HTTPError:
        return {}
    counter_totals: dict[str, float] = {}
    for name, value in _LINE.findall(answer.text if answer.status_code == 200 else ""):
        counter_totals[name] = counter_totals.get(name, 0.0) + float(value)
    if "vllm:num_requests_running" not in counter_totals:
        return {}
    return counter_totals | {"engines": max(answer.text.count("\nvllm:num_requests_running"), 1)}


def read_load(root: str) -> ServerLoad | None:
    """Return how the server at ``root`` is doing; None when it has no such counters."""
    counter_totals = read_counters(root)
    if not counter_totals:
        return None
    return ServerLoad(
        running=counter_totals["vllm:num_requests_running"],
        waiting=counter_totals.get("vllm:num_requests_waiting", 0.0),
        cache_used=counter_totals.get("vllm:kv_cache_usage_perc", 0.0) / counter_totals["engines"],
        prompt_tokens=counter_totals.get("vllm:prefix_cache_queries_total", 0.0),
        hit_tokens=counter_totals.get("vllm:prefix_cache_hits_total", 0.0),
        preempted_calls=counter_totals.get("vllm:num_preemptions_total", 0.0),
    )

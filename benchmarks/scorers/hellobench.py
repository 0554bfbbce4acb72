"""HelloBench, heuristic text generation: is "no shorter than N words" kept, and by how much?"""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.scorers.counting import longbench_words


def score(answered: Sequence[tuple[Mapping[str, Any], str]]) -> dict[str, float]:
    """Return words written over words asked for, and the share of tasks that reach them.

    A record has the words it asks for as ``words``; None: only "long enough", which no rule scores.
    """
    shares = [longbench_words(text) / r["words"] for r, text in answered if r["words"]]
    if not shares:
        return {}
    return {
        "words / asked": sum(shares) / len(shares),
        "reached": sum(share >= 1 for share in shares) / len(shares),
    }

"""WritingBench's requests with a length rule: LonGen's score where a length was asked for."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.scorers import longen


def score(answered: Sequence[tuple[Mapping[str, Any], str]]) -> dict[str, float]:
    """Return LonGen's figures over the records that state a length, and how many those are."""
    stated = [(r, text) for r, text in answered if r["type"] is not None]
    return longen.score(stated) | {"scored": len(stated)} if stated else {}

"""Ours: the application itself, with its arms, from the request as it stands."""

from pathlib import Path

import inkwright
from benchmarks.client import Spent
from inkwright.agents.llm.config import Ablation


async def write(
    request: str, settings: inkwright.Settings, arms: Ablation, seed: int, *, out: Path
) -> tuple[inkwright.Manuscript, Spent]:
    """Return the finished piece and what it took; an interrupted one goes on where it was.

    It gets no headings but those that the request itself asks for.
    """
    piece = await inkwright.awrite(
        inkwright.Brief(request=request, headings="none", seed=seed),
        settings=settings,
        out=out,
        plan=arms.plan,
        memory=arms.memory,
        review=arms.review,
    )
    tokens = piece.report["tokens"]
    return piece, Spent(piece.report["calls"]["total"], tokens["prompt"], tokens["completion"])

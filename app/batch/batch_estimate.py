"""What a batch would take: some of its works are rehearsed, and the rest reckoned from them.

Nothing is sent. Works of like length are taken to cost alike: the rehearsed ones are spread over
all lengths. Time is the work of all calls over the slots, with the tail in which the last works no
longer fill them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from inkwright.app.batch.input import BatchLine
from inkwright.app.batch.options import BatchOptions
from inkwright.app.batch.results import ResultsFile
from inkwright.app.config.settings import Settings
from inkwright.app.estimates import estimate
from inkwright.app.estimates.estimate import Estimate

REHEARSED = 24
"""Most works that are rehearsed."""


@dataclass(frozen=True)
class BatchEstimate:
    """What is left of a batch would take."""

    lines: int
    done: int
    bad: int
    rehearsed: int
    whole: Estimate
    """Of all that is left, together."""

    def told(self) -> Iterator[str]:
        """Say it in plain lines."""
        left = self.lines - self.done - self.bad
        yield f"{self.lines:,} lines: {self.done:,} done, {self.bad:,} bad, {left:,} to write"
        if left:
            reckoned = f" (reckoned from {self.rehearsed} of them)" if self.rehearsed < left else ""
            yield f"would write {self.whole.words:,} words{reckoned}"
            yield f"calls: {sum(self.whole.calls.values()):,}"
            yield from self.whole.spending()
        yield "nothing was sent"


def forecast(
    lines: Sequence[BatchLine], settings: Settings, asked: BatchOptions, out: Path
) -> Iterator[str]:
    """Return what writing the lines that ``out`` does not hold yet would take, in plain lines.

    Raises:
        BadInput: no model is set, or ``out`` is no output of a batch.
    """
    return reckon(lines, settings, asked, out).told()


def reckon(
    lines: Sequence[BatchLine], settings: Settings, asked: BatchOptions, out: Path
) -> BatchEstimate:
    """Return what writing the lines that ``out`` does not hold yet would take."""
    held = {r.id: r.digest for r in ResultsFile.read(out)} if out.exists() else {}
    done = [line for line in lines if held.get(line.id) == line.digest]
    bad = [line for line in lines if line.brief is None and held.get(line.id) != line.digest]
    known = {line.id for line in (*done, *bad)}
    left = [line for line in lines if line.id not in known]
    sample = _spread(left)
    briefs = [(line.brief, line.id) for line in sample if line.brief]
    found = list(estimate.estimate_each(briefs, settings, asked.arms))
    scale = len(left) / max(len(sample), 1)
    whole = estimate.together(found, scale, settings)
    return BatchEstimate(len(lines), len(done), len(bad), len(sample), whole)


def _spread(lines: Sequence[BatchLine]) -> list[BatchLine]:
    """Return some of the lines, of all lengths."""
    ordered = sorted(lines, key=lambda line: (line.brief and line.brief.words) or 0)
    step = max(len(ordered) / REHEARSED, 1)
    return [ordered[int(n * step)] for n in range(min(len(ordered), REHEARSED))]

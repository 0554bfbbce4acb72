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

MAX_SAMPLED_WORKS = 24
"""Most works that are rehearsed."""


@dataclass(frozen=True)
class BatchEstimate:
    """What is left of a batch would take."""

    lines: int
    done_lines: int
    bad_lines: int
    sampled_works: int
    total: Estimate
    """Of all that is left, together."""

    def format_lines(self) -> Iterator[str]:
        """Say it in plain lines."""
        lines_left = self.lines - self.done_lines - self.bad_lines
        yield (
            f"{self.lines:,} lines: {self.done_lines:,} done, {self.bad_lines:,} bad,"
            f" {lines_left:,} to write"
        )
        if lines_left:
            sample_note = (
                f" (reckoned from {self.sampled_works} of them)"
                if self.sampled_works < lines_left
                else ""
            )
            yield f"would write {self.total.words:,} words{sample_note}"
            yield f"calls: {sum(self.total.calls.values()):,}"
            yield from self.total.format_spending()
        yield "nothing was sent"


def describe_estimate(
    lines: Sequence[BatchLine], settings: Settings, batch_options: BatchOptions, out: Path
) -> Iterator[str]:
    """Return what writing the lines that ``out`` does not hold yet would take, in plain lines.

    Raises:
        BadInput: no model is set, or ``out`` is no output of a batch.
    """
    return estimate_batch(lines, settings, batch_options, out).format_lines()


def estimate_batch(
    lines: Sequence[BatchLine], settings: Settings, batch_options: BatchOptions, out: Path
) -> BatchEstimate:
    """Return what writing the lines that ``out`` does not hold yet would take."""
    digest_by_id = {r.id: r.digest for r in ResultsFile.read(out)} if out.exists() else {}
    done_lines = [line for line in lines if digest_by_id.get(line.id) == line.digest]
    bad_lines = [
        line for line in lines if line.brief is None and digest_by_id.get(line.id) != line.digest
    ]
    excluded_ids = {line.id for line in (*done_lines, *bad_lines)}
    remaining_lines = [line for line in lines if line.id not in excluded_ids]
    sample = _pick_sample(remaining_lines)
    briefs = [(line.brief, line.id) for line in sample if line.brief]
    estimates = list(estimate.estimate_each(briefs, settings, batch_options.ablation))
    scale = len(remaining_lines) / max(len(sample), 1)
    total = estimate.combine_estimates(estimates, scale, settings)
    return BatchEstimate(len(lines), len(done_lines), len(bad_lines), len(sample), total)


def _pick_sample(lines: Sequence[BatchLine]) -> list[BatchLine]:
    """Return some of the lines, of all lengths."""
    lines_by_length = sorted(lines, key=lambda line: (line.brief and line.brief.words) or 0)
    step = max(len(lines_by_length) / MAX_SAMPLED_WORKS, 1)
    return [
        lines_by_length[int(n * step)] for n in range(min(len(lines_by_length), MAX_SAMPLED_WORKS))
    ]

"""``inkwright batch``."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

import typer

from inkwright.agents.llm.config import Ablation, Limits
from inkwright.app.batch.batch import run_batch
from inkwright.app.batch.batch_progress import make_display
from inkwright.app.batch.input import BatchLine, FieldNames, read_defaults, read_lines
from inkwright.app.batch.options import BatchOptions, BatchOutcome, Engine, Retry
from inkwright.app.batch.results import Result
from inkwright.app.commands.errors import Exit, exit_on_error
from inkwright.app.config import endpoints
from inkwright.app.config.settings import Settings
from inkwright.app.display.formatting import format_count, format_duration
from inkwright.app.export.formats import FORMATS, Format
from inkwright.app.services.run_options import RunOptions
from inkwright.app.services.signals import run_to_end
from inkwright.memory.errors import BadInput, BudgetSpent, InkwrightError

_SCHEMA_NAMES = {"OutlinedSection": "PlannedSection", "SectionCounts": "Sections"}
"""Classes that the printed schema calls as it always has."""


@dataclass(frozen=True)
class BatchInput:
    """Where the briefs are, and how they are read."""

    file: Path
    prompt_field: str | None = None
    id_field: str | None = None
    defaults: Path | None = None

    def load_lines(self, batch_options: BatchOptions) -> tuple[BatchLine, ...]:
        """Return the lines of the file."""
        default_values = read_defaults(self.defaults) if self.defaults else None
        return read_lines(
            self.file,
            FieldNames(self.prompt_field, self.id_field, default_values),
            batch_options.ablation,
        )


def build_options(
    ablation_values: tuple[Any, Any, Any],
    *,
    batch_limits: Limits,
    brief_limits: Limits,
    retry: Sequence[str],
    plan_only: bool,
    approved: bool,
    formats: Sequence[str] = (),
    engine: Engine = "local",
    workers: int | None = None,
) -> BatchOptions:
    """Return what the command line asks for.

    Raises:
        BadInput: an option that cannot be, or two that exclude each other.
    """
    if plan_only and approved:
        raise BadInput("--plan-only makes outlines and --approved writes them; give one of the two")
    if workers is not None and engine != "ray":
        raise BadInput("--workers is for --engine ray; in one process, --concurrency says it all")
    retries: set[Retry] = set()
    for status in retry:
        if status not in get_args(Retry):
            raise BadInput(f"--retry {status}: it is flagged or failed; both may be given")
        retries.add(cast(Retry, status))
    if unknown_formats := [f for f in formats if f not in FORMATS]:
        raise BadInput(f"--format {unknown_formats[0]}: it is one of {', '.join(FORMATS)}")
    plan, memory, review = ablation_values
    return BatchOptions(
        ablation=Ablation(plan=plan, memory=memory, review=review),
        batch_limits=batch_limits,
        brief_limits=brief_limits,
        retry=frozenset(retries),
        mode="plan" if plan_only else "approved" if approved else "whole",
        formats=tuple(cast(Format, f) for f in dict.fromkeys(formats)),
        engine=engine,
        workers=workers,
    )


def batch(
    source: BatchInput,
    batch_options: BatchOptions,
    *,
    out: Path,
    concurrency: int | None,
    dry_run: bool,
) -> int:
    """Write a batch, or go on with it; return the exit code."""
    settings = Settings.load(concurrency=concurrency)
    if out.exists() and out.samefile(source.file):
        raise BadInput(f"--out {out} is the input itself; give another file")
    lines = source.load_lines(batch_options)
    if dry_run:
        from inkwright.app.batch.batch_estimate import describe_estimate

        for line in describe_estimate(lines, settings, batch_options, out):
            typer.echo(line)
        return Exit.COMPLETE
    endpoints.resolve_models(settings)

    def run() -> BatchOutcome:
        with make_display(typer.echo, live=sys.stdout.isatty()) as progress_display:
            return run_to_end(
                run_batch(
                    lines, RunOptions(settings, Limits(), progress_display), batch_options, out=out
                )
            )

    outcome = exit_on_error(run, next_step="the same command goes on")
    for line in _summarize_outcome(outcome, out):
        typer.echo(line)
    return _choose_exit_code(outcome)


def format_schema() -> str:
    """Return the JSON schema of a line of the results."""
    text = json.dumps(Result.model_json_schema(mode="serialization"), indent=2)
    for python_name, printed_name in _SCHEMA_NAMES.items():
        text = text.replace(f'"{python_name}"', f'"{printed_name}"')
        text = text.replace(f'$defs/{python_name}"', f'$defs/{printed_name}"')
    return text


def _summarize_outcome(outcome: BatchOutcome, out: Path) -> list[str]:
    """Say how it came out, and how to go on."""
    status_counts = ", ".join(
        f"{n:,} {status}" for status, n in sorted(outcome.count_by_status.items())
    )
    duration = format_duration(outcome.seconds)
    summary_lines = [
        f"{status_counts or 'nothing finished'}; {outcome.calls:,} calls in {duration}",
        f"results: {out}",
    ]
    if outcome.moved_lines:
        moved_lines = format_count(outcome.moved_lines, "line")
        summary_lines.append(f"{moved_lines} of other briefs: {out.stem}.old.jsonl beside it")
    reason_texts = {
        "unfinished": "begun and not finished; the same command goes on",
        "untouched": "not begun",
        "waiting": "with an outline that waits for approval; --approved writes them",
        "busy": "being written by another process",
    }
    summary_lines += [
        f"{n:,} {reason_texts[reason]}" for reason, n in outcome.count_by_reason.items() if n
    ]
    if outcome.files_missing:
        files = format_count(outcome.files_missing, "file")
        summary_lines.append(
            f"{files} could not be made; results say why, the same command tries again"
        )
    if outcome.count_by_status["planned"]:
        summary_lines.append("look at the outlines, then run it again with --approved")
    if isinstance(outcome.stopped_by, BudgetSpent):
        summary_lines.append(f"{outcome.stopped_by}; a higher one goes on")
    elif outcome.stopped_by is not None:
        summary_lines.append(f"stopped: {' '.join(str(outcome.stopped_by).split())}")
    return summary_lines


def _choose_exit_code(outcome: BatchOutcome) -> int:
    if isinstance(outcome.stopped_by, InkwrightError) and not isinstance(
        outcome.stopped_by, BudgetSpent
    ):
        return Exit.NO_MODEL
    lines_left = (
        outcome.count_by_reason["unfinished"]
        + outcome.count_by_reason["untouched"]
        + outcome.count_by_reason["busy"]
    )
    if (
        lines_left
        or outcome.files_missing
        or outcome.count_by_status["partial"]
        or outcome.count_by_status["failed"]
    ):
        return Exit.PARTIAL
    return Exit.FLAGGED if outcome.count_by_status["flagged"] else Exit.COMPLETE

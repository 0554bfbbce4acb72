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
from inkwright.app.batch.batch_progress import display
from inkwright.app.batch.input import BatchLine, FieldNames, read_defaults, read_lines
from inkwright.app.batch.options import BatchOptions, BatchOutcome, Engine, Retry
from inkwright.app.batch.results import Result
from inkwright.app.commands.errors import Exit, plainly
from inkwright.app.config import endpoints
from inkwright.app.config.settings import Settings
from inkwright.app.display.formatting import duration, many
from inkwright.app.export.result import FORMATS, Format
from inkwright.app.services.run_options import RunOptions
from inkwright.app.services.signals import run_to_end
from inkwright.memory.errors import BadInput, BudgetSpent, InkwrightError


@dataclass(frozen=True)
class BatchInput:
    """Where the briefs are, and how they are read."""

    file: Path
    prompt_field: str | None = None
    id_field: str | None = None
    defaults: Path | None = None

    def lines(self, asked: BatchOptions) -> tuple[BatchLine, ...]:
        """Return the lines of the file."""
        shared = read_defaults(self.defaults) if self.defaults else None
        return read_lines(
            self.file, FieldNames(self.prompt_field, self.id_field, shared), asked.arms
        )


def asked(
    arms: tuple[Any, Any, Any],
    *,
    whole: Limits,
    each: Limits,
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
    again: set[Retry] = set()
    for named in retry:
        if named not in get_args(Retry):
            raise BadInput(f"--retry {named}: it is flagged or failed; both may be given")
        again.add(cast(Retry, named))
    if unknown := [f for f in formats if f not in FORMATS]:
        raise BadInput(f"--format {unknown[0]}: it is one of {', '.join(FORMATS)}")
    plan, memory, review = arms
    return BatchOptions(
        arms=Ablation(plan=plan, memory=memory, review=review),
        whole=whole,
        each=each,
        retry=frozenset(again),
        mode="plan" if plan_only else "approved" if approved else "whole",
        formats=tuple(cast(Format, f) for f in dict.fromkeys(formats)),
        engine=engine,
        workers=workers,
    )


def batch(
    source: BatchInput, asked: BatchOptions, *, out: Path, concurrency: int | None, dry_run: bool
) -> int:
    """Write a batch, or go on with it; return the exit code."""
    settings = Settings.load(concurrency=concurrency)
    if out.exists() and out.samefile(source.file):
        raise BadInput(f"--out {out} is the input itself; give another file")
    lines = source.lines(asked)
    if dry_run:
        from inkwright.app.batch.batch_estimate import forecast

        for told in forecast(lines, settings, asked, out):
            typer.echo(told)
        return Exit.COMPLETE
    endpoints.named(settings)

    def run() -> BatchOutcome:
        with display(typer.echo, live=sys.stdout.isatty()) as shown:
            return run_to_end(
                run_batch(lines, RunOptions(settings, Limits(), shown), asked, out=out)
            )

    outcome = plainly(run, then="the same command goes on")
    for told in _told(outcome, out):
        typer.echo(told)
    return _code(outcome)


def schema() -> str:
    """Return the JSON schema of a line of the results."""
    return json.dumps(Result.model_json_schema(mode="serialization"), indent=2)


def _told(outcome: BatchOutcome, out: Path) -> list[str]:
    """Say how it came out, and how to go on."""
    ended = ", ".join(f"{n:,} {status}" for status, n in sorted(outcome.ended.items()))
    found = [
        f"{ended or 'nothing finished'}; {outcome.calls:,} calls in {duration(outcome.seconds)}",
        f"results: {out}",
    ]
    if outcome.moved:
        lines = many(outcome.moved, "line")
        found.append(f"{lines} of other briefs: {out.stem}.old.jsonl beside it")
    said = {
        "unfinished": "begun and not finished; the same command goes on",
        "untouched": "not begun",
        "waiting": "with an outline that waits for approval; --approved writes them",
        "busy": "being written by another process",
    }
    found += [f"{n:,} {said[reason]}" for reason, n in outcome.left.items() if n]
    if outcome.files_missing:
        files = many(outcome.files_missing, "file")
        found.append(f"{files} could not be made; results say why, the same command tries again")
    if outcome.ended["planned"]:
        found.append("look at the outlines, then run it again with --approved")
    if isinstance(outcome.stopped_by, BudgetSpent):
        found.append(f"{outcome.stopped_by}; a higher one goes on")
    elif outcome.stopped_by is not None:
        found.append(f"stopped: {' '.join(str(outcome.stopped_by).split())}")
    return found


def _code(outcome: BatchOutcome) -> int:
    if isinstance(outcome.stopped_by, InkwrightError) and not isinstance(
        outcome.stopped_by, BudgetSpent
    ):
        return Exit.NO_MODEL
    left = outcome.left["unfinished"] + outcome.left["untouched"] + outcome.left["busy"]
    if left or outcome.files_missing or outcome.ended["partial"] or outcome.ended["failed"]:
        return Exit.PARTIAL
    return Exit.FLAGGED if outcome.ended["flagged"] else Exit.COMPLETE

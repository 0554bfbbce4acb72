"""``inkwright batch``: many pieces."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, cast, get_args

import typer

from inkwright.agents.llm.config import Ablation, Limits
from inkwright.app.batch.batch import run_batch
from inkwright.app.batch.batch_progress import BatchProgress
from inkwright.app.batch.input import FieldNames, read_defaults, read_lines
from inkwright.app.batch.options import BatchOptions, BatchOutcome, Engine, Retry
from inkwright.app.batch.results import Result
from inkwright.app.cli.errors import Exit, exit_on_error
from inkwright.app.cli.options import DryRun, MemoryArm, PlanArm, ReviewArm, build_limits
from inkwright.app.config import endpoints
from inkwright.app.config.settings import Settings
from inkwright.app.display.displays import make_display
from inkwright.app.display.formatting import collapse_lines, format_count, format_duration
from inkwright.app.export.formats import FORMATS, Format
from inkwright.app.services.run_options import RunOptions
from inkwright.app.services.signals import run_to_end
from inkwright.memory.errors import BadInput, BudgetSpent, InkwrightError

_SCHEMA_NAMES = {"OutlinedSection": "PlannedSection", "SectionCounts": "Sections"}
"""Classes that the printed schema calls as it always has."""


commands = typer.Typer(rich_markup_mode=None)


def _print_results_schema(is_requested: bool) -> None:
    if is_requested:
        typer.echo(_format_schema())
        raise typer.Exit


@commands.command()
def batch(
    briefs: Annotated[
        Path, typer.Argument(metavar="IN.jsonl", help="One brief a line, as a JSON object.")
    ],
    out: Annotated[Path, typer.Option(help="File for the results, one line each.")],
    concurrency: Annotated[
        int | None, typer.Option(min=1, max=1024, help="Model calls in flight, over all works.")
    ] = None,
    defaults: Annotated[
        Path | None, typer.Option(help="YAML with the keys of a brief that all lines share.")
    ] = None,
    prompt_field: Annotated[
        str | None, typer.Option(help="Field of a line that holds the request.")
    ] = None,
    id_field: Annotated[str | None, typer.Option(help="Field of a line that is its id.")] = None,
    retry: Annotated[
        list[str] | None,
        typer.Option(help="flagged or failed (partial ones too): take these up again."),
    ] = None,
    plan_only: Annotated[
        bool, typer.Option("--plan-only", help="Make the outlines, and stop.")
    ] = False,
    approved: Annotated[
        bool, typer.Option("--approved", help="Write the outlines made with --plan-only.")
    ] = False,
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format", help="docx, epub, pdf, md: manuscripts as files beside the lines."
        ),
    ] = None,
    engine: Annotated[
        Engine,
        typer.Option(help="ray: works are written by processes all over a Ray cluster."),
    ] = "local",
    workers: Annotated[
        int | None, typer.Option(min=1, max=1024, help="Of --engine ray: processes that write.")
    ] = None,
    dry_run: DryRun = False,
    schema: Annotated[
        bool,
        typer.Option(
            "--schema",
            callback=_print_results_schema,
            is_eager=True,
            help="Print the JSON schema of a line of the results, and stop.",
        ),
    ] = False,
    max_calls: Annotated[int | None, typer.Option(min=1, help="Calls for the batch.")] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Tokens for the batch.")] = None,
    max_minutes: Annotated[float | None, typer.Option(help="Minutes for this run.")] = None,
    max_cost: Annotated[float | None, typer.Option(help="Money for the batch.")] = None,
    each_max_calls: Annotated[int | None, typer.Option(min=1, help="Calls for each brief.")] = None,
    each_max_tokens: Annotated[
        int | None, typer.Option(min=1, help="Tokens for each brief.")
    ] = None,
    each_max_minutes: Annotated[float | None, typer.Option(help="Minutes for each brief.")] = None,
    each_max_cost: Annotated[float | None, typer.Option(help="Money for each brief.")] = None,
    plan: PlanArm = "full",
    memory: MemoryArm = "full",
    review: ReviewArm = "full",
) -> None:
    """Write many pieces: one line in, one line out as each finishes. Run it again to go on."""
    if plan_only and approved:
        raise BadInput("--plan-only makes outlines and --approved writes them; give one of the two")
    if workers is not None and engine != "ray":
        raise BadInput("--workers is for --engine ray; in one process, --concurrency says it all")
    batch_options = BatchOptions(
        ablation=Ablation(plan=plan, memory=memory, review=review),
        batch_limits=build_limits(max_calls, max_tokens, max_minutes, max_cost),
        brief_limits=build_limits(each_max_calls, each_max_tokens, each_max_minutes, each_max_cost),
        retry=_parse_retry(retry or ()),
        mode="plan" if plan_only else "approved" if approved else "whole",
        formats=_parse_formats(formats or ()),
        engine=engine,
        workers=workers,
    )
    settings = Settings.load(concurrency=concurrency)
    if out.exists() and out.samefile(briefs):
        raise BadInput(f"--out {out} is the input itself; give another file")
    default_values = read_defaults(defaults) if defaults else None
    field_names = FieldNames(prompt_field, id_field, default_values)
    lines = read_lines(briefs, field_names, batch_options.ablation)
    if dry_run:
        from inkwright.app.batch.batch_estimate import describe_estimate

        for line in describe_estimate(lines, settings, batch_options, out):
            typer.echo(line)
        return
    endpoints.resolve_models(settings)

    def run() -> BatchOutcome:
        with make_display(
            BatchProgress(), typer.echo, live=sys.stdout.isatty()
        ) as progress_display:
            return run_to_end(
                run_batch(
                    lines, RunOptions(settings, Limits(), progress_display), batch_options, out=out
                )
            )

    outcome = exit_on_error(run, next_step="the same command goes on")
    for line in _summarize_outcome(outcome, out):
        typer.echo(line)
    raise typer.Exit(_choose_exit_code(outcome))


def _parse_retry(statuses: Sequence[str]) -> frozenset[Retry]:
    for status in statuses:
        if status not in get_args(Retry):
            raise BadInput(f"--retry {status}: it is flagged or failed; both may be given")
    return frozenset(cast(Sequence[Retry], statuses))


def _parse_formats(formats: Sequence[str]) -> tuple[Format, ...]:
    if unknown_formats := [f for f in formats if f not in FORMATS]:
        raise BadInput(f"--format {unknown_formats[0]}: it is one of {', '.join(FORMATS)}")
    return tuple(dict.fromkeys(cast(Sequence[Format], formats)))


def _format_schema() -> str:
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
        summary_lines.append(f"stopped: {collapse_lines(str(outcome.stopped_by))}")
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

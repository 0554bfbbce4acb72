"""A batch as a whole: its lines against its output, and what is left of them run to the end."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from inkwright.agents.llm.config import CallSettings
from inkwright.app.batch import exports
from inkwright.app.batch.events import BatchBegan
from inkwright.app.batch.input import BatchLine
from inkwright.app.batch.options import (
    BatchOptions,
    BatchOutcome,
    EarlierUsage,
    Engine,
    check_engine,
    subtract_usage,
    sum_usage,
)
from inkwright.app.batch.results import RecordedLine, Result, ResultsFile
from inkwright.app.config import endpoints
from inkwright.app.config.prices import check_prices
from inkwright.app.config.settings import Settings
from inkwright.app.services.engine import open_library
from inkwright.app.services.run_options import RunOptions
from inkwright.memory.errors import BadInput, BudgetSpent
from inkwright.memory.ids import NO_WORK
from inkwright.memory.store import journal
from inkwright.memory.store.journal import RoleUsage
from inkwright.memory.store.library import Library

WORK_DIGEST_CHARS = 10
"""How much of a line's digest a work's id ends with."""


async def run_batch(
    lines: Sequence[BatchLine],
    run_options: RunOptions,
    batch_options: BatchOptions,
    *,
    out: Path | None = None,
    emit: Callable[[Result], None] = lambda result: None,
) -> BatchOutcome:
    """Write what ``lines`` ask for and what ``out`` does not hold yet; add each result to it.

    Results that stand in ``out`` already are not told to ``emit``.

    Raises:
        BadInput: settings, library or output cannot be used.
    """
    outcome = BatchOutcome(count_by_status=Counter(), count_by_reason=Counter())
    if batch_options.formats and out is None:
        raise BadInput("manuscripts are exported beside the output: say where that goes (`out`)")
    check_engine(run_options.settings, batch_options)
    if out is not None:
        exports.prepare(batch_options.formats, out)
    with ExitStack() as stack:
        library = stack.enter_context(open_library(run_options.settings))
        usage_by_digest = _load_usage_by_digest(library, run_options.settings)
        results_file = _open_results_file(stack, out, library) if out else None
        if results_file is not None:
            ids_to_redo = {
                i
                for i, recorded_line in results_file.recorded_lines.items()
                if _should_redo(recorded_line, batch_options, usage_by_digest)
                or _lacks_files(recorded_line, batch_options, results_file.path)
            }
            outcome.moved_lines = results_file.put_in_order(lines, ids_to_redo)
            outcome.count_by_status.update(k.status for k in results_file.recorded_lines.values())
        lines_to_run = [
            line
            for line in lines
            if results_file is None or line.id not in results_file.recorded_lines
        ]
        run_options.watch(BatchBegan(NO_WORK, len(lines), len(lines) - len(lines_to_run)))
        if lines_to_run:
            call_settings = stack.enter_context(endpoints.serve_models(run_options.settings))
            batch_options = _check_prices(batch_options, call_settings, run_options.settings)
            run_lines = await asyncio.to_thread(_load_runner, batch_options.engine)
            await run_lines(
                lines_to_run,
                library,
                call_settings,
                run_options,
                batch_options,
                earlier_usage=_sum_usage(lines, usage_by_digest),
                emit=_Ends(library, batch_options, results_file, outcome, emit),
                outcome=outcome,
            )
    return outcome


def _check_prices(
    batch_options: BatchOptions, call_settings: CallSettings, settings: Settings
) -> BatchOptions:
    """Return the options with limits as they are held to, after a look whether they can be."""
    return replace(
        batch_options,
        batch_limits=check_prices(call_settings, settings, batch_options.batch_limits),
        brief_limits=check_prices(call_settings, settings, batch_options.brief_limits),
    )


def _load_runner(engine: Engine) -> Any:
    """Import what calls models, in a thread: it takes seconds, and the loop goes on meanwhile."""
    if engine == "ray":
        from inkwright.app.batch import ray_runner

        return ray_runner.run_lines
    from inkwright.app.batch import local_runner

    return local_runner.run_lines


def _open_results_file(stack: ExitStack, out: Path, library: Library) -> ResultsFile:
    out = out.expanduser()
    if not out.parent.is_dir():
        raise BadInput(f"{out}: the folder {out.parent} does not exist")
    results_file = ResultsFile(out)
    stack.enter_context(results_file.hold_lock(library.home))
    return results_file


@dataclass(frozen=True)
class _Ends:
    """Where each result goes: to files of its own, to the output, and to who asked."""

    library: Library
    batch_options: BatchOptions
    results_file: ResultsFile | None
    outcome: BatchOutcome
    emit: Callable[[Result], None]

    async def __call__(self, result: Result) -> Result:
        if self.results_file is not None:
            if self.batch_options.formats:
                result = await asyncio.to_thread(
                    exports.write_files,
                    self.library,
                    result,
                    self.batch_options.formats,
                    self.results_file.path,
                )
                if result.status in ("complete", "flagged"):
                    self.outcome.files_missing += len(self.batch_options.formats) - len(
                        result.files
                    )
            self.results_file.add(result)
        self.emit(result)
        return result


def _load_usage_by_digest(library: Library, settings: Settings) -> dict[str, EarlierUsage]:
    """Return what works have taken so far, by the digest in their ids; generations together."""
    rows_by_digest: dict[str, list[RoleUsage]] = {}
    for work_id, usage in journal.load_usage_by_work(library).items():
        digest_prefix = work_id.rpartition("-")[2].partition(".")[0]
        rows_by_digest.setdefault(digest_prefix, []).extend(usage)
    price_list = endpoints.build_price_list(settings)
    return {prefix: sum_usage(usage, price_list) for prefix, usage in rows_by_digest.items()}


def _sum_usage(
    lines: Collection[BatchLine], usage_by_digest: dict[str, EarlierUsage]
) -> EarlierUsage:
    usages = [
        usage_by_digest[p]
        for line in lines
        if (p := line.digest[:WORK_DIGEST_CHARS]) in usage_by_digest
    ]
    return EarlierUsage(
        sum(u.calls for u in usages), sum(u.tokens for u in usages), sum(u.cost for u in usages)
    )


def _lacks_files(recorded_line: RecordedLine, batch_options: BatchOptions, out: Path) -> bool:
    """True when a finished line is to have files that are not there; making them takes no call."""
    if recorded_line.status not in ("complete", "flagged"):
        return False
    return exports.has_missing_files(recorded_line.files, batch_options.formats, out)


def _should_redo(
    recorded_line: RecordedLine,
    batch_options: BatchOptions,
    usage_by_digest: dict[str, EarlierUsage],
) -> bool:
    """True when a line that stands is to be worked on again."""
    if recorded_line.status == "planned":
        return batch_options.mode == "approved"
    if recorded_line.status == "flagged":
        return "flagged" in batch_options.retry
    if recorded_line.unfinished:
        try:
            subtract_usage(
                batch_options.brief_limits,
                usage_by_digest.get(recorded_line.digest[:WORK_DIGEST_CHARS], EarlierUsage()),
            )
        except BudgetSpent:
            return False
        return batch_options.mode != "plan" or recorded_line.status == "failed"
    return recorded_line.status in ("failed", "partial") and "failed" in batch_options.retry

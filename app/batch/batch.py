"""A batch as a whole: its lines against its output, and what is left of them run to the end."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkwright.app.batch import exports
from inkwright.app.batch.events import BatchBegan
from inkwright.app.batch.input import BatchLine
from inkwright.app.batch.options import (
    BatchOptions,
    BatchOutcome,
    Engine,
    Spent,
    check_engine,
    left_of,
)
from inkwright.app.batch.results import RecordedLine, Result, ResultsFile
from inkwright.app.config import endpoints
from inkwright.app.services.engine import opened
from inkwright.app.services.run_options import RunOptions
from inkwright.memory.errors import BadInput, BudgetSpent
from inkwright.memory.store import journal
from inkwright.memory.store.library import Library

WORK_DIGEST_CHARS = 10
"""How much of a line's digest a work's id ends with."""


async def run_batch(
    lines: Sequence[BatchLine],
    job: RunOptions,
    asked: BatchOptions,
    *,
    out: Path | None = None,
    emit: Callable[[Result], None] = lambda result: None,
) -> BatchOutcome:
    """Write what ``lines`` ask for and what ``out`` does not hold yet; add each result to it.

    Results that stand in ``out`` already are not told to ``emit``.

    Raises:
        BadInput: settings, library or output cannot be used.
    """
    outcome = BatchOutcome(ended=Counter(), left=Counter())
    if asked.formats and out is None:
        raise BadInput("manuscripts are exported beside the output: say where that goes (`out`)")
    check_engine(job.settings, asked)
    if out is not None:
        exports.prepare(asked.formats, out)
    with ExitStack() as stack:
        library = stack.enter_context(opened(job.settings))
        spent = _spent(library)
        file = _held(stack, out, library) if out else None
        if file is not None:
            redone = {
                i
                for i, known in file.known.items()
                if _again(known, asked, spent) or _lacks_files(known, asked, file.path)
            }
            outcome.moved = file.put_in_order(lines, redone)
            outcome.ended.update(k.status for k in file.known.values())
        todo = [line for line in lines if file is None or line.id not in file.known]
        job.watch(BatchBegan("", len(lines), len(lines) - len(todo)))
        if todo:
            calling = stack.enter_context(endpoints.serving(job.settings))
            run_lines = await asyncio.to_thread(_load, asked.engine)
            await run_lines(
                todo,
                library,
                calling,
                job,
                asked,
                spent=_all_of(lines, spent),
                emit=_Ends(library, asked, file, outcome, emit),
                outcome=outcome,
            )
    return outcome


def _load(engine: Engine) -> Any:
    """Import what calls models, in a thread: it takes seconds, and the loop goes on meanwhile."""
    if engine == "ray":
        from inkwright.app.batch import ray_runner

        return ray_runner.run_lines
    from inkwright.app.batch import local_runner

    return local_runner.run_lines


def _held(stack: ExitStack, out: Path, library: Library) -> ResultsFile:
    out = out.expanduser()
    if not out.parent.is_dir():
        raise BadInput(f"{out}: the folder {out.parent} does not exist")
    file = ResultsFile(out)
    stack.enter_context(file.held(library.home))
    return file


@dataclass(frozen=True)
class _Ends:
    """Where each result goes: to files of its own, to the output, and to who asked."""

    library: Library
    asked: BatchOptions
    file: ResultsFile | None
    outcome: BatchOutcome
    emit: Callable[[Result], None]

    async def __call__(self, result: Result) -> Result:
        if self.file is not None:
            if self.asked.formats:
                result = await asyncio.to_thread(
                    exports.with_files, self.library, result, self.asked.formats, self.file.path
                )
                if result.status in ("complete", "flagged"):
                    self.outcome.files_missing += len(self.asked.formats) - len(result.files)
            self.file.add(result)
        self.emit(result)
        return result


def _spent(library: Library) -> dict[str, Spent]:
    """Return what works have taken so far, by the digest in their ids; generations together."""
    found: dict[str, Spent] = {}
    for work, (calls, tokens) in journal.spent(library).items():
        mark = work.rpartition("-")[2].partition(".")[0]
        before = found.get(mark, (0, 0))
        found[mark] = before[0] + calls, before[1] + tokens
    return found


def _all_of(lines: Collection[BatchLine], spent: dict[str, Spent]) -> Spent:
    mine = [spent.get(line.digest[:WORK_DIGEST_CHARS], (0, 0)) for line in lines]
    return sum(c for c, _ in mine), sum(t for _, t in mine)


def _lacks_files(known: RecordedLine, asked: BatchOptions, out: Path) -> bool:
    """True when a finished line is to have files that are not there; making them takes no call."""
    if known.status not in ("complete", "flagged"):
        return False
    return exports.missing(known.files, asked.formats, out)


def _again(known: RecordedLine, asked: BatchOptions, spent: dict[str, Spent]) -> bool:
    """True when a line that stands is to be worked on again."""
    if known.status == "planned":
        return asked.mode == "approved"
    if known.status == "flagged":
        return "flagged" in asked.retry
    if known.unfinished:
        try:
            left_of(asked.each, spent.get(known.digest[:WORK_DIGEST_CHARS], (0, 0)))
        except BudgetSpent:
            return False
        return asked.mode != "plan" or known.status == "failed"
    return known.status in ("failed", "partial") and "failed" in asked.retry

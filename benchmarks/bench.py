"""``inkwright-bench TASK --method M``: run a task set, score it, and leave what upstream reads.

The model is set as for ``inkwright`` (``INKWRIGHT_API_BASE``, ``INKWRIGHT_MODEL``), or simulated
with ``--simulated``. Answers are kept one by one in ``answers.jsonl``: the same command goes on
where it was stopped. Beside them lie ``score.json``, the answers in the form that the set's own
scorer reads, and, where a judge model scores, the requests for it.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks import simulated
from benchmarks.harness import settings
from benchmarks.lines import Lines
from benchmarks.methods import METHODS
from benchmarks.running import Run, report
from benchmarks.sets import SETS, Task
from inkwright.agents.llm.config import Ablation
from inkwright.app.cli.errors import Exit
from inkwright.app.config import endpoints
from inkwright.app.config.settings import Settings
from inkwright.memory.errors import BadInput, ModelRefused, ModelUnreachable
from tests.simserver.process import SimServer


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    told = _parser().parse_args(arguments)
    try:
        return _run(told)
    except KeyboardInterrupt:
        print("interrupted; the same command goes on", file=sys.stderr)
        return Exit.INTERRUPTED
    except BadInput as fault:
        print(f"inkwright-bench: {fault}", file=sys.stderr)
        return Exit.BAD_INPUT
    except (ModelUnreachable, ModelRefused) as fault:
        print(f"inkwright-bench: {fault}; the same command goes on", file=sys.stderr)
        return Exit.NO_MODEL


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="inkwright-bench", description=__doc__)
    parser.add_argument("task", choices=tuple(SETS), metavar="TASK", help=", ".join(SETS))
    parser.add_argument("--method", choices=METHODS, default="ours")
    for arm in ("plan", "memory", "review"):
        values = Ablation.model_fields[arm].annotation.__args__  # type: ignore[union-attr]
        parser.add_argument(f"--{arm}", choices=values, help="for ours: full unless given")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, help="only so many tasks, evenly spread over the set")
    parser.add_argument("--at-once", type=int, default=1, help="tasks written side by side")
    parser.add_argument("--simulated", action="store_true", help="with the simulated model")
    parser.add_argument("--out", type=Path, default=Path("bench"), help="folder of all results")
    parser.add_argument("--judge-model", default="judge", help="name put into judge requests")
    return parser


def _run(told: argparse.Namespace) -> int:
    arms = _arms(told)
    tasks = _spread(SETS[told.task].load(), told.limit)
    name = told.method + "".join(f"-{k}={v}" for k, v in arms.items()) + f"-seed{told.seed}"
    folder = told.out / told.task / name
    answers = Lines(folder / "answers.jsonl", "id")
    with _settings(told, tasks, folder) as settings:
        endpoints.resolve_models(settings)
        _same_run(folder, {"model": settings.model, "simulated": told.simulated})
        run = Run(told.method, Ablation(**arms), told.seed, settings, folder, told.at_once)
        failed = asyncio.run(run.answer(tasks, answers))
    report(SETS[told.task], tasks, answers, failed, folder, told.judge_model)
    return Exit.PARTIAL if failed else Exit.COMPLETE


def _arms(told: argparse.Namespace) -> dict[str, Any]:
    arms = {k: v for k in ("plan", "memory", "review") if (v := getattr(told, k)) is not None}
    if arms and told.method != "ours":
        raise BadInput(f"--{next(iter(arms))} is an arm of ours, not of {told.method}")
    return arms


def _spread(tasks: list[Task], limit: int | None) -> list[Task]:
    """Return ``limit`` tasks, evenly spread: sets are sorted by language or length."""
    if limit is None or limit >= len(tasks):
        return tasks
    if limit < 1:
        raise BadInput("--limit must be at least 1")
    return [tasks[n * len(tasks) // limit] for n in range(limit)]


@contextmanager
def _settings(told: argparse.Namespace, tasks: Sequence[Task], folder: Path) -> Iterator[Settings]:
    home = folder / "library"
    with ExitStack() as servers:
        if not told.simulated:
            yield Settings.load(home=home)
            return
        config = simulated.config(tasks, salt=str(told.seed))
        server = servers.enter_context(SimServer(config))
        yield settings(server, home, concurrency=config.slots)


def _same_run(folder: Path, told: dict[str, Any]) -> None:
    """Hold a folder to the model it was begun with."""
    path = folder / "run.json"
    if not path.exists():
        path.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    elif (begun := json.loads(path.read_text("utf-8"))) != told:
        raise BadInput(f"{folder} was begun with {begun}: give another --out")


if __name__ == "__main__":
    sys.exit(main())

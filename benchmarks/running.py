"""Having a task set answered by one method, and what is made of the answers."""

import asyncio
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import judging
from benchmarks.client import Client, Spent, clients
from benchmarks.lines import Lines
from benchmarks.methods import PEERS, ours
from benchmarks.scorers import repetition
from benchmarks.scorers.counting import longbench_words
from benchmarks.sets import Task, TaskSet
from inkwright.agents.llm.config import Ablation
from inkwright.app.config.settings import Settings
from inkwright.memory.errors import InkwrightError, ModelRefused, ModelUnreachable

Write = Callable[[Task], Any]


@dataclass(frozen=True)
class Run:
    """One method on one set, in a folder of its own."""

    method: str
    arms: Ablation
    seed: int
    settings: Settings
    folder: Path
    at_once: int

    async def answer(self, tasks: Sequence[Task], answers: Lines) -> list[Task]:
        """Have every task answered that is not answered yet; return those that failed.

        Raises:
            ModelUnreachable, ModelRefused: there is no model to go on with.
        """
        left = [task for task in tasks if task.id not in answers]
        if self.method == "ours":
            return await self._all(left, answers, len(tasks), self._ours)
        async with clients(self.settings, self.folder / "calls.jsonl") as make:
            return await self._all(left, answers, len(tasks), lambda task: self._peer(task, make))

    async def _all(
        self, left: Sequence[Task], answers: Lines, total: int, write: Write
    ) -> list[Task]:
        places, failed = asyncio.Semaphore(self.at_once), []

        async def one(task: Task) -> None:
            async with places:
                began = time.monotonic()
                try:
                    text, status, spent = await write(task)
                except (ModelUnreachable, ModelRefused):
                    raise
                except InkwrightError as fault:
                    print(f"{task.id} failed: {fault}", file=sys.stderr, flush=True)
                    failed.append(task)
                    return
                answers.add(_row(task, text, status, spent, time.monotonic() - began))
                print(f"[{len(answers)}/{total}] {_line(answers[task.id])}", flush=True)

        try:
            async with asyncio.TaskGroup() as group:
                for task in left:
                    group.create_task(one(task))
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None
        return failed

    async def _ours(self, task: Task) -> tuple[str, str, Spent]:
        out = self.folder / "pieces" / task.id
        piece, spent = await ours.write(task.request, self.settings, self.arms, self.seed, out=out)
        return piece.text, piece.status, spent

    async def _peer(self, task: Task, make: Callable[[int], Client]) -> tuple[str, str, Spent]:
        client = make(self.seed)
        text = await PEERS[self.method](task.request, client)
        return text, "complete", client.spent


def report(
    chosen: TaskSet,
    tasks: Sequence[Task],
    answers: Lines,
    failed: Sequence[Task],
    folder: Path,
    judge: str,
) -> None:
    """Score what is there, a failed task as an empty text; write all that is made from answers."""
    done = [task for task in tasks if task.id in answers]
    answered = [(task.record, answers[task.id]["response"]) for task in done]
    scored = chosen.score([*answered, *((task.record, "") for task in failed)])
    score = _totals([answers[task.id] for task in done], len(tasks), len(failed))
    score |= {name: round(value, 4) for name, value in scored.items()}
    questions = (
        judging.batch_line(task.id, question, judge)
        for task, (record, text) in zip(done, answered, strict=True)
        for question in chosen.questions(record, text)
    )
    files = chosen.export(answered) | {"score.json": json.dumps(score, indent=1) + "\n"}
    if asked := "".join(questions):
        files["judge_requests.jsonl"] = asked
    for name, content in files.items():
        (folder / name).write_text(content, "utf-8")
    for name, value in score.items():
        print(f"{name:<20} {value}")
    print(f"written to {folder}")


def _totals(rows: Sequence[Mapping[str, Any]], tasks: int, failed: int) -> dict[str, Any]:
    score: dict[str, Any] = {"answered": len(rows), "tasks": tasks, "failed": failed}
    for name in ("calls", "prompt_tokens", "completion_tokens"):
        score[name] = sum(row[name] for row in rows)
    score["flagged"] = sum(row["status"] != "complete" for row in rows)
    shares = [repetition.duplicate_share(row["response"]) for row in rows]
    score["repeated 8-grams"] = round(sum(shares) / len(shares), 4) if shares else 0.0
    return score


def _row(task: Task, text: str, status: str, spent: Spent, seconds: float) -> dict[str, Any]:
    return {
        "id": task.id,
        "response": text,
        "status": status,
        "calls": spent.calls,
        "prompt_tokens": spent.prompt_tokens,
        "completion_tokens": spent.completion_tokens,
        "seconds": round(seconds, 2),
    }


def _line(row: Mapping[str, Any]) -> str:
    words, calls = longbench_words(row["response"]), row["calls"]
    return f"{row['id']}: {words} words, {calls} calls, {row['seconds']} s, {row['status']}"

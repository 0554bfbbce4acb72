"""The task sets: where their records are, how they are scored, and what upstream scorers read."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks import judging
from benchmarks.judging import Question
from benchmarks.scorers import hellobench, longbench_write, longen, longproc, unitgen, writingbench
from benchmarks.scorers.counting import longbench_words

DATA = Path(__file__).parent / "data"
Record = Mapping[str, Any]
Answered = Sequence[tuple[Record, str]]


@dataclass(frozen=True)
class Task:
    """One request, with the record it came in."""

    id: str
    request: str
    record: Record


@dataclass(frozen=True)
class TaskSet:
    """A set of tasks and how its answers are scored."""

    name: str
    load: Callable[[], list[Task]]
    score: Callable[[Answered], dict[str, float]]
    export: Callable[[Answered], dict[str, str]]
    """File names and contents in the form that the set's own scorer reads."""
    questions: Callable[[Record, str], Iterator[Question]] = judging.none
    """What a judge model is to be asked about an answer."""


def _jsonl(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def _lines(rows: Sequence[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _unitgen() -> list[Task]:
    return [Task(r["id"], r["prompt"], r) for r in _jsonl(DATA / "unitgen/unitgen.jsonl")]


def _unitgen_export(answered: Answered) -> dict[str, str]:
    rows = [
        dict(r)
        | {
            "input": r["prompt"],
            "output": text,
            "output_blocks": text.split(unitgen.MARK),
            "word_count": longbench_words(text),
        }
        for r, text in answered
    ]
    return {"results.json": json.dumps(rows, ensure_ascii=False, indent=1)}


def _longbench(folder: str) -> Callable[[], list[Task]]:
    def load() -> list[Task]:
        rows = _jsonl(DATA / folder / f"{folder}.jsonl")
        return [Task(f"{folder}-{n}", r["prompt"], r) for n, r in enumerate(rows, 1)]

    return load


def _longbench_export(answered: Answered) -> dict[str, str]:
    rows = [
        dict(r) | {"response_length": longbench_words(text), "response": text}
        for r, text in answered
    ]
    return {"pred.jsonl": _lines(rows)}


def _longen() -> list[Task]:
    rows = _jsonl(DATA / "longen/longen.jsonl")
    return [Task(f"longen-{n}", r["query"], r) for n, r in enumerate(rows, 1)]


def _response_export(name: str, *fields: str) -> Callable[[Answered], dict[str, str]]:
    """Return an exporter of these fields (all: none named) and the response."""

    def export(answered: Answered) -> dict[str, str]:
        rows = [{key: r[key] for key in fields or r} | {"response": text} for r, text in answered]
        return {name: _lines(rows)}

    return export


def _hellobench(length: str) -> Callable[[], list[Task]]:
    def load() -> list[Task]:
        rows = _jsonl(DATA / f"hellobench_htg/heuristic_text_generation{length}.jsonl")
        return [Task(r["id"], r["instruction"], r | {"words": _at_least(r)}) for r in rows]

    return load


def _at_least(record: Record) -> int | None:
    found = re.search(r"no shorter than (\d+) words", record["instruction"])
    return int(found.group(1)) if found else None


def _writingbench() -> list[Task]:
    folder = DATA / "writingbench_length"
    notes = json.loads((folder / "length_notes.json").read_text("utf-8"))
    rows = _jsonl(folder / "length_short_queries.jsonl")
    return [Task(str(r["index"]), r["query"], r | notes[str(r["index"])]) for r in rows]


def _longproc() -> list[Task]:
    return [*_countdown(), *_path_traversal(), *_tom_tracking()]


def _procedures(task: str) -> tuple[list[dict[str, Any]], str]:
    folder = DATA / "longproc"
    rows = json.loads((folder / f"{task}_0.5k.json").read_text("utf-8"))
    prompts = yaml.safe_load((folder / f"{task}.prompts.yaml").read_text("utf-8"))
    return [r | {"task": task} for r in rows], prompts["USER_PROMPT"]


def _countdown() -> Iterator[Task]:
    """Yield the tasks, each with the worked examples of the two records before it."""
    rows, prompt = _procedures("countdown")
    for n, r in enumerate(rows):
        shown = "\n\n".join(_worked(rows[n - back]) for back in (1, 2))
        told = {"nums": r["nums"], "target": r["target"], "demonstration": shown}
        yield Task(f"countdown-{n + 1}", prompt.format(**told), r)


def _worked(record: Record) -> str:
    return f"Numbers: {record['nums']}\nTarget: {record['target']}\n\n{record['demonstration']}"


def _path_traversal() -> Iterator[Task]:
    rows, prompt = _procedures("path_traversal")
    for n, r in enumerate(rows, 1):
        start, end = r["question_repr"]
        told = {"city_context": r["context_nl"], "src_city": start, "dst_city": end}
        yield Task(f"path_traversal-{n}", prompt.format(**told), r)


def _tom_tracking() -> Iterator[Task]:
    rows, prompt = _procedures("tom_tracking")
    for n, r in enumerate(rows, 1):
        told = {key: r[key] for key in ("story", "question", "story_components")}
        yield Task(f"tom_tracking-{n}", prompt.format(**told), r)


_HELLO = {
    f"hellobench{length}": TaskSet(
        f"hellobench{length}",
        _hellobench(length),
        hellobench.score,
        _response_export(f"heuristic_text_generation{length}_results.jsonl", "id", "instruction"),
        judging.checklist,
    )
    for length in ("", "_2k", "_4k", "_8k", "_16k")
}
SETS: Mapping[str, TaskSet] = {
    "unitgen": TaskSet("unitgen", _unitgen, unitgen.score, _unitgen_export),
    "longbench_write": TaskSet(
        "longbench_write",
        _longbench("longbench_write"),
        longbench_write.score,
        _longbench_export,
        judging.longbench_quality,
    ),
    "longen": TaskSet(
        "longen", _longen, longen.score, _response_export("longen.jsonl"), judging.longen_quality
    ),
    "longwrite_ruler": TaskSet(
        "longwrite_ruler", _longbench("longwrite_ruler"), longbench_write.ruler, _longbench_export
    ),
    **_HELLO,
    "writingbench_length": TaskSet(
        "writingbench_length",
        _writingbench,
        writingbench.score,
        _response_export("responses.jsonl", "index"),
        judging.criteria,
    ),
    "longproc": TaskSet("longproc", _longproc, longproc.score, _response_export("longproc.jsonl")),
}

"""The simulated model that the task sets are measured with: it reads well, and writes carelessly.

It is told what each request asks for (as a model that reads well would find), forgets each
requirement of a unit with probability 0.3, misses lengths by up to 60 % either way, the words it is
to add or to cut among them, and as a judge misses a tenth and raises a false alarm in a tenth. That
is the same for every method.
"""

import re
from collections.abc import Sequence
from typing import Any

from benchmarks.scorers import longen
from benchmarks.sets import Task
from tests.simserver.config import Due, KnownTask, SimConfig

KINDS = ("once", "range", "periodic")


def config(tasks: Sequence[Task], **changes: Any) -> SimConfig:
    """Return the careless writer, with what it reads in the requests of ``tasks``."""
    settings: dict[str, Any] = {
        "known": tuple(known for task in tasks if (known := _known(task))),
        "forget_probability": 0.3,
        "length_error": 0.6,
        "continue_error": 0.6,
        "trim_error": 0.6,
        "densify_error": 0.6,
        "judge_miss": 0.1,
        "judge_false": 0.1,
        "max_model_len": 131_072,
        "slots": 16,
        "tokens_per_chunk": 64,
        "log_messages": False,
    }
    return SimConfig(**settings | changes)


def _known(task: Task) -> KnownTask | None:
    record = task.record
    if "checks_once" in record:
        return _numbered(task)
    if "query" in record and record.get("constraint"):
        return _bounded(task)
    words = record.get("length") or record.get("words")
    return KnownTask(request=task.request.strip(), words=words) if words else None


def _numbered(task: Task) -> KnownTask:
    """Return the reading of a unitgen request: its lines are looked up, not understood."""
    record = task.record
    lines = [line.removeprefix("- ") for line in task.request.splitlines()]
    phrases: dict[str, list[int]] = {}
    for kind in KINDS:
        for number, phrase in record[f"checks_{kind}"].items():
            phrases.setdefault(phrase, []).append(int(number))
    due = tuple(
        Due(
            phrase=phrase,
            units=tuple(sorted(units)),
            line=next(line for line in lines if phrase in line),
        )
        for phrase, units in phrases.items()
    )
    stated = next(line for line in lines if "*** finished" in line)
    return KnownTask(
        request=task.request.strip(),
        words=record["number"] * record["min_words"],
        units=record["number"],
        unit=record["type"],
        heading=re.sub(r"(?<= )1(?=\D*$)", "{n}", record["prefix"]),
        unit_words=record["min_words"],
        unit_line=re.split(r"(?<=[.。])", stated, maxsplit=1)[0],
        ending="*** finished",
        due=due,
        alone=next(line for line in lines if line.startswith(("Name each of", "上面引号中"))),
    )


def _bounded(task: Task) -> KnownTask:
    """Return the reading of a request with a length of LonGen's kinds: aim at the middle.

    Of a request that does not say it, the bounds are known to nobody.
    """
    low, high = longen.interval(task.record["type"], task.record["constraint"])
    return KnownTask(
        request=task.request.strip(),
        words=round((low + high) / 2),
        least=round(low) if task.record["type"] in ("range", "above") else None,
        most=round(high) if task.record["type"] in ("range", "below") else None,
        length_line=_line_with(task.request, re.findall(r"\d+", task.record["constraint"])),
    )


def _line_with(request: str, numbers: Sequence[str]) -> str:
    """Return the part of a request that names a length, for a model quotes what it reads."""
    parts = re.split(r"(?<=[.;!?。！？；])\s+|[。！？；\n]", request)
    said = (p for p in parts if all(n in p.replace(",", "") for n in numbers))
    return next(said, "")[:300]

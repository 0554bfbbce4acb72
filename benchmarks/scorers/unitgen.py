"""unitgen: completion, instructions met, leaks and short units, on the final text."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.scorers.counting import longbench_words

MARK = "#*#"
KINDS = ("once", "range", "periodic")


@dataclass
class Tally:
    """What was seen in one text, or in many."""

    units: int = 0
    present: int = 0
    short: int = 0
    all: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    judged: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    met: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    free: int = 0
    """Pairs of a unit that is there and a phrase that is not due in it."""
    leaked: int = 0

    def add(self, other: "Tally") -> None:
        for name in ("units", "present", "short", "free", "leaked"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("all", "judged", "met"):
            for kind in KINDS:
                getattr(self, name)[kind] += getattr(other, name)[kind]


def blocks(text: str, unit: str) -> dict[int, str]:
    """Return the block of each unit by its number: the first "UNIT digits" in it.

    Of two blocks with one number the first counts.
    """
    found: dict[int, str] = {}
    for block in text.split(MARK):
        if number := re.search(rf"{re.escape(unit)} (\d+)", block):
            found.setdefault(int(number.group(1)), block)
    return found


def tally(record: Mapping[str, Any], text: str) -> Tally:
    """Return what one answer has of what its task asks for."""
    there = {
        number: block
        for number, block in blocks(text, record["type"]).items()
        if 1 <= number <= record["number"]
    }
    plain = {number: _plain(block) for number, block in there.items()}
    seen = Tally(units=record["number"], present=len(there))
    seen.short = sum(longbench_words(block) < record["min_words"] for block in there.values())
    due: dict[str, set[int]] = defaultdict(set)
    for kind in KINDS:
        for number, phrase in record[f"checks_{kind}"].items():
            due[_plain(phrase)].add(int(number))
            seen.all[kind] += 1
            if int(number) in plain:
                seen.judged[kind] += 1
                seen.met[kind] += _plain(phrase) in plain[int(number)]
    for phrase, numbers in due.items():
        others = [block for number, block in plain.items() if number not in numbers]
        seen.free += len(others)
        seen.leaked += sum(phrase in block for block in others)
    return seen


def score(answered: Sequence[tuple[Mapping[str, Any], str]]) -> dict[str, float]:
    """Return the set's figures for pairs of a record and the text written for it."""
    total, completion = Tally(), []
    for record, text in answered:
        seen = tally(record, text)
        completion.append(100 * seen.present / seen.units)
        total.add(seen)
    accuracy = {kind: _share(total.met[kind], total.judged[kind]) for kind in KINDS}
    rate = sum(completion) / len(completion) if completion else 0.0
    stic_2 = _share(sum(total.met.values()), sum(total.all.values()))
    return {
        "CR": rate,
        "STIC-2": stic_2,
        "leak": _share(total.leaked, total.free),
        "short": _share(total.short, total.present),
        "STIC-1": _share(sum(total.met.values()), sum(total.judged.values())),
        **{f"accuracy {kind}": value for kind, value in accuracy.items()},
        "Avg. Acc.": sum(accuracy.values()) / len(KINDS),
        "wAvg": rate / 100 * stic_2,
    }


def _plain(text: str) -> str:
    return "".join(text.casefold().split())


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0

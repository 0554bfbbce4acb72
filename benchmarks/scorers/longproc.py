"""LongProc: is the answer exactly right, and how far is it right from its beginning?"""

import re
import string
from collections.abc import Mapping, Sequence
from typing import Any

_EQUATION = re.compile(r"(\d+)\s*([-+*/])\s*(\d+)\s*=\s*(\d+)")
_FILLERS = frozenset(
    {
        "a", "an", "the", "on", "in", "at", "step", "thinks", "think", "believes",
        "believe", "is", "are", "of", "location", "know", "knows", "belief",
    }
)  # fmt: skip
_MARKS = str.maketrans("", "", string.punctuation + "’")


def countdown(record: Mapping[str, Any], text: str) -> tuple[float, float]:
    """Return 1 when three true equations lead from the numbers to the target; else 0."""
    lines = [line for line in _tagged(text, "Solution").splitlines() if line.strip()]
    right = _leads_there(lines, list(record["nums"]), record["target"])
    return float(right), float(right)


def path_traversal(record: Mapping[str, Any], text: str) -> tuple[float, float]:
    """Return 1 for the route itself, and the share of its lines before the first wrong one."""
    told, wanted = _tagged(text, "Route").strip(), record["answer_nl"].strip()
    return float(told == wanted), _share_right(told.splitlines(), wanted.splitlines())


def tom_tracking(record: Mapping[str, Any], text: str) -> tuple[float, float]:
    """Return 1 when every step is right, and the share of steps before the first wrong one."""
    told, wanted = _steps(text), _steps(record["solution"])
    return float(told == wanted), _share_right(told, wanted)


SCORERS = {
    "countdown": countdown,
    "path_traversal": path_traversal,
    "tom_tracking": tom_tracking,
}


def score(answered: Sequence[tuple[Mapping[str, Any], str]]) -> dict[str, float]:
    """Return exact and partial accuracy of each of the three tasks."""
    found = {}
    for task, right in SCORERS.items():
        some = [right(r, text) for r, text in answered if r["task"] == task]
        if some:
            found[task] = sum(exact for exact, _ in some) / len(some)
            found[f"{task} partial"] = sum(partial for _, partial in some) / len(some)
    return found


def _leads_there(lines: Sequence[str], hand: list[int], target: int) -> bool:
    if len(lines) != 3:
        return False
    result = None
    for line in lines:
        if not (found := _EQUATION.fullmatch(line.strip())):
            return False
        a, sign, b, result = int(found[1]), found[2], int(found[3]), int(found[4])
        for used in (a, b):
            if used not in hand:
                return False
            hand.remove(used)
        if not _true(a, sign, b, result):
            return False
        hand.append(result)
    return result == target


def _true(a: int, sign: str, b: int, result: int) -> bool:
    if sign == "/":
        return b != 0 and result * b == a
    return {"+": a + b, "-": a - b, "*": a * b}[sign] == result


def _tagged(text: str, tag: str) -> str:
    found = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
    return found[-1] if found else ""


def _steps(text: str) -> list[str]:
    return [_bare(line) for line in text.splitlines() if line.startswith("-")]


def _bare(line: str) -> str:
    spoken = line.lower().translate(_MARKS).split()
    return " ".join(word for word in spoken if word not in _FILLERS)


def _share_right(told: Sequence[str], wanted: Sequence[str]) -> float:
    right = 0
    for one, other in zip(told, wanted, strict=False):
        if one.strip() != other.strip():
            break
        right += 1
    return right / len(wanted) if wanted else 0.0

"""Repetition: runs of words that a piece says more than once, and how much of it they are."""

from collections.abc import Mapping

from inkwright.memory.base import Value
from inkwright.memory.text.words import words

RUN = 7
"""So many words in a row are no accident; fewer are idiom. Chinese counts characters as words."""


class RepeatedRun(Value):
    """One run of words that stands in several places."""

    words: str
    times: int
    sections: tuple[str, ...]
    """Where, in reading order, each section once."""


class RepeatedRuns(Value):
    """What a piece repeats."""

    runs: tuple[RepeatedRun, ...]
    """The most frequent first, then the longest."""
    shares: dict[str, float]
    """Section id to the share of its words that stand in a run said elsewhere too, 0 to 1."""


def repetition(texts: Mapping[str, str], *, most: int = 20) -> RepeatedRuns:
    """Return what ``texts``, by section id in reading order, repeat: at most ``most`` runs."""
    said = {sid: words(text) for sid, text in texts.items()}
    folded = {sid: [w.casefold() for w in ws] for sid, ws in said.items()}
    places: dict[tuple[str, ...], list[tuple[str, int]]] = {}
    for sid, ws in folded.items():
        for start in range(len(ws) - RUN + 1):
            places.setdefault(tuple(ws[start : start + RUN]), []).append((sid, start))
    repeated = {run: at for run, at in places.items() if len(at) > 1}
    covered: dict[str, set[int]] = {sid: set() for sid in texts}
    for at in repeated.values():
        for sid, start in at:
            covered[sid].update(range(start, start + RUN))
    shares = {sid: len(covered[sid]) / len(ws) if ws else 0.0 for sid, ws in said.items()}
    return RepeatedRuns(runs=tuple(_longest(repeated, said, folded))[:most], shares=shares)


def _longest(
    repeated: Mapping[tuple[str, ...], list[tuple[str, int]]],
    said: Mapping[str, list[str]],
    folded: Mapping[str, list[str]],
) -> list[RepeatedRun]:
    """Return the runs as long as all their places agree, each once."""
    found: dict[tuple[tuple[str, int], ...], RepeatedRun] = {}
    for at in repeated.values():
        back = 0
        while len({_word(folded[sid], start - back - 1) for sid, start in at}) == 1 and all(
            start - back > 0 for _, start in at
        ):
            back += 1
        begins = tuple((sid, start - back) for sid, start in at)
        if begins in found:
            continue
        size = back + RUN
        while len({_word(folded[sid], start + size) for sid, start in begins}) == 1 and all(
            start + size < len(folded[sid]) for sid, start in begins
        ):
            size += 1
        sid, start = begins[0]
        found[begins] = RepeatedRun(
            words=_joined(said[sid][start : start + size]),
            times=len(begins),
            sections=tuple(dict.fromkeys(s for s, _ in begins)),
        )
    return sorted(found.values(), key=lambda r: (-r.times, -len(r.words), r.words))


def _word(said: list[str], place: int) -> str | None:
    return said[place] if 0 <= place < len(said) else None


def _joined(said: list[str]) -> str:
    """Return words as a line; no spaces between those of one character, as Chinese has none."""
    line = ""
    for word in said:
        tight = not line or (len(word) == 1 and ord(word) > 0x2E7F and ord(line[-1]) > 0x2E7F)
        line += word if tight else f" {word}"
    return line

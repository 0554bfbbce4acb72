"""Repetition: runs of words that a piece says more than once, and how much of it they are."""

from collections.abc import Mapping

from inkwright.memory.base import Value
from inkwright.memory.ids import SectionId
from inkwright.memory.text.words import words

RUN_WORDS = 7
"""So many words in a row are no accident; fewer are idiom. Chinese counts characters as words."""


class RepeatedRun(Value):
    """One run of words that stands in several places."""

    words: str
    times: int
    sections: tuple[SectionId, ...]
    """Where, in reading order, each section once."""


class RepeatedRuns(Value):
    """What a piece repeats."""

    runs: tuple[RepeatedRun, ...]
    """The most frequent first, then the longest."""
    shares: dict[SectionId, float]
    """Section id to the share of its words that stand in a run said elsewhere too, 0 to 1."""


def find_repeated_runs(texts: Mapping[SectionId, str], *, limit: int = 20) -> RepeatedRuns:
    """Return what ``texts``, by section id in reading order, repeat: at most ``limit`` runs."""
    words_by_section = {section_id: words(text) for section_id, text in texts.items()}
    folded_words = {
        section_id: [w.casefold() for w in section_words]
        for section_id, section_words in words_by_section.items()
    }
    places_by_run: dict[tuple[str, ...], list[tuple[SectionId, int]]] = {}
    for section_id, section_words in folded_words.items():
        for start in range(len(section_words) - RUN_WORDS + 1):
            places_by_run.setdefault(tuple(section_words[start : start + RUN_WORDS]), []).append(
                (section_id, start)
            )
    repeated_places = {
        run: run_places for run, run_places in places_by_run.items() if len(run_places) > 1
    }
    covered_positions: dict[SectionId, set[int]] = {section_id: set() for section_id in texts}
    for run_places in repeated_places.values():
        for section_id, start in run_places:
            covered_positions[section_id].update(range(start, start + RUN_WORDS))
    shares = {
        section_id: len(covered_positions[section_id]) / len(section_words)
        if section_words
        else 0.0
        for section_id, section_words in words_by_section.items()
    }
    return RepeatedRuns(
        runs=tuple(_extend_runs(repeated_places, words_by_section, folded_words))[:limit],
        shares=shares,
    )


def _extend_runs(
    repeated_places: Mapping[tuple[str, ...], list[tuple[SectionId, int]]],
    words_by_section: Mapping[SectionId, list[str]],
    folded_words: Mapping[SectionId, list[str]],
) -> list[RepeatedRun]:
    """Return the runs as long as all their places agree, each once."""
    runs_by_places: dict[tuple[tuple[SectionId, int], ...], RepeatedRun] = {}
    for run_places in repeated_places.values():
        extra_before = 0
        while len(
            {
                _word_at(folded_words[section_id], start - extra_before - 1)
                for section_id, start in run_places
            }
        ) == 1 and all(start - extra_before > 0 for _, start in run_places):
            extra_before += 1
        start_places = tuple((section_id, start - extra_before) for section_id, start in run_places)
        if start_places in runs_by_places:
            continue
        size = extra_before + RUN_WORDS
        while len(
            {_word_at(folded_words[section_id], start + size) for section_id, start in start_places}
        ) == 1 and all(
            start + size < len(folded_words[section_id]) for section_id, start in start_places
        ):
            size += 1
        section_id, start = start_places[0]
        runs_by_places[start_places] = RepeatedRun(
            words=_join_words(words_by_section[section_id][start : start + size]),
            times=len(start_places),
            sections=tuple(dict.fromkeys(s for s, _ in start_places)),
        )
    return sorted(runs_by_places.values(), key=lambda r: (-r.times, -len(r.words), r.words))


def _word_at(section_words: list[str], place: int) -> str | None:
    return section_words[place] if 0 <= place < len(section_words) else None


def _join_words(run_words: list[str]) -> str:
    """Return words as a line; no spaces between those of one character, as Chinese has none."""
    line = ""
    for word in run_words:
        tight = not line or (len(word) == 1 and ord(word) > 0x2E7F and ord(line[-1]) > 0x2E7F)
        line += word if tight else f" {word}"
    return line

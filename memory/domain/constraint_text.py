"""Wordings for constraints that were given without one, from what their fields say."""

from collections.abc import Callable, Mapping
from typing import Any

Given = Mapping[str, Any]


def wording(kind: Any, given: Given) -> str | None:
    """Return the constraint in plain words; None where its fields say too little.

    Fields that are wrong are refused later: here they only must do no harm.
    """
    worded = _WORDED.get(kind) if isinstance(kind, str) else None
    return (worded(given) or None) if worded else None


def _phrases(given: Given, demand: str) -> str:
    phrases = given.get("phrases")
    if not isinstance(phrases, (list, tuple)) or not phrases:
        return ""
    return f"It {demand} say " + ", ".join(f'"{p}"' for p in phrases)


def _length(given: Given) -> str:
    bounds = (("about", "about_words"), ("at least", "min_words"), ("at most", "max_words"))
    said = [f"{how} {given[key]}" for how, key in bounds if given.get(key)]
    counted = given.get("counted", "words")
    unit = "words, and characters" if counted == "either" else counted
    return f"{', '.join(said).capitalize()} {unit}" if said else ""


def _pattern(given: Given) -> str:
    demand = "must not" if given.get("absent") else "must"
    return f"It {demand} match {given['pattern']}" if given.get("pattern") else ""


def _format(given: Given) -> str:
    if given.get("format"):
        return f"Format: {given['format']}"
    ends = (("begins with", "opens"), ("ends with", "closes"))
    said = [f'{how} "{given[key]}"' for how, key in ends if given.get(key)]
    return f"The text {' and '.join(said)}" if said else ""


def _grade(given: Given) -> str:
    bounds = (("at least", "min_grade"), ("at most", "max_grade"))
    said = [f"{how} {given[key]}" for how, key in bounds if given.get(key) is not None]
    return f"Flesch-Kincaid grade {' and '.join(said)}" if said else ""


def _sections(given: Given) -> str:
    names = given.get("sections")
    if not isinstance(names, (list, tuple)) or not names:
        return ""
    return f"Sections in this order: {', '.join(str(name) for name in names)}"


def _one(key: str, form: str) -> Callable[[Given], str]:
    return lambda given: form.format(given[key]) if given.get(key) else ""


_WORDED: Mapping[str, Callable[[Given], str]] = {
    "must_contain": lambda given: _phrases(given, "must"),
    "must_not_contain": lambda given: _phrases(given, "must not"),
    "banned": lambda given: _phrases(given, "must not"),
    "length": _length,
    "pattern": _pattern,
    "format": _format,
    "language": _one("language", "Language: {}"),
    "point_of_view": _one("person", "Told in the {} person"),
    "tense": _one("tense", "Told in the {} tense"),
    "reading_level": _grade,
    "structure": _sections,
    "citation": _one("style", "Citation style: {}"),
}

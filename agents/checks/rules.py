"""Checking constraints by rule: what code can see for itself."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence

import regex

from inkwright.agents.checks import readability, section_format
from inkwright.agents.llm.parsing import is_han
from inkwright.memory.domain import constraint_consistency
from inkwright.memory.domain.constraint import CITATIONS, Constraint
from inkwright.memory.domain.draft import CheckStatus, Finding
from inkwright.memory.text.words import count_characters, count_words, sentences

_SPACED = (
    r"[[\p{L}\p{M}\p{N}]--[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}]]"
)
"""A letter or digit of a script that sets spaces between words."""
_ENOUGH_TO_TELL = 40
"""Words below which a language cannot be told reliably."""
PATTERN_SECONDS = 0.5
"""A pattern that takes longer than this on one text is given up."""
QUOTE_CHARS = 300
"""Most of a quote that a finding keeps."""

Seen = tuple[CheckStatus, str]
"""Status and evidence: words of the text, or for something missing the constraint's own."""


def check(
    text: str, constraints: Sequence[Constraint], titles: Sequence[str] = ()
) -> list[Finding]:
    """Return one finding for each constraint that a rule can check.

    ``titles`` are those of the outline, for constraints on the structure of the whole.
    """
    bare = section_format.bare(text, constraints)
    return [
        _finding(c, _structure(titles, c) if c.kind == "structure" else _RULES[c.kind](text, c))
        if c.kind != "length"
        else _finding(c, _length(bare, c))
        for c in constraints
        if c.by_rule
    ]


def breaks(before: str, after: str, constraints: Sequence[Constraint]) -> tuple[str, ...]:
    """Return the ids of the constraints that ``after`` breaks by rule, and ``before`` does not.

    Lengths apart, and the language of the whole, which no change of a few sentences alters.
    """
    lasting = [c for c in constraints if c.kind not in ("length", "language")]
    if not lasting or before == after:
        return ()
    known = set(_broken(before, lasting))
    return tuple(c for c in _broken(after, lasting) if c not in known)


def _broken(text: str, constraints: Sequence[Constraint]) -> list[str]:
    found = [*check(text, constraints), *check_words(text, constraints)]
    return [f.constraint for f in found if f.status == "broken"]


def check_words(text: str, constraints: Sequence[Constraint]) -> list[Finding]:
    """Return what is broken of judged constraints by words that are plainly not there."""
    judged = [c for c in constraints if not c.by_rule and c.phrases]
    found = [_finding(c, _phrases_there(text, c)) for c in judged]
    return [f for f in found if f.status == "broken"]


def _finding(constraint: Constraint, seen: Seen) -> Finding:
    status, evidence = seen
    return Finding(constraint=constraint.id, status=status, evidence=evidence)


def _length(text: str, constraint: Constraint) -> Seen:
    sizes = {"words": count_words(text), "characters": count_characters(text)}
    low, high = constraint.least or 0, constraint.most
    least_unit = "characters" if constraint.counted == "characters" else "words"
    most_unit = "words" if constraint.counted == "words" else "characters"
    if (size := sizes[least_unit]) < low:
        return "broken", f"{constraint.text} ({size} {least_unit}; at least {low})"
    if high is not None and (size := sizes[most_unit]) > high:
        return "broken", f"{constraint.text} ({size} {most_unit}; at most {high})"
    units = dict.fromkeys((least_unit, most_unit))
    return "met", ", ".join(f"{sizes[unit]} {unit}" for unit in units)


def _phrases_there(text: str, constraint: Constraint) -> Seen:
    found = {phrase: find_phrase(text, phrase) for phrase in constraint.phrases}
    if lacking := [phrase for phrase, match in found.items() if match is None]:
        return "broken", f"{constraint.text} (missing: {', '.join(lacking)})"
    quotes = [_sentence_at(text, match.start()) for match in found.values() if match]
    return "met", "\n".join(dict.fromkeys(quotes))


def _none_there(text: str, constraint: Constraint) -> Seen:
    for phrase in constraint.phrases:
        if found := find_phrase(text, phrase):
            return "broken", found.group()
    return "met", ""


def _pattern(text: str, constraint: Constraint) -> Seen:
    try:
        found = regex.search(
            constraint.pattern or "", text, regex.MULTILINE, timeout=PATTERN_SECONDS
        )
    except TimeoutError:
        return "not reviewed", f"the pattern took more than {PATTERN_SECONDS} seconds"
    if constraint.absent:
        return ("broken", _clipped(found.group()) or constraint.text) if found else ("met", "")
    if found:
        return "met", _clipped(found.group())
    return "broken", f"{constraint.text} (nothing matches {constraint.pattern})"


def _language(text: str, constraint: Constraint) -> Seen:
    wanted = (constraint.language or "").lower().split("-")[0]
    if count_words(text) < _ENOUGH_TO_TELL:
        return "met", ""
    same = language_of(text, wanted) == wanted
    return ("met", "") if same else ("broken", text[:80])


def language_of(text: str, wanted: str = "") -> str:
    """Return the ISO 639-1 code of the language of ``text``; Han and kana pass as ``wanted``."""
    if is_han(text):
        return wanted if wanted in ("zh", "ja") else "zh"
    if wanted in ("zh", "ja"):
        return ""
    import py3langid

    return str(py3langid.classify(text)[0])


def _format(text: str, constraint: Constraint) -> Seen:
    return section_format.check(text, constraint)


def _grade(text: str, constraint: Constraint) -> Seen:
    if count_words(text) < readability.ENOUGH_WORDS:
        return "not reviewed", "the text is too short for a reading level"
    if language_of(text) != "en":
        return "not reviewed", "the Flesch-Kincaid grade is for English"
    grade = readability.grade(text)
    low, high = constraint.min_grade, constraint.max_grade
    if high is not None and grade > high:
        hardest = _clipped(readability.hardest_sentence(text))
        return "broken", f"{constraint.text} (grade {grade:.1f}, hardest: {hardest})"
    if low is not None and grade < low:
        return "broken", f"{constraint.text} (grade {grade:.1f})"
    return "met", f"grade {grade:.1f}"


def _structure(titles: Sequence[str], constraint: Constraint) -> Seen:
    name = constraint_consistency.missing_title(constraint.sections, titles)
    if name is None:
        return "met", "\n".join(constraint.sections)
    return "broken", f"{constraint.text} (missing: {name})"


def _citation(text: str, constraint: Constraint) -> Seen:
    found = regex.search(CITATIONS[constraint.style or ""], text)
    if found:
        return "met", _clipped(found.group())
    return "broken", f"{constraint.text} (no citation in that style)"


_RULES: Mapping[str, Callable[[str, Constraint], Seen]] = {
    "must_contain": _phrases_there,
    "must_not_contain": _none_there,
    "banned": _none_there,
    "pattern": _pattern,
    "language": _language,
    "format": _format,
    "reading_level": _grade,
    "citation": _citation,
}


def find_phrase(text: str, phrase: str) -> regex.Match[str] | None:
    """Find a phrase whatever its case, white space and apostrophes, at the bounds of words.

    In scripts that set no space between words there are no bounds, and a word of another script
    among them is bounded by theirs.
    """
    wanted = unicodedata.normalize("NFC", phrase)
    body = r"\s+".join(regex.escape(word, special_only=True) for word in wanted.split())
    body = regex.sub("['’]", "['’]", body)
    left = rf"(?<!{_SPACED})(?={_SPACED})|(?!{_SPACED})"
    right = rf"(?<={_SPACED})(?!{_SPACED})|(?<!{_SPACED})"
    return regex.search(f"(?:{left}){body}(?:{right})", text, regex.IGNORECASE | regex.VERSION1)


def _sentence_at(text: str, place: int) -> str:
    for part in sentences(text):
        if part.start <= place < part.end:
            return _clipped(part.text)
    return _clipped(text[place:])


def _clipped(quote: str) -> str:
    """Return the beginning of a quote: still words of the text, exactly."""
    return quote.strip()[:QUOTE_CHARS]

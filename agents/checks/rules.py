"""Checking constraints by rule: what code can see for itself."""

from collections.abc import Callable, Mapping, Sequence

import regex

from inkwright.agents.checks import blocks, readability, section_format
from inkwright.agents.llm.parsing import is_han
from inkwright.memory.domain import constraint_consistency
from inkwright.memory.domain.constraint import CITATION_PATTERNS, Constraint
from inkwright.memory.domain.draft import CheckStatus, Finding
from inkwright.memory.text.phrases import find_phrase
from inkwright.memory.text.words import count_characters, count_words, sentences

_ENOUGH_WORDS = 40
"""Words below which a language cannot be told reliably."""
PATTERN_SECONDS = 0.5
"""A pattern that takes longer than this on one text is given up."""
QUOTE_CHARS = 300
"""Most of a quote that a finding keeps."""

CheckOutcome = tuple[CheckStatus, str]
"""Status and evidence: words of the text, or for something missing the constraint's own."""


def check(
    text: str,
    constraints: Sequence[Constraint],
    titles: Sequence[str] = (),
    parts: Sequence[str] = (),
) -> list[Finding]:
    """Return one finding for each constraint that a rule can check.

    ``titles`` are those of the outline, and ``parts`` those at its top level, for constraints on
    the structure of the whole.
    """
    bare_text = section_format.strip_frames(text, constraints)
    return [
        _build_finding(
            c,
            _check_structure(titles, parts, c)
            if c.kind == "structure"
            else _RULES[c.kind](text, c),
        )
        if c.kind != "length"
        else _build_finding(c, _check_length(bare_text, c))
        for c in constraints
        if c.is_checked_by_rule
    ]


def find_new_breaches(
    old_text: str, new_text: str, constraints: Sequence[Constraint]
) -> tuple[str, ...]:
    """Return the ids of the constraints that ``new_text`` breaks by rule and ``old_text`` keeps.

    Lengths apart, and the language of the whole, which no change of a few sentences alters.
    """
    checked_constraints = [c for c in constraints if c.kind not in ("length", "language")]
    if not checked_constraints or old_text == new_text:
        return ()
    broken_before = set(_find_broken(old_text, checked_constraints))
    return tuple(c for c in _find_broken(new_text, checked_constraints) if c not in broken_before)


def _find_broken(text: str, constraints: Sequence[Constraint]) -> list[str]:
    findings = [*check(text, constraints), *check_required_words(text, constraints)]
    return [f.constraint for f in findings if f.status == "broken"]


def check_required_words(text: str, constraints: Sequence[Constraint]) -> list[Finding]:
    """Return what is broken of judged constraints by words that are plainly not there."""
    judged_constraints = [c for c in constraints if not c.is_checked_by_rule and c.phrases]
    findings = [_build_finding(c, _check_required_phrases(text, c)) for c in judged_constraints]
    return [f for f in findings if f.status == "broken"]


def _build_finding(constraint: Constraint, outcome: CheckOutcome) -> Finding:
    status, evidence = outcome
    return Finding(constraint=constraint.id, status=status, evidence=evidence)


def _check_length(text: str, constraint: Constraint) -> CheckOutcome:
    sizes = {"words": count_words(text), "characters": count_characters(text)}
    low, high = constraint.lower_bound or 0, constraint.upper_bound
    least_unit = "characters" if constraint.counted == "characters" else "words"
    most_unit = "words" if constraint.counted == "words" else "characters"
    if (size := sizes[least_unit]) < low:
        return "broken", f"{constraint.text} ({size} {least_unit}; at least {low})"
    if high is not None and (size := sizes[most_unit]) > high:
        return "broken", f"{constraint.text} ({size} {most_unit}; at most {high})"
    units = dict.fromkeys((least_unit, most_unit))
    return "met", ", ".join(f"{sizes[unit]} {unit}" for unit in units)


def _check_required_phrases(text: str, constraint: Constraint) -> CheckOutcome:
    matches = {phrase: find_phrase(text, phrase) for phrase in constraint.phrases}
    if missing_phrases := [phrase for phrase, match in matches.items() if match is None]:
        return "broken", f"{constraint.text} (missing: {', '.join(missing_phrases)})"
    quotes = [_quote_sentence_at(text, match.start()) for match in matches.values() if match]
    return "met", "\n".join(dict.fromkeys(quotes))


def _check_forbidden_phrases(text: str, constraint: Constraint) -> CheckOutcome:
    for phrase in constraint.phrases:
        if match := find_phrase(text, phrase):
            return "broken", match.group()
    return "met", ""


def _check_pattern(text: str, constraint: Constraint) -> CheckOutcome:
    try:
        match = regex.search(
            constraint.pattern or "", text, regex.MULTILINE, timeout=PATTERN_SECONDS
        )
    except TimeoutError:
        return "not reviewed", f"the pattern took more than {PATTERN_SECONDS} seconds"
    if constraint.absent:
        return ("broken", _clip_quote(match.group()) or constraint.text) if match else ("met", "")
    if match:
        return "met", _clip_quote(match.group())
    return "broken", f"{constraint.text} (nothing matches {constraint.pattern})"


def _check_language(text: str, constraint: Constraint) -> CheckOutcome:
    expected_language = (constraint.language or "").lower().split("-")[0]
    if count_words(text) < _ENOUGH_WORDS:
        return "met", ""
    is_expected = detect_language(text, expected_language) == expected_language
    return ("met", "") if is_expected else ("broken", text[:80])


def detect_language(text: str, expected_language: str = "") -> str:
    """Return the ISO 639-1 code of the language of ``text``.

    Han and kana pass as ``expected_language``.
    """
    if is_han(text):
        return expected_language if expected_language in ("zh", "ja") else "zh"
    if expected_language in ("zh", "ja"):
        return ""
    import py3langid

    return str(py3langid.classify(text)[0])


def _check_format(text: str, constraint: Constraint) -> CheckOutcome:
    return section_format.check(text, constraint)


def _check_reading_level(text: str, constraint: Constraint) -> CheckOutcome:
    if count_words(text) < readability.ENOUGH_WORDS:
        return "not reviewed", "the text is too short for a reading level"
    if detect_language(text) != "en":
        return "not reviewed", "the Flesch-Kincaid grade is for English"
    grade = readability.compute_grade(text)
    low, high = constraint.min_grade, constraint.max_grade
    if high is not None and grade > high:
        hardest = _clip_quote(readability.find_hardest_sentence(text))
        return "broken", f"{constraint.text} (grade {grade:.1f}, hardest: {hardest})"
    if low is not None and grade < low:
        return "broken", f"{constraint.text} (grade {grade:.1f})"
    return "met", f"grade {grade:.1f}"


def _check_structure(
    titles: Sequence[str], parts: Sequence[str], constraint: Constraint
) -> CheckOutcome:
    low, high = constraint.min_count or 0, constraint.max_count
    if (low or high) and not low <= len(parts) <= (high or len(parts)):
        return "broken", f"{constraint.text} (there are {len(parts)})"
    missing_title = constraint_consistency.find_missing_title(constraint.sections, titles)
    if missing_title is None:
        return "met", "\n".join(constraint.sections or parts)
    return "broken", f"{constraint.text} (missing: {missing_title})"


def _check_citation(text: str, constraint: Constraint) -> CheckOutcome:
    match = regex.search(CITATION_PATTERNS[constraint.style or ""], text)
    if match:
        return "met", _clip_quote(match.group())
    return "broken", f"{constraint.text} (no citation in that style)"


_RULES: Mapping[str, Callable[[str, Constraint], CheckOutcome]] = {
    "must_contain": _check_required_phrases,
    "must_not_contain": _check_forbidden_phrases,
    "banned": _check_forbidden_phrases,
    "pattern": _check_pattern,
    "language": _check_language,
    "format": _check_format,
    "reading_level": _check_reading_level,
    "citation": _check_citation,
    "block": blocks.check,
}
"""By kind. ``length`` and ``structure`` are checked apart, in ``check``; the kinds that have a rule
are those of ``Constraint.is_checked_by_rule``."""


def _quote_sentence_at(text: str, position: int) -> str:
    for sentence in sentences(text):
        if sentence.start <= position < sentence.end:
            return _clip_quote(sentence.text)
    return _clip_quote(text[position:])


def _clip_quote(quote: str) -> str:
    """Return the beginning of a quote: still words of the text, exactly."""
    return quote.strip()[:QUOTE_CHARS]

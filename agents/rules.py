"""Checking constraints by rule: what code can see for itself."""

import re
import unicodedata
from collections.abc import Sequence

import regex

from inkwright.agents.parse import is_han
from inkwright.memory.brief import Constraint
from inkwright.memory.draft import Finding
from inkwright.memory.wordcount import count_words

_SPACED = (
    r"[[\p{L}\p{M}\p{N}]--[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}]]"
)
"""A letter or digit of a script that sets spaces between words."""
_ENOUGH_TO_TELL = 40
"""Words below which a language cannot be told reliably."""


def check(text: str, constraints: Sequence[Constraint]) -> list[Finding]:
    """Return one finding for each constraint that a rule can check."""
    return [_found(text, c) for c in constraints if c.by_rule]


def breaks(before: str, after: str, constraints: Sequence[Constraint]) -> tuple[str, ...]:
    """Return the ids of the rules kept in ``before`` and broken in ``after``; not of lengths."""
    lasting = [c for c in constraints if c.by_rule and c.kind not in ("length", "language")]
    if not lasting or before == after:
        return ()
    kept = {f.constraint for f in check(before, lasting) if f.status == "met"}
    broken = (f.constraint for f in check(after, lasting) if f.status == "broken")
    return tuple(c for c in broken if c in kept)


def _found(text: str, constraint: Constraint) -> Finding:
    """Return met, or broken with the words that show it (its own words for what is missing)."""
    evidence = {
        "length": _length,
        "must_contain": _missing,
        "must_not_contain": _forbidden,
        "pattern": _pattern,
        "language": _language,
    }[constraint.kind](text, constraint)
    return Finding(
        constraint=constraint.id,
        status="met" if evidence is None else "broken",
        evidence=evidence or "",
    )


def _length(text: str, constraint: Constraint) -> str | None:
    words = count_words(text)
    low, high = constraint.min_words or 0, constraint.max_words
    if words < low:
        return f"{constraint.text} ({words} words; at least {low})"
    if high is not None and words > high:
        return f"{constraint.text} ({words} words; at most {high})"
    return None


def _missing(text: str, constraint: Constraint) -> str | None:
    lacking = [p for p in constraint.phrases if not find_phrase(text, p)]
    return f"{constraint.text} (missing: {', '.join(lacking)})" if lacking else None


def _forbidden(text: str, constraint: Constraint) -> str | None:
    for phrase in constraint.phrases:
        if found := find_phrase(text, phrase):
            return found.group()
    return None


def _pattern(text: str, constraint: Constraint) -> str | None:
    found = re.search(constraint.pattern or "", text, re.MULTILINE)
    return None if found else f"{constraint.text} (nothing matches {constraint.pattern})"


def _language(text: str, constraint: Constraint) -> str | None:
    wanted = (constraint.language or "").lower().split("-")[0]
    if count_words(text) < _ENOUGH_TO_TELL:
        return None
    if wanted in ("zh", "ja") or is_han(text):
        same = is_han(text) == (wanted in ("zh", "ja"))
        return None if same else text[:80]
    import py3langid

    spoken, _ = py3langid.classify(text)
    return None if spoken == wanted else text[:80]


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

"""The length that a request asks for in its own words: about, at least, at most, or a range."""

import re
from dataclasses import dataclass

_NUMBER = r"(?:\d[\d,]*(?:\.\d+)?|[一二两三四五六七八九十百千万]+)"
_UNIT = r"\s*[- ]?\s*(?:words?\b|个?\s*[字词]|characters?\b)"
_LENGTH = re.compile(
    rf"({_NUMBER})\s*(k)?(?:{_UNIT})?\s*(?:-|–|—|~|～|to|and|到|至)\s*({_NUMBER})\s*(k)?{_UNIT}"
    rf"|({_NUMBER})\s*(k)?{_UNIT}"
    rf"|字数\D{{0,6}}?({_NUMBER})(?![\d\s~～至到—–-])",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[.;:!?](?!\d)|,(?!\d)|[，、；：。！？\n]")
_NAMED = re.compile(r"(字数)(?:要求|限制)?[：:]\s*")
_EACH = re.compile(
    r"\b(?:each|every|per|apiece)\b|[每各]|\b(?:section|chapter|part|paragraph|entry|letter)s?\s+\d"
    r"|第\s*[\d一二三四五六七八九十]",
    re.IGNORECASE,
)
"""In such a clause a length is that of a part, not of the whole."""
_AT_LEAST = re.compile(
    r"(?:\b(?:at least|no(?:t)? (?:less|fewer|shorter) than|a minimum of|min\.?|more than|over"
    r"|longer than)|不少于|不低于|至少|最少|超过)[写要有达到需\W]*$",
    re.IGNORECASE,
)
_AT_MOST = re.compile(
    r"(?:\b(?:at most|no(?:t)? (?:more|longer) than|a maximum of|max\.?|under|less than"
    r"|fewer than|up to|within)|不超过|不多于|不得超过|最多|至多|少于|不到)[写要有达到需\W]*$",
    re.IGNORECASE,
)
"""Before a number. Both can match, as “no more than” ends in “more than”: the longer one counts."""
_OR_MORE = re.compile(r"\s*(?:or more|or longer|(?:at )?minimum|at least|以上)", re.IGNORECASE)
_OR_LESS = re.compile(
    r"\s*(?:or less|or fewer|(?:at )?maximum|at most|以内|以下|之内)", re.IGNORECASE
)
SHORTEST_UNIT = 10
"""Words of a series' unit below which a length cannot be meant for the whole series."""
ABOVE = 1.04
"""What is asked for as a least length is planned with so much to spare..."""
BELOW = 0.95
"""...and what is asked for as a greatest length with so much left."""


@dataclass(frozen=True)
class Asked:
    """A length: the words to aim at, and the bounds, where the request sets any."""

    words: int
    least: int | None = None
    most: int | None = None


def asked_length(request: str, units: int = 1) -> Asked | None:
    """Return the length that ``request`` asks for the whole piece of ``units`` parts, if any."""
    for clause in _CLAUSE.split(_NAMED.sub(r"\1", request)):
        if (stated := _LENGTH.search(clause)) is None:
            continue
        low, low_k, high, high_k, one, one_k, named = stated.groups()
        numbers = (
            [_count(low, low_k or high_k), _count(high, high_k)]
            if low
            else [_count(one or named, one_k)]
        )
        of_a_part = bool(_EACH.search(clause)) or numbers[-1] < units * SHORTEST_UNIT
        if of_a_part and units == 1:
            continue
        found = _bounds(clause[: stated.start()], numbers, clause[stated.end() :])
        return _times(found, units) if of_a_part else found
    return None


def bounded(words: int, least: int | None, most: int | None) -> int:
    """Return what to aim at for ``words``, within bounds that are no targets themselves."""
    if most is not None and words > most * BELOW:
        words = max(round(most * BELOW), 1)
    if least is not None and words < least * ABOVE:
        words = round(least * ABOVE)
    return words if most is None else min(words, most)


def _bounds(before: str, numbers: list[int], after: str) -> Asked:
    if len(numbers) == 2 and numbers[0] < numbers[1]:
        return Asked(sum(numbers) // 2, *numbers)
    words = numbers[-1]
    least, most = _AT_LEAST.search(before), _AT_MOST.search(before)
    if least and most:
        least, most = (least, None) if least.start() < most.start() else (None, most)
    if least or (not most and _OR_MORE.match(after)):
        return Asked(bounded(words, words, None), least=words)
    if most or _OR_LESS.match(after):
        return Asked(bounded(words, None, words), most=words)
    return Asked(words)


def _times(asked: Asked, units: int) -> Asked:
    """Return the length of the whole that parts of this length make up; bounds are the parts'."""
    return Asked(asked.words * units)


_DIGITS = {c: n for n, c in enumerate("一二三四五六七八九", 1)} | {"两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}


def _count(number: str, thousands: str | None) -> int:
    if number[0].isdigit():
        return max(int(float(number.replace(",", "")) * (1000 if thousands else 1)), 1)
    whole = part = digit = 0
    for sign in number:
        if sign == "万":
            whole, part, digit = (whole + part + digit or 1) * 10_000, 0, 0
        elif sign in _TENS:
            part, digit = part + (digit or 1) * _TENS[sign], 0
        else:
            digit = _DIGITS[sign]
    return max(whole + part + digit, 1)

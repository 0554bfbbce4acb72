"""The length that a request asks for in its own words: about, at least, at most, or a range."""

import re
from dataclasses import dataclass

from inkwright.memory.domain.constraint import Counted
from inkwright.memory.text.words import usual_characters

_NUMBER = r"(?:\d[\d,]*(?:\.\d+)?|[一二两三四五六七八九十百千万]+)"
_UNIT = r"\s*[- ]?\s*(?:words?\b|个?\s*[字词]|characters?\b)"
_TO = r"\s*(?:-|–|—|~|～|to|and|到|至)\s*"
_LENGTH = re.compile(
    rf"({_NUMBER})\s*(k)?(?:{_UNIT})?{_TO}({_NUMBER})\s*(k)?{_UNIT}|({_NUMBER})\s*(k)?{_UNIT}",
    re.IGNORECASE,
)
_BARE = re.compile(rf"字数\D{{0,6}}?({_NUMBER})(?:{_TO}({_NUMBER}))?(?!\d)")
"""A length without its unit, after the word for it."""
_CLAUSE = re.compile(r"[.;:!?](?!\d)|,(?!\d)|[，、；：。！？\n]")
_NAMED = re.compile(r"(字数|\bword count|\blength)(?:要求|限制)?[*_]*[：:][*_]*\s*", re.IGNORECASE)
_OF_ALL = re.compile(r"字数|全文|\bword count\b|\blength\b|\bin total\b", re.IGNORECASE)
"""Of several lengths in a request, one in such a clause is the one of the whole."""
_CHARACTERS = re.compile(r"字符|标点|\d[\s-]*characters?\b", re.IGNORECASE)
_WORDS = re.compile(r"\bwords?\b", re.IGNORECASE)
_EACH = re.compile(
    r"\b(?:each|every|per|apiece)\b|[每各]|\b(?:section|chapter|part|paragraph|entry|letter)s?\s+\d"
    r"|第\s*[\d一二三四五六七八九十](?!人称)",
    re.IGNORECASE,
)
"""In such a clause a length is that of a part, not of the whole."""
_AT_LEAST = re.compile(
    r"(?:\b(?:at least|no(?:t)? (?:less|fewer|shorter) than|a minimum of|min\.?|more than|over"
    r"|longer than|beyond|exceed(?:s|ing)?)"
    r"|不少于|不低于|至少|最少|超过|多于|大于)[写要有达到需\W]*$",
    re.IGNORECASE,
)
_AT_MOST = re.compile(
    r"(?:\b(?:at most|(?:can)?not exceed(?:ing)?|no(?:t)? (?:more|longer) than|a maximum of|max\.?"
    r"|under|less than|fewer than|up to|within)"
    r"|不[得能可要]?(?:超过|多于|大于)|最多|至多|少于|小于|不到)[写要有达到需\W]*$",
    re.IGNORECASE,
)
"""Before a number. Both can match, as “no more than” ends in “more than”: the longer one counts."""
_OR_MORE = re.compile(r"\s*(?:or more|or longer|(?:at )?minimum|at least|以上)", re.IGNORECASE)
_OR_LESS = re.compile(
    r"\s*(?:limit\b|or less|or fewer|(?:at )?maximum|at most|以内|以下|之内)", re.IGNORECASE
)
ROOMY = 1.16
"""A range as wide as this has room for words without punctuation, and with it."""
JUST_ABOVE = 1.02
"""In a narrower one words without punctuation are kept near the least."""
SHORTEST_UNIT = 10
"""Words of a series' unit below which a length cannot be meant for the whole series."""
ABOVE = 1.04
"""What is asked for as a least length is planned with so much to spare..."""
BELOW = 0.95
"""...and what is asked for as a greatest length with so much left."""


@dataclass(frozen=True)
class RequestedLength:
    """A length: the words to aim at, and the bounds, where the request sets any."""

    words: int
    least: int | None = None
    most: int | None = None
    counted: Counted = "words"
    """What the bounds count."""


def asked_length(request: str, units: int = 1, *, han: bool = False) -> RequestedLength | None:
    """Return the length that ``request`` asks for the whole piece of ``units`` parts, if any.

    ``han``: the piece is Chinese or Japanese. There some count punctuation and some do not, so
    bounds are taken to hold for either.
    """
    found = None
    for clause in _CLAUSE.split(_NAMED.sub(r"\1 ", request)):
        if (stated := _stated(clause)) is None:
            continue
        before, numbers, after = stated
        of_a_part = bool(_EACH.search(clause)) or numbers[-1] < units * SHORTEST_UNIT
        if of_a_part and units == 1:
            continue
        asked = _bounds(before, numbers, after, counts_characters(clause), han)
        asked = _times(asked, units) if of_a_part else asked
        if _OF_ALL.search(clause):
            return asked
        found = found or asked
    return found


def counts_characters(said: str) -> bool:
    """True for words that count characters, punctuation among them."""
    return bool(_CHARACTERS.search(said)) and not _WORDS.search(said)


def _stated(clause: str) -> tuple[str, list[int], str] | None:
    """Return the numbers of the length in a clause, with what stands before and after it."""
    if named := _LENGTH.search(clause):
        low, low_k, high, high_k, one, one_k = named.groups()
        numbers = [_count(low, low_k or high_k), _count(high, high_k)] if low else []
        return clause[: named.start()], numbers or [_count(one, one_k)], clause[named.end() :]
    if bare := _BARE.search(clause):
        numbers = [_count(n, None) for n in bare.groups() if n]
        return clause[: bare.start(1)], numbers, clause[bare.end() :]
    return None


def bounded(words: int, least: int | None, most: int | None) -> int:
    """Return what to aim at for ``words``, within bounds that are no targets themselves."""
    if most is not None and words > most * BELOW:
        words = max(round(most * BELOW), 1)
    if least is not None and words < least * ABOVE:
        words = round(least * ABOVE)
    return words if most is None else min(words, most)


def _bounds(
    before: str, numbers: list[int], after: str, characters: bool, han: bool
) -> RequestedLength:
    least, most = _limits(before, numbers, after)
    rate = usual_characters(han=han)
    if characters:
        low, high, about = (n and max(round(n / rate), 1) for n in (least, most, numbers[-1]))
        words = _aim(low, high, about or 1)
        return RequestedLength(words, least, most, "characters" if least or most else "words")
    if han and most and (least is None or most >= least * ROOMY):
        return RequestedLength(
            _aim(least, round(most / rate), round(most / rate)), least, most, "either"
        )
    if han and most and least:
        return RequestedLength(
            min(round(least * JUST_ABOVE), _aim(least, most, least)), least, most
        )
    return RequestedLength(_aim(least, most, numbers[-1]), least, most)


def _limits(before: str, numbers: list[int], after: str) -> tuple[int | None, int | None]:
    """Return the least and the most that is asked for; None: it is no bound."""
    if len(numbers) == 2 and numbers[0] < numbers[1]:
        return numbers[0], numbers[1]
    said = numbers[-1]
    least, most = _AT_LEAST.search(before), _AT_MOST.search(before)
    if least and most:
        least, most = (least, None) if least.start() < most.start() else (None, most)
    if least or (not most and _OR_MORE.match(after)):
        return said, None
    return (None, said) if most or _OR_LESS.match(after) else (None, None)


def _aim(least: int | None, most: int | None, words: int) -> int:
    """Return what to aim at: the middle of a range, within a bound that is no target itself."""
    if least and most:
        return (least + most) // 2
    return bounded(words, least, most)


def _times(asked: RequestedLength, units: int) -> RequestedLength:
    """Return the length of the whole that parts of this length make up; bounds are the parts'."""
    return RequestedLength(asked.words * units)


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

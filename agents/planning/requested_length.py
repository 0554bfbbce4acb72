"""The length that a request asks for in its own words: about, at least, at most, or a range."""

import re
from dataclasses import dataclass

from inkwright.memory.domain.constraint import LengthUnit
from inkwright.memory.text.words import estimate_characters_per_word

_NUMBER = r"(?:\d[\d,]*(?:\.\d+)?|[一二两三四五六七八九十百千万]+)"
_UNIT = r"\s*[- ]?\s*(?:words?\b|个?\s*[字词]|characters?\b)"
_TO = r"\s*(?:-|–|—|~|～|to|and|到|至)\s*"
_LENGTH = re.compile(
    rf"({_NUMBER})\s*(k)?(?:{_UNIT})?{_TO}({_NUMBER})\s*(k)?{_UNIT}|({_NUMBER})\s*(k)?{_UNIT}",
    re.IGNORECASE,
)
_BARE_LENGTH = re.compile(rf"字数\D{{0,6}}?({_NUMBER})(?:{_TO}({_NUMBER}))?(?!\d)")
"""A length without its unit, after the word for it."""
_CLAUSE = re.compile(r"[.;:!?](?!\d)|,(?!\d)|[，、；：。！？\n]")
_LENGTH_LABEL = re.compile(
    r"(字数|\bword count|\blength)(?:要求|限制)?[*_]*[：:][*_]*\s*", re.IGNORECASE
)
_WHOLE_CLAUSE = re.compile(r"字数|全文|\bword count\b|\blength\b|\bin total\b", re.IGNORECASE)
"""Of several lengths in a request, one in such a clause is the one of the whole."""
_CHARACTERS = re.compile(r"字符|标点|\d[\s-]*characters?\b", re.IGNORECASE)
_WORDS = re.compile(r"\bwords?\b", re.IGNORECASE)
_PART_CLAUSE = re.compile(
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
ROOMY_RANGE = 1.16
"""A range as wide as this has room for words without punctuation, and with it."""
JUST_ABOVE_LEAST = 1.02
"""In a narrower one words without punctuation are kept near the least."""
SHORTEST_UNIT = 10
"""Words of a series' unit below which a length cannot be meant for the whole series."""
ABOVE_LEAST = 1.04
"""What is asked for as a least length is planned with so much to spare..."""
BELOW_MOST = 0.95
"""...and what is asked for as a greatest length with so much left."""


@dataclass(frozen=True)
class RequestedLength:
    """A length: the words to aim at, and the bounds, where the request sets any."""

    words: int
    least: int | None = None
    most: int | None = None
    counted: LengthUnit = "words"
    """What the bounds count."""


def parse_requested_length(
    request: str, units: int = 1, *, han: bool = False
) -> RequestedLength | None:
    """Return the length that ``request`` asks for the whole piece of ``units`` parts, if any.

    ``han``: the piece is Chinese or Japanese. There some count punctuation and some do not, so
    bounds are taken to hold for either.
    """
    first_length = None
    for clause in _CLAUSE.split(_LENGTH_LABEL.sub(r"\1 ", request)):
        if (length_match := _find_length(clause)) is None:
            continue
        text_before, numbers, text_after = length_match
        is_for_one_part = bool(_PART_CLAUSE.search(clause)) or numbers[-1] < units * SHORTEST_UNIT
        if is_for_one_part and units == 1:
            continue
        length = _build_length(text_before, numbers, text_after, counts_characters(clause), han)
        length = _multiply_length(length, units) if is_for_one_part else length
        if _WHOLE_CLAUSE.search(clause):
            return length
        first_length = first_length or length
    return first_length


def counts_characters(text: str) -> bool:
    """True for words that count characters, punctuation among them."""
    return bool(_CHARACTERS.search(text)) and not _WORDS.search(text)


def _find_length(clause: str) -> tuple[str, list[int], str] | None:
    """Return the numbers of the length in a clause, with what stands before and after it."""
    if match := _LENGTH.search(clause):
        low, low_k, high, high_k, single, single_k = match.groups()
        numbers = [_parse_number(low, low_k or high_k), _parse_number(high, high_k)] if low else []
        return (
            clause[: match.start()],
            numbers or [_parse_number(single, single_k)],
            clause[match.end() :],
        )
    if bare_match := _BARE_LENGTH.search(clause):
        numbers = [_parse_number(n, None) for n in bare_match.groups() if n]
        return clause[: bare_match.start(1)], numbers, clause[bare_match.end() :]
    return None


def clamp_to_bounds(words: int, least: int | None, most: int | None) -> int:
    """Return what to aim at for ``words``, within bounds that are no targets themselves."""
    if most is not None and words > most * BELOW_MOST:
        words = max(round(most * BELOW_MOST), 1)
    if least is not None and words < least * ABOVE_LEAST:
        words = round(least * ABOVE_LEAST)
    return words if most is None else min(words, most)


def _build_length(
    text_before: str, numbers: list[int], text_after: str, in_characters: bool, han: bool
) -> RequestedLength:
    least, most = _find_limits(text_before, numbers, text_after)
    characters_per_word = estimate_characters_per_word(han=han)
    if in_characters:
        low, high, about_words = (
            n and max(round(n / characters_per_word), 1) for n in (least, most, numbers[-1])
        )
        words = _choose_target(low, high, about_words or 1)
        return RequestedLength(words, least, most, "characters" if least or most else "words")
    if han and most and (least is None or most >= least * ROOMY_RANGE):
        return RequestedLength(
            _choose_target(
                least, round(most / characters_per_word), round(most / characters_per_word)
            ),
            least,
            most,
            "either",
        )
    if han and most and least:
        return RequestedLength(
            min(round(least * JUST_ABOVE_LEAST), _choose_target(least, most, least)), least, most
        )
    return RequestedLength(_choose_target(least, most, numbers[-1]), least, most)


def _find_limits(
    text_before: str, numbers: list[int], text_after: str
) -> tuple[int | None, int | None]:
    """Return the least and the most that is asked for; None: it is no bound."""
    if len(numbers) == 2 and numbers[0] < numbers[1]:
        return numbers[0], numbers[1]
    number = numbers[-1]
    least, most = _AT_LEAST.search(text_before), _AT_MOST.search(text_before)
    if least and most:
        least, most = (least, None) if least.start() < most.start() else (None, most)
    if least or (not most and _OR_MORE.match(text_after)):
        return number, None
    return (None, number) if most or _OR_LESS.match(text_after) else (None, None)


def _choose_target(least: int | None, most: int | None, words: int) -> int:
    """Return what to aim at: the middle of a range, within a bound that is no target itself."""
    if least and most:
        return (least + most) // 2
    return clamp_to_bounds(words, least, most)


def _multiply_length(length: RequestedLength, units: int) -> RequestedLength:
    """Return the length of the whole that parts of this length make up; bounds are the parts'."""
    return RequestedLength(length.words * units)


_DIGITS = {c: n for n, c in enumerate("一二三四五六七八九", 1)} | {"两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}


def _parse_number(number: str, thousands: str | None) -> int:
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

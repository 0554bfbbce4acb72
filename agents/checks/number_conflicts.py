"""Numbers of one thing that disagree between sections, and figures that nothing supports.

By rule, and so only where the words themselves say that all of a thing is counted ("a fleet of 20
ferries"): a story may have two men here and three there. At least one of two numbers that disagree
must be such a total, or both be what the same owner has, in the same words ("The town operates two
ferries"); the other may also be "its" or "the two ferries".
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import regex

from inkwright.memory.base import Value
from inkwright.memory.text.normalise import normalise
from inkwright.memory.text.words import sentences

_NUMBER_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "eighteen": 18, "twenty": 20, "thirty": 30, "forty": 40,
    "fifty": 50, "sixty": 60, "hundred": 100, "both": 2,
    "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9,
    "zehn": 10, "elf": 11, "zwölf": 12, "zwanzig": 20, "dreißig": 30, "vierzig": 40,
    "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "sept": 7, "huit": 8, "neuf": 9, "dix": 10,
    "onze": 11, "douze": 12, "vingt": 20, "trente": 30,
    "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9,
    "diez": 10, "once": 11, "doce": 12, "veinte": 20, "treinta": 30,
    "两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10,
    "十二": 12, "二十": 20, "三十": 30,
}  # fmt: skip
_NUMBER = (
    r"(?P<number>\d{1,3}(?:[,.\u00a0 ]\d{3})+|\d{1,6}|"
    + "|".join(sorted((w for w in _NUMBER_WORDS if w.isascii() or w > "z"), key=len, reverse=True))
    + r")"
)
_NOUN = r"(?P<noun>(?:[\p{L}\-]+[ ]){0,2}[\p{L}\-]+)"
"""A noun with what stands before it; what follows it may be there too."""
_ALL = (
    r"(?:fleet|crew|team|staff|board|workforce|network|total|all[ ]told|flotte|mannschaft"
    r"|belegschaft|insgesamt|équipe|flota|equipo|plantilla)[ ](?:of|von|de|aus)[ ]"
    r"|in[ ]all,?[ ]|altogether[ ]|all[ ](?:of[ ](?:the|its|our|their)[ ])?"
)
_HAS = (
    r"(?P<owner>(?:^|[,;][ ])(?:[\p{L}'’\-]+[ ]){0,5})?"
    r"(?:has|have|had|operates?|operated|runs|owns|owned|employs?|employed|maintains?"
    r"|consists?[ ]of|there[ ](?:are|were)|hat|haben|hatte|besitzt|betreibt|possède|exploite"
    r"|compte|tiene|opera|cuenta[ ]con)[ ]"
    r"(?:only|just|now|currently|exactly|nur|seulement|solo)?[ ]?"
)
_ITS = r"(?:the|its|their|our|[\p{L}]+['’]s|die|ihre|ses|les|sus|las|los)[ ]|^"
_NEARLY = r"(?:(?:about|around|nearly|some|over|more[ ]than)[ ])?"
_HAN_NUMBER, _HAN_MEASURE = r"\d{1,6}|[两二三四五六七八九十]{1,3}", "[艘条台辆座间家所]"
_CLAIM = regex.compile(
    rf"(?<![\p{{L}}\d])(?:(?P<total>{_ALL})|(?P<part>{_HAS}|{_ITS}))"
    rf"{_NEARLY}{_NUMBER}[ ]{_NOUN}(?![\p{{L}}])"
    rf"|(?P<total_han>共有|总共有?|一共有?|拥有|共计?)(?P<number_han>{_HAN_NUMBER}){_HAN_MEASURE}"
    r"(?P<noun_han>\p{Han}{2})"
    rf"|(?P<number_han2>{_HAN_NUMBER}){_HAN_MEASURE}(?P<noun_han2>\p{{Han}}{{2}})",
    regex.IGNORECASE,
)
_UNITS = {
    "and", "années", "ans", "are", "años", "billion", "cents", "days", "degrees", "dollars",
    "dozen", "días", "euro", "euros", "feet", "femmes", "fois", "frauen", "from", "has",
    "heures", "hombres", "hommes", "horas", "hours", "hours'", "hundred", "inches", "jahre",
    "jours", "kilometer", "kilometers", "kilometres", "kinds", "less", "litres", "men",
    "menschen", "meter", "meters", "metres", "metros", "miles", "million", "minuten",
    "minutes", "minutos", "months", "more", "mujeres", "männer", "mètres", "of", "or",
    "others", "pages", "parts", "people", "per", "percent", "personas", "persons", "points",
    "pounds", "prozent", "score", "seconds", "steps", "stunden", "tage", "that", "them",
    "things", "thousand", "times", "tonnes", "tons", "veces", "was", "ways", "weeks",
    "were", "which", "who", "women", "words", "yards", "year", "years",
}  # fmt: skip
_FIGURE = regex.compile(
    r"[$€£¥][ ]?\d[\d.,]*(?:[ ](?:million|billion|thousand|m|bn))?|\d[\d.,]*[ ]?%"
    r"|\d[\d.,]*[ ](?:percent|per[ ]cent)|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+(?!\.)"
    r"|\d[\d.,]*[ ](?:million|billion)|\d[\d.]*[万亿]"
)
_PRONOUNS = {
    "ella", "elle", "ellos", "er", "es", "he", "i", "il", "ils", "it", "she", "sie",
    "there", "they", "we", "wir", "you",
}  # fmt: skip


class NumberConflict(Value):
    """Two sections that count the same thing differently."""

    noun: str
    section: str
    quote: str
    """The sentence in the later section, exactly."""
    other_section: str
    there: str
    """The sentence in the earlier section, exactly."""
    number: str
    """The number in the later section's sentence, as it is written there."""
    number_there: str


class UnsupportedFigure(Value):
    """A precise figure that stands in no source, brief or memory."""

    section: str
    figure: str
    quote: str
    """Its sentence, exactly."""


class _Claim(Value):
    section: str
    noun: str
    number: int
    written: str
    """The number as the sentence has it."""
    kind: Literal["total", "part"]
    owner: str
    """Who has it, in the sentence's own words; empty where that cannot be read off."""
    quote: str


def find_number_conflicts(texts: Mapping[str, str]) -> list[NumberConflict]:
    """Return the numbers of one thing that disagree; ``texts`` are sections in reading order.

    A pair of sections is named once for each thing.
    """
    claims_by_noun: dict[str, list[_Claim]] = {}
    for section_id, text in texts.items():
        for claim in _find_claims(section_id, text):
            claims_by_noun.setdefault(claim.noun, []).append(claim)
    conflicts: dict[tuple[str, str, str], NumberConflict] = {}
    for noun, claims in claims_by_noun.items():
        for position, later in enumerate(claims):
            for earlier in claims[:position]:
                if _disagree(earlier, later, claims):
                    conflicts.setdefault(
                        (noun, earlier.section, later.section),
                        NumberConflict(
                            noun=noun,
                            section=later.section,
                            quote=later.quote,
                            other_section=earlier.section,
                            there=earlier.quote,
                            number=later.written,
                            number_there=earlier.written,
                        ),
                    )
    return list(conflicts.values())


def _disagree(earlier: _Claim, later: _Claim, claims: Sequence[_Claim]) -> bool:
    """True where one is a total, or one owner has both, and no section tells the numbers apart."""
    if earlier.section == later.section or earlier.number == later.number:
        return False
    is_one_thing = bool(earlier.owner) and earlier.owner == later.owner
    if "total" not in (earlier.kind, later.kind) and not is_one_thing:
        return False
    sections_by_number = {
        number: {c.section for c in claims if c.number == number}
        for number in (earlier.number, later.number)
    }
    return not sections_by_number[earlier.number] & sections_by_number[later.number]


def find_unsupported_figures(
    texts: Mapping[str, str], supports: Sequence[str]
) -> list[UnsupportedFigure]:
    """Return the precise figures of ``texts`` that stand in none of ``supports``, each once.

    Precise are amounts of money, percentages, decimals and numbers in thousands; not years.
    """
    supported = {_plain_figure(f) for text in supports for f in _FIGURE.findall(text)}
    figures: dict[str, UnsupportedFigure] = {}
    for section_id, text in texts.items():
        for sentence in sentences(text):
            for figure in _FIGURE.findall(sentence.text):
                plain = _plain_figure(figure)
                if plain not in supported:
                    figures.setdefault(
                        plain,
                        UnsupportedFigure(section=section_id, figure=figure, quote=sentence.text),
                    )
    return list(figures.values())


def _plain_figure(figure: str) -> str:
    return regex.sub(r"[\s,]", "", figure).rstrip(".").casefold()


def _find_claims(section_id: str, text: str) -> Iterator[_Claim]:
    for sentence in sentences(text):
        if sentence.text.lstrip()[0] in "“\"'‘「『«»„—–|":
            continue  # what somebody says may be wrong
        for match in _CLAIM.finditer(sentence.text):
            groups = match.groupdict()
            number = groups["number"] or groups["number_han"] or groups["number_han2"]
            noun = groups["noun_han"] or groups["noun_han2"] or _find_head(groups["noun"])
            value = _read_number(number)
            if value is None or value < 2 or not noun or noun in _UNITS:
                continue
            is_total = bool(groups["total"] or groups["total_han"])
            yield _Claim(
                section=section_id,
                noun=noun,
                number=value,
                written=number,
                kind="total" if is_total else "part",
                owner=_read_owner(groups["owner"] or ""),
                quote=sentence.text,
            )


def _read_owner(words_before: str) -> str:
    owner = normalise(words_before)
    return "" if not owner or owner.split()[-1] in _PRONOUNS else owner


def _find_head(phrase: str) -> str:
    """Return the noun that is counted: the first plural, or the first capital letter's word."""
    for word in phrase.split():
        if word.casefold() in _UNITS:
            return ""
        if (word.endswith("s") and len(word) > 3) or word[0].isupper():
            return word.casefold()
    return ""


def _read_number(number: str) -> int | None:
    digits = regex.sub(r"[,.\u00a0 ]", "", number)
    return int(digits) if digits.isdecimal() else _NUMBER_WORDS.get(number.casefold())

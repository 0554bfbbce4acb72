"""The length that a request asks for in its own words: about, at least, at most, or a range.

A length belongs to the noun it is of: “a 200-word abstract” says nothing of the whole, “ten
2,000-word chapters” says all. Pages count 250 words and minutes 130, if nothing else is said.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from inkwright.agents.requests.number_words import NUMBER, parse_number
from inkwright.agents.requests.requested_parts import (
    PART_NOUN,
    find_parts,
)
from inkwright.memory.domain.constraint import LengthUnit
from inkwright.memory.text.words import estimate_characters_per_word

WORDS_PER_PAGE = 250
WORDS_PER_MINUTE = 130
_WORD_UNIT = (
    r"(?:words?\b|wörtern?\b|worten?\b|mots?\b|palabras?\b|parole\b|palavras\b|个?\s*[字词]|"
    r"characters?\b|zeichen\b|caractères\b|caracteres\b)"
)
_PAGE_UNIT = r"(?:pages?\b|seiten?\b|páginas?\b|pagine\b|页)"
_MINUTE_UNIT = r"(?:minutes?\b|mins?\b|minuten?\b|minutos?\b|分钟)"
_UNIT = rf"(?P<unit>{_WORD_UNIT}|{_PAGE_UNIT}|{_MINUTE_UNIT})"
_TO = r"\s*(?:-|–|—|~|～|to|and|bis|und|à|et|a|y|到|至)\s*"
_LENGTH = re.compile(
    rf"(?:(?P<low>{NUMBER})(?:\s*{_WORD_UNIT})?{_TO})?(?P<high>{NUMBER})\s*[- ]?\s*{_UNIT}",
    re.IGNORECASE,
)
_BARE_LENGTH = re.compile(
    rf"(?:字数|word count|"
    rf"\blength)[^\d。；;\n{{}}]{{0,12}}?(?:(?P<low>{NUMBER}){_TO})?(?P<high>{NUMBER})(?!\s*{_UNIT})(?!{_TO}\d)(?!\d)",
    re.IGNORECASE,
)
"""A length without its unit, after the word for it."""
_CLAUSE_END = re.compile(r"[.;!?](?!\d)|,(?!\d)|:(?=\s)|[，、；：。！？\n(（]")
_LENGTH_LABEL = re.compile(
    r"(字数|\bword count|\blength|\blänge|\blongueur|\bextensión)(?:要求|限制)?[*_]*[：:][*_]*\s*",
    re.IGNORECASE,
)
_WHOLE_CLAUSE = re.compile(
    r"字数|全文|全书|总共|共计|总计|\bword count\b|\blength\b|\btotal\b|\btotall?ing\b|\boverall\b|"
    r"\baltogether\b"
    r"|\binsgesamt\b|\bgesamt|\bau total\b|\ben total\b|\bin all\b|\bwhole\b|\bentire\b",
    re.IGNORECASE,
)
"""Of several lengths in a request, one in such a clause is the one of the whole."""
_INNER_NOUN = re.compile(
    r"\b(?:sentences?|titles?|subtitles?|headlines?|headings?|abstract|summar(?:y|ies)|"
    r"paragraphs?|captions?|"
    r"quotations?|quotes?|synopsis|foreword|preface|epigraph|stanzas?|taglines?|bullets?|"
    r"lines?|blurb|bio|hook|"
    r"introduction|intro|conclusion|outro|"
    r"s[äa]tze?n?|titel|überschrift(?:en)?|zusammenfassung|absatz|absätze|einleitung|fazit|"
    r"vorwort|zeilen?|"
    r"phrases?|titres?|résumés?|paragraphes?|lignes?|"
    r"frases?|oraci[óo]n(?:es)?|títulos?|resumen|párrafos?)\b"
    r"|标题|题目|摘要|句子?|段落?|简介|引言|引子|结尾|开头|总结|结语|台词|对话",
    re.IGNORECASE,
)
"""What stands inside a piece: its length is not that of the whole."""
_PART = re.compile(PART_NOUN, re.IGNORECASE)
_EACH = re.compile(
    r"\b(?:each|every|per|apiece|je|jeweils|jede[rsnm]?|pro|chacune?|chaque|cada)\b|[每各]|"
    r"单(?=[章节篇集回])|[章节篇集回]均"
    r"|一(?=[章节集回])|^\s*一(?=篇)",
    re.IGNORECASE,
)
_EACH_AFTER = re.compile(
    rf"\s*(?:long\s*)?(?:,\s*)?(?:/\s*|(?:for\s+|in\s+|to\s+)?(?:an?|per|each|every|par|pro|"
    rf"por|je|cada)\s+)(?:single\s+)?(?P<noun>{PART_NOUN}|\w+)"
    r"|\s*(?:long\s+)?(?:each|apiece|chacune?s?|jeweils|cada un[oa])\b|\s*(?:/|每|"
    r"一)\s*(?P<han>[章节篇集回页句段])",
    re.IGNORECASE,
)
_NUMBERED_PART = re.compile(
    rf"\b(?:{PART_NOUN})\s+\d|第\s*[\d一二三四五六七八九十]+\s*[个]?[章节篇集回部段]"
    r"|\b(?:first|second|third|fourth|fifth|last|final|opening|closing)\s+(?:\w+\s+)?"
    rf"(?:{PART_NOUN})\b|最后一[章节篇集回部段]",
    re.IGNORECASE,
)
_PARTS_OF = re.compile(
    rf"(?P<noun>{PART_NOUN})\s*(?:\w+\s+)?(?:of|à|de|von|with|zu|mit|at|x|×|\*|,)?\s*"
    r"(?:about|around|roughly|some|approximately|etwa|circa|ca\.?|environ|unos|约|je)?\s*$",
    re.IGNORECASE,
)
_TOPIC = re.compile(
    r"\b(?:about|on|titled|called|über|sur|sobre)\s+(?:an?|the|his|her|eine?n?|une?|una?)\s*$",
    re.IGNORECASE,
)
_TIMES = re.compile(r"[x×*]\s*$", re.IGNORECASE)
_LABEL = re.compile(
    r"(?:^|[.;,。；，\n•*-]\s*)(?:and\s+)?[*_]*(?P<name>[^\W\d](?:\w+[ -]?){1,5})[*_]*\s*(?:[:：]|"
    r"[(（]|–|—)\s*"
    r"(?:about|around|roughly|approximately|ca\.?|约)?\s*$"
)
_LABEL_OF = re.compile(
    r"\b(?:introduction|intro|body|main part|conclusion|abstract|summary|foreword|preface|"
    r"epilogue|prologue|"
    r"einleitung|hauptteil|schluss|corps|cuerpo)\s+(?:of|von|de)\s+(?:about|around|etwa|"
    r"environ|unos)?\s*$",
    re.IGNORECASE,
)
_LABEL_AFTER = re.compile(
    r"\s*(?:for|on|to|für|pour|para)\s+(?:the|an?|die|das|den|la|le|el)\s+(?P<name>[^\W\d]+)",
    re.IGNORECASE,
)
_SPOKEN = re.compile(
    r"\b(?:speech|talk|presentation|lecture|sermon|podcast|monologue|read|script|address|toast|"
    r"eulogy|voice-?over|"
    r"rede|vortrag|discours|discurso)\b|演讲|致辞|发言|讲稿|阅读|朗读|播客",
    re.IGNORECASE,
)
"""What takes minutes to say or to read."""
_CHARACTERS = re.compile(
    r"字符|标点|\d[\s-]*characters?\b|\d\s*(?:zeichen|caractères|caracteres)\b", re.IGNORECASE
)
_WORDS = re.compile(r"\bwords?\b", re.IGNORECASE)
_AT_LEAST = re.compile(
    r"(?:\b(?:at least|no(?:t)? (?:less|fewer|shorter) than|a minimum of|minimum|min\.?|"
    r"more than|over"
    r"|longer than|beyond|exceed(?:s|ing)?|mindestens|wenigstens|mehr als|au moins|plus de|al menos"
    r"|como mínimo|más de)"
    r"|>=?|≥|不少于|不低于|不小于|至少|最少|超过|多于|大于)[写要有达到需\W]*$",
    re.IGNORECASE,
)
_AT_MOST = re.compile(
    r"(?:\b(?:at most|(?:can|must |should |may )?not exceed(?:ing)?|no(?:t)? (?:more|"
    r"longer) than|a maximum of|maximum|max\.?"
    r"|under|less than|fewer than|up to|within|höchstens|maximal|nicht mehr als|bis zu|unter"
    r"|au plus|au maximum|moins de|pas plus de|ne pas dépasser|jusqu['’]à|como máximo|"
    r"no más de|hasta|menos de)"
    r"|<=?|≤|不[得能可要]?(?:超过|多于|大于)|最多|至多|少于|小于|不到)[写要有达到需\W]*$",
    re.IGNORECASE,
)
"""Before a number. Both can match, as “no more than” ends in “more than”: the longer one counts."""
_OR_MORE = re.compile(
    r"\s*(?:or more|or longer|(?:at )?minimum|at least|\+|以上|oder mehr|ou plus|o más)",
    re.IGNORECASE,
)
_OR_LESS = re.compile(
    r"\s*(?:limit\b|or less|or fewer|(?:at )?maximum|at most|max\b|ou moins|o menos"
    r"|以内|以下|之内)",
    re.IGNORECASE,
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
_NEVER_A_PART = re.compile(
    r"sentences?|titles?|subtitles?|headlines?|headings?|paragraphs?|lines?|captions?|标题|题目|"
    r"句子?|段落?",
    re.IGNORECASE,
)
"""Labels whose lengths do not add up to the whole."""


_Of = Literal["total", "whole", "part", "label", "inner"]


@dataclass(frozen=True)
class RequestedLength:
    """A length: the words to aim at, and the bounds, where the request sets any."""

    words: int
    least: int | None = None
    most: int | None = None
    counted: LengthUnit = "words"
    """What the bounds count."""
    basis: str = ""
    """The request's own words it was read from, with what was made of them."""
    is_sure: bool = True
    """False: another length of the request may be the one of the whole."""


@dataclass(frozen=True)
class _Mention:
    """One length in a request, and what it is the length of."""

    of: Literal["pages", "minutes"] | _Of
    length: RequestedLength
    quote: str
    count: int | None = None
    """Of the parts, where it is said beside the length."""
    is_of_topic: bool = False
    """It may be the length of something that the piece is about."""


def parse_requested_length(
    request: str, units: int = 1, *, han: bool = False
) -> RequestedLength | None:
    """Return the length that ``request`` asks for the whole piece of ``units`` parts, if any.

    ``han``: the piece is Chinese or Japanese. There some count punctuation and some do not, so
    bounds are taken to hold for either.
    """
    mentions = list(_find_mentions(request, han))
    by_kind: dict[str, list[_Mention]] = {}
    for mention in mentions:
        by_kind.setdefault(mention.of, []).append(mention)
    if total := by_kind.get("total"):
        return _describe(_combine(total), total)
    wholes = [m for m in by_kind.get("whole", ()) if m.length.words >= units * SHORTEST_UNIT]
    small = [m for m in by_kind.get("whole", ()) if m not in wholes]
    if wholes:
        return replace(
            _describe(_combine(wholes), wholes),
            is_sure=len({m.length.words for m in wholes}) == 1
            and not any(m.is_of_topic for m in wholes),
        )
    labels = by_kind.get("label", [])
    if len(labels) > 1:
        words = sum(m.length.words for m in labels)
        return RequestedLength(words, basis=f"{_quote(labels)}: added up")
    if parts := [*by_kind.get("part", ()), *small]:
        said_parts = find_parts(request)
        count = parts[0].count or (
            units if units > 1 else said_parts.count if said_parts is not None else 1
        )
        if count > 1:
            words = parts[0].length.words * count
            return RequestedLength(
                words, basis=f"{_quote(parts[:1])}: {count} × {parts[0].length.words:,}"
            )
    for kind, rule in (
        ("pages", f"{WORDS_PER_PAGE} words a page"),
        ("minutes", f"{WORDS_PER_MINUTE} words a minute"),
    ):
        if found_mentions := by_kind.get(kind):
            length = _combine(found_mentions)
            return replace(length, basis=f"{_quote(found_mentions)}: {rule}")
    return None


def find_part_lengths(request: str) -> list[str]:
    """Return the words of ``request`` that give a length of something inside the piece."""
    return [m.quote for m in _find_mentions(request, han=False) if m.of in ("inner", "part")]


def find_bounds_of_parts(request: str) -> tuple[int | None, int | None] | None:
    """Return the fewest and the most words that every part must have; None: no bound is set."""
    for mention in _find_mentions(request, han=False):
        length = mention.length
        if mention.of == "part" and length.counted == "words" and (length.least or length.most):
            return length.least, length.most
    return None


def find_length_quotes(request: str) -> list[str]:
    """Return the words of ``request`` that give a length of the whole piece or of its parts."""
    return [m.quote for m in _find_mentions(request, han=False) if m.of != "inner"]


def _find_mentions(request: str, han: bool) -> Iterator[_Mention]:
    text = _LENGTH_LABEL.sub(lambda m: f"{m.group(1)} ", request)
    text = text.translate({0xFF10 + n: str(n) for n in range(10)})
    taken_to = 0
    matches = sorted(
        (*_LENGTH.finditer(text), *_BARE_LENGTH.finditer(text)), key=lambda m: m.start("high")
    )
    for match in matches:
        start = match.start("low") if match.group("low") else match.start("high")
        if start < taken_to:
            continue
        taken_to = match.end("high")
        mention = _read_mention(text, match, start, han)
        if mention is not None:
            yield mention


def _read_mention(text: str, match: re.Match[str], start: int, han: bool) -> _Mention | None:
    end = match.end()
    clause_start = max((m.end() for m in _CLAUSE_END.finditer(text, 0, start)), default=0)
    next_end = _CLAUSE_END.search(text, end)
    clause_end = next_end.start() if next_end else len(text)
    before, after = text[clause_start:start], text[end:clause_end]
    unit = (match.groupdict().get("unit") or "").lower()
    numbers = [n for n in (match.group("low"), match.group("high")) if n]
    if len(numbers) == 2 and numbers[0].isalpha() and text[match.end("low")] == "-":
        numbers = [text[start : match.end("high")]]
    values = _scale_alike([parse_number(n) for n in numbers], numbers[-1])
    if not values or values[-1] < 1:
        return None
    clause = text[clause_start:clause_end]
    quote = " ".join(clause.split()).strip(" -*•")
    if re.fullmatch(_PAGE_UNIT, unit):
        if _INNER_NOUN.search(before) or _TOPIC.search(before):
            return None
        return _Mention("pages", _times(values, before, after, WORDS_PER_PAGE), quote)
    if re.fullmatch(_MINUTE_UNIT, unit):
        if not _SPOKEN.search(clause):
            return None
        return _Mention("minutes", _times(values, before, after, WORDS_PER_MINUTE), quote)
    whole_values = [max(int(v), 1) for v in values]
    in_characters = counts_characters(text[start:end])
    length = _build_length(before, whole_values, after, in_characters, han)
    is_adjective = bool(re.search(r"[-‑]\s*word\Z", text[start:end], re.IGNORECASE)) or (
        unit == "word" and whole_values[-1] > 1
    )
    kind, count = _classify(text, clause_start, before, after, start, is_adjective)
    return _Mention(kind, length, quote, count, bool(_TOPIC.search(before)))


def _classify(
    text: str, clause_start: int, before: str, after: str, start: int, is_adjective: bool
) -> tuple[_Of, int | None]:
    """Say what a length between ``before`` and ``after``, both of its clause, is the length of."""
    if is_adjective:
        return _classify_adjective(before, after)
    if each := _EACH_AFTER.match(after):
        return _classify_each(each, before)
    if _NUMBERED_PART.search(before):
        return "inner", None
    context = text[max(0, clause_start - 60) : start]
    is_total = bool(_WHOLE_CLAUSE.search(before) or _WHOLE_CLAUSE.search(after))
    if not is_total and (label := _LABEL.search(context)):
        name = label.group("name").strip()
        if _EACH.search(name):
            return "part", None
        return ("inner" if _NEVER_A_PART.fullmatch(name) else "label"), None
    if _LABEL_OF.search(before):
        return "label", None
    if _ends_in_inner_noun(before):
        return "inner", None
    if is_total:
        return "total", None
    return _classify_by_words_around(before, after)


def _classify_adjective(before: str, after: str) -> tuple[_Of, int | None]:
    """Classify “200-word”, by the noun after it."""
    nouns_after = re.split(r"\s+(?:of|about|on|in|for|with|that|which|and)\b", after)[0]
    if _INNER_NOUN.search(nouns_after):
        return "inner", None
    part = _PART.search(nouns_after)
    if part is None:
        return "whole", None
    count_match = re.search(rf"({NUMBER})\s*$", before, re.IGNORECASE)
    if count_match and (count := int(parse_number(count_match.group(1)))) > 1:
        return "part", count
    is_plural = part.group().lower().endswith("s")
    return ("part" if is_plural or _EACH.search(before) else "whole"), None


def _classify_each(each: re.Match[str], before: str) -> tuple[_Of, int | None]:
    """Classify a length with “each”, “a chapter” or “/章” after it."""
    noun = each.group("noun") or each.group("han") or ""
    if noun in ("total", "all", "length", "whole"):
        return "total", None
    is_part = not noun or bool(_PART.fullmatch(noun)) or bool(each.group("han"))
    return ("part" if is_part else "inner"), _count_before(before)


def _ends_in_inner_noun(before: str) -> bool:
    """True where the noun nearest to the length is one inside a piece, such as “sentences”."""
    inner_starts = [m.start() for m in _INNER_NOUN.finditer(before)]
    part_starts = [m.start() for m in _PART.finditer(before)]
    return bool(inner_starts) and inner_starts[-1] > max(part_starts, default=-1)


def _classify_by_words_around(before: str, after: str) -> tuple[_Of, int | None]:
    if _LABEL_AFTER.match(after):
        return "label", None
    if _INNER_NOUN.match(after.strip().removeprefix("的").strip()):
        return "inner", None
    if _EACH.search(before):
        return "part", _count_before(before)
    if _PARTS_OF.search(before) or _TIMES.search(before):
        count = _count_before(before)
        if count and count > 1:
            return "part", count
    return ("part" if re.search(r"\beach\b|每", after) else "whole"), None


def _count_before(before: str) -> int | None:
    parts = find_parts(before)
    return parts.count if parts is not None else None


def _scale_alike(values: list[float], last_number: str) -> list[float]:
    """Return “2 to 3 thousand” as 2,000 and 3,000."""
    if len(values) == 2 and not last_number[-1].isdigit():
        for scale in (10_000, 1000, 100):
            if values[0] < scale <= values[1] and values[0] * scale <= values[1]:
                return [values[0] * scale, values[1]]
    return values


def _times(values: list[float], before: str, after: str, rate: int) -> RequestedLength:
    numbers = [max(round(v * rate), 1) for v in values]
    least, most = _find_limits(before, numbers, after)
    return RequestedLength(_choose_target(least, most, numbers[-1]), least, most)


def _combine(mentions: list[_Mention]) -> RequestedLength:
    """Return the first length; a bound below and a bound above make a range."""
    first = mentions[0].length
    for other in (m.length for m in mentions[1:]):
        if other.counted != first.counted:
            continue
        least, most = first.least or other.least, first.most or other.most
        if (first.least is None) != (other.least is None) and least and most and least < most:
            return replace(
                first, words=_choose_target(least, most, first.words), least=least, most=most
            )
    return first


def _describe(length: RequestedLength, mentions: list[_Mention]) -> RequestedLength:
    return replace(length, basis=_quote(mentions[:1]))


def _quote(mentions: list[_Mention]) -> str:
    return ", ".join(f"“{m.quote}”" for m in mentions)


def counts_characters(text: str) -> bool:
    """True for words that count characters, punctuation among them."""
    return bool(_CHARACTERS.search(text)) and not _WORDS.search(text)


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

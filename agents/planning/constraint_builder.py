"""What a model found in a request, as typed constraints: only what the request bears out."""

import re
from collections.abc import Iterable
from typing import Literal, get_args

from inkwright.agents.llm.parsing import is_han, is_in_other_script
from inkwright.agents.llm.schemas import Requirement, Requirements
from inkwright.agents.planning.outline_builder import list_leaves
from inkwright.agents.requests import request_evidence
from inkwright.agents.requests.clause_rules import asks_for_words
from inkwright.agents.requests.request_language import BINDING
from inkwright.memory.domain.brief import Brief
from inkwright.memory.domain.constraint import (
    EVERY_SECTION_KINDS,
    Constraint,
    Format,
    NarrativePerson,
    Tense,
)
from inkwright.memory.domain.placement import Placement
from inkwright.memory.text.normalise import normalise

_KIND_WORDS = {
    kind: re.compile(pattern, re.IGNORECASE)
    for kind, pattern in {
        "format": r"tab(?:le|elle|leau|la)|list|bullet|point|heading|title|markdown|plain|markup"
        r"|number|überschrift|表|列|标题|编号|格式",
        "point_of_view": r"person|perspective|point of view|narrat|form\b|\bI\b|erzähl|voice"
        r"|人称|视角",
        "tense": r"tense|past|present|präs|prät|imperf|vergang|gegenw|passé|présent|pasado"
        r"|时态|过去|现在",
        "reading_level": r"grade|level|reading|read|simple|年级|klasse|niveau|nivel|水平|easy",
        "citation": r"cit|refer|source|footnote|APA|MLA|引用|注|zit|fuß|note|quell|fuente",
    }.items()
}
"""Words that must stand in a requirement for its kind to be believed."""
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def build_constraint(item: Requirement, request: str) -> Constraint | None:
    """Return the constraint that a model found; None when the request does not say so."""
    normalised_request = normalise(request)
    normalised_quote = normalise(item.quote)
    if not normalised_quote or normalised_quote not in normalised_request:
        return None
    phrases = tuple(
        p.strip() for p in item.phrases if normalise(p) and normalise(p) in normalised_request
    )
    kind, fields = _resolve_kind(item, phrases, request)
    if kind == "length" and not _is_plausible_length(item):
        return None
    text = item.text.strip() or item.quote
    if is_in_other_script(text, han=is_han(item.quote)) or not _share_a_word(text, item.quote):
        text = item.quote
    where = _build_placement(item, kind)
    if kind == "length" and where.scope == "whole" and item.scope != "whole":
        return None
    is_exclusive = (
        item.only_there and kind == "must_contain" and where.scope not in ("whole", "all")
    )
    return Constraint.model_validate(
        {
            "text": text,
            "kind": kind,
            "where": where,
            "only_there": is_exclusive,
            "required": not item.wished or bool(BINDING.search(item.quote)),
            "source": "request",
            "quote": item.quote,
            **fields,
        }
    )


def _share_a_word(text: str, quote: str) -> bool:
    return is_han(quote) or bool(set(normalise(text).split()) & set(normalise(quote).split()))


def _resolve_kind(
    item: Requirement, phrases: tuple[str, ...], request: str
) -> tuple[str, dict[str, object]]:
    """Return the kind with its fields; ``judged`` where the request does not bear it out."""
    kind, value = item.kind, item.value.strip().lower()
    if kind == "must_contain" and not all(asks_for_words(request, item.quote, p) for p in phrases):
        return "judged", {}
    if kind in _KIND_WORDS and not _KIND_WORDS[kind].search(item.quote):
        return "judged", {}
    grade = _NUMBER.search(value)
    fields: dict[str, dict[str, object]] = {
        "must_contain": {"phrases": phrases},
        "must_not_contain": {"phrases": phrases},
        "structure": {"sections": phrases if len(phrases) > 1 else ()},
        "format": {"format": value if value in get_args(Format) else None},
        "language": {"language": request_evidence.find_language(item.quote)},
        "point_of_view": {"person": value if value in get_args(NarrativePerson) else None},
        "tense": {"tense": value if value in get_args(Tense) else None},
        "citation": {"style": value or None},
    }
    if kind == "pattern":
        return "judged", {}
    if kind == "event":
        return kind, {"phrases": phrases}
    if kind == "reading_level":
        return kind, {"max_grade": float(grade.group())} if grade else {}
    if kind == "length":
        sizes = ("about_words", "min_words", "max_words")
        return kind, {size: getattr(item, size) or None for size in sizes}
    kind_fields = fields.get(kind, {})
    return (kind, kind_fields) if all(kind_fields.values()) else ("judged", {})


def _is_plausible_length(item: Requirement) -> bool:
    """True for a length that makes sense, and of the whole only for bounds that the quote names.

    What the whole is to have about is the target itself.
    """
    low, high, about_words = item.min_words, item.max_words, item.about_words
    if item.scope == "whole":
        numbers = set(_NUMBER.findall(item.quote.replace(",", "")))
        sizes = {str(n) for n in (low, high) if n}
        return (
            bool(sizes)
            and not about_words
            and sizes <= numbers
            and (low or 0) <= (high or low or 0)
        )
    if any(n is not None and n < 0 for n in (low, high, about_words)) or not (
        low or high or about_words
    ):
        return False
    return (low or 0) <= (about_words or high or low or 0) <= (high or about_words or low or 0)


def _build_placement(item: Requirement, kind: str) -> Placement:
    if kind == "structure":
        return Placement()
    scope = item.scope
    if scope == "whole" and kind in EVERY_SECTION_KINDS:
        scope = "all"
    where = Placement(
        scope=scope,
        first=max(item.first, 1),
        last=item.last if item.last and item.last >= max(item.first, 1) else None,
        every=max(item.every, 1),
    )
    return request_evidence.verify_placement(where, item.quote)


def build_frame(brief: Brief, requirements: Requirements, request: str) -> list[Constraint]:
    """Return what every unit of a series begins with, and the piece ends with, word for word.

    Only words that stand in the request count; the opening stands there with some unit's number.
    """
    leaf_count = len(list_leaves(brief.outline))
    brief_formats = [c for c in brief.constraints if c.kind == "format"]
    frame: list[Constraint] = []
    opening = next(
        (
            o
            for o in (requirements.opening, requirements.unit_title)
            if _is_opening_form(o, request)
        ),
        "",
    )
    is_series = (requirements.units or 0) > 1 and leaf_count in (0, requirements.units)
    if opening and is_series and not any(c.opens for c in brief_formats):
        text = _find_line_with(request, re.compile(_form_pattern(opening)))
        frame.append(_build_format(text, "all", opens=opening.strip()))
    closing = requirements.closing.strip()
    if closing and closing in request and not any(c.closes for c in brief_formats):
        text = _find_line_with(request, re.compile(re.escape(closing)))
        frame.append(_build_format(text, "last", closes=closing))
    return frame


def _build_format(
    text: str, scope: Literal["all", "last"], *, opens: str | None = None, closes: str | None = None
) -> Constraint:
    return Constraint(
        text=text,
        kind="format",
        source="request",
        quote=text,
        opens=opens,
        closes=closes,
        where=Placement(scope=scope),
    )


def repeats_frame(item: Requirement, frame: Iterable[Constraint]) -> bool:
    """True for a requirement that ``frame`` has already: code sees to it, and no judge need."""
    if item.kind not in ("judged", "format", "pattern", "must_contain"):
        return False
    opening_patterns = [re.compile(_form_pattern(c.opens)) for c in frame if c.opens]
    closing_patterns = [re.compile(re.escape(c.closes)) for c in frame if c.closes]
    return any(words.search(item.quote) for words in (*opening_patterns, *closing_patterns))


def strip_title_marks(unit_title: str) -> str:
    """Return a unit's title without the marks around it: ``Part {n}`` of ``## Part {n}:``."""
    if "{n}" not in unit_title:
        return unit_title
    prefix, suffix = unit_title.split("{n}", 1)
    return "".join((re.sub(r"^\W+", "", prefix), "{n}", re.sub(r"\W+$", "", suffix))).strip()


def _is_opening_form(opening: str, request: str) -> bool:
    """True for a heading with marks of its own that stands in the request with a number in it."""
    is_plain = opening.strip() == strip_title_marks(opening.strip())
    return "{n}" in opening and not is_plain and bool(re.search(_form_pattern(opening), request))


def _form_pattern(opening: str) -> str:
    return r"\d+".join(re.escape(part) for part in opening.strip().split("{n}"))


def _find_line_with(request: str, pattern: re.Pattern[str]) -> str:
    lines = [line.strip(" \t-*•") for line in request.splitlines()]
    return next((line[:300] for line in lines if pattern.search(line)), pattern.pattern)

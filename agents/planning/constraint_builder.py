"""What a model found in a request, as typed constraints: only what the request bears out."""

import re
from collections.abc import Iterable
from typing import Any, get_args

from inkwright.agents.llm.parsing import in_other_script, is_han
from inkwright.agents.llm.schemas import Requirement, Requirements
from inkwright.agents.planning import request_evidence
from inkwright.agents.planning.outline_builder import leaves
from inkwright.memory.domain.brief import Brief
from inkwright.memory.domain.constraint import EVERYWHERE, Constraint, Format, Person, Tense
from inkwright.memory.domain.placement import Placement
from inkwright.memory.text.normalise import normalise

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def typed(item: Requirement, request: str) -> Constraint | None:
    """Return the constraint that a model found; None when the request does not say so."""
    said = normalise(request)
    quoted = normalise(item.quote)
    if not quoted or quoted not in said:
        return None
    phrases = tuple(p.strip() for p in item.phrases if normalise(p) and normalise(p) in said)
    kind, fields = _kind(item, phrases)
    if kind == "length" and not _is_length(item):
        return None
    text = item.text.strip() or item.quote
    if in_other_script(text, han=is_han(item.quote)):
        text = item.quote
    where = _where(item, kind)
    if kind == "length" and where.scope == "whole" and item.scope != "whole":
        return None
    alone = item.only_there and kind == "must_contain" and where.scope not in ("whole", "all")
    return Constraint(
        text=text,
        kind=kind,
        where=where,
        only_there=alone,
        required=not item.wished,
        source="request",
        **fields,
    )


def _kind(item: Requirement, phrases: tuple[str, ...]) -> tuple[Any, dict[str, Any]]:
    """Return the kind with its fields; ``judged`` where the fields a rule needs are not there."""
    kind, value = item.kind, item.value.strip().lower()
    grade = _NUMBER.search(value)
    fields: dict[str, dict[str, Any]] = {
        "must_contain": {"phrases": phrases},
        "must_not_contain": {"phrases": phrases},
        "structure": {"sections": phrases if len(phrases) > 1 else ()},
        "format": {"format": value if value in get_args(Format) else None},
        "language": {"language": request_evidence.language(item.quote)},
        "point_of_view": {"person": value if value in get_args(Person) else None},
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
    needed = fields.get(kind, {})
    return (kind, needed) if all(needed.values()) else ("judged", {})


def _is_length(item: Requirement) -> bool:
    """True for a length that makes sense, and of the whole only for bounds that the quote names.

    What the whole is to have about is the target itself.
    """
    low, high, about = item.min_words, item.max_words, item.about_words
    if item.scope == "whole":
        numbers = set(_NUMBER.findall(item.quote.replace(",", "")))
        sizes = {str(n) for n in (low, high) if n}
        return bool(sizes) and not about and sizes <= numbers and (low or 0) <= (high or low or 0)
    if any(n is not None and n < 0 for n in (low, high, about)) or not (low or high or about):
        return False
    return (low or 0) <= (about or high or low or 0) <= (high or about or low or 0)


def _where(item: Requirement, kind: str) -> Placement:
    if kind == "structure":
        return Placement()
    scope = item.scope
    if scope == "whole" and kind in EVERYWHERE:
        scope = "all"
    where = Placement(
        scope=scope,
        first=max(item.first, 1),
        last=item.last if item.last and item.last >= max(item.first, 1) else None,
        every=max(item.every, 1),
    )
    return request_evidence.placement(where, item.quote)


def framing(brief: Brief, found: Requirements, request: str) -> list[Constraint]:
    """Return what every unit of a series begins with, and the piece ends with, word for word.

    Only words that stand in the request count; the opening stands there with some unit's number.
    """
    given = len(leaves(brief.outline))
    stated = [c for c in brief.constraints if c.kind == "format"]
    framed: list[Constraint] = []
    opening = next((o for o in (found.opening, found.unit_title) if _is_form(o, request)), "")
    series = (found.units or 0) > 1 and given in (0, found.units)
    if opening and series and not any(c.opens for c in stated):
        text = _line_with(request, re.compile(_form(opening)))
        framed.append(_format(text, opens=opening.strip(), where=Placement(scope="all")))
    closing = found.closing.strip()
    if closing and closing in request and not any(c.closes for c in stated):
        text = _line_with(request, re.compile(re.escape(closing)))
        framed.append(_format(text, closes=closing, where=Placement(scope="last")))
    return framed


def says_frame(item: Requirement, frame: Iterable[Constraint]) -> bool:
    """True for a requirement that ``frame`` has already: code sees to it, and no judge need."""
    if item.kind not in ("judged", "format", "pattern", "must_contain"):
        return False
    opens = [re.compile(_form(c.opens)) for c in frame if c.opens]
    closes = [re.compile(re.escape(c.closes)) for c in frame if c.closes]
    return any(words.search(item.quote) for words in (*opens, *closes))


def bare_title(unit_title: str) -> str:
    """Return a unit's title without the marks around it: ``Part {n}`` of ``## Part {n}:``."""
    if "{n}" not in unit_title:
        return unit_title
    before, after = unit_title.split("{n}", 1)
    return "".join((re.sub(r"^\W+", "", before), "{n}", re.sub(r"\W+$", "", after))).strip()


def _is_form(opening: str, request: str) -> bool:
    """True for a heading with marks of its own that stands in the request with a number in it."""
    plain = opening.strip() == bare_title(opening.strip())
    return "{n}" in opening and not plain and bool(re.search(_form(opening), request))


def _form(opening: str) -> str:
    return r"\d+".join(re.escape(part) for part in opening.strip().split("{n}"))


def _line_with(request: str, words: re.Pattern[str]) -> str:
    lines = [line.strip(" \t-*•") for line in request.splitlines()]
    return next((line[:300] for line in lines if words.search(line)), words.pattern)


def _format(text: str, **fields: Any) -> Constraint:
    return Constraint(text=text, kind="format", source="request", **fields)
